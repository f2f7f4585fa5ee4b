"""What differs between the modalities in the code of a new binding."""

from __future__ import annotations

from typing import NamedTuple


class Modality(NamedTuple):
    """The names of a modality."""

    noun: str  # ends the class's name
    method: str  # the documented method
    signature: str  # its documented arguments
    wire: str  # module and class of the family on OpenAI's wire
    flow: str  # the method of the kind http
    types: str  # begins the names of request and result
    media: str  # image, audio, video; "" for text
    made: str  # the result's arguments for `media`, or for `text`
    sent: str  # what the kind plain sends
    call: str  # of a client, in the example
    file: str  # that the example writes, "" for printed text
    capability: str
    client_call: str  # in wire cases
    main: str  # the first argument there


MODALITIES = {
    "llm": Modality(
        "Chat", "generate_text", "prompt: str, *args: Any, **kwargs: Any", "llm.OpenAICompatibleLLM", "chat_flow",
        "Chat", "", "",
        '{"prompt": prompt}', 'client.chat("Say hello.").text', "", "chat", "chat", "messages",
    ),
    "tti": Modality(
        "Images", "generate_image",
        "prompt: str, negative_prompt: str | None = None, width: int | None = 1024, height: int | None = 1024, "
        "**kwargs: Any",
        "image.OpenAIImageBinding", "image_flow", "Image", "image", "images=(media,)",
        '{"prompt": prompt, "width": width, "height": height}',
        'client.image("A red kite over the sea").image', "image.png", "generate", "image", "prompt",
    ),
    "stt": Modality(
        "Transcription", "transcribe_audio", "audio_path: str | Path, model: str | None = None, **kwargs: Any",
        "transcription.OpenAITranscriptionBinding", "transcription_flow", "Transcription", "", "text=text",
        '{"sound": base64.b64encode(Path(audio_path).read_bytes()).decode()}',
        'client.transcribe(sound).text', "", "transcribe", "transcribe", "audio",
    ),
    "tts": Modality(
        "Speech", "generate_audio", "text: str, voice: str | None = None, **kwargs: Any",
        "speech.OpenAISpeechBinding", "speech_flow", "Speech",
        "audio", "audio=media", '{"text": text, "voice": voice}', 'client.speech("Hello").audio', "speech.wav",
        "speech", "speech", "text",
    ),
    "ttv": Modality(
        "Films", "generate_video", "prompt: str, **kwargs: Any",
        "video.OpenAIVideoBinding", "video_flow", "Video", "video",
        "video=media", '{"prompt": prompt}', 'client.video("Waves on a beach").video', "film.mp4", "generate",
        "video", "prompt",
    ),
    "ttm": Modality(
        "Music", "generate_music", "prompt: str, **kwargs: Any",
        "music.OpenAIMusicBinding", "music_flow", "Music", "audio",
        "audio=media", '{"prompt": prompt}', 'client.music("A quiet waltz").audio', "music.wav", "generate",
        "music", "prompt",
    ),
}  # fmt: skip

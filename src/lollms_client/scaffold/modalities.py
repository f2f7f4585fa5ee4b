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
    taken: str  # what the kind plain gives back
    call: str  # of a client, in the example
    file: str  # that the example writes, "" for printed text
    capability: str
    client_call: str  # in wire cases
    main: str  # the first argument there


MODALITIES = {
    "llm": Modality(
        "Chat", "generate_text", "prompt, **kwargs", "llm.OpenAICompatibleLLM", "chat_flow", "Chat", "", "",
        '{"prompt": prompt}', "reply.decode()", 'client.chat("Say hello.").text', "", "chat", "chat", "messages",
    ),
    "tti": Modality(
        "Images", "generate_image", "prompt, negative_prompt=None, width=1024, height=1024, **kwargs",
        "image.OpenAIImageBinding", "image_flow", "Image", "image", "images=(media,)",
        '{"prompt": prompt, "width": width, "height": height}', "reply",
        'client.image("A red kite over the sea").image', "image.png", "generate", "image", "prompt",
    ),
    "stt": Modality(
        "Transcription", "transcribe_audio", "audio_path, model=None, **kwargs",
        "transcription.OpenAITranscriptionBinding", "transcription_flow", "Transcription", "", "text=text",
        '{"sound": base64.b64encode(Path(audio_path).read_bytes()).decode()}', "reply.decode()",
        'client.transcribe("speech.wav").text', "", "transcribe", "transcribe", "audio",
    ),
    "tts": Modality(
        "Speech", "generate_audio", "text, voice=None, **kwargs", "speech.OpenAISpeechBinding", "speech_flow", "Speech",
        "audio", "audio=media", '{"text": text, "voice": voice}', "reply", 'client.speech("Hello").audio', "speech.wav",
        "speech", "speech", "text",
    ),
    "ttv": Modality(
        "Films", "generate_video", "prompt, **kwargs", "video.OpenAIVideoBinding", "video_flow", "Video", "video",
        "video=media", '{"prompt": prompt}', "reply", 'client.video("Waves on a beach").video', "film.mp4", "generate",
        "video", "prompt",
    ),
    "ttm": Modality(
        "Music", "generate_music", "prompt, **kwargs", "music.OpenAIMusicBinding", "music_flow", "Music", "audio",
        "audio=media", '{"prompt": prompt}', "reply", 'client.music("A quiet waltz").audio', "music.wav", "generate",
        "music", "prompt",
    ),
}  # fmt: skip

"""What the code of a new binding says for each modality: its base, family, types, and a body for each kind."""

from __future__ import annotations

from typing import NamedTuple


class Modality(NamedTuple):
    """The parts of the code that differ."""

    noun: str  # ends the class's name
    method: str  # the documented method
    signature: str  # its documented arguments
    wire: str  # module and class of the family on OpenAI's wire
    types: str  # imports of the kind http
    flow: str  # the method of the kind http
    sent: str  # what the kind plain sends
    taken: str  # what the kind plain gives back
    call: str  # of a client, in the example
    file: str  # that the example writes, "" for printed text
    capability: str


_FLOW = """    async def {name}(self, request: {types}Request) -> {types}Result:
        body = {{"model": request.model or self.settings.get("model_name"), {fields}}}
        media = await self.media(self.request("POST", "{path}", json=body), "{kind}")
        return {types}Result({result})
"""


def _media_flow(name: str, types: str, fields: str, path: str, kind: str, result: str) -> str:
    return _FLOW.format(name=name, types=types, fields=fields, path=path, kind=kind, result=result)


_CHAT_FLOW = """    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        messages = [{"role": message.role, "content": message.text} for message in request.messages]
        body = {"model": request.model or self.settings.get("model_name"), "messages": messages}
        reply = await self.post("chat", json=body)
        if not isinstance(reply, dict) or not isinstance(reply.get("text"), str):
            raise BadReply("the service sent no text")
        yield [TextDelta(text=reply["text"]), Finished(finish="stop")]
"""
_TRANSCRIPTION_FLOW = """    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        fields = {"model": request.model or self.settings.get("model_name"), "language": request.language}
        reply = await self.upload("transcriptions", fields, [FormFile("file", request.audio)])
        if not isinstance(reply, dict) or not isinstance(reply.get("text"), str):
            raise BadReply("the service sent no text")
        return TranscriptionResult(text=reply["text"])
"""
_TYPES = "from lollms_client.types import {0}Request, {0}Result"

MODALITIES = {
    "llm": Modality(
        "Chat", "generate_text", "prompt, **kwargs", "llm.OpenAICompatibleLLM",
        "from collections.abc import AsyncGenerator\n\nfrom lollms_client.errors import BadReply\n"
        "from lollms_client.types import ChatRequest, Finished, StreamPart, TextDelta",
        _CHAT_FLOW, '{"prompt": prompt}', "reply.decode()", 'client.generate_text("Say hello.")', "", "chat",
    ),
    "tti": Modality(
        "Images", "generate_image", "prompt, negative_prompt=None, width=1024, height=1024, **kwargs",
        "image.OpenAIImageBinding", _TYPES.format("Image"),
        _media_flow("image_flow", "Image", '"prompt": request.prompt, "width": request.width, "height": request.height',
                    "images", "image", "images=(media,)"),
        '{"prompt": prompt, "width": width, "height": height}', "reply",
        'client.generate_image("A red kite over the sea")', "image.png", "generate",
    ),
    "stt": Modality(
        "Transcription", "transcribe_audio", "audio_path, model=None, **kwargs",
        "transcription.OpenAITranscriptionBinding",
        "from lollms_client.errors import BadReply\nfrom lollms_client.families.multipart import FormFile\n"
        + _TYPES.format("Transcription"),
        _TRANSCRIPTION_FLOW, '{"sound": base64.b64encode(Path(audio_path).read_bytes()).decode()}', "reply.decode()",
        'client.transcribe_audio("speech.wav")', "", "transcribe",
    ),
    "tts": Modality(
        "Speech", "generate_audio", "text, voice=None, **kwargs", "speech.OpenAISpeechBinding",
        _TYPES.format("Speech"),
        _media_flow("speech_flow", "Speech", '"text": request.text, "voice": request.voice', "speech", "audio",
                    "audio=media, voice=request.voice"),
        '{"text": text, "voice": voice}', "reply", 'client.generate_audio("Hello")', "speech.wav", "speech",
    ),
    "ttv": Modality(
        "Films", "generate_video", "prompt, **kwargs", "video.OpenAIVideoBinding", _TYPES.format("Video"),
        _media_flow("video_flow", "Video", '"prompt": request.prompt, "seconds": request.seconds', "videos", "video",
                    "video=media"),
        '{"prompt": prompt}', "reply", 'client.generate_video("Waves on a beach")', "film.mp4", "generate",
    ),
    "ttm": Modality(
        "Music", "generate_music", "prompt, **kwargs", "music.OpenAIMusicBinding", _TYPES.format("Music"),
        _media_flow("music_flow", "Music", '"prompt": request.prompt, "seconds": request.seconds', "music", "audio",
                    "audio=media"),
        '{"prompt": prompt}', "reply", 'client.generate_music("A quiet waltz")', "music.wav", "generate",
    ),
}  # fmt: skip

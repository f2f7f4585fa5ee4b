"""Google's Lyria as a binding: generateContent, the Interactions API from Lyria 3.5 on, predict for Lyria 2 on Vertex.

Wire: https://ai.google.dev/gemini-api/docs/music-generation and https://ai.google.dev/api/interactions-api; Lyria 2:
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/lyria-music-generation, as of November 2026.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.families.gemini.contents import inline
from lollms_client.families.gemini.reply import inline_media, media_parts, usage_of, why_nothing
from lollms_client.families.gemini.service import GeminiService
from lollms_client.families.reply_values import worded
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.media import Media
from lollms_client.types.music import MusicRequest, MusicResult

BindingName = "GeminiBinding"
_FORMATS = {"mp3": "AUDIO_MP3", "wav": "AUDIO_WAV", "ogg": "AUDIO_OGG_OPUS", "opus": "AUDIO_OGG_OPUS"}


class GeminiBinding(GeminiService, LollmsTTMBinding):
    """Music by Lyria."""

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make music. Raises ContentFiltered where the service's rules withhold it."""
        model, warnings = self.model_of(request.model), list[CallWarning]()
        if request.audio is not None:
            _warn(warnings, "dropped", "audio", "Lyria takes no sound")
        if model.startswith("lyria-002"):
            result = await self._predicted(request, model, warnings)
        elif model.startswith("lyria-3-"):
            result = await self._generated(request, model, warnings)
        else:
            result = await self._interaction(request, model, warnings)
        wanted = (request.output_format or "").lower()
        if wanted and wanted != result.audio.extension.lstrip(".") and _FORMATS.get(wanted) is None:
            _warn(warnings, "replaced", "output_format", f"the service sent {result.audio.mime_type}")
        return msgspec.structs.replace(result, warnings=tuple(warnings))

    # --- the three wires ---

    async def _generated(self, request: MusicRequest, model: str, warnings: list[CallWarning]) -> MusicResult:
        pictures = self.parameter(request, "images") or ()
        parts = [*(inline(Media.of(picture)) for picture in pictures), {"text": words(request, model, warnings)}]
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": parts}]}
        config: dict[str, Any] = {"responseModalities": ["AUDIO", "TEXT"]}
        if request.seed is not None:
            config["seed"] = request.seed
        if kind := _FORMATS.get((request.output_format or "").lower()):
            config["responseFormat"] = {"audio": {"mimeType": kind}}
        reply = await self.generate(model, {**body, "generationConfig": config})
        media, text = media_parts(reply)
        sounds = [item for item in media if item.kind == "audio"]
        if not sounds:
            raise why_nothing(reply, "music")
        return MusicResult(
            audio=sounds[0],
            text=text,
            usage=usage_of(reply) or Usage(),
            model=reply.get("modelVersion") or model,
            id=reply.get("responseId"),
        )

    async def _interaction(self, request: MusicRequest, model: str, warnings: list[CallWarning]) -> MusicResult:
        for name, value in (("seed", request.seed), ("output_format", request.output_format)):
            if value is not None:
                _warn(warnings, "dropped", name, f"{model} has no such setting")
        content: list[dict[str, Any]] = [{"type": "text", "text": words(request, model, warnings)}]
        for picture in map(Media.of, self.parameter(request, "images") or ()):
            content.append({"type": "image", "data": picture.base64(), "mime_type": picture.mime_type})
        body = {"model": model, "input": [{"type": "user_input", "content": content}]}
        body.update(self.settings.get("extra_body") or {})
        reply = await self.post(f"{self.version}/interactions", body)
        outputs = [item for item in _contents(reply) if isinstance(item, dict)]
        sounds = [item for item in outputs if item.get("type") == "audio" and item.get("data")]
        text = "".join(worded(item.get("text")) for item in outputs if item.get("type") == "text")
        if not sounds:
            status = reply.get("status") if isinstance(reply, dict) else None
            said = f": {text[:300]}" if text else ""
            raise errors.BadReply(f"the service made no music ({status or 'no status was given'}){said}")
        sound = inline_media({"data": sounds[0]["data"], "mimeType": sounds[0].get("mime_type")})
        return MusicResult(audio=sound, text=text, usage=_usage(reply), model=model, id=reply.get("id"))

    async def _predicted(self, request: MusicRequest, model: str, warnings: list[CallWarning]) -> MusicResult:
        if not self.vertex:
            raise errors.Unsupported(f"{model} is on Vertex alone: set vertex_project", setting="model_name")
        instance: dict[str, Any] = {"prompt": words(request, model, warnings)}
        if request.negative_prompt:
            instance["negative_prompt"] = request.negative_prompt
        if request.seed is not None:
            instance["seed"] = request.seed
        reply = await self.post(self.method(model, "predict"), {"instances": [instance], "parameters": {}})
        rows = reply.get("predictions") if isinstance(reply, dict) else None
        row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
        data = row.get("audioContent") or row.get("bytesBase64Encoded")
        if not data:
            raise errors.BadReply("Lyria's reply holds no sound", binding=self.binding_name)
        return MusicResult(audio=inline_media({"data": data, "mimeType": row.get("mimeType")}), model=model)


def words(request: MusicRequest, model: str, warnings: list[CallWarning]) -> str:
    """The prompt with our settings in words: Lyria is told everything in its prompt."""
    told = {
        "Genre": request.genre,
        "Mood": request.mood,
        "Tempo": f"{request.tempo:g} BPM" if request.tempo else None,
        "Key": request.key,
        "Instruments": ", ".join(request.instruments) or None,
        "Vocals": "none, instrumental only" if request.instrumental else None,
        "Length": f"{request.seconds:g} seconds" if request.seconds else None,
    }
    if request.seconds is not None and ("clip" in model or model.startswith("lyria-002")):
        told["Length"] = None
        _warn(warnings, "dropped", "seconds", f"{model} makes pieces of about 30 seconds")
    elif request.seconds is not None:
        _warn(warnings, "approximate", "seconds", "the length is asked for in the prompt; the model may differ")
    if request.negative_prompt and not model.startswith("lyria-002"):
        told["Leave out"] = request.negative_prompt
    lines = [request.prompt, *(f"{name}: {value}" for name, value in told.items() if value)]
    if request.lyrics:
        lines.append(f"Lyrics:\n{request.lyrics}")
    return "\n".join(lines)


def _contents(reply: Any) -> list[Any]:
    if not isinstance(reply, dict):
        return []
    steps = [step for step in reply.get("steps") or () if isinstance(step, dict)]
    made = [step for step in steps if step.get("type", "model_output") == "model_output"]
    found = [item for step in made for item in step.get("content") or ()]
    if not found and isinstance(reply.get("output_audio"), dict):
        found = [{"type": "audio", **reply["output_audio"]}, {"type": "text", "text": reply.get("output_text")}]
    return found


def _usage(reply: dict[str, Any]) -> Usage:
    usage = reply.get("usage") or {}
    return Usage(input_tokens=usage.get("total_input_tokens"), output_tokens=usage.get("total_output_tokens"))


def _warn(warnings: list[CallWarning], kind: Any, setting: str, detail: str) -> None:
    warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))

"""What ElevenLabs' bindings share: the key's header, errors, output formats, models.

Wire: https://elevenlabs.io/docs/api-reference (November 2026) and the official Python SDK 2.x.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from lollms_client.errors import BadReply
from lollms_client.families.http import Headers, HttpBinding
from lollms_client.flow import HttpReply, HttpRequest
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.catalogue import ModelInfo

# our name: the service's usual choice of codec, sample rate (Hz) and bit rate (kbit/s)
FORMATS = {
    "mp3": "mp3_44100_128",
    "opus": "opus_48000_128",
    "pcm": "pcm_24000",
    "wav": "pcm_24000",
    "ulaw": "ulaw_8000",
    "alaw": "alaw_8000",
}


class ElevenLabsBinding(HttpBinding):
    """Base of the bindings for speech, transcription and music."""

    default_address: ClassVar[str] = "https://api.elevenlabs.io"

    def auth_headers(self) -> Headers:
        """The key travels in a header of its own."""
        return {"xi-api-key": self.required_key()}

    def body(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """A request's body: what is set, and the user's `extra_body` last."""
        sent = {name: value for name, value in fields.items() if value is not None}
        return {**sent, **(self.settings.get("extra_body") or {})}

    async def sound(self, request: HttpRequest) -> HttpReply:
        """A reply that is a sound; JSON in its place is an error."""
        request.headers["Accept"] = "audio/*"
        reply = await self.send(request)
        if "json" in reply.headers.get("content-type", ""):
            self.decoded(reply)
            raise BadReply("the service sent JSON where a sound is expected")
        if not reply.body:
            raise BadReply("the service sent an empty sound")
        return reply

    async def model_rows(self) -> list[dict[str, Any]]:
        """The service's models as it describes them."""
        rows: list[dict[str, Any]] = await self.get("v1/models")
        return rows

    async def models_flow(self) -> list[ModelInfo]:
        """The models that speak."""
        rows = await self.model_rows()
        return [model_of(row) for row in rows if row.get("can_do_text_to_speech") is not False]


def model_of(row: Mapping[str, Any]) -> ModelInfo:
    """A model out of the service's row."""
    languages = [str(item.get("language_id")) for item in row.get("languages") or ()]
    return ModelInfo(
        name=row["model_id"],
        title=row.get("name") or "",
        description=row.get("description") or "",
        owner="elevenlabs",
        extra={"languages": languages} if languages else {},
    )


def output_format(wanted: str | None, sample_rate: int | None) -> tuple[str | None, list[CallWarning]]:
    """The service's name of a format: `mp3`, `wav`, … become its usual one, others go as they are."""
    if wanted is None:
        return None, []
    plain = wanted.lower()
    if plain not in FORMATS:
        return wanted, []
    name = FORMATS[plain]
    if sample_rate is None:
        return name, []
    if plain in ("pcm", "wav") and sample_rate in (8000, 16000, 22050, 24000, 44100, 48000):
        return f"pcm_{sample_rate}", []
    if str(sample_rate) in name:
        return name, []
    return name, [CallWarning(kind="replaced", setting="sample_rate", detail=f"{name} is the nearest format")]


def usage_of(headers: Mapping[str, str]) -> Usage:
    """What a reply's headers say it cost: characters, which are this service's credits."""
    counted = headers.get("character-cost") or headers.get("x-character-count")
    return Usage(characters=int(counted)) if counted and counted.isdigit() else Usage()


def dropped(request: Any, names: tuple[str, ...], why: str = "the service does not take it") -> list[CallWarning]:
    """Warnings for common fields that were given and cannot be sent."""
    return [
        CallWarning(kind="dropped", setting=name, detail=why)
        for name in names
        if getattr(request, name) not in (None, ())
    ]

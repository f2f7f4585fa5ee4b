"""A recorded call, and its requests and results as plain values and back."""

from __future__ import annotations

from typing import Any

import msgspec

from lollms_client.families.plain_data import typed
from lollms_client.types.accounting import TokenCount
from lollms_client.types.catalogue import ModelInfo, Voice
from lollms_client.types.chat import ChatResult, StreamPart
from lollms_client.types.embedding import EmbeddingResult
from lollms_client.types.image import ImageResult
from lollms_client.types.job import JobHandle, JobStatus
from lollms_client.types.media import Media
from lollms_client.types.music import MusicResult
from lollms_client.types.speech import SpeechResult
from lollms_client.types.transcription import TranscriptionResult
from lollms_client.types.video import VideoResult

RESULTS: dict[str, Any] = {
    "chat": ChatResult, "embed": EmbeddingResult, "count_tokens": TokenCount, "image": ImageResult,
    "transcription": TranscriptionResult, "speech": SpeechResult, "voices": list[Voice], "models": list[ModelInfo],
    "music": MusicResult, "video": VideoResult, "submit": JobHandle, "check": JobStatus, "cancel": None,
}  # fmt: skip
PARTS: dict[str, Any] = {"chat": list[StreamPart], "speech": list[Media]}


class Entry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One call: what was asked, and what happened in its order.

    Each item of `happened` has one key: progress, parts (of a stream), result, error, or stopped (by the caller).
    """

    call: str
    binding: str  # llm.openai
    session: str = ""
    request: Any = None
    happened: list[dict[str, Any]] = []
    line: int = 0  # in the file; not written

    @property
    def streamed(self) -> bool:
        """Whether the call was a stream."""
        return any("parts" in item or "stopped" in item for item in self.happened)


def result_of(call: str, request: Any, values: Any) -> Any:
    """The typed result. Raises msgspec.ValidationError."""
    if call == "collect":
        method = str(request.get("method", "")) if isinstance(request, dict) else ""
        return typed(values, RESULTS[{"edit_image": "image"}.get(method, method)], _found)
    kind = RESULTS.get(call, Any)
    return None if kind is None else typed(values, kind, _found)


def parts_from(call: str, values: Any) -> list[Any]:
    """The parts of a stream. Raises msgspec.ValidationError."""
    found: list[Any] = typed(values, PARTS[call], _found)
    return found


def _found(item: Any) -> Media:
    if not isinstance(item, Media):
        raise ValueError("media is described by type, sha256 and bytes")
    return item

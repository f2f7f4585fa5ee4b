"""What services answer to a transcription: JSON plain, verbose or with speakers, bare text, SubRip and WebVTT.

Wire: https://platform.openai.com/docs/api-reference/audio and OpenAI's API document as of 2026-08-21.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.families.openai_compatible.media import added_usage, text_or_none, usage_of
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.transcription import Segment, TranscriptionResult, Word

_CUE = re.compile(
    r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})[ \t]*-->[ \t]*(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})[^\n]*"
)
_NANOSECONDS = 10_000_000  # a whole number from here on counts nanoseconds: as seconds it would be a third of a year


def result_of_json(reply: Any) -> TranscriptionResult:
    """The result in a decoded reply. Raises BadReply where it holds no transcript."""
    if isinstance(reply, str) and reply.strip():
        return TranscriptionResult(text=reply.strip())
    if not isinstance(reply, Mapping):
        raise errors.BadReply("the service's reply is no JSON object")
    segments = _segments(reply)
    text = reply.get("text")
    if not isinstance(text, str):
        if not segments:
            raise errors.BadReply("the service's reply holds no transcript")
        text = " ".join(segment.text for segment in segments)
    seconds = _seconds(reply.get("duration"))
    if seconds is None and isinstance(reply.get("usage"), Mapping):
        seconds = _seconds(reply["usage"].get("seconds"))
    return TranscriptionResult(
        text=text.strip(),
        language=text_or_none(reply.get("language")) or _first_language(reply.get("languages")),
        seconds=seconds,
        segments=segments,
        words=_words(reply),
        usage=usage_of(reply),
        model=text_or_none(reply.get("model")),
        id=text_or_none(reply.get("id")) or _nested_id(reply),
        extra={name: reply[name] for name in ("logprobs", "languages", "task") if reply.get(name)},
    )


def _nested_id(reply: Mapping[str, Any]) -> str | None:
    """The service's number for the request, where it stands in a mapping of the service's own (`x_…`)."""
    for name, value in reply.items():
        if name.startswith("x_") and isinstance(value, Mapping):
            return text_or_none(value.get("id"))
    return None


def _first_language(value: Any) -> str | None:
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, Mapping):
        first = first.get("language") or first.get("code")
    return text_or_none(first)


def _segments(reply: Mapping[str, Any]) -> tuple[Segment, ...]:
    names = ("segments", "speaker_segments", "chunks")
    rows: list[Any] = next((reply[name] for name in names if _is_rows(reply.get(name))), [])
    return tuple(segment for row in rows if (segment := segment_of(row)) is not None)


def segment_of(row: Any) -> Segment | None:
    """One segment, None for a row without text or times."""
    if not isinstance(row, Mapping) or not isinstance(row.get("text"), str):
        return None
    start, end = _times(row)
    if start is None or end is None:
        return None
    told = row.get("avg_logprob")
    confidence = min(1.0, math.exp(told)) if isinstance(told, (int, float)) and told <= 0 else _share(row)
    return Segment(text=row["text"].strip(), start=start, end=end, confidence=confidence, speaker=_speaker(row))


def _words(reply: Mapping[str, Any]) -> tuple[Word, ...]:
    rows: Iterable[Any] = reply.get("words") or ()
    if not rows:
        names = ("segments", "speaker_segments")
        held: list[Any] = next((reply[name] for name in names if _is_rows(reply.get(name))), [])
        rows = [word for row in held if isinstance(row, Mapping) for word in row.get("words") or ()]
    return tuple(word for row in rows if (word := _word(row)) is not None)


def _word(row: Any) -> Word | None:
    if not isinstance(row, Mapping):
        return None
    text = row.get("word") if isinstance(row.get("word"), str) else row.get("text")
    start, end = _times(row)
    if not isinstance(text, str) or start is None or end is None:
        return None
    return Word(text=text.strip(), start=start, end=end, confidence=_share(row), speaker=_speaker(row))


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _times(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    pair = row.get("timestamp")
    if isinstance(pair, list) and len(pair) == 2:
        return _seconds(pair[0]), _seconds(pair[1])
    return _seconds(row.get("start")), _seconds(row.get("end"))


def _seconds(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value / 1e9 if isinstance(value, int) and value >= _NANOSECONDS else float(value)


def _share(row: Mapping[str, Any]) -> float | None:
    for name in ("confidence", "probability", "score"):
        value = row.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
    return None


def _speaker(row: Mapping[str, Any]) -> str | None:
    for name in ("speaker", "speaker_id"):
        value = row.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return str(value)
    return None


def result_of_text(text: str) -> TranscriptionResult:
    """The result in a reply of bare text, SubRip or WebVTT."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    cues = list(_CUE.finditer(text))
    if not cues:
        return TranscriptionResult(text=text.strip())
    segments = []
    for place, cue in enumerate(cues):
        end = cues[place + 1].start() if place + 1 < len(cues) else len(text)
        segments.append(Segment(text=_cue_text(text[cue.end() : end]), start=_clock(cue, 1), end=_clock(cue, 5)))
    return TranscriptionResult(
        text=" ".join(segment.text for segment in segments if segment.text), segments=tuple(segments)
    )


def _cue_text(block: str) -> str:
    """The lines up to the first empty one; what follows is the next cue's number or name."""
    spoken, _, _ = block.lstrip("\n").partition("\n\n")
    return " ".join(spoken.split())


def _clock(cue: re.Match[str], first: int) -> float:
    hours, minutes, seconds, part = (cue[first + step] or "0" for step in range(4))
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(part.ljust(3, "0")) / 1000


def joined(parts: list[tuple[float, TranscriptionResult]]) -> TranscriptionResult:
    """The results of pieces of one audio, each with the second at which it begins, as one."""
    if len(parts) == 1 and parts[0][0] == 0.0:
        return parts[0][1]
    last_begin, last = parts[-1]
    warnings: dict[CallWarning, None] = {}
    for _, part in parts:
        warnings.update(dict.fromkeys(part.warnings))
    segments = [_moved(item, begin) for begin, part in parts for item in part.segments]
    words = [_moved(item, begin) for begin, part in parts for item in part.words]
    usage: Usage = added_usage(part.usage for _, part in parts)
    return TranscriptionResult(
        text=" ".join(part.text for _, part in parts if part.text),
        language=next((part.language for _, part in parts if part.language), None),
        seconds=last_begin + last.seconds if last.seconds is not None else None,
        segments=tuple(segments),
        words=tuple(words),
        usage=usage,
        warnings=tuple(warnings),
        model=parts[0][1].model,
        id=parts[0][1].id,
        extra={"pieces": len(parts)},
    )


def _moved(item: Any, begin: float) -> Any:
    return msgspec.structs.replace(item, start=item.start + begin, end=item.end + begin)

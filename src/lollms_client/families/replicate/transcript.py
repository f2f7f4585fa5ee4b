"""Transcripts in the shapes in which models on Replicate give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lollms_client.errors import BadReply
from lollms_client.types.transcription import Segment, TranscriptionResult, Word


def result_of(output: Any, facts: dict[str, Any]) -> TranscriptionResult:
    """The result of an output: a text, a dictionary with a text or parts, or a list of parts. Raises BadReply else."""
    try:
        return _result(output, facts)
    except (AttributeError, TypeError, ValueError) as error:
        raise BadReply("the model's output holds no transcript") from error


def _result(output: Any, facts: dict[str, Any]) -> TranscriptionResult:
    if isinstance(output, str):
        return TranscriptionResult(text=output.strip(), **facts)
    if isinstance(output, list) and all(isinstance(item, str) for item in output):
        return TranscriptionResult(text="".join(output).strip(), **facts)
    if isinstance(output, list):
        output = {"segments": output}
    if not isinstance(output, Mapping):
        raise BadReply("the model's output holds no transcript")
    rows = [row for row in output.get("segments") or output.get("chunks") or () if isinstance(row, Mapping)]
    segments = tuple(_segment(row) for row in rows)
    text = next(
        (value for name in ("transcription", "text", "transcript") if isinstance(value := output.get(name), str)), None
    )
    if text is None and not segments:
        raise BadReply("the model's output holds no transcript")
    language = output.get("detected_language") or output.get("language")
    return TranscriptionResult(
        text=(text if text is not None else " ".join(cue.text for cue in segments)).strip(),
        language=str(language) if language else None,
        segments=segments,
        words=tuple(word for row in (*rows, output) for word in _words(row)),
        **facts,
    )


def _times(row: Mapping[str, Any]) -> tuple[float, float]:
    pair = row.get("timestamp")
    start, end = pair if isinstance(pair, (list, tuple)) and len(pair) == 2 else (row.get("start"), row.get("end"))
    begun = _seconds(start)
    return begun, max(begun, _seconds(end))


def _seconds(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _segment(row: Mapping[str, Any]) -> Segment:
    start, end = _times(row)
    speaker = row.get("speaker")
    text = str(row.get("text") or row.get("transcript") or "").strip()
    return Segment(text=text, start=start, end=end, speaker=str(speaker) if speaker is not None else None)


def _words(row: Mapping[str, Any]) -> Iterator[Word]:
    for word in row.get("words") or ():
        if not isinstance(word, Mapping):
            continue
        start, end = _times(word)
        chance, speaker = word.get("probability", word.get("score")), word.get("speaker")
        yield Word(
            text=str(word.get("word") or word.get("text") or "").strip(),
            start=start,
            end=end,
            confidence=chance if isinstance(chance, float) else None,
            speaker=str(speaker) if speaker is not None else None,
        )

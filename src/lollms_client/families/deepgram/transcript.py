"""Deepgram's transcripts read as results: channels, words, utterances, paragraphs and findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lollms_client.errors import BadReply
from lollms_client.families.reply_values import worded
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.transcription import Segment, TranscriptionRequest, TranscriptionResult, Word

_FINDINGS = ("summary", "topics", "intents", "sentiments")


def result_of(
    reply: Any, request: TranscriptionRequest, model: str, warnings: tuple[CallWarning, ...]
) -> TranscriptionResult:
    """The result of a reply. Raises BadReply where it holds no channel, or has another shape than documented."""
    try:
        return _result(reply, request, model, warnings)
    except (AttributeError, TypeError, ValueError, KeyError, IndexError) as error:
        raise BadReply("the service's transcript has another shape than documented") from error


def _result(
    reply: Any, request: TranscriptionRequest, model: str, warnings: tuple[CallWarning, ...]
) -> TranscriptionResult:
    results = reply.get("results") if isinstance(reply, Mapping) else None
    channels = results.get("channels") if isinstance(results, Mapping) else None
    if not isinstance(channels, list) or not isinstance(results, Mapping):
        raise BadReply("the service's reply holds no transcript")
    best = [(channel.get("alternatives") or [{}])[0] for channel in channels]
    many = len(best) > 1
    words = tuple(
        _word(row, f"channel {number}" if many else None)
        for number, alternative in enumerate(best)
        for row in alternative.get("words") or ()
    )
    about = reply.get("metadata") or {}
    seconds = about.get("duration")
    return TranscriptionResult(
        text="\n".join(text for one in best if (text := worded(one.get("transcript")))),
        language=next((text for row in channels if (text := worded(row.get("detected_language")))), None)
        or request.language,
        seconds=seconds,
        segments=tuple(_segments(results, best, words, many)),
        words=() if request.words is False else tuple(sorted(words, key=lambda word: word.start)),
        usage=Usage(seconds=seconds),
        warnings=warnings,
        model=model,
        id=about.get("request_id"),
        extra=_extra(results, channels, best),
    )


def _word(row: Mapping[str, Any], channel: str | None) -> Word:
    return Word(
        text=worded(row.get("punctuated_word")) or worded(row.get("word")),
        start=float(row.get("start") or 0.0),
        end=float(row.get("end") or 0.0),
        confidence=row.get("confidence"),
        speaker=worded(row.get("speaker")) or channel,
    )


def _segments(
    results: Mapping[str, Any], best: list[dict[str, Any]], words: tuple[Word, ...], many: bool
) -> Iterator[Segment]:
    utterances = results.get("utterances") or ()
    for row in utterances:
        speaker = row.get("speaker")
        channel = f"channel {row.get('channel', 0)}" if many else None
        yield _segment(row, worded(row.get("transcript")), worded(speaker) or channel)
    if utterances:
        return
    paragraphs = [row for one in best for row in (one.get("paragraphs") or {}).get("paragraphs") or ()]
    for row in paragraphs:
        speaker = row.get("speaker")
        for sentence in row.get("sentences") or ():
            yield _segment(sentence, worded(sentence.get("text")), worded(speaker) or None)
    if not paragraphs and words:
        text = " ".join(worded(one.get("transcript")) for one in best)
        yield Segment(text=text.strip(), start=words[0].start, end=max(word.end for word in words))


def _segment(row: Mapping[str, Any], text: str, speaker: str | None) -> Segment:
    return Segment(
        text=text,
        start=float(row.get("start") or 0.0),
        end=float(row.get("end") or 0.0),
        confidence=row.get("confidence"),
        speaker=speaker,
    )


def _extra(results: Mapping[str, Any], channels: list[dict[str, Any]], best: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {name: results[name] for name in _FINDINGS if results.get(name)}
    paragraphs = [row for one in best for row in (one.get("paragraphs") or {}).get("paragraphs") or ()]
    entities = [row for one in best for row in one.get("entities") or ()]
    search = [row for channel in channels for row in channel.get("search") or ()]
    for name, rows in (("paragraphs", paragraphs), ("entities", entities), ("search", search)):
        if rows:
            found[name] = rows
    return found

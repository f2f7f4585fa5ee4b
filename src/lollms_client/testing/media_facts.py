"""What a call was asked for and what came back, as data: sizes, lengths, types, words, vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lollms_client.types.media import Media, sniff_mime_type

# settings of a request that can be seen in its result
_VISIBLE = ("width", "height", "count", "n", "seconds", "duration", "fps", "sample_rate", "output_format", "max_tokens")
_NAMES = {"n": "count", "duration": "seconds"}


class MediaFacts(msgspec.Struct, kw_only=True):
    """What one picture, sound or film is, read from its bytes."""

    declared: str  # MIME type that the result states
    sniffed: str = ""  # MIME type by the first bytes, "" where they say nothing
    bytes: int = 0
    problem: str = ""  # why it cannot be decoded
    unproven: str = ""  # what is missing here to decode it
    width: int | None = None  # pixels
    height: int | None = None  # pixels
    seconds: float | None = None
    frames: int | None = None
    fps: float | None = None
    sample_rate: int | None = None  # Hz
    channels: int | None = None
    one_colour: bool = False  # a picture, or every picture of a film, is of one colour
    black: bool = False  # and that colour is black, or nothing can be seen through it
    still: bool = False  # the pictures of a film are all the same
    silent: bool = False
    clipped: float = 0.0  # fraction of the samples that stand at the limit
    notes: int | None = None  # of MIDI


class VectorFacts(msgspec.Struct, kw_only=True):
    """What the vectors of some texts are."""

    texts: int
    lengths: list[int]
    finite: bool = True
    zero: bool = False  # one of them is all zeros
    alike: bool = False  # different texts gave the same vector


class Observation(msgspec.Struct, kw_only=True):
    """One call and its result. `source`: engine, wire or live."""

    source: str
    call: str  # the client's method
    name: str = ""  # of the wire case
    asked: dict[str, Any] = {}
    warned: list[str] = []  # settings with a CallWarning
    stated: dict[str, Any] = {}  # what the result says of its media: seconds, width, height, fps
    media: list[MediaFacts] = []
    wanted_text: bool = False
    text: str = ""  # its beginning
    vectors: VectorFacts | None = None
    names: list[str] | None = None  # of models or voices
    times: list[str] = []  # what is wrong with the times of words and segments

    def title(self) -> str:
        """The call in words, for a report."""
        return f"{self.call} ({self.name})" if self.name else self.call


def observe(source: str, call: str, asked: Mapping[str, Any], result: Any, name: str = "") -> Observation:
    """Look at a typed result. `asked` holds the keyword arguments of the call."""
    seen = Observation(
        source=source, call=call, name=name,
        asked={_NAMES.get(key, key): value for key, value in asked.items() if key in _VISIBLE and value is not None},
        warned=[warning.setting for warning in getattr(result, "warnings", ())],
    )  # fmt: skip
    if isinstance(texts := asked.get("texts"), str | list | tuple):
        seen.asked["texts"] = 1 if isinstance(texts, str) else len(texts)
    if isinstance(result, list | tuple):
        seen.names = [str(getattr(item, "name", item)) for item in result]
        return seen
    for field in ("seconds", "width", "height", "fps"):
        if isinstance(value := getattr(result, field, None), int | float) and call != "transcribe":
            seen.stated[field] = value
    seen.media = [facts_of(item) for item in _media(result)]
    _add_words(seen, call, asked, result)
    vectors = getattr(result, "vectors", None)
    if vectors is not None:
        seen.vectors = _vector_facts(vectors, len(vectors))
    return seen


def _media(result: Any) -> Iterator[Media]:
    if isinstance(result, bytes):
        yield result if isinstance(result, Media) else Media(result)
    yield from getattr(result, "images", ())
    for field in ("audio", "video"):
        if isinstance(item := getattr(result, field, None), Media):
            yield item


def _add_words(seen: Observation, call: str, asked: Mapping[str, Any], result: Any) -> None:
    if call in ("chat", "stream_chat", "transcribe"):
        text = str(getattr(result, "text", ""))
        calls = getattr(result, "tool_calls", ())
        cut = getattr(result, "finish", "stop") == "length"  # the words would have come after hidden thoughts
        seen.wanted_text = not cut and not calls and not getattr(result, "reasoning", "") and not asked.get("tools")
        seen.text = text[:200]
    seconds = getattr(result, "seconds", None)
    for kind in ("segments", "words"):
        seen.times += _wrong_times(kind, getattr(result, kind, ()), seconds)


def _wrong_times(kind: str, items: Sequence[Any], seconds: float | None) -> Iterator[str]:
    last = 0.0
    for item in items:
        if not (math.isfinite(item.start) and math.isfinite(item.end)) or item.start < 0 or item.end < item.start:
            yield f"{kind}: {item.text[:40]!r} goes from {item.start} to {item.end} s"
        elif item.start < last - 0.5:
            yield f"{kind}: {item.text[:40]!r} at {item.start:.2f} s comes after one at {last:.2f} s"
        elif seconds is not None and item.start > seconds + 0.5:
            yield f"{kind}: {item.text[:40]!r} begins at {item.start:.2f} s in a sound of {seconds:.2f} s"
        last = max(last, item.start)


def _vector_facts(vectors: Sequence[Sequence[float]], texts: int) -> VectorFacts:
    return VectorFacts(
        texts=texts,
        lengths=[len(vector) for vector in vectors],
        finite=all(math.isfinite(number) for vector in vectors for number in vector),
        zero=any(not any(vector) for vector in vectors),
        alike=len(vectors) > 1 and len({tuple(vector) for vector in vectors}) == 1,
    )


def facts_of(item: bytes) -> MediaFacts:
    """Decode a picture, a sound or a film, and say what it is."""
    declared = item.mime_type if isinstance(item, Media) else sniff_mime_type(item) or ""
    facts = MediaFacts(declared=declared, sniffed=sniff_mime_type(item) or "", bytes=len(item))
    if not item:
        facts.problem = "it is empty"
        return facts
    kind = (facts.sniffed or declared).partition("/")[0]
    from lollms_client.testing import media_films, media_pictures, media_sounds

    readers = {"image": media_pictures.read, "audio": media_sounds.read, "video": media_films.read}
    if kind not in readers:
        facts.problem = f"{len(item)} bytes that are no picture, sound or film: they begin {bytes(item[:24])!r}"
        return facts
    readers[kind](bytes(item), facts)
    return facts


def same_type(one: str, other: str) -> bool:
    """Whether two MIME types name the same kind of file, in one spelling or another."""
    return one == other or any(one in group and other in group for group in _SAME)


_SAME: Iterable[frozenset[str]] = (
    frozenset({"audio/ogg", "audio/opus", "application/ogg", "video/ogg"}),
    frozenset({"video/mp4", "audio/mp4", "video/quicktime", "audio/m4a", "audio/x-m4a"}),
    frozenset({"audio/webm", "video/webm", "video/x-matroska"}),
    frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"}),
    frozenset({"audio/mpeg", "audio/mp3"}),
    frozenset({"audio/aac", "audio/aacp", "audio/x-aac"}),
    frozenset({"image/jpeg", "image/jpg"}),
    frozenset({"image/avif", "image/heic", "image/heif"}),
    frozenset({"audio/midi", "audio/x-midi"}),
    frozenset({"audio/flac", "audio/x-flac"}),
)

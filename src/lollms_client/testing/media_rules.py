"""Rules of what is returned: media decode and are what was asked for, texts and vectors hold something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lollms_client.testing.media_facts import MediaFacts, Observation, same_type
from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.subject import Subject

_PICTURES = {"tti": "images", "ttv": "films"}
_SOUNDS = {"tts": "speech", "ttm": "music"}
_HAS_MEDIA = {**_PICTURES, **_SOUNDS}
_FORMATS = {
    "png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml",
    "gif": "image/gif", "wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "opus": "audio/opus",
    "ogg": "audio/ogg", "aac": "audio/aac", "m4a": "audio/mp4", "pcm": "audio/pcm", "midi": "audio/midi",
    "mp4": "video/mp4", "webm": "video/webm",
}  # fmt: skip
_RATES = (4_000, 384_000)  # Hz
_MOST_CHANNELS = 16


def seen_by(subject: Subject, kinds: dict[str, str] | None = None, *, made: bool = False) -> list[Observation]:
    """What was seen of a binding's results. `made`: only by what really makes them, not canned replies."""
    if kinds is not None and subject.binding_type not in kinds:
        raise NotApplicable("its modality gives nothing of the kind")
    evidence = subject.evidence
    found = evidence.observations
    if subject.terms is not None:
        found = [*found, *subject.live.observations]
    if found:
        return found
    if evidence.local and evidence.engine.calls:
        raise NotApplicable("no call gave a result, which C217 tells")
    if evidence.local:
        raise Unproven(evidence.not_called or "nothing was called")
    if made:
        raise NotApplicable("canned replies do not show what a service makes; `lollms check --live` does")
    found = [run.seen for run in subject.wire.runs if run.seen is not None]
    if not found:
        raise Unproven(subject.wire.problem or "no result was seen: its wire cases give none")
    return found


_Seen = Iterator[tuple[str, Observation, MediaFacts]]


def _media(subject: Subject, kinds: dict[str, str] | None = None, *, made: bool = False) -> _Seen:
    for seen in seen_by(subject, kinds or _HAS_MEDIA, made=made):
        for facts in seen.media:
            yield seen.title(), seen, facts


def _undecodable(subject: Subject, kinds: dict[str, str] | None = None) -> None:
    """Say that a rule cannot be tried where a package for decoding is missing."""
    for _, _, facts in _media(subject, kinds):
        if facts.unproven:
            raise Unproven(facts.unproven)


@rule(
    "D101",
    "media decode",
    reason="A file that no program opens is worth nothing, and was paid for.",
    cure="Return the bytes of the file themselves: not base64, not a path, not a part of them.",
)
def _decodes(subject: Subject) -> Iterator[str]:
    for title, _, facts in _media(subject):
        if facts.problem:
            yield f"{title} gave {facts.declared or 'bytes of unknown type'}: {facts.problem}"
    _undecodable(subject)


@rule(
    "D102",
    "media are of the type that they state",
    reason="Applications choose the file's extension and the player by it.",
    cure="Give the type that the service states, or none: then it is read from the bytes.",
)
def _type(subject: Subject) -> Iterator[str]:
    for title, _, facts in _media(subject):
        if facts.sniffed and facts.declared and not same_type(facts.declared, facts.sniffed):
            yield f"{title} states {facts.declared}, and the bytes are {facts.sniffed}"


@rule(
    "D103",
    "pictures are as large as asked",
    reason="A layout breaks where a picture is of another size than was asked for, and nobody said so.",
    cure="Make that size, or add a CallWarning for width or height; a size that cannot be made may be refused.",
)
def _size(subject: Subject) -> Iterator[str]:
    for title, seen, facts in _media(subject, _PICTURES, made=True):
        for name, is_ in (("width", facts.width), ("height", facts.height)):
            asked = seen.asked.get(name)
            if asked is not None and is_ is not None and is_ != asked and not _warned(seen, "width", "height", "size"):
                yield f"{title} was asked for a {name} of {asked} pixels and gave {is_}, without a warning"


def _warned(seen: Observation, *names: str) -> bool:
    return any(name in setting for setting in seen.warned for name in names)


@rule(
    "D104",
    "as many are made as asked",
    reason="Who asks for two pictures waits for two.",
    cure="Call the service several times, or add a CallWarning for count.",
)
def _count(subject: Subject) -> Iterator[str]:
    for seen in seen_by(subject, {"tti": "images"}, made=True):
        asked = seen.asked.get("count")
        if asked is not None and len(seen.media) != asked and not _warned(seen, "count", "n"):
            yield f"{seen.title()} was asked for {asked} and gave {len(seen.media)}, without a warning"


@rule(
    "D105",
    "sounds and films are as long as asked",
    reason="Music under a film has to end with it.",
    cure="Make that length, or add a CallWarning for seconds with the length that can be made.",
)
def _length(subject: Subject) -> Iterator[str]:
    for title, seen, facts in _media(subject, {"ttv": "", "ttm": ""}, made=True):
        asked = seen.asked.get("seconds")
        if asked is None or facts.seconds is None or _warned(seen, "seconds", "duration"):
            continue
        if abs(facts.seconds - asked) > max(0.25, 0.05 * asked):
            yield f"{title} was asked for {asked:g} s and gave {facts.seconds:.2f} s, without a warning"


@rule(
    "D106",
    "pictures are not black or empty",
    reason="A black picture is what a failed model gives.",
    cure="Raise an error where the picture came out empty.",
)
def _blank(subject: Subject) -> Iterator[str]:
    for title, _, facts in _media(subject, _PICTURES, made=True):
        if facts.black:
            yield f"{title} gave a picture that is black, or in which nothing can be seen"


@rule(
    "D107",
    "sounds can be heard",
    reason="Silence is what a failed model gives.",
    cure="Raise an error where the sound came out silent.",
)
def _silent(subject: Subject) -> Iterator[str]:
    for title, _, facts in _media(subject, _SOUNDS, made=True):
        if facts.silent:
            yield f"{title} gave silence"


@rule(
    "D108",
    "sounds are not cut off at the limit",
    reason="Clipped samples crackle.",
    cure="Scale the samples down before they are written.",
    required=False,
)
def _clipped(subject: Subject) -> Iterator[str]:
    for title, _, facts in _media(subject, _SOUNDS, made=True):
        if facts.clipped > 0.001:
            yield f"{title}: {100 * facts.clipped:.1f} % of the samples stand at the limit"


@rule(
    "D109",
    "sample rate and channels are sane and as asked",
    reason="A wrong rate makes voices high or low, and is heard at once.",
    cure="Write the rate of the samples into the file; add a CallWarning where it is not the one asked for.",
)
def _rate(subject: Subject) -> Iterator[str]:
    for title, seen, facts in _media(subject, _SOUNDS):
        rate, channels = facts.sample_rate, facts.channels
        if rate is not None and not _RATES[0] <= rate <= _RATES[1]:
            yield f"{title}: a sample rate of {rate} Hz"
        if channels is not None and not 1 <= channels <= _MOST_CHANNELS:
            yield f"{title}: {channels} channels"
        asked = seen.asked.get("sample_rate")
        other = asked is not None and rate is not None and rate != asked and seen.source != "wire"
        if other and not _warned(seen, "sample_rate", "output_format"):
            yield f"{title} was asked for {asked} Hz and gave {rate}, without a warning"


@rule(
    "D110",
    "films move",
    reason="A film of one still picture is what a failed model gives.",
    cure="Raise an error where nothing moves; return a film, not its first picture.",
)
def _moves(subject: Subject) -> Iterator[str]:
    for title, _, facts in _media(subject, {"ttv": "films"}, made=True):
        if facts.frames is not None and facts.frames < 2:
            yield f"{title} gave a film of {facts.frames} picture"
        elif facts.still:
            yield f"{title} gave {facts.frames} pictures that are all the same"


@rule(
    "D111",
    "media are in the format that was asked for",
    reason="A program that asked for WAV reads WAV.",
    cure="Convert, or add a CallWarning for output_format.",
)
def _format(subject: Subject) -> Iterator[str]:
    for title, seen, facts in _media(subject, made=True):
        asked = str(seen.asked.get("output_format") or "").lower()
        wanted = _FORMATS.get(asked)
        given = facts.sniffed or facts.declared
        if (
            wanted
            and given
            and not facts.problem
            and not same_type(wanted, given)
            and not _warned(seen, "output_format")
        ):
            yield f"{title} was asked for {asked} and gave {given}, without a warning"


@rule(
    "D112",
    "results state what the media are",
    reason="Applications show length and size from the result, without decoding.",
    cure="State what was measured, or nothing.",
)
def _stated(subject: Subject) -> Iterator[str]:
    for title, seen, facts in _media(subject, made=True):
        for name, stated in seen.stated.items():
            measured: Any = getattr(facts, name)
            if measured is not None and abs(stated - measured) > _tolerance(name, stated):
                yield f"{title} states {name} {stated:g}, and the media have {measured:g}"


def _tolerance(name: str, stated: float) -> float:
    return {"seconds": max(0.25, 0.05 * stated), "fps": max(0.5, 0.05 * stated)}.get(name, 0.0)


@rule(
    "D113",
    "films run at the pace asked for",
    reason="A film at another pace does not fit the sound that was made for it.",
    cure="Write the frames at that pace, or add a CallWarning for fps.",
)
def _pace(subject: Subject) -> Iterator[str]:
    for title, seen, facts in _media(subject, {"ttv": "films"}, made=True):
        asked = seen.asked.get("fps")
        if asked and facts.fps and abs(facts.fps - asked) > 0.5 and not _warned(seen, "fps"):
            yield f"{title} was asked for {asked:g} frames a second and gave {facts.fps:g}, without a warning"


@rule(
    "D114",
    "pictures have more than one colour",
    reason="A picture of one colour shows nothing.",
    cure="Look whether the model really drew what the prompt says.",
    required=False,
)
def _flat(subject: Subject) -> Iterator[str]:
    for title, _, facts in _media(subject, _PICTURES, made=True):
        if facts.one_colour and not facts.black:
            yield f"{title} gave a picture of one colour"


@rule(
    "D201",
    "texts are not empty",
    reason="An empty answer is what a failed model gives, and a user cannot tell it from a bug.",
    cure="Raise an error where no words came.",
)
def _texts(subject: Subject) -> Iterator[str]:
    for seen in seen_by(subject, {"llm": "answers", "stt": "transcripts"}, made=True):
        if seen.wanted_text and not seen.text.strip():
            yield f"{seen.title()} gave no words"


@rule(
    "D202",
    "vectors can be compared",
    reason="A search over vectors that are zero, endless or of several lengths finds nothing.",
    cure="Give one vector of finite numbers for each text, all of one length, in the order of the texts.",
)
def _vectors(subject: Subject) -> Iterator[str]:
    for seen in seen_by(subject, {"llm": "vectors"}):
        facts = seen.vectors
        if facts is None:
            continue
        asked = seen.asked.get("texts", facts.texts)
        if facts.texts != asked:
            yield f"{seen.title()} gave {facts.texts} vectors for {asked} texts"
        if len(set(facts.lengths)) > 1 or 0 in facts.lengths:
            yield f"{seen.title()} gave vectors of the lengths {sorted(set(facts.lengths))}"
        if not facts.finite:
            yield f"{seen.title()} gave numbers that are not finite"
        if facts.zero:
            yield f"{seen.title()} gave a vector of zeros"
        if facts.alike and seen.source != "wire":
            yield f"{seen.title()} gave the same vector for different texts"


@rule(
    "D203",
    "models and voices can be named",
    reason="Their names are what a caller passes on.",
    cure="Give each one name that `model` or `voice` takes, and none twice.",
)
def _names(subject: Subject) -> Iterator[str]:
    for seen in seen_by(subject):
        names = seen.names
        if names is None:
            continue
        if not all(name.strip() for name in names):
            yield f"{seen.title()} gave one without a name"
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield f"{seen.title()} gave {', '.join(map(repr, twice[:3]))} several times"
        if not names and seen.call == "voices" and seen.source != "wire":
            yield f"{seen.title()} gave none"


@rule(
    "D204",
    "words and segments come in their order, within the sound",
    reason="Subtitles are made of these times.",
    cure="Give seconds from the start of the sound, in order.",
)
def _times(subject: Subject) -> Iterator[str]:
    for seen in seen_by(subject, {"stt": "words", "tts": "words"}):
        yield from (f"{seen.title()}: {text}" for text in seen.times)

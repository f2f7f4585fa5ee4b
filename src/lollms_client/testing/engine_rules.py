"""Rules of what works on this machine: small calls, mistakes that are told, cancelling between steps."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.evidence import EngineEvidence, Outcome
from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.subject import Subject

_SHORTEST = 15  # letters of a message that says what to do
_REFUSED = ("bad_setting", "bad_media", "unsupported", "rejected", "not_found", "context_too_long", "content_filtered")


def _engine(subject: Subject) -> EngineEvidence:
    evidence = subject.evidence
    if not evidence.local:
        raise NotApplicable("it calls a service; its wire cases prove this")
    if evidence.not_called or not evidence.engine.calls:
        raise Unproven(evidence.not_called or evidence.missing or evidence.make_error or "nothing was called")
    return evidence.engine


def _words(end: Outcome) -> str:
    if end.kind in ("typed", "foreign"):
        return f"ended with {end.type}: {end.text[:160]}"
    return "gave a result" if end.kind == "value" else f"ended as {end.kind.replace('_', ' ')}"


@rule(
    "C217",
    "small calls work on this machine",
    reason="What works nowhere is no binding.",
    cure="Make the smallest call that the manifest allows work with the default settings.",
)
def _calls(subject: Subject) -> Iterator[str]:
    engine = _engine(subject)
    for title, end in engine.calls.items():
        if end.kind != "value":
            yield f"{title} {_words(end)}"
    if engine.missing:
        raise Unproven("; ".join(f"{title}: {why}" for title, why in engine.missing.items()))


@rule(
    "C218",
    "two calls at once do not disturb each other",
    reason="Servers call bindings from many threads at the same time.",
    cure="Guard the engine with a lock, or let EngineBinding's `concurrency` keep the second call waiting.",
)
def _together(subject: Subject) -> Iterator[str]:
    for end in _engine(subject).together:
        if end.kind != "value":
            yield f"one of two calls at once {_words(end)}"


def _wrong(subject: Subject, *kinds: str) -> Iterator[tuple[str, str, Outcome]]:
    found = [item for item in _engine(subject).wrong.items() if item[0].partition("|")[0] in kinds]
    if not found:
        raise NotApplicable("its manifest describes nothing of the kind")
    for key, end in found:
        _, setting, title = key.split("|", 2)
        yield setting, title, end


@rule(
    "E301",
    "values outside of range and options are told",
    reason="A form offers the range; what is taken beyond it in silence surprises.",
    cure="Raise BadSetting that names the setting, or clamp the value and add a CallWarning for it.",
)
def _ranges(subject: Subject) -> Iterator[str]:
    if not subject.evidence.is_flow:
        raise NotApplicable("documented methods look at their own arguments")
    for setting, title, end in _wrong(subject, "range", "option"):
        told = setting in end.settings or (end.kind == "typed" and end.code != "cancelled")
        if end.kind != "foreign" and not told:
            yield f"{title} was taken without a word"


@rule(
    "E302",
    "rubbish for media is told",
    reason="Users give wrong files, and must learn that it is the file.",
    cure="Raise BadMedia that says what is wrong with the file.",
)
def _media(subject: Subject) -> Iterator[str]:
    for _, title, end in _wrong(subject, "media"):
        if end.kind == "value":
            yield f"{title} was taken"
        elif end.kind == "typed" and end.code not in _REFUSED and subject.evidence.is_flow:
            yield f"{title} {_words(end)}"


@rule(
    "E303",
    "names that nobody knows are told",
    reason="With a mistyped model another one would answer, and nobody would know.",
    cure="Raise BadSetting or NotFound with near names, or use another one and add a CallWarning.",
)
def _names(subject: Subject) -> Iterator[str]:
    for setting, title, end in _wrong(subject, "name"):
        if end.kind == "value" and setting not in end.settings:
            yield f"{title} was taken without a word"


@rule(
    "E304",
    "mistakes end as errors of the tree",
    reason="Programs decide by the class of an error what to do next.",
    cure="Raise errors of lollms_client.errors for what the caller gave wrong.",
)
def _tree(subject: Subject) -> Iterator[str]:
    for key, end in _engine(subject).wrong.items():
        if end.kind == "foreign" or end.code == "engine_failed":
            yield f"{key.split('|', 2)[2]} {_words(end)}"


@rule(
    "E305",
    "error messages say what is wrong",
    reason="The message is what the user reads and acts on.",
    cure="Name the setting or the file, what is wrong with it, and what would be right.",
)
def _messages(subject: Subject) -> Iterator[str]:
    for key, end in _engine(subject).wrong.items():
        if end.kind == "typed" and end.code != "cancelled" and len(end.text.strip()) < _SHORTEST:
            yield f"{key.split('|', 2)[2]} says only {end.text!r}"
        elif " object at 0x" in end.text:
            yield f"{key.split('|', 2)[2]} shows an object of the program: {end.text[:160]}"


@rule(
    "E306",
    "documented methods give error dictionaries for mistakes",
    reason="Applications of the documented contract look for them.",
    cure='Return {"status": "error", "message": …}; flows get this by themselves.',
)
def _dictionaries(subject: Subject) -> Iterator[str]:
    found = _engine(subject).documented_wrong
    if not found:
        raise NotApplicable("its manifest describes nothing of the kind")
    if not subject.evidence.is_flow:
        raise NotApplicable("documented methods of a class of its own may raise; the client makes errors of it")
    for key, end in found.items():
        if end.kind == "foreign" or (end.kind == "typed" and end.code != "unsupported") or not end.usable:
            yield f"{key.split('|', 2)[2]} {_words(end)}"


@rule(
    "E307",
    "a call after mistakes works",
    reason="One bad request must not break the engine for everybody else.",
    cure="Leave the engine as it was where a call fails; give back its place and its lock.",
)
def _after(subject: Subject) -> Iterator[str]:
    end = _engine(subject).after_wrong
    if end is not None and end.kind != "value":
        yield f"the next good call {_words(end)}"


@rule(
    "X301",
    "a cancelled call ends as cancelled",
    reason="Who presses stop must not wait for the end, nor get a result as if it had not been stopped.",
    cure="Let EngineBinding check its token at each yield; do not catch Cancelled.",
)
def _cancelled(subject: Subject) -> Iterator[str]:
    engine = _engine(subject)
    for title, end in engine.cancelled.items():
        if end.code != "cancelled" and (engine.steps.get(title) or end.kind != "value"):
            yield f"{title}, cancelled in its middle, {_words(end)}"


@rule(
    "X302",
    "calls have steps at which they can be cancelled",
    reason="An engine that tells nothing between beginning and end can be neither stopped nor watched.",
    cure="Yield Progress between tokens, sentences, frames or steps of the work.",
)
def _steps(subject: Subject) -> Iterator[str]:
    engine = _engine(subject)
    if not subject.evidence.is_engine:
        raise NotApplicable("only engines work in steps")
    for title in engine.cancelled:
        if not engine.steps.get(title):
            yield f"{title} told no step between its beginning and its end"


@rule(
    "X303",
    "nothing goes on after a cancel",
    reason="An engine that goes on holds the machine that the next call needs.",
    cure="Check the token between steps; do not collect steps and give them out at the end.",
)
def _bounded(subject: Subject) -> Iterator[str]:
    engine = _engine(subject)
    for title, count in engine.steps_after.items():
        if count > 1 and engine.steps.get(title):
            yield f"{title} went on for {count} steps after it was cancelled"
    if engine.still_working:
        yield f"{len(engine.still_working)} threads still worked long after their calls were cancelled"


@rule(
    "X304",
    "a call after a cancelled one works",
    reason="A cancel belongs to one call.",
    cure="Keep no flag of a cancelled call on the object; give back its place and its lock.",
)
def _next(subject: Subject) -> Iterator[str]:
    for title, end in _engine(subject).after_cancel.items():
        if end.kind != "value":
            yield f"after {title} was cancelled, the next one {_words(end)}"


@rule(
    "X305",
    "a call with a token that was tripped before does nothing",
    reason="What was cancelled while it waited in a queue must not run.",
    cure="Check the token before the work begins.",
)
def _tripped(subject: Subject) -> Iterator[str]:
    end = _engine(subject).tripped
    if end is not None and end.code != "cancelled":
        yield f"it {_words(end)}"


@rule(
    "X306",
    "a cancelled task of asyncio ends",
    reason="A server cancels the task when its client goes away.",
    cure="Let CancelledError through; clean up in `finally`.",
)
def _dropped(subject: Subject) -> Iterator[str]:
    engine = _engine(subject)
    for title, end in engine.dropped.items():
        if end.kind == "foreign" or (end.kind == "value" and engine.steps.get(title)):
            yield f"the task of {title}, cancelled in its middle, {_words(end)}"

"""Rules of equality: a call gives the same from either client, in a thread, and from a worker process."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.equality_evidence import EqualityEvidence
from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.subject import Subject


def _equality(subject: Subject) -> EqualityEvidence:
    evidence = subject.evidence
    if evidence.not_called or evidence.missing or evidence.make_error or evidence.load_error:
        raise Unproven(evidence.not_called or evidence.missing or evidence.make_error or evidence.load_error)
    if not evidence.local:
        if not subject.cases.cases:
            raise Unproven("there are no wire cases with which calls could be made in several ways")
        if subject.wire.connections:
            raise Unproven("its cases reach something besides the service, and would really do so from another process")
    found = subject.equality
    if found.problem or found.ended:
        raise Unproven(found.problem or found.ended)
    if not found.calls:
        raise NotApplicable("no setting leads its calls to another address, so another process cannot be looked at")
    return found


def _differences(subject: Subject, way: str, words: str) -> Iterator[str]:
    for compared in _equality(subject).calls:
        if way in compared.differs:
            yield f"{compared.title} {words}: {compared.differs[way]}"


@rule(
    "Q101",
    "both clients give the same",
    reason="Who moves to asyncio must get the same as before.",
    cure="Write the call once, as a flow; keep nothing by thread or by event loop.",
)
def _asyncio(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, "asyncio", "from the asyncio client")


@rule(
    "Q102",
    "a thread gives the same",
    reason="Servers call bindings from threads.",
    cure="Keep nothing that is bound to the thread it was made in.",
)
def _thread(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, "thread", "from a thread")


@rule(
    "Q103",
    "a worker process gives the same",
    reason="With the setting `isolation` a binding must behave as without it, only safer.",
    cure="Take everything from settings and arguments; leave no state in the application's process.",
)
def _process(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, "process", "from a worker process")


@rule(
    "Q104",
    "the same seed gives the same",
    reason="A seed that changes nothing is a promise broken.",
    cure="Pass the seed to everything that draws random numbers, or do not offer it.",
)
def _seed(subject: Subject) -> Iterator[str]:
    found = _equality(subject)
    if found.other_seed_differs is None:
        raise NotApplicable("it takes no seed, or canned replies have none")
    for compared in found.calls:
        if not compared.repeatable and not compared.fails:
            yield f"{compared.title} gave something else when called once more with the same seed"


@rule(
    "Q105",
    "another seed gives another picture, sound or film",
    reason="Who asks for another variant gets the same one.",
    cure="Pass the seed on.",
    required=False,
)
def _other(subject: Subject) -> Iterator[str]:
    if subject.binding_type not in ("tti", "ttv", "ttm", "tts"):
        raise NotApplicable("texts may be the same with another seed")
    if _equality(subject).other_seed_differs is False:
        yield "two seeds gave the same"

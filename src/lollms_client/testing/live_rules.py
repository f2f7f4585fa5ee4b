"""Rules of the real service: opt-in, with the user's settings, within a limit of cost."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.live_evidence import LiveEvidence
from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.subject import Subject

_REFUSED = ("authentication_failed", "permission_denied", "missing_key", "bad_setting")


def _live(subject: Subject) -> LiveEvidence:
    if subject.terms is None:
        raise Unproven("only `lollms check --live` calls the real thing, with your settings and within --cost-limit")
    live = subject.live
    if live.problem or live.ended:
        raise Unproven(live.problem or live.ended)
    return live


@rule(
    "V101",
    "small calls of the real service work",
    reason="Documents differ from services.",
    cure="Compare the request with what the service says; record the exchange with `lollms check --record`.",
)
def _calls(subject: Subject) -> Iterator[str]:
    live = _live(subject)
    for title, end in live.calls.items():
        if end.kind != "value":
            yield f"{title} ended with {end.type}: {end.text[:300]}"
    if not live.calls:
        raise Unproven("no call was made: " + "; ".join(f"{name}: {why}" for name, why in live.left_out.items()))


@rule(
    "V102",
    "every kind of call was tried within the limit of cost",
    reason="What was left out is not proven.",
    cure="Say --price UNIT=DOLLARS (or --cost-unknown-ok), and a higher --cost-limit.",
)
def _complete(subject: Subject) -> Iterator[str]:
    left_out = _live(subject).left_out
    if left_out:
        told = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise Unproven(f"{told}; give --price UNIT=DOLLARS or --cost-unknown-ok, or raise --cost-limit")
    yield from ()


@rule(
    "V103",
    "the service's refusal of a wrong key is told as such",
    reason="A wrong key is the first mistake of every user.",
    cure="Map the service's status to AuthenticationFailed.",
)
def _key(subject: Subject) -> Iterator[str]:
    end = _live(subject).wrong_key
    if end is None:
        raise NotApplicable("it has no secret settings")
    if end.kind == "value":
        raise NotApplicable("the service takes any key")
    if end.code not in _REFUSED:
        yield f"with a wrong key the call ended with {end.type}: {end.text[:200]}"


@rule(
    "V104",
    "the calls cost no more than the limit",
    reason="A check must not be a surprise on the bill.",
    cure="State the cost in usage; give the right prices with --price.",
)
def _cost(subject: Subject) -> Iterator[str]:
    live = _live(subject)
    terms = subject.terms
    if terms is not None and live.spent > terms.limit:
        yield f"${live.spent:.4f} were spent, more than the limit of ${terms.limit:g}"


@rule(
    "V105",
    "wire cases were recorded from the real service",
    reason="Cases out of documents prove what the documents say.",
    cure="Run `lollms check --record BINDING` with your key.",
)
def _recorded(subject: Subject) -> Iterator[str]:
    if subject.evidence.local:
        raise NotApplicable("it works on this machine; there is no service to record")
    if not subject.cases.recorded:
        raise Unproven("none of its wire cases was recorded from the service; `lollms check --record` does")
    yield from ()

"""Rules of errors: a service fails in every way that services do, and the binding says so in the right words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.attack_evidence import AttackEvidence, evidence_of
from lollms_client.testing.attack_judging import told, verdict
from lollms_client.testing.rules import NotApplicable, rule
from lollms_client.testing.steady_evidence import steady_of
from lollms_client.testing.subject import Subject

MOST_REPEATS = 10  # requests of one kind in one call
LONGEST_WAIT = 900.0  # seconds in one call


def _trials(subject: Subject) -> AttackEvidence:
    return evidence_of(subject, "errors")


def _of(subject: Subject, *codes: str) -> list[Trial]:
    return [trial for trial in _trials(subject).trials if trial.rule in codes]


@rule(
    "E101",
    "a failing status is an error, never a result",
    reason="An error page shown as an answer, or written as a picture, is found out much too late.",
    cure="Look at the status of every reply before its body; the families' verbs do.",
)
def _statuses(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "E101", "E104", "E109"), _no_result)


def _no_result(trial: Trial) -> str | None:
    if trial.kind == "value" and trial.expect == "error":
        return f"it gave a result: {trial.text}"
    return verdict(trial) if trial.kind == "value" else None


@rule(
    "E102",
    "failures are errors of lollms_client.errors",
    reason="Applications catch one family of errors; a KeyError or a timeout of some library ends them.",
    cure="Raise errors of lollms_client.errors, or return an error dictionary; check what you read out of a reply.",
)
def _tree(subject: Subject) -> Iterator[str]:
    failing = _of(subject, "E101", "E104", "E109", "E110", "E111")
    yield from told(failing, lambda trial: verdict(trial) if trial.kind == "foreign" else None)


@rule(
    "E103",
    "the error's class says what is wrong",
    reason="Programs ask for another key after authentication_failed and wait after rate_limited.",
    cure="Leave the reading of error replies to `send`, or map each status to its class.",
)
def _classes(subject: Subject) -> Iterator[str]:
    evidence = _trials(subject)
    if not evidence.is_flow:
        raise NotApplicable("a class that overrides documented methods says it in words")
    yield from told(_of(subject, "E101", "E104"), lambda trial: verdict(trial) if trial.kind == "error" else None)


@rule(
    "E104",
    "how long to wait is told",
    reason="Who tries again too early is refused for longer.",
    cure="Put the seconds of Retry-After (a number or a date) into the error's `retry_after`; `send` does.",
)
def _retry_after(subject: Subject) -> Iterator[str]:
    if not _trials(subject).is_flow:
        raise NotApplicable("a class that overrides documented methods says it in words")
    yield from told(_of(subject, "E104"), _wrong_wait)


def _wrong_wait(trial: Trial) -> str | None:
    if trial.asked_to_wait is None or trial.kind != "error":
        return None
    if trial.retry_after is None:
        return f"the error does not tell that the service asked to wait for {trial.asked_to_wait:g} s"
    if abs(trial.retry_after - trial.asked_to_wait) > max(3.0, trial.asked_to_wait / 2):
        return f"the error tells to wait for {trial.retry_after:g} s; the service said {trial.asked_to_wait:g}"
    return None


@rule(
    "E105",
    "errors say what happened",
    reason="The message is all that a user sees.",
    cure="Give every error a message; put in what the service said.",
)
def _words(subject: Subject) -> Iterator[str]:
    failed = [trial for trial in _trials(subject).trials if trial.kind in ("error", "dictionary")]
    yield from told(failed, lambda trial: None if trial.text.strip() else "the message is empty")


@rule(
    "E106",
    "documented methods return an error dictionary",
    reason="Applications written to the guide look for `status: error` in what they get.",
    cure='Return {"status": "error", "message": str(error)} where the call fails.',
)
def _dictionaries(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "E106"), _no_dictionary)


def _no_dictionary(trial: Trial) -> str | None:
    from lollms_client.testing.attack_documented import LISTS

    may_raise = trial.attack.partition(":")[0] in LISTS
    if trial.kind == "dictionary" or (may_raise and trial.kind in ("error", "foreign")):
        return None
    if trial.kind in ("error", "foreign"):
        return f"it raised {trial.type}: {trial.text}"
    return trial.text if trial.kind == "hung" else f"it gave {trial.text}"


@rule(
    "E107",
    "no secret shows in an error",
    reason="Errors are logged, shown and sent on.",
    cure="Leave keys out of addresses and messages; mask what a service repeats.",
)
def _secrets(subject: Subject) -> Iterator[str]:
    yield from told(
        _trials(subject).trials, lambda trial: f"the value of {trial.secret} shows" if trial.secret else None
    )


@rule(
    "E108",
    "nothing that may cost money is asked for twice",
    reason="A request that may have reached the service may have been carried out, and is paid for.",
    cure="Repeat a POST only where the service says that it did not act on it (429, 503) or never got it.",
)
def _paid(subject: Subject) -> Iterator[str]:
    yield from told(_trials(subject).trials, _repeated)
    with contextlib.suppress(NotApplicable):
        yield from told(steady_of(subject).paid, _repeated)


def _repeated(trial: Trial) -> str | None:
    if trial.arrived and trial.paid and trial.asked > 1 and trial.rule[0] == "E" and trial.rule != "E106":
        return f"it sent the same {trial.method} {trial.asked} times"
    return None


@rule(
    "E109",
    "repeats are few, and wait as long as they are asked to",
    reason="A call that tries for ever hangs the application, and the service locks out who does not wait.",
    cure="Stop after a few repeats; sleep for Retry-After before each, and give up where that is too long.",
)
def _repeats(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "E101", "E104", "E109", "E110", "E111"), _too_many)


def _too_many(trial: Trial) -> str | None:
    if trial.kind == "hung":
        return trial.text
    if trial.asked > MOST_REPEATS:
        return f"it asked {trial.asked} times"
    if trial.waited > LONGEST_WAIT and trial.rule == "E109":
        return f"it waited for {trial.waited:.0f} s"
    if trial.asked_to_wait is not None and trial.asked > 1:
        least = (trial.asked - 1) * trial.asked_to_wait
        if trial.waited < least / 2:
            return f"it asked {trial.asked} times within {trial.waited:.1f} s, though it was asked to wait {least:g} s"
    return None


@rule(
    "E110",
    "a service that cannot be reached is said to be so",
    reason="The user checks the network and the address then, and nothing else.",
    cure="Turn failures of the connection into Unavailable, or return an error dictionary.",
)
def _unreachable(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "E110"), verdict)


@rule(
    "E111",
    "a service that does not answer is given up in time",
    reason="Without a time limit the application hangs for ever.",
    cure="Give every request a time limit; the families' verbs have one.",
)
def _silent(subject: Subject) -> Iterator[str]:
    yield from told(_of(subject, "E111"), verdict)


@rule(
    "E112",
    "the next call works after a failed one",
    reason="A service fails once in a while; the binding must not stay broken.",
    cure="Keep no connection, flag or half-read reply of a failed call.",
)
def _next_call(subject: Subject) -> Iterator[str]:
    yield from told(_trials(subject).trials, lambda trial: trial.after or None)


@rule(
    "E113",
    "the process survives every failure",
    reason="A binding runs in the application's process.",
    cure="Do not end the process, and do not wait without a limit.",
)
def _survives(subject: Subject) -> Iterator[str]:
    evidence = _trials(subject)
    if not evidence.finished:
        yield f"the check did not come to its end ({evidence.ended}); it was at: {evidence.busy}"

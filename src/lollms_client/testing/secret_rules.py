"""Rules of secrets: each secret setting holds a value like no other text, which may show nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.subject import Subject


def _leaks(subject: Subject, channel: str) -> Iterator[str]:
    evidence = subject.evidence
    if not evidence.called:
        raise Unproven(evidence.not_called or "nothing was called")
    if not evidence.secrets:
        raise NotApplicable("it has no secret settings")
    for name in evidence.leaks.get(channel, ()):
        yield f"the value of {name} shows in {channel}"


@rule(
    "S101",
    "no secret shows in results and errors",
    reason="Applications show, store and send results, messages and tracebacks.",
    cure="Leave the key out of messages and addresses; send it in a header.",
)
def _told(subject: Subject) -> Iterator[str]:
    yield from _leaks(subject, "results and errors")


@rule(
    "S102",
    "no secret is printed",
    reason="Terminals are recorded, and shown to others.",
    cure="Do not print settings; ASCIIColors masks what is known to be secret, print does not.",
)
def _printed(subject: Subject) -> Iterator[str]:
    yield from _leaks(subject, "the output")


@rule(
    "S103",
    "no secret is logged",
    reason="Logs are kept for long and read by many.",
    cure="Do not log settings, headers or whole requests.",
)
def _logged(subject: Subject) -> Iterator[str]:
    yield from _leaks(subject, "the log")


@rule(
    "S104",
    "no secret is in a warning",
    reason="Warnings end in the output and in logs.",
    cure="Name the setting, not its value.",
)
def _warned(subject: Subject) -> Iterator[str]:
    yield from _leaks(subject, "warnings")


@rule(
    "S105",
    "the object does not show secrets",
    reason="Debuggers and loggers print objects.",
    cure="Leave secrets out of __repr__ and __str__.",
)
def _object(subject: Subject) -> Iterator[str]:
    yield from _leaks(subject, "the object")


@rule(
    "S106",
    "get_settings masks secrets",
    reason="Applications show settings in forms.",
    cure="Do not override get_settings, or give *** for each secret.",
)
def _shown(subject: Subject) -> Iterator[str]:
    yield from _leaks(subject, "the settings shown")


@rule(
    "S107",
    "no secret is written to a file",
    reason="Files are copied, backed up and read by others.",
    cure="Keep secrets in memory.",
)
def _written(subject: Subject) -> Iterator[str]:
    yield from _leaks(subject, "written files")

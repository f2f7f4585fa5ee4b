"""Rules of secrets: each secret setting holds a value like no other text, which may show nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.secret_evidence import secrets_of
from lollms_client.testing.subject import Subject


def _leaks(subject: Subject, channel: str) -> Iterator[str]:
    evidence = subject.evidence
    if not evidence.called and not _elsewhere(subject, channel):
        raise Unproven(evidence.not_called or "nothing was called")
    if not any(parameter.is_secret for parameter in subject.manifest.input_parameters):
        raise NotApplicable("it has no secret settings")
    seen = evidence.leaks.get(channel, ())
    for name in seen:
        yield f"the value of {name} shows in {channel}"
    for words in _elsewhere(subject, channel):
        if words.partition(" ")[0] not in seen:
            yield f"the value of {words} shows in {channel}"


def _elsewhere(subject: Subject, channel: str) -> list[str]:
    """What showed while the binding was imported, made and answered, and in the object."""
    if not any(parameter.is_secret for parameter in subject.manifest.input_parameters):
        return []
    return secrets_of(subject).leaks.get(channel, [])


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
    reason="Debuggers and loggers print objects, stores dump them.",
    cure="Leave secrets out of __repr__, __str__, __getstate__ and other dumps; flows take them from self.key().",
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


@rule(
    "S108",
    "no secret is put into an address",
    reason="Addresses stand in the logs of servers and proxies, and in the errors of libraries.",
    cure="Send it in a header; where the service takes it in the address alone, state that in a wire case.",
)
def _addressed(subject: Subject) -> Iterator[str]:
    yield from _leaks(subject, "addresses")

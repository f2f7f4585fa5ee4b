"""What a fresh process saw of a binding's keys: it is started here, and its findings are read as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lollms_client.testing.evidence import in_fresh_process

if TYPE_CHECKING:
    from lollms_client.testing.subject import Subject

LIMIT = 60.0  # seconds for the whole process


class SecretEvidence(msgspec.Struct, kw_only=True):
    """Where the values of secret settings showed, and when."""

    finished: bool = False
    ended: str = ""  # how the process ended otherwise
    leaks: dict[str, list[str]] = {}  # by channel, what showed there: the setting's name, and when


_known: dict[int, tuple[Subject, SecretEvidence]] = {}


def secrets_of(subject: Subject) -> SecretEvidence:
    """What import, construction, answered calls and the object itself told; collected once."""
    if id(subject) not in _known:
        if len(_known) >= 6:
            _known.clear()
        words = [str(subject.folder), subject.name, subject.binding_type]
        report, ended = in_fresh_process("lollms_client.testing.secret_probe", words, LIMIT)
        try:
            found = msgspec.json.decode(report, type=SecretEvidence)
        except msgspec.MsgspecError:
            found = SecretEvidence()
        found.ended = ended
        _known[id(subject)] = (subject, found)
    return _known[id(subject)][1]

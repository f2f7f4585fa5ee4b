"""Looks for the values of secret settings in all that a process tells while a binding works in it."""

from __future__ import annotations

import base64
import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from lollms_client.manifest import Manifest
from lollms_client.testing import calling
from lollms_client.testing.attack_arena import limited
from lollms_client.testing.attack_service import RanAway
from lollms_client.testing.leaking import _content, _listening
from lollms_client.testing.secret_evidence import SecretEvidence
from lollms_client.testing.watching import Watch

LONGEST_STEP = 10.0  # seconds


def forms_of(secret: str) -> list[str]:
    """A secret as it is, quoted for an address, and what base64 makes of it wherever it stands in a text."""
    inside = [base64.b64encode(bytes(shift) + secret.encode()).decode()[4:] for shift in range(3)]
    return [secret, quote(secret, safe=""), *(text.rstrip("=")[:-1] for text in inside)]


@contextlib.contextmanager
def _unmasked() -> Iterator[None]:
    """Inside, what a binding outside this package logs is as it wrote it, which the console else masks."""
    masked = logging.getLogRecordFactory()

    def make(name: str, *arguments: Any, **options: Any) -> logging.LogRecord:
        kind: Any = logging.LogRecord if name.split(".")[0] == "lollms_bindings" else masked
        record: logging.LogRecord = kind(name, *arguments, **options)
        return record

    logging.setLogRecordFactory(make)
    try:
        yield
    finally:
        logging.setLogRecordFactory(masked)


class Search:
    """Where keys were found. `values` are those that the secret settings have now, by their names."""

    def __init__(self, manifest: Manifest, watch: Watch, report: Path) -> None:
        self.manifest = manifest
        self.watch = watch
        self.evidence = SecretEvidence()
        self.values = {item.name: calling.canary(item.name) for item in manifest.input_parameters if item.is_secret}
        self._report = report

    def write(self) -> None:
        """Write what is known, so that it survives a crash."""
        self._report.write_bytes(msgspec.json.encode(self.evidence))

    def look(self, channel: str, when: str, text: str) -> None:
        """Look for every key in a text."""
        found = self.evidence.leaks.setdefault(channel, [])
        for name, value in self.values.items():
            words = f"{name} {when}"
            if words not in found and any(form in text for form in forms_of(value)):
                found.append(words)
        if not found:
            del self.evidence.leaks[channel]

    @contextlib.contextmanager
    def step(self, when: str) -> Iterator[None]:
        """Inside, take down what is printed, logged, warned of and written."""
        written = len(self.watch.written)
        channels: dict[str, list[str]] = {}
        try:
            with limited(LONGEST_STEP), _listening(channels), _unmasked():
                yield
        except RanAway:
            return  # the rule that it comes to an end tells of that
        for channel in ("the output", "the log", "warnings"):
            for text in channels.get(channel, ()):
                self.look(channel, when, text)
        for path in dict.fromkeys(self.watch.written[written:]):
            self.look("written files", when, _content(path))
        self.write()

"""The file of a recording: YAML, a document for each call, each written whole and closed with a line of dots."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from lollms_client.families.replay.entries import Entry
from lollms_client.families.replay.failures import BadRecording
from lollms_client.families.replay.keeping import refuse_secrets
from lollms_client.families.replay.media import MediaStore

FORMAT = 1
_HEAD = f"""\
# Calls to AI models, recorded by lollms_client; it replays them without the models.
---
lollms_recording: {FORMAT}
...
"""
_locks: dict[str, threading.Lock] = {}
_locks_guard = threading.Lock()
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Tape:
    """A recording on disk. Safe to write to from several threads; processes append whole calls."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.media = MediaStore(self.path)
        self.session = uuid.uuid4().hex[:8]
        self.cut: list[int] = []  # lines at which calls are cut off: their writers ended in the middle
        with _locks_guard:
            self._lock = _locks.setdefault(str(self.path.absolute()), threading.Lock())

    def read(self, *, missing_is_empty: bool) -> list[Entry]:
        """All whole calls. Raises BadRecording where the file is none, is missing, or cannot be read."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            if missing_is_empty:
                return []
            raise BadRecording(f"there is no recording {self.path}; record it first", file=str(self.path)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise BadRecording(f"the recording {self.path} cannot be read: {error}", file=str(self.path)) from error
        if not text.strip() and missing_is_empty:
            return []
        documents = list(self._documents(text))
        self._check_head(documents[0] if documents else (1, None))
        return [self._entry(line, values) for line, values in documents[1:]]

    def _documents(self, text: str) -> Iterator[tuple[int, Any]]:
        lines = [f"{line}\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        starts = [number for number, line in enumerate(lines) if line.rstrip() == "---"]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            body = lines[start + 1 : end]
            while body and not body[-1].strip():
                body.pop()
            if not body or body[-1].rstrip() != "..." or not body[-1].endswith("\n"):
                self.cut.append(start + 1)
                continue
            yield start + 1, self._parsed("".join(body[:-1]), start + 2)

    def _parsed(self, text: str, line: int) -> Any:
        try:
            return yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            where = line + (mark.line if mark is not None else 0)
            problem = getattr(error, "problem", None) or type(error).__name__
            raise self._bad(where, f"it is no YAML: {problem}") from error

    def _check_head(self, first: tuple[int, Any]) -> None:
        line, values = first
        number = values.get("lollms_recording") if isinstance(values, dict) else None
        if not isinstance(number, int):
            raise self._bad(line, "it does not begin with lollms_recording: it is no recording, or its start is lost")
        if number > FORMAT:
            raise self._bad(
                line, f"its format is {number}, and this version reads up to {FORMAT}; update lollms_client"
            )

    def _entry(self, line: int, values: Any) -> Entry:
        try:
            entry = msgspec.convert(values, Entry)
        except msgspec.ValidationError as error:
            raise self._bad(line, f"this is no call: {error}") from error
        entry.line = line
        return entry

    def _bad(self, line: int, problem: str) -> BadRecording:
        return BadRecording(f"{self.path}, line {line}: {problem}", file=str(self.path), line=line)

    def append(self, entry: Entry) -> None:
        """Write one call. Raises BadRecording where a secret would be in it, or where it cannot be written."""
        values: dict[str, Any] = {"call": entry.call, "binding": entry.binding, "session": self.session}
        values |= {"request": entry.request, "happened": entry.happened}
        text = _dumped(values)
        refuse_secrets(text, entry.call)
        with self._lock:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
                descriptor = os.open(self.path, flags, 0o600)
                try:
                    head = _HEAD if os.fstat(descriptor).st_size == 0 else ""
                    _write(descriptor, f"{head}\n---\n{text}...\n".encode())
                finally:
                    os.close(descriptor)
            except OSError as error:
                raise BadRecording(f"{self.path} cannot be written: {error}", file=str(self.path)) from error


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


class _BlockDumper(_Dumper):
    """Texts of several lines stand as they are."""


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_BlockDumper.add_representer(str, _text)


def _dumped(values: dict[str, Any]) -> str:
    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 110}
    try:
        text: str = yaml.dump(values, Dumper=_BlockDumper, **options)
        if yaml.load(text, Loader=_Loader) == values:  # noqa: S506 (a safe loader)
            return text
        plain: str = yaml.dump(values, Dumper=_Dumper, **{**options, "allow_unicode": False})
    except (yaml.YAMLError, UnicodeError) as error:
        raise BadRecording(f"the call cannot be written as YAML: {error}") from error
    return plain

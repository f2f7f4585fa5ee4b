"""Plays a recording and adds to it: what a recorded binding asks at each of its calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from lollms_client import errors
from lollms_client.families.plain_data import plain
from lollms_client.families.replay.entries import Entry
from lollms_client.families.replay.failures import BadRecording, NotRecorded
from lollms_client.families.replay.keeping import refuse_secret_media, refuse_secret_names
from lollms_client.families.replay.matching import explained, key_of, newest
from lollms_client.families.replay.media import identity
from lollms_client.families.replay.tape import Tape
from lollms_client.secret import redact, redact_data
from lollms_client.types.media import Media

Mode = Literal["replay", "record", "missing"]
MODES = ("replay", "record", "missing")


class Deck:
    """A recording in use. Modes: replay (nothing else), record (all calls anew), missing (those that are not there)."""

    def __init__(self, path: str | Path, mode: Mode) -> None:
        if mode not in MODES:
            raise errors.BadSetting(f"{mode!r} is no mode of a recording: {', '.join(MODES)}", setting="mode")
        self.tape = Tape(path)
        self.mode = mode
        self.closed = False  # calls then go to the real binding, unrecorded
        self.played = 0
        self.recorded = 0
        self._lock = threading.Lock()
        self._entries: list[Entry] | None = None
        self._groups: dict[str, dict[str, list[Entry]]] = {}
        self._counts: dict[str, int] = {}
        self._used: set[int] = set()

    @property
    def entries(self) -> list[Entry]:
        """All calls of the file as it was when it was first asked, and those recorded since."""
        if self._entries is None:
            self._entries = self.tape.read(missing_is_empty=self.mode != "replay")
        return self._entries

    def names(self, binding_type: str) -> list[str]:
        """The bindings of a modality whose calls are recorded."""
        with self._lock:
            owners = [entry.binding for entry in self.entries]
        return list(dict.fromkeys(name.partition(".")[2] for name in owners if name.startswith(f"{binding_type}.")))

    def find(self, owner: str, call: str, request: Any, *, streamed: bool = False) -> Entry | None:
        """The recorded call of a binding (`llm.openai`), None where it is to be made. Raises NotRecorded in replay.

        Equal calls come in their order; the last of them stays.
        """
        if self.mode == "record" or self.closed:
            return None
        wanted = key_of(call, self.comparable(request))
        with self._lock:
            if owner not in self._groups:
                self._groups[owner] = newest(entry for entry in self.entries if entry.binding == owner)
            group = self._groups[owner].get(wanted, [])
            found = [entry for entry in group if entry.streamed == streamed] or group
            if found:
                place = f"{owner} {streamed} {wanted}"
                number = self._counts[place] = self._counts.get(place, 0) + 1
                entry = found[min(number, len(found)) - 1]
                self.played += 1
                self._used.add(entry.line)
                return entry
            if self.mode == "missing":
                return None
            own = [entry for entry in self.entries if entry.binding == owner]
            raise self._not_recorded(owner, call, self.comparable(request), own)

    def holds(self, owner: str, call: str, request: Any) -> bool:
        """Whether such a call is recorded."""
        wanted = key_of(call, self.comparable(request))
        with self._lock:
            if owner not in self._groups:
                self._groups[owner] = newest(entry for entry in self.entries if entry.binding == owner)
            return wanted in self._groups[owner]

    def _not_recorded(self, owner: str, call: str, request: Any, own: list[Entry]) -> NotRecorded:
        cut = f"; a call at line {self.tape.cut[-1]} is cut off" if self.tape.cut else ""
        text = f"this {call} of {owner} is not in the recording {self.tape.path.name}: {explained(call, request, own)}"
        if not own:
            others = ", ".join(dict.fromkeys(entry.binding for entry in self.entries))
            text += f" of it, but calls of {others}" if others else ""
        return NotRecorded(redact(text + cut), file=str(self.tape.path), binding=owner)

    def comparable(self, request: Any) -> Any:
        """A request as plain values, media by their hashes."""
        return _plain(request, identity)

    def unused(self) -> list[str]:
        """The recorded calls that nobody asked for, in words."""
        with self._lock:
            rest = [entry for entry in self.entries if entry.line and entry.line not in self._used]
        return [f"line {entry.line}: {entry.call} of {entry.binding}" for entry in rest]

    def revived(self, values: Any) -> Any:
        """Plain values with their media. Raises BadRecording."""
        return self.tape.media.revive(values)

    def writer(self, owner: str, call: str, request: Any, secrets: frozenset[str] = frozenset()) -> Writer:
        """Takes down what happens in a call. Raises BadRecording where the request must not be written.

        `secrets` are the names of the binding's secret parameters, as `spelt_alike` gives them.
        """
        return Writer(self, owner, call, request, secrets)

    def add(self, entry: Entry) -> None:
        """Write a call that is over."""
        self.tape.append(entry)
        with self._lock:
            self.recorded += 1
            if self.mode == "missing":
                group = self._groups.setdefault(entry.binding, {})
                group.setdefault(key_of(entry.call, entry.request), []).append(entry)
                self.entries.append(entry)


class Writer:
    """What happens in one call, until it is over and written."""

    def __init__(self, deck: Deck, owner: str, call: str, request: Any, secrets: frozenset[str]) -> None:
        self._deck = deck
        self._call = call
        values = _plain(request, self._keep)
        refuse_secret_names(values, call, secrets)
        self._entry = Entry(call=call, binding=owner, session=deck.tape.session, request=values)

    def _keep(self, media: Media) -> dict[str, Any]:
        refuse_secret_media(media, self._call)
        return self._deck.tape.media.keep(media)

    def told(self, progress: Any) -> None:
        """A report of progress."""
        self._note("progress", progress)

    def parts(self, parts: list[Any]) -> None:
        """A piece of a stream."""
        self._note("parts", parts)

    def done(self, result: Any) -> None:
        """The call's result; it is written now."""
        self._note("result", result)
        self._deck.add(self._entry)

    def ended(self) -> None:
        """The end of a stream; it is written now."""
        self._deck.add(self._entry)

    def stopped(self) -> None:
        """The caller ended the stream early; what came so far is written now."""
        self._note("stopped", "by the caller")
        self._deck.add(self._entry)

    def failed(self, error: errors.LollmsError) -> None:
        """The call's error; it is written now."""
        self._note("error", error.as_dict())
        self._deck.add(self._entry)

    def _note(self, what: str, value: Any) -> None:
        self._entry.happened.append({what: redact_data(_plain(value, self._keep))})


def _plain(value: Any, keep: Callable[[Media], Any]) -> Any:
    try:
        return _with_lists(plain(value, keep))
    except (TypeError, msgspec.MsgspecError) as error:
        raise BadRecording(f"the call cannot be recorded: {error}") from error


def _with_lists(value: Any) -> Any:
    """The same with lists for tuples, as they come back out of a file."""
    if isinstance(value, dict):
        return {str(name): _with_lists(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_lists(item) for item in value]
    return value

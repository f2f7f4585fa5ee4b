"""Recordings for tests of applications: `with recording(FILE):` and `with replaying(FILE):`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lollms_client.families.replay.deck import Deck, Mode


class Recording:
    """A recording that is open. `played` and `recorded` count the calls; `refused` are addresses not reached."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self.refused: list[str] = []

    @property
    def path(self) -> Path:
        """The file."""
        return self._deck.tape.path

    @property
    def played(self) -> int:
        """How many calls came out of the recording."""
        return self._deck.played

    @property
    def recorded(self) -> int:
        """How many calls were written into it."""
        return self._deck.recorded

    def unused(self) -> list[str]:
        """The recorded calls that nobody asked for, in words."""
        return self._deck.unused()


@contextlib.contextmanager
def recording(path: str | Path, mode: Mode = "missing") -> Iterator[Recording]:
    """Calls of all bindings that are made inside go through the recording at `path`.

    `mode` is missing (what the file holds is replayed, other calls are made and written), record (all calls are made
    and written; they replace what the file holds of the same requests), or replay (nothing but the file; every attempt
    of this process to reach an internet address raises ForbiddenAddress). Bindings that were made before go
    their own way. Raises BadSetting for another mode; the calls raise BadRecording and NotRecorded.
    """
    from lollms_client.families.replay.deck import Deck
    from lollms_client.families.replay.egress import refusing
    from lollms_client.families.replay.wrapping import recording_all

    deck = Deck(path, mode)
    found = Recording(deck)
    with contextlib.ExitStack() as stack:
        if mode == "replay":
            found.refused = stack.enter_context(refusing())
        stack.enter_context(recording_all(deck))
        yield found


@contextlib.contextmanager
def replaying(path: str | Path) -> Iterator[Recording]:
    """The same as `recording(path, "replay")`."""
    with recording(path, "replay") as found:
        yield found

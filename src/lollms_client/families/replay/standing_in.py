"""The replay binding: stands in for whichever binding a recording is of."""

from __future__ import annotations

import threading
from typing import Any

from lollms_client import errors
from lollms_client.families.replay.deck import Deck
from lollms_client.families.replay.recorded import Recorded


class StandingIn(Recorded):
    """A recorded binding without a real one; its settings name the recording. Put it before the modality's class."""

    def __init__(self, binding_name: str | None = None, **keywords: Any) -> None:
        super().__init__(binding_name, **keywords)
        self._opening = threading.Lock()

    @property
    def deck(self) -> Deck:
        """The recording, opened at the first call. Raises BadSetting where it is of several bindings."""
        with self._opening:
            if self._deck is None:
                path = self.settings.get("recording")
                if not path:
                    raise errors.BadSetting("replay needs the file of a recording", setting="recording")
                deck = Deck(str(path), "replay")
                self.recorded_name = self._chosen(deck)
                self._deck = deck
        return self._deck

    def _chosen(self, deck: Deck) -> str:
        named = self.settings.get("binding")
        if named:
            return str(named).removeprefix(f"{self.binding_type}.")
        names = deck.names(self.binding_type)
        if len(names) > 1:
            raise errors.BadSetting(
                f"the recording is of {', '.join(names)}: say which in the setting `binding`", setting="binding"
            )
        return names[0] if names else "replay"

    @property
    def owner(self) -> str:
        """Whose calls they are in the recording."""
        _ = self.deck
        return f"{self.binding_type}.{self.recorded_name}"

    def settings_changed(self, names: tuple[str, ...]) -> None:
        """Another recording is opened at the next call."""
        self._deck = None

"""Wraps bindings as they are made: by a setting of theirs, or for all of them while a recording is open."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lollms_client import errors

if TYPE_CHECKING:
    from lollms_client.binding import LollmsBinding
    from lollms_client.families.replay.deck import Deck, Mode
    from lollms_client.manifest import Manifest

RESERVED: dict[str, Mode] = {"record_to": "record", "replay_from": "replay", "record_missing_to": "missing"}
_open: list[Deck] = []
_lock = threading.Lock()


@contextlib.contextmanager
def recording_all(deck: Deck) -> Iterator[Deck]:
    """Bindings that are made inside go through the recording; once it is over, they go their own way."""
    with _lock:
        _open.append(deck)
    try:
        yield deck
    finally:
        deck.closed = True
        with _lock:
            _open.remove(deck)


def recorded(
    name: str,
    binding_type: str,
    given: Mapping[str, Any],
    manifest: Callable[[], Manifest | None],
    make: Callable[[Mapping[str, Any]], LollmsBinding],
) -> LollmsBinding:
    """The binding that `make` gives, wrapped where a setting or an open recording says so.

    `manifest` is asked only where it matters. Raises BadSetting for two settings that exclude each other.
    """
    asked = [item for item in RESERVED if given.get(item)]
    if asked:
        found = manifest()
        asked = [item for item in asked if found is None or found.setting(item) is None]
    if not asked and (not _open or name == "replay"):
        return make(given)
    from lollms_client.families.replay.deck import Deck

    if len(asked) > 1:
        raise errors.BadSetting(f"say only one of {' and '.join(asked)}", binding=name, setting=asked[0])
    deck = Deck(str(given[asked[0]]), RESERVED[asked[0]]) if asked else _open[-1]
    rest = {item: value for item, value in given.items() if item not in asked}
    return _wrapped(deck, name, binding_type, rest, manifest, make)


def _wrapped(
    deck: Deck,
    name: str,
    binding_type: str,
    given: Mapping[str, Any],
    manifest: Callable[[], Manifest | None],
    make: Callable[[Mapping[str, Any]], LollmsBinding],
) -> LollmsBinding:
    from lollms_client.families.replay.modalities import RECORDED
    from lollms_client.secret import register

    binding = RECORDED[binding_type]()
    if deck.mode == "replay":
        found = manifest()
        secret = {item.name for item in found.input_parameters if item.is_secret} if found else set()
        for item in secret & given.keys():
            register(str(given[item]))
        facts = {"manifest": found, "config": {item: value for item, value in given.items() if item not in secret}}
        binding.attach(deck, name, None, {**facts, "settings": facts["config"]})
    else:
        binding.attach(deck, name, make(given), {})
    return binding

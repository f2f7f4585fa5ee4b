"""Finds the recorded call for a request, and says of the nearest one what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from lollms_client.families.replay.entries import Entry
from lollms_client.families.replay.media import without_bytes
from lollms_client.secret import redact

_MOST_DIFFERENCES = 4
_LONGEST = 60


def key_of(call: str, request: Any) -> str:
    """The same text for the same request, whatever the order of its names. A job's binding may have another name."""
    values = without_bytes(request)
    if call in ("check", "collect", "cancel") and isinstance(values, dict):
        values = {name: item for name, item in values.items() if name != "binding"}
    return f"{call} {msgspec.json.encode(_sorted(values)).decode()}"


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _sorted(value[name]) for name in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_sorted(item) for item in value]
    return value


def newest(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The calls by request: of a request that was recorded in several sessions, those of the last one."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        group = found.setdefault(key_of(entry.call, entry.request), [])
        if group and group[-1].session != entry.session:
            group.clear()
        group.append(entry)
    return found


def explained(call: str, request: Any, entries: list[Entry]) -> str:
    """What the recording holds instead of a call."""
    alike = [entry for entry in entries if entry.call == call]
    if not alike:
        counted = Counter(entry.call for entry in entries)
        others = ", ".join(f"{name} ({number})" for name, number in sorted(counted.items()))
        return f"it holds no {call}; it holds {others or 'nothing'}"
    asked = _leaves(without_bytes(request), "")
    lists = [(entry, _differences(asked, _leaves(without_bytes(entry.request), ""))) for entry in alike]
    nearest, differences = min(lists, key=lambda item: len(item[1]))
    more = f" and {len(differences) - _MOST_DIFFERENCES} more" if len(differences) > _MOST_DIFFERENCES else ""
    shown = "; ".join(differences[:_MOST_DIFFERENCES])
    where = f"line {nearest.line}" if nearest.line else "recorded just now"
    return f"the nearest {call} ({where}) differs: {shown}{more}"


def _leaves(value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, dict) and value:
        pairs = [(f"{path}.{name}".lstrip("."), item) for name, item in value.items()]
    elif isinstance(value, (list, tuple)) and value:
        pairs = [(f"{path}[{number}]", item) for number, item in enumerate(value)]
    else:
        return {path: value}
    return {name: leaf for place, item in pairs for name, leaf in _leaves(item, place).items()}


def _differences(asked: dict[str, Any], recorded: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name in dict.fromkeys([*asked, *recorded]):
        if name not in recorded:
            found.append(f"{name} is {_shown(asked[name])}, not recorded")
        elif name not in asked:
            found.append(f"{name} was {_shown(recorded[name])}, not asked now")
        elif asked[name] != recorded[name]:
            found.append(f"{name} is {_shown(asked[name])}, recorded {_shown(recorded[name])}")
    return found


def _shown(value: Any) -> str:
    text = redact(repr(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"

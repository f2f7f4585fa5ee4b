"""Where an installed binding came from, and what was changed in its files since: for `lollms list` and `show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lollms_client.errors import BadSetting

if TYPE_CHECKING:
    from lollms_client.registry import BindingEntry


def origin(entry: BindingEntry) -> dict[str, Any] | None:
    """The record of `lollms install` and the changes since; None for what was not installed that way."""
    if entry.source != "home":
        return None
    from lollms_client.installing.records import changes_since, origin_words, record_of

    try:
        record = record_of(entry.folder)
    except BadSetting as error:  # a damaged file must not hide the bindings
        return {"source": "", "words": "a place that is not known", "changes": [], "problem": error.message}
    if record is None:
        return None
    facts = {name: getattr(record, name) for name in ("source", "ref", "commit", "installed", "files", "allowed")}
    facts |= {"requirements": record.requirements, "changes": changes_since(record), "words": origin_words(record)}
    return facts


def from_words(entry: BindingEntry) -> str:
    """The place where a binding was found, and for an installed one where it came from."""
    found = origin(entry)
    return entry.source if not (found and found["source"]) else f"{entry.source}, installed from {found['source']}"


def changed_words(entry: BindingEntry) -> str:
    """A warning where files of an installed binding are not as they were installed; "" otherwise."""
    found = origin(entry)
    if found is not None and "problem" in found:
        return f"WARNING: whether it is as it was installed is not known: {found['problem']}"
    changes = found["changes"] if found is not None else []
    if not changes:
        return ""
    more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
    return f"WARNING: not as it was installed: {', '.join(changes[:3])}{more}"

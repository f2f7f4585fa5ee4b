"""What a conversation is beside its messages: its title, prompt, people, pins, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from lollms_client.discussion.message import new_id
from lollms_client.errors import BadSetting

_ZONES = (
    ("memory", "Memory"),
    ("user_data_zone", "User Data Zone"),
    ("discussion_data_zone", "Discussion Data Zone"),
    ("personality_data_zone", "Personality Data Zone"),
)


class DiscussionState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Plain values, kept whole by a store. `participants` maps a sender to facts about it such as an icon."""

    id: str = msgspec.field(default_factory=new_id)
    title: str = ""
    system_prompt: str = ""
    participants: dict[str, dict[str, Any]] = {}
    metadata: dict[str, Any] = {}
    pins: list[str] = []
    branch_labels: dict[str, str] = {}
    active_branch_id: str | None = None
    memory: str = ""
    user_data_zone: str = ""
    discussion_data_zone: str = ""
    personality_data_zone: str = ""
    created_at: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))

    @property
    def system_text(self) -> str:
        """The system prompt, and below it each data zone that has something in it, under its heading."""
        blocks = [self.system_prompt.strip()]
        for name, heading in _ZONES:
            text = getattr(self, name).strip()
            if text:
                blocks.append(f"-- {heading} --\n{text}")
        return "\n\n".join(block for block in blocks if block)


def people(values: Any) -> dict[str, dict[str, Any]]:
    """Participants out of facts by name, or of names alone. Raises BadSetting for anything else."""
    if isinstance(values, Mapping) and all(isinstance(facts, Mapping) or facts is None for facts in values.values()):
        return {str(name): dict(facts or {}) for name, facts in values.items()}
    if isinstance(values, (list, tuple, set, frozenset)) and all(isinstance(name, str) for name in values):
        return {name: {} for name in values}
    raise BadSetting("participants are names, or facts (a dictionary) by name", setting="participants")


def merged(before: Any, mine: Any, theirs: Any) -> Any:
    """A fact that two have changed since `before`: entries of dictionaries and lists one by one, else mine wins."""
    if isinstance(before, dict) and isinstance(mine, dict) and isinstance(theirs, dict):
        kept = {key: value for key, value in theirs.items() if key in mine or key not in before}
        return kept | {key: value for key, value in mine.items() if key not in before or before[key] != value}
    if isinstance(before, list) and isinstance(mine, list) and isinstance(theirs, list):
        kept_items = [item for item in theirs if item in mine or item not in before]
        return kept_items + [item for item in mine if item not in before and item not in theirs]
    return mine

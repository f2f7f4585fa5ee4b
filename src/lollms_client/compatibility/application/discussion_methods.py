"""What applications of the public package ask of a discussion beside what ours offers itself."""

from __future__ import annotations

from typing import Any

from lollms_client.discussion.context import IMAGE_TOKENS, counter_of
from lollms_client.discussion.message import LollmsMessage

_ZONES = ("system_prompt", "memory", "user_data_zone", "discussion_data_zone", "personality_data_zone")


class DiscussionMethods:
    """Counts, images and texts of a discussion under their public names."""

    def touch(self) -> None:
        """Keep what was changed in place."""
        discussion: Any = self
        discussion.commit()

    def close(self) -> None:
        """Keep what was changed in place; the store stays open for others."""
        discussion: Any = self
        discussion.commit()

    def get_all_messages_flat(self) -> list[LollmsMessage]:
        """All messages of all branches, in the order in which they came."""
        discussion: Any = self
        return list(discussion.messages)

    def setMemory(self, memory: str) -> None:  # noqa: N802 (the public name)
        """What the model is to remember; the same as setting `memory`."""
        discussion: Any = self
        discussion.memory = memory

    def get_full_data_zone(self) -> str:
        """The data zones as the model is told them, without the system prompt."""
        discussion: Any = self
        text: str = discussion.system_text
        prompt: str = discussion.system_prompt.strip()
        return text.removeprefix(prompt).strip() if prompt else text

    def auto_title(self) -> str:
        """Let the model write the title; the same as `write_title`."""
        discussion: Any = self
        title: str = discussion.write_title()
        return title

    def export_to_json_str(self) -> str:
        """The whole discussion as JSON text; `LollmsDiscussion.from_export("json", …)` reads it."""
        discussion: Any = self
        text: str = discussion.export("json")
        return text

    def get_all_images(self, branch_tip_id: str | None = None) -> list[dict[str, Any]]:
        """The images of a branch: `message_id`, `index`, `data` (base64), `active`."""
        discussion: Any = self
        return [
            {"message_id": message.id, "index": index, **image}
            for message in discussion.get_messages(branch_tip_id)
            for index, image in enumerate(message.get_all_images())
        ]

    def get_active_images(self, branch_tip_id: str | None = None) -> list[str]:
        """The images of a branch that a model is given, as base64 text."""
        return [image["data"] for image in DiscussionMethods.get_all_images(self, branch_tip_id) if image["active"]]

    def count_discussion_tokens(self, format_type: str = "lollms_text", branch_tip_id: str | None = None) -> int:
        """The tokens of an export, counted by the client's model; an estimate where there is none."""
        discussion: Any = self
        exported = discussion.export(format_type, branch_tip_id)
        return int(counter_of(discussion.lollmsClient, [])(exported if isinstance(exported, str) else str(exported)))

    def get_context_status(self, branch_tip_id: str | None = None) -> dict[str, Any]:
        """What fills the context: `max_tokens`, `current_tokens`, and `zones` with their tokens and contents.

        The zones are `system_context` (`breakdown` by system prompt and data zones) and `message_history`.
        """
        discussion: Any = self
        count = counter_of(discussion.lollmsClient, [])
        zones: dict[str, Any] = {}
        if system := discussion.system_text:
            texts = {name: getattr(discussion, name) for name in _ZONES}
            breakdown = {name: {"content": text, "tokens": int(count(text))} for name, text in texts.items() if text}
            zones["system_context"] = {"content": system, "tokens": int(count(system)), "breakdown": breakdown}
        if history := discussion.export("lollms_text", branch_tip_id, suppress_system_prompt=True):
            zones["message_history"] = _history(discussion, branch_tip_id, history, int(count(history)))
        return {
            "max_tokens": discussion.max_context_size,
            "current_tokens": sum(zone["tokens"] for zone in zones.values()),
            "zones": zones,
        }


def _history(discussion: Any, branch_tip_id: str | None, text: str, tokens: int) -> dict[str, Any]:
    images = [
        {"message_id": image["message_id"], "index": image["index"], "tokens": IMAGE_TOKENS}
        for image in DiscussionMethods.get_all_images(discussion, branch_tip_id)
        if image["active"]
    ]
    image_tokens = IMAGE_TOKENS * len(images)
    return {
        "content": text,
        "tokens": tokens + image_tokens,
        "message_count": len(discussion.get_messages(branch_tip_id)),
        "breakdown": {"text_tokens": tokens, "image_tokens": image_tokens, "image_details": images},
    }

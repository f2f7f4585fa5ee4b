"""What applications of the public package ask of a discussion beside what ours offers itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lollms_client.compatibility.application.shown import POINT, SUMMARY, images_of, keep_images, new_image
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

    @property
    def updated_at(self) -> datetime:
        """When the last message came, or the discussion itself."""
        discussion: Any = self
        moments: list[datetime] = [discussion.created_at, *(message.created_at for message in discussion.messages)]
        return max(moments)

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

    # --- images of the whole ---

    @property
    def images(self) -> list[dict[str, Any]]:
        """The images of the whole discussion; the same as `get_discussion_images()`."""
        return images_of(self)

    def get_discussion_images(self) -> list[dict[str, Any]]:
        """The images of the whole discussion: `data` (base64), `source`, `active`, `created_at`.

        The active ones stand before the first thing that the user says whenever a model is asked.
        """
        return images_of(self)

    def add_discussion_image(self, image_b64: str, source: str = "user", active: bool = True) -> None:
        """Add an image (base64, a path or a URL) to the whole discussion. Raises BadMedia for what is none."""
        keep_images(self, [*images_of(self), new_image(image_b64, source, active)])

    def toggle_discussion_image_activation(self, index: int, active: bool | None = None) -> None:
        """Switch whether image number `index` of the whole discussion goes to the model. Raises IndexError."""
        images = images_of(self)
        _check_place(index, images)
        images[index]["active"] = not images[index].get("active", True) if active is None else bool(active)
        keep_images(self, images)

    def remove_discussion_image(self, index: int, commit: bool = True) -> None:
        """Take an image of the whole discussion away. Raises IndexError."""
        images = images_of(self)
        _check_place(index, images)
        del images[index]
        keep_images(self, images)

    # --- what came before ---

    @property
    def pruning_summary(self) -> str:
        """The summary that stands for what was pruned, "" where there is none."""
        discussion: Any = self
        return str(discussion.metadata.get(SUMMARY) or "")

    @property
    def pruning_point_id(self) -> str | None:
        """The first message that a model is still given as it was said."""
        discussion: Any = self
        return discussion.metadata.get(POINT)  # type: ignore[no-any-return]

    def summarize_and_prune(self, max_tokens: int | None = None, preserve_last_n: int = 4, **options: Any) -> None:
        """Where the branch has more than `max_tokens`, let the model sum up all but the last messages.

        From then on models are given the summary in their place. Nothing is deleted. Raises what the model raises.
        """
        discussion: Any = self
        limit = max_tokens or discussion.max_context_size
        branch = discussion.get_messages()
        before = branch[: -preserve_last_n or None]
        if not limit or not before or preserve_last_n < 1:
            return
        if DiscussionMethods.count_discussion_tokens(discussion) <= limit:
            return
        said = "\n\n".join(f"{message.sender}: {message.content}" for message in before)
        summary = discussion.ask_model(
            f"Sum up this part of a conversation; keep facts, questions, decisions.\n\n{said}"
        )
        discussion.set_metadata_item(SUMMARY, summary.strip())
        discussion.set_metadata_item(POINT, branch[-preserve_last_n].id)

    def fix_orphan_messages(self) -> None:
        """There is nothing to mend: messages without a parent cannot come about."""

    def clone_without_messages(self) -> Any:
        """A new discussion with the same prompt, zones, people, metadata and images, and no message."""
        discussion: Any = self
        fields = {name: getattr(discussion, name) for name in (*_ZONES, "title", "participants")}
        metadata = {key: value for key, value in discussion.metadata.items() if key not in (SUMMARY, POINT)}
        kind = type(discussion)
        store = getattr(discussion, "db_manager", None)
        return kind.create_new(discussion.lollmsClient, db_manager=store, metadata=metadata, **fields)

    # --- branches ---

    def remove_message(self, message_id: str) -> bool:
        """Take one message out; False where there is none of that id."""
        discussion: Any = self
        if message_id not in discussion:
            return False
        discussion.delete_message(message_id)
        return True

    def prune_branch(self, message_id: str) -> int:
        """Delete a message and all below it; how many that were."""
        discussion: Any = self
        return int(discussion.delete_branch(message_id)) if message_id in discussion else 0

    def switch_branch(self, leaf_id: str) -> bool:
        """Go on from a message; False where there is none of that id."""
        discussion: Any = self
        if leaf_id not in discussion:
            return False
        discussion.switch_to_branch(leaf_id)
        return True

    def switch_to_sibling(self, direction: int = 1) -> LollmsMessage | None:
        """Go on from the next (1) or previous (-1) version of the current message; None where there is only one."""
        discussion: Any = self
        current = discussion.active_branch_id
        if current is None:
            return None
        parent = discussion.get_message(current).parent_id
        versions = [message.id for message in discussion.get_children(parent)]
        if len(versions) < 2:
            return None
        discussion.switch_to_branch(versions[(versions.index(current) + direction) % len(versions)])
        return discussion.get_message(discussion.active_branch_id)  # type: ignore[no-any-return]

    # --- images of messages ---

    def get_all_images(self, branch_tip_id: str | None = None) -> list[dict[str, Any]]:
        """The images of a branch: `message_id`, `index`, `data` (base64), `active`."""
        discussion: Any = self
        return [
            {"message_id": message.id, "index": index, **image}
            for message in discussion.get_messages(branch_tip_id)
            for index, image in enumerate(message.get_all_images())
        ]

    def get_active_images(self, branch_tip_id: str | None = None) -> list[str]:
        """The images of the whole and of a branch that a model is given, as base64 text."""
        whole = [image["data"] for image in images_of(self) if image.get("active", True)]
        return whole + [
            image["data"] for image in DiscussionMethods.get_all_images(self, branch_tip_id) if image["active"]
        ]

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


def _check_place(index: int, images: list[Any]) -> None:
    if not 0 <= index < len(images):
        raise IndexError(f"no image {index}: the discussion has {len(images)}")


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

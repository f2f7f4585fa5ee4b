"""What a model is shown of a discussion beside its messages: images of the whole, and a summary of the oldest part."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lollms_client.discussion.message import LollmsMessage, image_part
from lollms_client.types.message import ImagePart

IMAGES, SUMMARY, POINT = "discussion_images", "pruning_summary", "pruning_point_id"  # in the metadata


def images_of(discussion: Any) -> list[dict[str, Any]]:
    """The images of the whole discussion: `data` (base64), `source`, `active`, `created_at`."""
    assigned = vars(discussion).pop("images", None)  # what an application set as an attribute
    found = assigned if isinstance(assigned, list) else discussion.metadata.get(IMAGES)
    images = [dict(item) if isinstance(item, dict) else new_image(str(item)) for item in found or ()]
    if isinstance(assigned, list):
        keep_images(discussion, images)
    return images


def new_image(data: str, source: str = "user", active: bool = True) -> dict[str, Any]:
    """An image as it is kept. Raises BadMedia for what is none."""
    image_part(data)
    return {"data": data, "source": source, "active": bool(active), "created_at": datetime.now(UTC).isoformat()}


def keep_images(discussion: Any, images: list[dict[str, Any]]) -> None:
    """Let these be the images of the whole discussion."""
    discussion.set_metadata_item(IMAGES, images)


def shown_system(discussion: Any, system: str) -> str:
    """The system's words, with the summary of what was pruned below them."""
    summary = discussion.metadata.get(SUMMARY) if discussion.metadata.get(POINT) in discussion else None
    return "\n\n".join(text for text in (system, str(summary or "").strip()) if text)


def shown_messages(discussion: Any, branch: list[LollmsMessage]) -> list[LollmsMessage]:
    """The branch from where it was pruned on, with the images of the whole discussion at what the user said first."""
    point = discussion.metadata.get(POINT)
    start = next((place for place, message in enumerate(branch) if message.id == point), 0)
    shown = branch[start:]
    active = [image["data"] for image in images_of(discussion) if image.get("active", True)]
    first = next((place for place, message in enumerate(shown) if message.sender_type == "user"), None)
    if not active or first is None:
        return shown
    message = shown[first]
    before: tuple[ImagePart, ...] = tuple(image_part(data) for data in active)
    inactive = frozenset(place + len(before) for place in message.inactive_images)
    shown[first] = message.copy(parts=(*before, *message.parts), inactive_images=inactive)
    return shown

"""What applications of the public package ask of a message beside what ours offers itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lollms_client.discussion.message import image_part


class MessageMethods:
    """Columns and methods of a message under their public names."""

    @property
    def discussion_id(self) -> str | None:
        """The id of the discussion that the message is in."""
        return getattr(getattr(_own(self)._notify, "__self__", None), "id", None)

    @property
    def raw_content(self) -> str:
        """The words as they came; the same as `content`."""
        return str(_own(self).content)

    @property
    def scratchpad(self) -> Any:
        """Notes beside the words, where an application gave some."""
        return _own(self).metadata.get("scratchpad")

    @property
    def tokens(self) -> Any:
        """How many tokens the message has, where that is known."""
        message = _own(self)
        return message.metadata.get("tokens", message.usage.output_tokens)

    @property
    def generation_speed(self) -> Any:
        """Tokens a second, where an application said so."""
        return _own(self).metadata.get("generation_speed")

    @property
    def message_metadata(self) -> dict[str, Any]:
        """The same as `metadata`."""
        return dict(_own(self).metadata)

    @property
    def active_images(self) -> list[bool]:
        """Of each image, whether it goes to the model."""
        return [bool(image["active"]) for image in _own(self).get_all_images()]

    def add_image(self, image: Any) -> None:
        """Append an image: base64, a path, bytes or a URL. Raises BadMedia."""
        MessageMethods.add_images(self, [image])

    def add_images(self, images: Sequence[Any]) -> None:
        """Append several images. Raises BadMedia."""
        message = _own(self)
        message.parts = (*message.parts, *[image_part(image) for image in images])

    def add_image_pack(
        self,
        images: Sequence[Any],
        group_type: str = "generated",
        active_by_default: bool = True,
        title: str | None = None,
        prompt: str | None = "",
    ) -> None:
        """Append images that belong together; the first of them goes to the model, if the pack is active."""
        message = _own(self)
        start = len(message.images)
        MessageMethods.add_images(self, images)
        places = range(start, start + len(images))
        for place in places:
            message.toggle_image_activation(place, active_by_default and place == start)
        facts = {"title": title, "prompt": prompt or None}
        pack = {"type": group_type, "indices": list(places), "is_active": active_by_default}
        pack |= {name: value for name, value in facts.items() if value is not None}
        message.set_metadata_item("image_groups", [*message.metadata.get("image_groups", []), pack])

    def toggle_image_pack_activation(self, index: int, active: bool | None = None) -> None:
        """Let this image alone of its pack go to the model, or none of the pack. Raises IndexError."""
        message = _own(self)
        wanted = message.toggle_image_activation(index, active)
        packs = [pack["indices"] for pack in message.metadata.get("image_groups", []) if index in pack["indices"]]
        for place in packs[0] if packs and wanted else ():
            if place != index:
                message.toggle_image_activation(place, False)


def _own(message: Any) -> Any:
    return message

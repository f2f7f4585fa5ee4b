"""One message of a conversation: who spoke, what was said in parts, and how the answer came about."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.mending import mended
from lollms_client.errors import BadSetting
from lollms_client.extensions import message_attribute
from lollms_client.types.accounting import CallWarning, Usage
from lollms_client.types.media import Media
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
)

Status = Literal["complete", "partial", "failed"]
Kind = Literal["message", "summary"]

_ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "system": "system",
    "developer": "system",
    "tool": "tool",
    "function": "tool",
}
_STATUSES = ("complete", "partial", "failed")
_FIXED = frozenset({"id", "parent_id"})


def new_id() -> str:
    """A random identifier."""
    return str(uuid4())


def role_of(sender_type: str) -> Role:
    """The role that a sender type stands for. Raises BadSetting for an unknown one."""
    role = _ROLES.get(sender_type.strip().lower())
    if role is None:
        raise BadSetting(f"no sender type {sender_type!r}: use user, assistant, system or tool", setting="sender_type")
    return role


def role_from_name(sender: str) -> Role:
    """Guess the role from a sender's name: the known role names stand for themselves, everyone else is a user."""
    return _ROLES.get(sender.strip().lower(), "user")


def is_named(sender: str) -> bool:
    """Whether a sender has a name of its own, and not merely that of a role such as `user`."""
    return bool(sender.strip()) and sender.strip().lower() not in _ROLES


def image_part(source: Any) -> ImagePart:
    """Make an image part from Media, bytes, base64 text, a data: or http(s) URL, a path, or `{"data": …}`."""
    if isinstance(source, ImagePart):
        return source
    if isinstance(source, Mapping):
        source = source.get("data") or source.get("url") or source.get("image_url")
        source = source.get("url") if isinstance(source, Mapping) else source
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        return ImagePart(url=source)
    if source is None:
        raise BadSetting("an image needs data: base64 text, bytes, a data: URL or a path", setting="images")
    return ImagePart(media=Media.of(source))


def media_part(source: Any) -> Part:
    """An image, a sound or a file, whichever the source is: a path (whose name is kept), URL, Media, bytes, base64."""
    if isinstance(source, (ImagePart, AudioPart, FilePart)):
        return source
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        is_image = (mimetypes.guess_type(source)[0] or "").startswith("image/")
        return ImagePart(url=source) if is_image else FilePart(url=source)
    media = Media.of(source)
    if media.kind == "image":
        return ImagePart(media=media)
    if media.kind == "audio":
        return AudioPart(media=media)
    named = isinstance(source, Path) or (isinstance(source, str) and len(source) < 1_000 and Path(source).is_file())
    return FilePart(media=media, name=Path(source).name if named else None)


def _switched_off(sources: Sequence[Any]) -> frozenset[int]:
    return frozenset(
        place for place, source in enumerate(sources) if isinstance(source, Mapping) and source.get("active") is False
    )


class LollmsMessage:
    """A node of the conversation's tree.

    `parts` says what was said, in order: text, reasoning, images, audio, files, tool calls and results. `content`,
    `thoughts` and `images` are views of it. `status` is complete, partial (interrupted) or failed (see `error`).
    `usage` has tokens and cost in US dollars where known. `created_at` is a UTC time.
    """

    __slots__ = (
        "__weakref__",
        "_notify",
        "binding_name",
        "created_at",
        "error",
        "finish",
        "id",
        "inactive_images",
        "kind",
        "metadata",
        "model_name",
        "parent_id",
        "parts",
        "sender",
        "sender_type",
        "status",
        "usage",
        "warnings",
    )  # fmt: skip

    id: str
    parent_id: str | None
    sender: str
    sender_type: Role
    parts: tuple[Part, ...]
    created_at: datetime
    status: Status
    error: dict[str, Any] | None
    usage: Usage
    model_name: str | None
    binding_name: str | None
    finish: str | None
    warnings: tuple[CallWarning, ...]
    metadata: dict[str, Any]
    inactive_images: frozenset[int]
    kind: Kind
    _notify: Callable[[LollmsMessage], None] | None

    def __init__(
        self,
        *,
        sender: str | None = None,
        sender_type: str | None = None,
        content: str = "",
        images: Iterable[Any] | None = None,
        parts: Sequence[Part] | None = None,
        id: str | None = None,
        parent_id: str | None = None,
        created_at: datetime | None = None,
        status: Status = "complete",
        error: dict[str, Any] | None = None,
        usage: Usage | None = None,
        model_name: str | None = None,
        binding_name: str | None = None,
        finish: str | None = None,
        warnings: Iterable[CallWarning] = (),
        metadata: Mapping[str, Any] | None = None,
        thoughts: str | None = None,
        inactive_images: Iterable[int] = (),
        kind: Kind = "message",
    ) -> None:
        put = object.__setattr__
        put(self, "_notify", None)
        role = role_of(sender_type) if sender_type else role_from_name(sender or "user")
        pictures = list(images or ())
        _check(status, parts is not None and bool(content or thoughts or pictures))
        plain = {"parent_id": parent_id, "status": status, "error": error, "finish": finish, "kind": kind}
        for name, value in {**plain, "model_name": model_name, "binding_name": binding_name}.items():
            put(self, name, value)
        put(self, "id", id or new_id())
        put(self, "sender", sender or role)
        put(self, "sender_type", role)
        put(self, "parts", tuple(parts) if parts is not None else _compose(content, thoughts, pictures))
        put(self, "created_at", created_at or datetime.now(UTC))
        put(self, "usage", usage or Usage())
        put(self, "warnings", tuple(warnings))
        put(self, "metadata", dict(metadata or {}))
        put(self, "inactive_images", _switched_off(pictures) | frozenset(inactive_images))

    def __setattr__(self, name: str, value: Any) -> None:
        if self._notify is not None and name in _FIXED:
            raise AttributeError(f"{name} cannot be changed here: the discussion's methods move messages")
        object.__setattr__(self, name, value)
        if self._notify is not None:
            self._notify(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _KEPT_SLOTS}

    def __setstate__(self, fields: dict[str, Any]) -> None:
        self.set_quietly(_notify=None, **fields)  # a copy belongs to no discussion

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return message_attribute(self, name)

    def set_quietly(self, **fields: Any) -> None:
        """Set fields without telling the discussion, which is then told once by its `keep_message`."""
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @property
    def is_owned(self) -> bool:
        """Whether the message is in a discussion; then its id and its parent are fixed."""
        return self._notify is not None

    def belong_to(self, notify: Callable[[LollmsMessage], None]) -> None:
        """Tell a discussion's callback about every field that is set from now on."""
        if self._notify is None:
            object.__setattr__(self, "_notify", notify)

    def release(self) -> None:
        """Belong to no discussion any more."""
        object.__setattr__(self, "_notify", None)

    @classmethod
    def new_message(cls, **fields: Any) -> LollmsMessage:
        """A message that belongs to no discussion yet; the same arguments as the constructor."""
        return cls(**fields)

    @classmethod
    def from_message(cls, message: Message, **fields: Any) -> LollmsMessage:
        """A node out of a typed message."""
        return cls(sender=message.name or message.role, sender_type=message.role, parts=message.parts, **fields)

    def copy(self, **changes: Any) -> LollmsMessage:
        """The same message with a new id, belonging to no discussion; `changes` replace fields."""
        fields = {name: getattr(self, name) for name in COPIED_FIELDS}
        return LollmsMessage(**{**fields, **changes})

    # --- what was said ------------------------------------------------------------------------------------------

    @property
    def content(self) -> str:
        """The text parts together. Setting it replaces them by one, at the place of the first."""
        return "".join([part.text for part in self.parts if type(part) is TextPart])

    @content.setter
    def content(self, text: str) -> None:
        self.parts = _with_text(self.parts, mended(text))

    @property
    def text(self) -> str:
        """The same as `content`."""
        return self.content

    @property
    def thoughts(self) -> str:
        """What the model thought, the reasoning parts together."""
        return "".join([part.text for part in self.parts if type(part) is ReasoningPart])

    @property
    def role(self) -> Role:
        """user, assistant, system or tool."""
        return self.sender_type

    @property
    def images(self) -> list[str]:
        """All images in base64 (or their URL, where the service is to fetch them)."""
        return [_image_text(part) for part in self.image_parts]

    @images.setter
    def images(self, sources: Iterable[Any]) -> None:
        pictures = list(sources)
        kept = tuple(part for part in self.parts if not isinstance(part, ImagePart))
        parts = (*kept, *[image_part(picture) for picture in pictures])
        object.__setattr__(self, "inactive_images", _switched_off(pictures))
        self.parts = parts

    @property
    def image_parts(self) -> tuple[ImagePart, ...]:
        """All images, the inactive ones too."""
        return tuple([part for part in self.parts if type(part) is ImagePart])

    def get_active_images(self) -> list[str]:
        """The images that go to the model, in base64 (or their URL)."""
        return [text for place, text in enumerate(self.images) if place not in self.inactive_images]

    def get_all_images(self) -> list[dict[str, Any]]:
        """Every image as `{"data": base64 or URL, "active": bool}`."""
        return [{"data": text, "active": place not in self.inactive_images} for place, text in enumerate(self.images)]

    def toggle_image_activation(self, index: int, active: bool | None = None) -> bool:
        """Switch whether image number `index` goes to the model; returns the new state. Raises IndexError."""
        count = len(self.image_parts)
        if not 0 <= index < count:
            raise IndexError(f"no image {index}: the message has {count}")
        wanted = index in self.inactive_images if active is None else active
        self.inactive_images = self.inactive_images - {index} if wanted else self.inactive_images | {index}
        return wanted

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The tools that the model asks for."""
        return tuple([part for part in self.parts if type(part) is ToolCallPart])

    @property
    def cost(self) -> float | None:
        """US dollars, None where nobody said."""
        return self.usage.cost

    def add_media(self, sources: Iterable[Any]) -> None:
        """Append images, sounds and files: paths, Media, bytes or base64. Raises BadMedia."""
        self.parts = (*self.parts, *[media_part(source) for source in sources])

    def set_metadata_item(self, key: str, value: Any, discussion: Any = None) -> None:
        """Set one entry of the metadata so that a store notices; the message knows its discussion by itself."""
        self.metadata = {**self.metadata, key: value}

    def to_message(self) -> Message:
        """The typed message that a model is given: inactive images are left out."""
        if not self.inactive_images:
            return Message(role=self.sender_type, parts=self.parts)
        kept: list[Part] = []
        place = 0
        for part in self.parts:
            if type(part) is ImagePart:
                place += 1
                if place - 1 in self.inactive_images:
                    continue
            kept.append(part)
        return Message(role=self.sender_type, parts=tuple(kept))

    def __repr__(self) -> str:
        text = self.content
        shown = text if len(text) <= 40 else text[:39] + "…"
        return f"LollmsMessage({self.id}, {self.sender_type}, {self.status}, {shown!r})"


_KEPT_SLOTS = tuple(name for name in LollmsMessage.__slots__ if name not in ("__weakref__", "_notify"))
COPIED_FIELDS = (
    "sender", "sender_type", "parts", "created_at", "status", "error", "usage", "model_name", "binding_name",
    "finish", "warnings", "metadata", "inactive_images", "kind",
)  # fmt: skip


def _check(status: str, said_twice: bool) -> None:
    if status not in _STATUSES:
        raise BadSetting(f"no status {status!r}: use complete, partial or failed", setting="status")
    if said_twice:
        raise BadSetting("give either parts, or content, thoughts and images", setting="parts")


def _compose(content: str | None, thoughts: str | None, pictures: list[Any]) -> tuple[Part, ...]:
    if content is not None and not isinstance(content, str):
        raise BadConversation(f"content must be text, not {type(content).__name__}", setting="content")
    parts: list[Part] = []
    if thoughts:
        parts.append(ReasoningPart(text=mended(thoughts)))
    if content:
        parts.append(TextPart(text=mended(content)))
    parts.extend(image_part(picture) for picture in pictures)
    return tuple(parts)


def _with_text(parts: tuple[Part, ...], text: str) -> tuple[Part, ...]:
    place = next((index for index, part in enumerate(parts) if isinstance(part, TextPart)), None)
    others: list[Part] = [part for part in parts if not isinstance(part, TextPart)]
    if not text:
        return tuple(others)
    if place is None:
        place = next((index for index, part in enumerate(parts) if not isinstance(part, ReasoningPart)), len(parts))
    others.insert(place, TextPart(text=text))
    return tuple(others)


def _image_text(part: ImagePart) -> str:
    return part.media.base64() if part.media is not None else part.url or ""

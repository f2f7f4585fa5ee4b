"""Messages of a conversation: a role and a closed union of parts."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from lollms_client.types.media import Media

Role = Literal["system", "user", "assistant", "tool"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class TextPart(_Part, frozen=True, kw_only=True, omit_defaults=True, tag="text"):
    """Words. `cache` asks services with explicit prompt caching to cache everything up to here."""

    text: str
    cache: bool = False


class ReasoningPart(_Part, frozen=True, kw_only=True, omit_defaults=True, tag="reasoning"):
    """What the model thought. `signature` and `redacted` must go back to the service unchanged."""

    text: str = ""
    signature: str | None = None
    redacted: str | None = None


class ImagePart(_Part, frozen=True, kw_only=True, omit_defaults=True, tag="image"):
    """An image, as media or as a URL that the service fetches itself."""

    media: Media | None = None
    url: str | None = None
    detail: str | None = None
    cache: bool = False


class AudioPart(_Part, frozen=True, kw_only=True, omit_defaults=True, tag="audio"):
    """A sound. `transcript` says what is spoken where a service told; `id` refers to an earlier answer's audio."""

    media: Media | None = None
    transcript: str | None = None
    id: str | None = None


class FilePart(_Part, frozen=True, kw_only=True, omit_defaults=True, tag="file"):
    """A document such as a PDF."""

    media: Media | None = None
    url: str | None = None
    name: str | None = None
    id: str | None = None
    cache: bool = False


class ToolCallPart(_Part, frozen=True, kw_only=True, omit_defaults=True, tag="tool_call"):
    """The model asks for a tool. `arguments` is the decoded JSON object; `raw_arguments` the text where it is none."""

    id: str
    name: str
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    raw_arguments: str | None = None
    signature: str | None = None


class ToolResultPart(_Part, frozen=True, kw_only=True, omit_defaults=True, tag="tool_result"):
    """What a tool answered. `content` is text, or parts where a service takes images from tools."""

    call_id: str
    content: str | tuple[TextPart | ImagePart, ...] = ""
    name: str | None = None
    is_error: bool = False


Part = TextPart | ReasoningPart | ImagePart | AudioPart | FilePart | ToolCallPart | ToolResultPart


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message: who speaks, and what."""

    role: Role
    parts: tuple[Part, ...] = ()
    name: str | None = None

    @classmethod
    def system(cls, text: str) -> Message:
        """An instruction to the model."""
        return cls(role="system", parts=(TextPart(text=text),))

    @classmethod
    def user(cls, text: str = "", *, images: tuple[Media, ...] | list[Media] = (), name: str | None = None) -> Message:
        """Words of the user, with images before them."""
        pictures: tuple[Part, ...] = tuple(ImagePart(media=image) for image in images)
        return cls(role="user", parts=(*pictures, TextPart(text=text)) if text else pictures, name=name)

    @classmethod
    def assistant(cls, text: str) -> Message:
        """Words of the model."""
        return cls(role="assistant", parts=(TextPart(text=text),))

    @classmethod
    def tool(cls, call_id: str, content: str, *, name: str | None = None, is_error: bool = False) -> Message:
        """The answer of a tool to the call with that id."""
        result = ToolResultPart(call_id=call_id, content=content, name=name, is_error=is_error)
        return cls(role="tool", parts=(result,))

    @property
    def text(self) -> str:
        """All text parts together."""
        return "".join([part.text for part in self.parts if isinstance(part, TextPart)])

    @property
    def reasoning(self) -> str:
        """All reasoning parts together."""
        return "".join([part.text for part in self.parts if isinstance(part, ReasoningPart)])

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The image parts."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        """The tools that the model asks for."""
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))

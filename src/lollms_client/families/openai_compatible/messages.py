"""From our messages to those of Chat Completions.

After OpenAI's API document 2.3.0 of 2026-08-21, "Create chat completion".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from lollms_client.errors import BadMedia, Unsupported
from lollms_client.families.openai_compatible.reasoning_details import details_of
from lollms_client.types.media import Media
from lollms_client.types.message import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

if TYPE_CHECKING:
    from lollms_client.families.openai_compatible.parameters import Parameters

_SEEN = {ImagePart: ("vision", "images"), AudioPart: ("audio_input", "sounds"), FilePart: ("files", "files")}
AUDIO_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "m4a"}


def chat_messages(parameters: Parameters, messages: Iterable[Message]) -> list[dict[str, Any]]:
    """The messages in the service's form. Raises Unsupported where nothing of one can be sent."""
    found: list[dict[str, Any]] = []
    for message in messages:
        found.extend(_message(parameters, message))
    return found


def _message(parameters: Parameters, message: Message) -> Iterator[dict[str, Any]]:
    for part in message.parts:
        if isinstance(part, ToolResultPart):
            yield {"role": "tool", "tool_call_id": part.call_id, "content": tool_text(parameters, part)}
    rest = [part for part in message.parts if not isinstance(part, ToolResultPart)]
    if message.role == "assistant":
        yield _assistant(parameters, message)
    elif rest or not message.parts:
        facts = parameters.facts
        system = (facts.system_role if facts else "") or parameters.binding.quirks.system_role
        role = {"system": system, "tool": "user"}.get(message.role, message.role)
        yield _named(parameters, message, {"role": role, "content": _content(parameters, rest)})


def _named(parameters: Parameters, message: Message, wire: dict[str, Any]) -> dict[str, Any]:
    if not message.name:
        return wire
    if "message_names" in parameters.binding.quirks.drops:
        parameters.warn("dropped", "messages", "messages carry no names here")
        return wire
    return {**wire, "name": message.name}


def tool_text(parameters: Parameters, part: ToolResultPart) -> str:
    """What a tool answered, as text."""
    if isinstance(part.content, str):
        return part.content
    if any(not isinstance(piece, TextPart) for piece in part.content):
        parameters.warn("unsupported", "messages", "images out of tools cannot be sent; their words are")
    return "".join(piece.text for piece in part.content if isinstance(piece, TextPart))


def usable(parameters: Parameters, parts: Iterable[Part]) -> list[Part]:
    """The parts that the service can take; the others are left out with a warning. Raises Unsupported for none left."""
    capabilities = parameters.binding.manifest.capabilities if parameters.binding.manifest else ()
    kept: list[Part] = []
    refused = ""
    for part in parts:
        capability, words = _SEEN.get(type(part), ("", ""))
        if capability and capabilities and capability not in capabilities:
            refused = words
            parameters.warn("unsupported", "messages", f"{parameters.binding.binding_name} takes no {words}")
        else:
            kept.append(part)
    if refused and not kept:
        raise Unsupported(f"{parameters.binding.binding_name} takes no {refused}, and the message holds nothing else")
    return kept


def _content(parameters: Parameters, parts: Iterable[Part]) -> str | list[dict[str, Any]]:
    kept = usable(parameters, parts)
    marked = parameters.binding.quirks.cache_control
    if all(isinstance(part, TextPart) and not (part.cache and marked) for part in kept):
        return "".join(part.text for part in kept if isinstance(part, TextPart))
    pieces = [piece for part in kept if (piece := _piece(part)) is not None]
    if marked:
        for part, piece in zip((part for part in kept if _piece(part) is not None), pieces, strict=True):
            if getattr(part, "cache", False):
                piece["cache_control"] = {"type": "ephemeral"}
    return pieces


def _piece(part: Part) -> dict[str, Any] | None:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    if isinstance(part, ImagePart):
        image: dict[str, Any] = {"url": address_of(part)}
        if part.detail:
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}
    if isinstance(part, AudioPart) and part.media is not None:
        return {"type": "input_audio", "input_audio": {"data": part.media.base64(), "format": audio_format(part.media)}}
    if isinstance(part, FilePart):
        return {"type": "file", "file": _file(part)}
    return None


def address_of(part: ImagePart) -> str:
    """An image's URL: its own, or its bytes as a data: URL. Raises BadMedia where it has neither."""
    if part.url:
        return part.url
    if part.media is None:
        raise BadMedia("an image part needs media or a url", setting="messages")
    return part.media.data_url()


def audio_format(media: Media) -> str:
    """The wire's name of a sound's format. Raises BadMedia for one that it does not know."""
    found = AUDIO_FORMATS.get(media.mime_type)
    if found is None:
        raise BadMedia(f"sounds must be wav or mp3, not {media.mime_type}", setting="messages")
    return found


def _file(part: FilePart) -> dict[str, Any]:
    if part.id:
        return {"file_id": part.id}
    if part.media is not None:
        return {"file_data": part.media.data_url(), "filename": part.name or f"document{part.media.extension}"}
    if part.url:
        return {"file_data": part.url, "filename": part.name or part.url.rpartition("/")[2] or "document"}
    raise BadMedia("a file part needs media, a url or an id", setting="messages")


def _assistant(parameters: Parameters, message: Message) -> dict[str, Any]:
    wire = _named(parameters, message, {"role": "assistant", "content": message.text})
    if calls := [_tool_call(part) for part in message.parts if isinstance(part, ToolCallPart)]:
        wire["tool_calls"] = calls
    for part in message.parts:
        if isinstance(part, AudioPart) and part.id:
            wire["audio"] = {"id": part.id}
            if not message.text:
                wire.pop("content")
        elif isinstance(part, (ImagePart, FilePart)):
            parameters.warn("unsupported", "messages", "images and files in the model's own messages are not sent")
    field = parameters.binding.quirks.reasoning_back
    if field and any(isinstance(part, ReasoningPart) and part.text for part in message.parts):
        wire[field] = message.reasoning
    if field == "reasoning" and (details := details_of([message])):
        wire["reasoning_details"] = details
    return wire


def _tool_call(part: ToolCallPart) -> dict[str, Any]:
    function = {"name": part.name, "arguments": arguments_text(part)}
    return {"id": part.id, "type": "function", "function": function}


def arguments_text(part: ToolCallPart) -> str:
    """A tool call's arguments as JSON text."""
    return part.raw_arguments or msgspec.json.encode(part.arguments).decode("utf-8")

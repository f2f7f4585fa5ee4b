"""What the media bindings on OpenAI's wire share: facts about media models, their quirks, forms, usage, base64."""

from __future__ import annotations

import base64
import binascii
import functools
import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from lollms_client import errors
from lollms_client.families.openai_compatible.facts import ModelFacts
from lollms_client.families.openai_compatible.service import OpenAICompatible
from lollms_client.flow import HttpRequest, Timeouts
from lollms_client.types.accounting import Usage
from lollms_client.types.media import Media

_LARGEST_REPLY = 128 * 1024 * 1024
_FILE = Path(__file__).with_name("media_facts.yaml")
Quirk = TypeVar("Quirk", bound=msgspec.Struct)


@functools.cache
def all_media_facts() -> tuple[ModelFacts, ...]:
    """The whole table of media models, in the order of the file."""
    import yaml

    return msgspec.convert(yaml.safe_load(_FILE.read_text("utf-8"))["facts"], tuple[ModelFacts, ...])


@functools.lru_cache(maxsize=256)
def media_facts_of(model: str) -> ModelFacts | None:
    """The facts of the first row that fits the model's name; a maker's prefix such as `openai/` does not matter."""
    name = model.lower().rpartition("/")[2]
    for row in all_media_facts():
        if any(fnmatchcase(name, pattern) for pattern in row.models):
            return row
    return None


class MediaBinding(OpenAICompatible):
    """Base of the five media bindings on OpenAI's wire."""

    def facts(self, model: str) -> ModelFacts | None:
        """What is known about that media model's parameters."""
        return media_facts_of(model)

    def media_quirks(self, kind: type[Quirk]) -> Quirk:
        """The mapping `service: quirks: media:` of the manifest. Raises BadManifest for what is unknown there."""
        try:
            return msgspec.convert(self.quirks.media, kind)
        except msgspec.ValidationError as error:
            place = str(self.manifest.path) if self.manifest else self.binding_name
            raise errors.BadManifest(f"{place}: service: quirks: media: {error}", file=place, rule=str(error)) from None

    def patient(self, request: HttpRequest, *, silence: bool = False) -> HttpRequest:
        """The request, allowed a large reply; with `silence` also pauses as long as the wait for a first byte."""
        request.max_bytes = max(request.max_bytes, _LARGEST_REPLY)
        limits = self.timeouts
        if silence and limits == Timeouts():
            request.timeouts = msgspec.structs.replace(limits, silence=limits.first_byte)
        return request

    def refuses(self, model: str, name: str) -> bool:
        """Whether the model is known not to take a parameter."""
        facts = self.facts(model)
        return facts is not None and name in facts.refuses


def form_fields(body: Mapping[str, Any], list_suffix: str = "[]") -> list[tuple[str, Any]]:
    """A body as the fields of a form: lists as `name[]` again and again, mappings as `name[key]`."""
    fields: list[tuple[str, Any]] = []
    for name, value in body.items():
        if isinstance(value, (list, tuple)):
            fields.extend((f"{name}{list_suffix}", _plain(item)) for item in value)
        elif isinstance(value, Mapping):
            fields.extend((f"{name}[{key}]", _plain(item)) for key, item in value.items())
        else:
            fields.append((name, value))
    return fields


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def media_from_base64(text: Any, mime_type: str | None = None) -> Media:
    """Media out of base64 (or a `data:` URL) in a reply. Raises BadReply for anything else."""
    if isinstance(text, str) and text.startswith("data:"):
        header, _, text = text.partition(",")
        mime_type = mime_type or header[5:].partition(";")[0]
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise errors.BadReply("the service's reply holds broken base64 where media is expected") from error
    if not data:
        raise errors.BadReply("the service's reply holds empty media")
    return Media(data, mime_type)


def usage_of(reply: Any, **known: Any) -> Usage:
    """The usage in a reply: tokens (under either of their names), seconds, and cost where the service tells it."""
    told = reply.get("usage") if isinstance(reply, Mapping) else None
    if not isinstance(told, Mapping):
        return Usage(**known)
    seconds = _number(told, "seconds", "prompt_audio_seconds")
    cost = _number(told, "cost", "total_cost", "estimated_cost")
    ticks = _number(told, "cost_in_usd_ticks")  # ten thousand million ticks are a dollar
    facts: dict[str, Any] = {
        "input_tokens": _count(told, "input_tokens", "prompt_tokens"),
        "output_tokens": _count(told, "output_tokens", "completion_tokens"),
        "seconds": seconds,
        "cost": cost if cost is not None else (ticks / 1e10 if ticks is not None else None),
    }
    return Usage(**{**known, **{name: value for name, value in facts.items() if value is not None}})


def added_usage(parts: Iterable[Usage]) -> Usage:
    """The sum of several usages; what no part says stays unknown."""
    total: dict[str, Any] = {}
    for part in parts:
        for name in part.__struct_fields__:
            value = getattr(part, name)
            if value is not None:
                total[name] = total.get(name, 0) + value
    return Usage(**total)


def _number(told: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = told.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return None


def _count(told: Mapping[str, Any], *names: str) -> int | None:
    number = _number(told, *names)
    return int(number) if number is not None else None


def text_or_none(value: Any) -> str | None:
    """The value where it is a text with something in it."""
    return value if isinstance(value, str) and value else None

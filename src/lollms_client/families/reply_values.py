"""Reads values out of a decoded reply by a path such as `data[0].b64_json`; what is missing is a bad reply."""

from __future__ import annotations

import base64
import re
from typing import Any

from lollms_client.errors import BadReply
from lollms_client.types.media import Media

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def value_at(reply: Any, path: str) -> Any:
    """The value at a path; an empty path is the reply itself. Raises BadReply where it is not there."""
    found = reply
    for name, number in _STEP.findall(path):
        if name and isinstance(found, dict) and name in found:
            found = found[name]
        elif number and isinstance(found, list) and int(number) < len(found):
            found = found[int(number)]
        else:
            raise BadReply(f"the service's reply has no {path}")
    return found


def text_at(reply: Any, path: str) -> str:
    """The text at a path. Raises BadReply where there is none."""
    found = value_at(reply, path)
    if not isinstance(found, str):
        raise BadReply(f"{path or 'the reply'} is a {type(found).__name__} where text is expected")
    return found


def worded(value: Any) -> str:
    """A text as it is, a number as text, "" for what is neither: null, a flag, a list, a mapping."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def media_at(reply: Any, path: str, kind: str) -> Media:
    """The image, audio or video (`kind`) that stands at a path in base64 or as a data: URL. Raises BadReply."""
    text = text_at(reply, path)
    head, comma, body = text.partition(",")
    declared = head.removeprefix("data:").partition(";")[0] if comma else None
    try:
        data = base64.b64decode(body if comma else text, validate=True)
    except ValueError as error:
        raise BadReply(f"{path} is no base64") from error
    media = Media(data, declared)
    if not data or media.kind not in (kind, "application"):
        raise BadReply(f"{path} holds {media.mime_type} where {kind} is expected")
    return media


def number_at(reply: Any, path: str) -> float | None:
    """The number at a path, None where there is none."""
    try:
        found = value_at(reply, path)
    except BadReply:
        return None
    return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None

"""Texts that applications of the public package make and read: Markdown lists, kinds of images, JSON out of answers."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any


def dict_to_markdown(d: Mapping[Any, Any], indent: int = 0) -> str:
    """A dictionary as a Markdown list; what is nested is indented by two spaces for each level."""
    lines: list[str] = []
    for name, value in d.items():
        if isinstance(value, (Mapping, list)):
            lines.append(f"{'  ' * indent}- {name}:")
            lines.extend(_nested(value, indent + 1))
        else:
            lines.append(f"{'  ' * indent}- {name}: {value}")
    return "\n".join(lines)


def _nested(value: Any, indent: int) -> list[str]:
    items = [value] if isinstance(value, Mapping) else value
    return [
        dict_to_markdown(item, indent) if isinstance(item, Mapping) else f"{'  ' * indent}- {item}" for item in items
    ]


def is_base64(s: Any) -> bool:
    """Whether a text is base64 and nothing else."""
    try:
        base64.b64decode(s, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return False
    return True


def build_image_dicts(images: Iterable[Any]) -> list[Any]:
    """Texts of images as dictionaries that say whether they are base64 or a URL; dictionaries stay as they are."""
    return [
        {"type": "base64" if is_base64(image) else "url", "data": image} if isinstance(image, str) else image
        for image in images
    ]


def robust_json_parser(json_string: str) -> Any:
    """The JSON in an answer, also where words or a code fence surround it, or where commas or quotes are not JSON's.

    Raises ValueError where there is none.
    """
    text = re.sub(r"^\s*```[a-zA-Z]*\s*|\s*```\s*$", "", json_string.strip())
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    candidates = [text]
    if starts:
        candidates += [text[min(starts) :], text[min(starts) : max(text.rfind("}"), text.rfind("]")) + 1]]
    for candidate in candidates:
        for repaired in (candidate, _without_loose_commas(candidate), _as_python(candidate)):
            try:
                return json.JSONDecoder(strict=False).decode(repaired)
            except ValueError:
                continue
    raise ValueError(f"there is no JSON in {json_string[:80]!r}")


def _without_loose_commas(text: str) -> str:
    return re.sub(r",(\s*[}\]])", r"\1", text)


def _as_python(text: str) -> str:
    """Python's spelling of a value in JSON's, the text itself where it is none."""
    import ast

    try:
        return json.dumps(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text

"""Blocks inside a model's words: code between fences or tags, thoughts, named pieces."""

from __future__ import annotations

import re
from typing import Any

from lollms_client.errors import BadSetting

_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)$", re.MULTILINE)
_HTML = re.compile(r"<code(?P<attributes>[^>]*)>(?P<content>.*?)(?P<end></code>|\Z)", re.DOTALL | re.IGNORECASE)
_CLASS = re.compile(r"""class\s*=\s*["'](?:language-|lang-)?([\w+#.-]+)["']""", re.IGNORECASE)
_THOUGHTS = re.compile(r"<(think|thinking|thought)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_LONE_END = re.compile(r"\A.*?</(?:think|thinking|thought)>", re.DOTALL | re.IGNORECASE)
_FILE_LINE = re.compile(r"([\w./\\-]+\.[A-Za-z0-9]{1,8})\W*$")
_TAG = re.compile(r"""<tag\s+name\s*=\s*["']([^"']+)["']\s*>(.*?)(?:</tag>|\Z)""", re.DOTALL | re.IGNORECASE)


def code_blocks(text: str, form: str = "markdown") -> list[dict[str, Any]]:
    """The code blocks, in order: `index`, `type` (the language), `content`, `file_name`, `is_complete`.

    `form` is markdown (fences) or html (`<code>`). Raises BadSetting for another one.
    """
    if form == "html":
        return _html_blocks(text)
    if form != "markdown":
        raise BadSetting(f"no format {form!r}: use markdown or html", setting="format")
    blocks: list[dict[str, Any]] = []
    place = 0
    while opening := _FENCE.search(text, place):
        fence = opening["fence"]
        closing = re.compile(rf"^[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.MULTILINE).search(
            text, opening.end()
        )
        end = closing.start() if closing is not None else len(text)
        words = opening["info"].split()
        blocks.append(
            {
                "index": len(blocks),
                "type": words[0].partition(":")[0].lower() if words else "",
                "content": text[opening.end() + 1 : end].rstrip("\n"),
                "file_name": _file_name(opening["info"], text[max(0, opening.start() - 300) : opening.start()]),
                "is_complete": closing is not None,
            }
        )
        place = closing.end() if closing is not None else len(text)
    return blocks


def _file_name(info: str, before: str) -> str:
    """A file's name in the fence's line (`python:app.py`, `python app.py`), or at the end of the line before."""
    for candidate in (info.partition(":")[2].strip(), *info.split()[1:]):
        name = candidate.removeprefix("title=").removeprefix("file=").strip("\"'")
        if name and _FILE_LINE.fullmatch(name):
            return name
    lines = before.rstrip().splitlines()
    found = _FILE_LINE.search(lines[-1].rstrip("*`:_ \t")) if lines and len(lines[-1]) < 200 else None
    return found.group(1) if found else ""


def _html_blocks(text: str) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for found in _HTML.finditer(text):
        language = _CLASS.search(found["attributes"])
        blocks.append(
            {
                "index": len(blocks),
                "type": language.group(1).lower() if language else "",
                "content": found["content"].strip("\n"),
                "file_name": "",
                "is_complete": bool(found["end"]),
            }
        )
    return blocks


def thoughts(text: str) -> list[str]:
    """What stands between marks of thinking."""
    return [found.group(2).strip() for found in _THOUGHTS.finditer(text)]


def without_thoughts(text: str) -> str:
    """The text without its marked thoughts; one that is never closed reaches to the end."""
    left = _THOUGHTS.sub("", text)
    return _LONE_END.sub("", left, count=1).strip() if left != text or _LONE_END.match(left) else text


def tagged(text: str, tag: str) -> str | None:
    """What stands inside the first `<tag>`; to the end of the text where it is not closed; None without it."""
    name = re.escape(tag)
    found = re.search(rf"<{name}(?:\s[^>]*)?>(.*?)(?:</{name}\s*>|\Z)", text, re.DOTALL | re.IGNORECASE)
    return found.group(1).strip("\n") if found is not None else None


def named_tags(text: str) -> dict[str, str]:
    """The contents of `<tag name="…">` by their names."""
    return {found.group(1).strip(): found.group(2).strip("\n") for found in _TAG.finditer(text)}

"""What Open WebUI writes into the text of an answer: blocks of reasoning, and of calls of tools with their results."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from lollms_client.discussion.import_openai import content_parts
from lollms_client.types.message import Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart

_BLOCK = re.compile(r'<details\s+type="(reasoning|tool_calls)"([^>]*)>(.*?)</details>\s*', re.DOTALL)
_SUMMARY = re.compile(r"^\s*<summary>.*?</summary>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


def assistant_pieces(content: Any) -> list[list[Part]]:
    """The parts of an answer; where it calls tools: what it says before, the results, what it says then, and so on."""
    if not isinstance(content, str):
        return [content_parts(content)]
    pieces: list[list[Part]] = [[]]
    results: list[Part] = []

    def say(part: Part) -> None:
        if results:
            pieces.extend([list(results), []])
            results.clear()
        pieces[-1].append(part)

    position = 0
    for match in _BLOCK.finditer(content):
        for part in _words(content[position : match.start()]):
            say(part)
        position = match.end()
        kind, attributes, inner = match.groups()
        if kind == "reasoning":
            say(ReasoningPart(text=_quoted(inner)))
            continue
        facts = {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
        call = _call(facts, f"call_{match.start()}")
        pieces[-1].append(call)
        if facts.get("done") != "false" or facts.get("result"):
            result = _decoded(facts.get("result", ""))
            text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
            results.append(ToolResultPart(call_id=call.id, name=call.name, content=text))
    for part in _words(content[position:]):
        say(part)
    if results:
        pieces.extend([results, []])
    return pieces


def _words(text: str) -> list[Part]:
    return [TextPart(text=text)] if text.strip() else []


def _quoted(inner: str) -> str:
    lines = unescape(_SUMMARY.sub("", inner)).strip().splitlines()
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)


def _call(facts: dict[str, str], otherwise: str) -> ToolCallPart:
    arguments = _decoded(facts.get("arguments", ""))
    known = arguments if isinstance(arguments, dict) else {}
    raw = None if isinstance(arguments, dict) or not arguments else str(arguments)
    name = facts.get("name") or "tool"
    return ToolCallPart(id=facts.get("id") or otherwise, name=name, arguments=known, raw_arguments=raw)


def _decoded(text: str) -> Any:
    """The value of JSON text, that may be inside JSON text itself; the text where it is none."""
    value: Any = text
    for _ in range(2):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value)
        except ValueError:
            break
    return value

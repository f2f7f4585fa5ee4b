"""Tools for models whose binding has no place for them: described in words, and called in words between two tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lollms_client.compatibility.application.answering import answer, prompt_messages
from lollms_client.compatibility.application.json_answers import objects_in
from lollms_client.discussion.toolbox import Toolbox, result_of
from lollms_client.discussion.turns import result_text
from lollms_client.types.chat import Tool
from lollms_client.types.message import Message, ToolCallPart, ToolResultPart

_CALL = re.compile(r"<tool>(.*?)(?:</tool>|\Z)", re.DOTALL | re.IGNORECASE)
_HOW = (
    "You may use tools. To use one, write a line in this form, and nothing after it:\n"
    '<tool>{{"name": "the tool\'s name", "parameters": {{"a parameter": "its value"}}}}</tool>\n'
    "The result comes back as a message. Use one tool at a time; answer in plain words once you know enough.\n"
    "The tools, each with the JSON Schema of its parameters:\n{tools}"
)
_RESULT = '<tool_result name="{name}">\n{text}\n</tool_result>'
_LAST = "No more tools can be used. Answer now, in plain words."


class Exchange(msgspec.Struct, kw_only=True):
    """What was said: the answer, and each call and result with the round in which it came."""

    response: str = ""
    rounds: int = 0
    calls: list[tuple[int, ToolCallPart]] = msgspec.field(default_factory=list)
    results: list[tuple[int, ToolResultPart]] = msgspec.field(default_factory=list)


def has_native_tools(llm: Any) -> bool:
    """Whether the binding passes descriptions of tools on to its model."""
    return bool(llm.speaks_flows and (llm.manifest is None or "tools" in llm.manifest.capabilities))


def exchange(
    client: Any,
    prompt: str,
    system_prompt: str,
    tools: Sequence[Any],
    max_rounds: int,
    callback: Callable[..., Any] | None,
    runs: bool,
    given: Mapping[str, Any],
) -> Exchange:
    """Ask, run the tool that the answer asks for, tell its result, and so on; with `runs=False` up to the first call.

    After `max_rounds` answers that asked for a tool, one more answer is asked for without tools.
    """
    box = Toolbox(tools, (lambda call: True) if runs else None)
    options = {name: value for name, value in given.items() if name != "images"}
    how = _HOW.format(tools="\n".join(_described(tool) for tool in box.tools))
    messages = prompt_messages(prompt, given.get("images"), f"{system_prompt}\n\n{how}" if system_prompt else how)
    found = Exchange()
    for number in range(1, max_rounds + 1):
        text = answer(client, messages, options, callback).text
        found.rounds = number
        call, found.response = _asked_for(text, box.tools, number)
        if call is None:
            return found
        found.calls.append((number, call))
        if not runs:
            return found
        result = _result(box, call)
        found.results.append((number, result))
        told = _RESULT.format(name=call.name, text=result_text(result))
        messages = [*messages, Message.assistant(text), Message.user(told)]
    text = answer(client, [*messages, Message.user(_LAST)], options, callback).text
    found.response = _CALL.sub("", text).strip()
    return found


def _described(tool: Tool) -> str:
    schema = msgspec.json.encode(tool.parameters).decode()
    return f"- {tool.name}: {tool.description or 'no description'} {schema}"


def _asked_for(text: str, tools: Sequence[Tool], number: int) -> tuple[ToolCallPart | None, str]:
    """The call that an answer holds, None where it holds none, and the words outside of it."""
    tagged = _CALL.search(text)
    asked = tagged.group(1) if tagged is not None else text
    names = {tool.name for tool in tools}
    for place, found in objects_in(asked):
        name = found.get("name")
        arguments = next((found[key] for key in ("parameters", "arguments") if key in found), None)
        if not isinstance(name, str) or (tagged is None and (name not in names or not isinstance(arguments, dict))):
            continue
        arguments = arguments if isinstance(arguments, dict) else {}
        before = text[: tagged.start() if tagged is not None else place].strip()
        return ToolCallPart(id=f"call-{number}", name=name, arguments=arguments), before.removesuffix("```json").strip()
    return None, _CALL.sub("", text).strip() or text.strip()


def _result(box: Toolbox, call: ToolCallPart) -> ToolResultPart:
    readable = box.readable(call)
    return readable if isinstance(readable, ToolResultPart) else result_of(call, box.run(readable))

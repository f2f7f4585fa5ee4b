"""`generate_with_tools`: an exchange with tools in a discussion of its own, told in the public client's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.compatibility.application.options import report, without_era_names
from lollms_client.compatibility.application.text_methods import tool_description
from lollms_client.compatibility.application.tools_in_words import Exchange, exchange, has_native_tools
from lollms_client.discussion.turns import result_text
from lollms_client.errors import BadSetting
from lollms_client.lollms_discussion import LollmsDiscussion
from lollms_client.types.message import ToolResultPart


def run_with_tools(
    client: Any,
    system_prompt: str,
    prompt: str,
    tools: Sequence[Any],
    max_tool_rounds: int,
    callback: Callable[..., Any] | None,
    auto_execute: bool,
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """Answer a prompt with tools. Raises BadSetting for a tool that is the path of a script."""
    listed = list(tools.values()) if isinstance(tools, Mapping) else tools
    described = [_tool(tool) for given_tool in listed for tool in _spread(given_tool)]
    if not auto_execute:
        described = [_only_described(tool) for tool in described]
    if described and not has_native_tools(client.binding("llm")):
        said = exchange(client, prompt, system_prompt, described, max_tool_rounds, callback, auto_execute, given)
    else:
        said = _native(client, prompt, system_prompt, described, max_tool_rounds, callback, given)
    names = {call.id: call.name for _, call in said.calls}
    calls = [
        {"round": number, "id": call.id, "name": call.name, "parameters": call.arguments} for number, call in said.calls
    ]
    results = [
        {"round": number, "name": part.name or names.get(part.call_id), **_outcome(part)}
        for number, part in said.results
    ]
    rounds = said.rounds if described else 0
    shown = {"response": said.response, "tool_calls": calls, "tool_results": results, "rounds": rounds}
    return shown if auto_execute or not calls else {**shown, "pending_tool": calls[0]}


def _native(
    client: Any,
    prompt: str,
    system_prompt: str,
    tools: Sequence[Any],
    max_tool_rounds: int,
    callback: Callable[..., Any] | None,
    given: Mapping[str, Any],
) -> Exchange:
    """The exchange with a model that takes tools as such, in a discussion of its own."""
    outcome = LollmsDiscussion(client, system_prompt=system_prompt).chat(
        prompt,
        images=given.get("images"),
        tools=tools,
        approve=lambda call: True,
        max_tool_rounds=max_tool_rounds,
        streaming_callback=callback,
        client=client,
        **without_era_names(client.binding("llm"), {**given, "images": None}, "chat"),
    )
    report(client, outcome["warnings"])
    answers = outcome["ai_messages"]
    calls = [(number, call) for number, message in enumerate(answers, 1) for call in message.tool_calls]
    round_of = {call.id: number for number, call in calls}
    results = [
        (round_of.get(part.call_id, 0), part)
        for message in outcome["tool_messages"]
        for part in message.parts
        if isinstance(part, ToolResultPart)
    ]
    return Exchange(response=outcome["ai_message"].content, rounds=len(answers), calls=calls, results=results)


def _outcome(part: ToolResultPart) -> dict[str, Any]:
    """A tool's result as a dictionary: its own, else its words as `output`, or as `error` where it failed."""
    text = result_text(part)
    if part.is_error:
        return {"result": {"error": text, "success": False}, "success": False}
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        found = None
    return {"result": found if isinstance(found, dict) else {"output": text, "success": True}, "success": True}


def _spread(tool: Any) -> Sequence[Any]:
    """A tool, or the tools of a binding of them."""
    specifications = getattr(tool, "to_chat_tool_specs", None)
    return list(specifications().values()) if callable(specifications) else [tool]


def _tool(tool: Any) -> Any:
    if isinstance(tool, (str, Path)):
        raise BadSetting(
            "tools in script files are not run: give the functions, or dictionaries with `callable`", setting="tools"
        )
    return tool_description(tool)


def _only_described(tool: Any) -> Any:
    from lollms_client.calls import tools_of

    if isinstance(tool, tuple):
        tool = tool[0]
    if isinstance(tool, Mapping):
        tool = {name: value for name, value in tool.items() if name != "callable"}
    return tools_of([tool])[0]

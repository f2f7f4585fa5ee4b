"""`generate_with_tools`: an exchange with tools in a discussion of its own, told in the public client's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lollms_client.compatibility.application.options import report, without_era_names
from lollms_client.compatibility.application.text_methods import tool_description
from lollms_client.discussion.turns import result_text
from lollms_client.errors import BadSetting
from lollms_client.lollms_discussion import LollmsDiscussion
from lollms_client.types.message import ToolResultPart


def run_with_tools(
    client: Any,
    discussion: LollmsDiscussion,
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
    images = given.get("images")
    options = without_era_names(client.binding("llm"), {**given, "images": None}, "chat")
    outcome = discussion.chat(
        prompt,
        images=images,
        tools=described,
        approve=lambda call: True,
        max_tool_rounds=max_tool_rounds,
        streaming_callback=callback,
        client=client,
        **options,
    )
    report(client, outcome["warnings"])
    calls = [
        {"id": call.id, "name": call.name, "parameters": call.arguments}
        for message in outcome["ai_messages"]
        for call in message.tool_calls
    ]
    names = {call["id"]: call["name"] for call in calls}
    results = [
        {"name": part.name or names.get(part.call_id), "result": result_text(part), "success": not part.is_error}
        for message in outcome["tool_messages"]
        for part in message.parts
        if isinstance(part, ToolResultPart)
    ]
    shown = {
        "response": outcome["ai_message"].content,
        "tool_calls": calls,
        "tool_results": results,
        "rounds": len(outcome["tool_messages"]),
    }
    return shown if auto_execute or not calls else {**shown, "pending_tool": calls[0]}


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

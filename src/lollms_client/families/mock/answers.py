"""Chooses what the mock language model says: by turn, by pattern, by the tools or the schema asked for, or an echo."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

import msgspec

from lollms_client import errors
from lollms_client.families.mock.plan import Turn, read_answer
from lollms_client.families.mock.schema_values import value_for
from lollms_client.families.mock.words import words
from lollms_client.types.chat import ChatRequest, Finish, Tool
from lollms_client.types.message import ToolResultPart


class Answer(NamedTuple):
    """One answer before it is cut into chunks; the arguments of its tool calls are JSON texts."""

    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[dict[str, str], ...] = ()
    finish: Finish | None = None


def answer_for(settings: Mapping[str, Any], request: ChatRequest, plan: Turn, seed: int) -> Answer:
    """The answer to a request. Raises BadSetting for an answer that cannot be understood, and for none at all."""
    scripted = _scripted(settings, request, plan)
    text, calls = _text(scripted), tuple(_called(item, number) for number, item in enumerate(_calls(scripted)))
    if text is None and not calls:
        wanted = _tool_wanted(settings, request)
        if wanted is not None:
            calls = (_called({"name": wanted.name, "arguments": value_for(wanted.parameters, seed)}, 0),)
        else:
            text = _made_up(settings, request, seed)
    finish = scripted.get("finish") or settings.get("finish")
    if finish is not None and finish not in get_args(Finish):
        raise errors.BadSetting(f"finish is one of {', '.join(get_args(Finish))}, not {finish!r}", setting="finish")
    return Answer(text or "", _reasoning(settings, scripted, request, seed), calls, finish)


def _scripted(settings: Mapping[str, Any], request: ChatRequest, plan: Turn) -> dict[str, Any]:
    if plan.answer:
        return plan.answer
    said = last_words(request)
    for pattern, item in (settings.get("answers_by_pattern") or {}).items():
        try:
            found = re.search(str(pattern), said, re.IGNORECASE)
        except re.error as error:
            raise errors.BadSetting(f"{pattern!r} is no pattern: {error}", setting="answers_by_pattern") from error
        if found:
            return read_answer(item)
    return {}


def last_words(request: ChatRequest) -> str:
    """What the request says last: the raw prompt, or the text or tool result of the newest message."""
    if request.prompt is not None:
        return request.prompt
    message = request.messages[-1]
    results = [part.content for part in message.parts if isinstance(part, ToolResultPart)]
    return message.text or "\n".join(item if isinstance(item, str) else "" for item in results)


def _text(scripted: Mapping[str, Any]) -> str | None:
    if "json" in scripted:
        return msgspec.json.encode(scripted["json"]).decode()
    text = scripted.get("text")
    return None if text is None else str(text)


def _calls(scripted: Mapping[str, Any]) -> list[Any]:
    found = scripted.get("tool_calls") or []
    return found if isinstance(found, list) else [found]


def _called(item: Any, number: int) -> dict[str, str]:
    if isinstance(item, str):
        item = {"name": item}
    if not isinstance(item, Mapping) or not item.get("name"):
        raise errors.BadSetting("a tool call has at least a name: {name: …, arguments: {…}}", setting="answers")
    given = item.get("arguments", {})
    arguments = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    return {"id": str(item.get("id") or f"call_{number + 1}"), "name": str(item["name"]), "arguments": arguments}


def _tool_wanted(settings: Mapping[str, Any], request: ChatRequest) -> Tool | None:
    """The tool that must be called, or that the setting `call_tools` wants to be called once."""
    choice = request.tool_choice
    if not request.tools or choice == "none":
        return None
    named = next((tool for tool in request.tools if tool.name == choice), None)
    if named is not None or choice == "required":
        return named or request.tools[0]
    answered = bool(request.messages) and request.messages[-1].role == "tool"
    return request.tools[0] if settings.get("call_tools") == "always" and not answered else None


def _made_up(settings: Mapping[str, Any], request: ChatRequest, seed: int) -> str:
    said = last_words(request)
    form = request.response_format
    if form is not None and form.kind == "json_schema":
        return msgspec.json.encode(value_for(form.json_schema or {}, seed)).decode()
    if form is not None and form.kind == "json":
        return msgspec.json.encode({"answer": said}).decode()
    way = settings.get("otherwise") or "echo"
    if way == "error":
        raise errors.NotFound("no mock answer fits, and the setting `otherwise` says error", setting="otherwise")
    if way == "words" or not said:
        return " ".join(words(int(settings.get("words") or 40), seed))
    return said


def _reasoning(settings: Mapping[str, Any], scripted: Mapping[str, Any], request: ChatRequest, seed: int) -> str:
    if request.reasoning_effort == "none":
        return ""
    given = scripted.get("reasoning", settings.get("reasoning"))
    if given:
        return str(given)
    return " ".join(words(12, seed + 1)) if request.reasoning_effort else ""

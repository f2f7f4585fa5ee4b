"""Conversations as bindings of all eras take them: LoLLMS texts split into messages, and turns that alternate."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import msgspec

from lollms_client.plain import fitting
from lollms_client.types.chat import ChatRequest

if TYPE_CHECKING:
    from lollms_client.lollms_llm_binding import LollmsLLMBinding

# the messages of the call that is made, where an application gave them as dictionaries
messages_as_given: ContextVar[list[dict[str, Any]] | None] = ContextVar("messages as they were given", default=None)


@contextmanager
def speaking(messages: Any) -> Iterator[None]:
    """Calls inside the block hand these messages to bindings as they are, where they are a list of dictionaries."""
    plain = isinstance(messages, list) and messages and all(type(message) is dict for message in messages)
    token = messages_as_given.set(copy.deepcopy(messages) if plain else None)
    try:
        yield
    finally:
        messages_as_given.reset(token)


_KEYWORDS = {"system": "!@>system:", "user": "!@>user:", "assistant": "!@>assistant:"}


def split_discussion(
    lollms_prompt_string: str,
    *keywords: str,
    system_keyword: str = _KEYWORDS["system"],
    user_keyword: str = _KEYWORDS["user"],
    ai_keyword: str = _KEYWORDS["assistant"],
) -> list[dict[str, str]]:
    """A LoLLMS text as messages in OpenAI's form. Empty turns are left out; words before the first keyword are system.

    Keywords may also stand as positional arguments: system, user, assistant; two of them are user and assistant.
    """
    if len(keywords) == 2:
        user_keyword, ai_keyword = keywords
    elif keywords:
        given = dict(zip(("system", "user", "ai"), keywords, strict=False))
        system_keyword = given["system"]
        user_keyword, ai_keyword = given.get("user", user_keyword), given.get("ai", ai_keyword)
    roles = {system_keyword: "system", user_keyword: "user", ai_keyword: "assistant"}
    longest_first = sorted(roles, key=len, reverse=True)
    parts = re.split("(" + "|".join(map(re.escape, longest_first)) + ")", lollms_prompt_string)
    messages = [{"role": "system", "content": parts[0].strip()}]
    for keyword, words in zip(parts[1::2], parts[2::2], strict=True):
        messages.append({"role": roles[keyword], "content": words.strip()})
    return [message for message in messages if message["content"]]


def clean_and_alternate_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Messages of which one system message at most comes first, and then user and assistant take turns.

    Later system messages are said by the user; runs of one role become one message. Nothing said is lost.
    """
    found: list[dict[str, Any]] = []
    for message in messages:
        role = message.get("role") or "user"
        content = message.get("content")
        if role == "system" and any(item["role"] != "system" for item in found):
            role = "user"
        if role in ("user", "assistant", "system") and not content and len(message) <= 2:
            continue
        if found and found[-1]["role"] == role and role != "tool" and not _has_calls(found[-1], message):
            merged = {**message, **found[-1]}
            found[-1] = {**merged, "content": _joined(found[-1].get("content"), content)}
        else:
            found.append({**message, "role": role})
    return found


def _has_calls(*messages: Mapping[str, Any]) -> bool:
    return any(message.get("tool_calls") for message in messages)


def _joined(first: Any, second: Any) -> Any:
    if isinstance(first, str) and isinstance(second, str):
        return "\n\n".join(text for text in (first.strip(), second.strip()) if text)
    return [*_parts(first), *_parts(second)]


def _parts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    return list(content or ())


def as_lines(binding: LollmsLLMBinding, request: ChatRequest) -> tuple[str, dict[str, Any]]:
    """A conversation as one prompt of plain lines, the system's words among them."""
    from lollms_client.plain_llm import _flattened

    prompt, more = _flattened(binding, request)
    if len(request.messages) == 1:
        return prompt, more
    lines = [f"{turn.role}: {turn.text}" for turn in request.messages]
    return "\n".join([*lines, "assistant:"]), {**more, "system_prompt": None}


def with_system_said(binding: LollmsLLMBinding, request: ChatRequest) -> ChatRequest:
    """The request of a plain prompt with the system's words before it, where the method looks at no system prompt."""
    system = request.extra.get("system_prompt")
    if request.prompt is None or not system or _reads_system(binding):
        return request
    extra = {name: value for name, value in request.extra.items() if name != "system_prompt"}
    return msgspec.structs.replace(request, prompt=f"{system}\n\n{request.prompt}", extra=extra)


def _reads_system(binding: LollmsLLMBinding) -> bool:
    """Whether `generate_text` looks at the system prompt at all."""
    method = inspect.unwrap(binding.generate_text)
    parameters = inspect.signature(method).parameters
    if "system_prompt" in parameters:
        return True
    try:
        return "system_prompt" in inspect.getsource(method)
    except (OSError, TypeError):
        return True


def as_prompt(binding: LollmsLLMBinding, request: ChatRequest) -> tuple[str, dict[str, Any]]:
    """A conversation as one prompt: marked up and with `split`, where the method knows that, else as plain lines."""
    from lollms_client.plain_llm import _flattened

    if any(message.role == "system" for message in request.messages) and not _reads_system(binding):
        return as_lines(binding, request)
    prompt, more = _flattened(binding, request)
    turns = [message for message in request.messages if message.role != "system"]
    accepted, _ = fitting(binding.generate_text, {"split": True})
    if len(turns) == 1 or not accepted:
        return prompt, more
    lines = [f"{_KEYWORDS.get(turn.role, _KEYWORDS['user'])}\n{turn.text}" for turn in turns if turn.text]
    return "\n".join(lines), {**more, "split": True}

"""Answers in a given form: on the model's own support for schemas where there is one, else asked for in words, read,
checked, and asked for again with what was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lollms_client.compatibility.application.answering import answer, prompt_messages
from lollms_client.compatibility.application.json_answers import read_json
from lollms_client.compatibility.application.schema_check import problems
from lollms_client.errors import BadReply, BadSetting, Rejected, Unsupported
from lollms_client.types.chat import ChatResult, ResponseFormat
from lollms_client.types.message import Message

MOST_RETRIES = 10
_EXCERPT = 300  # characters of an answer that an error shows
_IN_WORDS = (
    "Answer with one JSON value that fits this JSON Schema, and with nothing else: no explanation, no code fence.\n"
    "JSON Schema:\n{schema}"
)
_AGAIN = "That answer cannot be used: {problems}. Answer again, with nothing but the corrected JSON."
_SHORTER = "the answer was cut off because it is too long, so make it shorter"


class Asked(msgspec.Struct, kw_only=True):
    """What is asked for: the conversation so far, the schema, how often to try again, and the call's options."""

    messages: list[Message]
    schema: dict[str, Any]
    retries: int
    options: Mapping[str, Any]
    callback: Callable[..., Any] | None = None
    validate: Callable[[Any], Any] | None = None  # gives the value, or raises ValueError with what is wrong


def ask_for_json(
    client: Any,
    prompt: str,
    schema: dict[str, Any],
    *,
    images: Sequence[Any] | None = None,
    system_prompt: str | None = None,
    max_retries: int = 3,
    callback: Callable[..., Any] | None = None,
    validate: Callable[[Any], Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """A value that fits the schema (and passes `validate`).

    Raises BadReply, with the problems and the beginning of the answer, once `max_retries` further tries were in vain;
    the errors of `LollmsClient.chat`; BadSetting for a number of tries beyond reason.
    """
    if not 0 <= max_retries <= MOST_RETRIES:
        raise BadSetting(f"max_retries must be from 0 to {MOST_RETRIES}", setting="max_retries")
    asked = Asked(
        messages=prompt_messages(prompt, images, system_prompt),
        schema=schema,
        retries=max_retries,
        options=dict(options or {}),
        callback=callback,
        validate=validate,
    )
    if has_native_schemas(client.binding("llm")):
        try:
            return _rounds(client, asked, native=True)
        except (Unsupported, Rejected) as error:
            if not _is_about_the_form(error):
                raise
    return _rounds(client, asked, native=False)


def has_native_schemas(llm: Any) -> bool:
    """Whether the manifest says that answers can be bound to a JSON Schema."""
    return bool(llm.speaks_flows and llm.manifest is not None and "json_schema" in llm.manifest.capabilities)


def _is_about_the_form(error: Exception) -> bool:
    """Whether a service refused the schema, and not the request for another reason."""
    if isinstance(error, Unsupported):
        return True
    words = str(error).lower()
    return type(error) is Rejected and any(word in words for word in ("schema", "response_format", "json", "format"))


def _rounds(client: Any, asked: Asked, native: bool) -> Any:
    messages = list(asked.messages)
    if not native:
        messages = _told_in_words(messages, asked.schema)
    options = dict(asked.options)
    wrapped, schema = _for_the_wire(asked.schema) if native else (False, asked.schema)
    if native:
        name = _name_of(asked.schema)
        options["response_format"] = ResponseFormat(
            kind="json_schema", json_schema=schema, name=name, strict=is_strict(schema)
        )
    wrong: list[str] = []
    for _ in range(asked.retries + 1):
        result = answer(client, messages, options, asked.callback)
        value, wrong = _value(result, asked, schema, wrapped)
        if not wrong:
            return value
        messages = [*messages, Message.assistant(result.text or "(nothing)"), _complaint(wrong)]
    raise BadReply(
        f"the model gave no answer in the wanted form after {asked.retries + 1} tries: {wrong[0]}; "
        "a simpler schema, a larger model, or more max_retries may help",
        problems=wrong,
        excerpt=result.text[:_EXCERPT],
        finish=result.finish,
    )


def _value(result: ChatResult, asked: Asked, schema: dict[str, Any], wrapped: bool) -> tuple[Any, list[str]]:
    cut_off = [_SHORTER] if result.finish == "length" else []
    try:
        value = read_json(result.text, schema)
        if wrapped:
            is_under_value = isinstance(value, dict) and set(value) == {"value"}
            value = value["value"] if is_under_value else read_json(result.text, asked.schema)
    except ValueError as error:
        return None, cut_off or [str(error)]
    wrong = problems(value, asked.schema)
    if wrong:
        return None, [*cut_off, *wrong]
    if asked.validate is None:
        return value, []
    try:
        return asked.validate(value), []
    except ValueError as error:
        return None, [str(error)]


def _told_in_words(messages: list[Message], schema: dict[str, Any]) -> list[Message]:
    """The schema before everything else, as an instruction."""
    words = _IN_WORDS.format(schema=msgspec.json.encode(schema).decode())
    if messages and messages[0].role == "system":
        return [Message.system(f"{messages[0].text}\n\n{words}"), *messages[1:]]
    return [Message.system(words), *messages]


def _complaint(wrong: list[str]) -> Message:
    return Message.user(_AGAIN.format(problems="; ".join(wrong[:8])))


def _for_the_wire(schema: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Services want an object at the top: anything else is put under `value`."""
    if schema.get("type") == "object" or "properties" in schema:
        return False, schema
    inner = {name: item for name, item in schema.items() if name not in ("$defs", "definitions")}
    outer: dict[str, Any] = {name: schema[name] for name in ("$defs", "definitions") if name in schema}
    return True, {
        "type": "object",
        "properties": {"value": inner},
        "required": ["value"],
        "additionalProperties": False,
        **outer,
    }


def is_strict(schema: Any) -> bool:
    """Whether every object of the schema is closed and requires all that it has, as strict services demand."""
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping) and (
            schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(properties)
        ):
            return False
        if schema.get("type") == "object" and properties is None:
            return False
        return all(is_strict(item) for item in schema.values())
    return all(is_strict(item) for item in schema) if isinstance(schema, list) else True


def _name_of(schema: Mapping[str, Any]) -> str:
    title = schema.get("title")
    return title if isinstance(title, str) and title else "answer"

"""Words: prompts, messages, tools, tokens; as applications of the public client call them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lollms_client.compatibility.application.answering import answer, answer_prompt, takes_prompts
from lollms_client.compatibility.application.options import report
from lollms_client.compatibility.application.prompts import AI_KEYWORD, USER_KEYWORD, split_messages
from lollms_client.compatibility.application.state import state_of
from lollms_client.compatibility.bindings.turns import speaking
from lollms_client.errors import Unsupported
from lollms_client.lollms_llm_binding import messages_of
from lollms_client.plain import fitting
from lollms_client.types.accounting import CallWarning

Callback = Callable[..., Any]


class TextMethods:
    """The methods around the language model. Failures are raised as errors of `lollms_client.errors`."""

    def generate_text(
        self,
        prompt: str,
        images: Sequence[Any] | None = None,
        system_prompt: str = "",
        n_predict: int | None = None,
        stream: bool | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        repeat_penalty: float | None = None,
        repeat_last_n: int | None = None,
        seed: int | None = None,
        n_threads: int | None = None,
        ctx_size: int | None = None,
        streaming_callback: Callback | None = None,
        split: bool | None = False,
        user_keyword: str | None = USER_KEYWORD,
        ai_keyword: str | None = AI_KEYWORD,
        **options: Any,
    ) -> str:
        """The answer to a prompt, with images where the model sees.

        `streaming_callback(text, MSG_TYPE)` hears it piece by piece and stops it by returning False. With `split` the
        prompt is a conversation, told apart by the keywords.
        """
        given = {"n_predict": n_predict, "stream": stream, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        given |= {"repeat_penalty": repeat_penalty, "repeat_last_n": repeat_last_n, "seed": seed}
        given |= {"n_threads": n_threads, "ctx_size": ctx_size, **options}
        callback = streaming_callback if stream is not False else None
        keywords = (user_keyword or USER_KEYWORD, ai_keyword or AI_KEYWORD)
        if not split:
            return answer_prompt(self, prompt, images, system_prompt, given, callback).text
        splitting = {"split": True, "user_keyword": keywords[0], "ai_keyword": keywords[1]}
        llm: Any = self.binding("llm")  # type: ignore[attr-defined]
        if takes_prompts(llm) and not fitting(llm.generate_text, splitting)[1] and _names(llm, "split"):
            return answer_prompt(self, prompt, images, system_prompt, {**given, **splitting}, callback).text
        messages = split_messages(prompt, images, system_prompt, *keywords)
        return answer(self, messages, given, callback).text

    def generate(self, *arguments: Any, **keywords: Any) -> str:
        """The same as `generate_text`."""
        return TextMethods.generate_text(self, *arguments, **keywords)

    def generate_from_messages(
        self,
        messages: Any,
        n_predict: int | None = None,
        stream: bool | None = None,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        repeat_penalty: float | None = None,
        repeat_last_n: int | None = None,
        seed: int | None = None,
        n_threads: int | None = None,
        ctx_size: int | None = None,
        streaming_callback: Callback | None = None,
        **options: Any,
    ) -> str:
        """The answer to messages in OpenAI's form (or any that `chat` takes)."""
        given = {"n_predict": n_predict, "stream": stream, "temperature": temperature, "top_k": top_k, "top_p": top_p}
        given |= {"repeat_penalty": repeat_penalty, "repeat_last_n": repeat_last_n, "seed": seed}
        given |= {"n_threads": n_threads, "ctx_size": ctx_size, **options}
        spoken = messages_of(messages)
        with speaking(messages):
            return answer(self, spoken, given, streaming_callback if stream is not False else None).text

    def generate_with_tools(
        self,
        prompt: str,
        tools: Sequence[Any],
        system_prompt: str = "",
        temperature: float | None = None,
        n_predict: int | None = None,
        max_tool_rounds: int = 10,
        streaming_callback: Callback | None = None,
        auto_execute: bool = True,
        **extra: Any,
    ) -> dict[str, Any]:
        """Answer with the help of tools: functions, Tools, or dictionaries with `name`, `parameters`, `callable`.

        Returns `response` (the words), `tool_calls`, `tool_results` and `rounds` (of answers); with
        `auto_execute=False` nothing is run and the first calls come back, the very first as `pending_tool`. A model
        whose binding passes no tools on is told of them in words.
        """
        from lollms_client.compatibility.application.tool_rounds import run_with_tools

        given = {"temperature": temperature, "n_predict": n_predict, **extra}
        system = system_prompt or ""
        return run_with_tools(self, system, prompt, tools, max_tool_rounds, streaming_callback, auto_execute, given)

    def cancel(self) -> None:
        """End the answers that are being made for `generate_text` and its kin; later calls are not touched."""
        for token in list(state_of(self).running):
            token.cancel()

    def tokenize(self, text: str) -> list[Any]:
        """The tokens of a text, as the model's tokenizer sees them.

        Where the binding has none at hand: pieces of about the size of tokens, as texts; a warning says so once.
        """
        llm: Any = self.binding("llm")  # type: ignore[attr-defined]
        try:
            found: list[Any] = llm.tokenize(text or "")
        except Unsupported:
            _tell_of_estimate(self, llm.binding_name)
            return _PIECES.findall(text or "")
        return found

    def detokenize(self, tokens: list[Any]) -> str:
        """The text of tokens, or of the pieces that `tokenize` gave in their place."""
        llm: Any = self.binding("llm")  # type: ignore[attr-defined]
        try:
            text: str = llm.detokenize(tokens)
        except Unsupported:
            if not all(isinstance(token, str) for token in tokens):
                raise
            return "".join(tokens)
        return text

    def count_image_tokens(self, image: Any) -> int:
        """What an image costs in tokens: as the binding says, else a usual number."""
        from lollms_client.discussion.context import IMAGE_TOKENS

        llm: Any = self.binding("llm")  # type: ignore[attr-defined]
        own = callable(getattr(type(llm), "count_image_tokens", None))
        return int(llm.count_image_tokens(image)) if own else IMAGE_TOKENS


_PIECES = re.compile(r"\s?\w{1,4}|[^\w\s]|\s")  # every character is in one of them


def _tell_of_estimate(client: Any, binding_name: str) -> None:
    told = state_of(client).told
    if binding_name not in told:
        told.add(binding_name)
        detail = f"{binding_name} has no tokenizer at hand: texts are cut into pieces of about the size of tokens"
        report(client, [CallWarning(kind="approximate", setting="tokenize", detail=detail)])


def _names(llm: Any, parameter: str) -> bool:
    """Whether the binding's own method names that parameter, and does not only swallow it."""
    try:
        return parameter in inspect.signature(llm.generate_text).parameters
    except (TypeError, ValueError):
        return False


def tool_description(tool: Any) -> Any:
    """A tool as `chat` takes it; a list of parameters becomes a JSON Schema."""
    if not isinstance(tool, Mapping) or not isinstance(tool.get("parameters"), (list, tuple)):
        return tool
    from lollms_client.compatibility.application.schemas import type_schema

    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter in tool["parameters"]:
        name = str(parameter.get("name"))
        properties[name] = {
            **type_schema(parameter.get("type", "str")),
            "description": parameter.get("description", ""),
        }
        if not parameter.get("optional"):
            required.append(name)
    described = {**tool, "parameters": {"type": "object", "properties": properties, "required": required}}
    function = tool.get("callable")
    return {**described, "callable": _with_keywords(function, properties)} if callable(function) else described


def _with_keywords(function: Callback, properties: Mapping[str, Any]) -> Callback:
    """A tool's function as it is called with keywords; one that takes a dictionary of them all gets it."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return function
    takes_all = len(parameters) == 1 and parameters[0].kind is parameters[0].POSITIONAL_OR_KEYWORD
    if not takes_all or parameters[0].name in properties:
        return function

    def call(**arguments: Any) -> Any:
        return function(arguments)

    return call

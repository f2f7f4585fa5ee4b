"""Talking with a model: ask, stream the answer into the tree, run the tools that are approved, write a title."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lollms_client.discussion.answer import AnswerWriter
from lollms_client.discussion.callbacks import Told, adapted, tell_part
from lollms_client.discussion.export_text import to_lollms_text
from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.toolbox import Approve, Toolbox, failed_with, result_of
from lollms_client.errors import BadSetting
from lollms_client.lollms_types import MSG_TYPE
from lollms_client.types.accounting import CallWarning
from lollms_client.types.chat import ChatAccumulator, ChatResult
from lollms_client.types.message import Message, ToolCallPart, ToolResultPart

if TYPE_CHECKING:
    from lollms_client.discussion.conversation import Conversation

TITLE_REQUEST = (
    "Write a title of at most six words for the conversation below, in its language. Answer with the title alone, "
    "without quotation marks.\n\n{text}"
)
_TITLE_LENGTH = 80  # characters
_CONTEXT_OPTIONS = ("strategy", "count", "count_image", "summarise")


class Talk:
    """The rounds of one exchange: each is a request, an answer, and perhaps the results of tools.

    It does no waiting of its own, so that the blocking and the asynchronous form of `chat` share it.
    """

    def __init__(
        self,
        discussion: Conversation,
        *,
        client: Any,
        tools: Sequence[Any],
        approve: Approve | None,
        max_tool_rounds: int,
        max_context_tokens: int | None,
        streaming_callback: Callable[..., Any] | None,
        options: dict[str, Any],
    ) -> None:
        if client is None:
            raise BadSetting("the discussion has no client to talk to a model with", setting="lollmsClient")
        self.discussion = discussion
        self.client = client
        self.toolbox = Toolbox(tools, approve)
        self.warnings: list[CallWarning] = []
        self.answers: list[LollmsMessage] = []
        self.results: list[LollmsMessage] = []
        self.told: Told = adapted(streaming_callback)
        self._rounds_left = max_tool_rounds
        self._limit = max_context_tokens
        self._context = {name: options.pop(name) for name in _CONTEXT_OPTIONS if name in options}
        self._options = options
        self._last: ChatResult | None = None

    def request(self) -> tuple[tuple[Message, ...], dict[str, Any]]:
        """The messages and options of the next call."""
        options = dict(self._options)
        if self.toolbox.tools:
            options["tools"] = self.toolbox.tools
            if self._rounds_left <= 0:
                options["tool_choice"] = "none"
        limit = self._limit
        if limit is not None and isinstance(reserved := options.get("max_tokens"), int):
            limit -= reserved
        return self.discussion.to_messages(None, limit, warnings=self.warnings, **self._context), options

    def begin(self) -> AnswerWriter:
        """The place for the answer, standing in the tree."""
        binding = getattr(self.client, "binding_name", None)
        message = self.discussion.add_message(
            sender="assistant",
            sender_type="assistant",
            status="partial",
            model_name=self._options.get("model"),
            binding_name=binding("llm") if callable(binding) else None,
        )
        self.answers.append(message)
        return AnswerWriter(self.discussion, message)

    def calls(self, writer: AnswerWriter) -> tuple[ToolCallPart, ...]:
        """The calls to be run now after an answer; none ends the exchange."""
        self._last = writer.result
        self.warnings.extend(self._last.warnings)
        calls = writer.message.tool_calls
        if writer.stopped or not calls or not self.toolbox.can_run(calls):
            return ()
        if self._rounds_left <= 0:
            detail = "the model asks for tools beyond the limit of rounds: they were not run"
            self.warnings.append(CallWarning(kind="clamped", setting="max_tool_rounds", detail=detail))
            return ()
        self._rounds_left -= 1
        return calls

    def announce(self, call: ToolCallPart) -> None:
        """Tell the application that a tool is about to be asked for."""
        facts = {"id": call.id, "name": call.name, "arguments": call.arguments, "parameters": call.arguments}
        self.told(call.name, MSG_TYPE.MSG_TYPE_TOOL_CALL, facts)

    def keep_results(self, results: list[ToolResultPart]) -> None:
        """Store what the tools answered, below the answer that asked."""
        self.results.append(self.discussion.add_message(sender="tool", sender_type="tool", parts=results))
        for part in results:
            text = part.content if isinstance(part.content, str) else ""
            self.told(text, MSG_TYPE.MSG_TYPE_TOOL_OUTPUT, {"id": part.call_id, "name": part.name, "result": text})

    def outcome(self, user_message: LollmsMessage | None) -> dict[str, Any]:
        """What `chat` gives back."""
        self.told("", MSG_TYPE.MSG_TYPE_FINISHED_MESSAGE, {"id": self.answers[-1].id})
        return {
            "user_message": user_message,
            "ai_message": self.answers[-1],
            "ai_messages": self.answers,
            "tool_messages": self.results,
            "result": self._last,
            "warnings": self.warnings,
        }


def run(talk: Talk, user_message: LollmsMessage | None) -> dict[str, Any]:
    """The whole exchange, blocking."""
    while True:
        messages, options = talk.request()
        with talk.begin() as writer, talk.client.stream_chat(messages, **options) as stream:
            for part in stream:
                writer.add(part)
                if not tell_part(talk.told, part):
                    writer.stop()
                    break
        calls = talk.calls(writer)
        if not calls:
            return talk.outcome(user_message)
        results: list[ToolResultPart] = []
        for call in calls:
            talk.announce(call)
            value = talk.toolbox.start(call)
            if inspect.iscoroutine(value):
                value.close()
                raise BadSetting(f"the tool {call.name} is asynchronous: use achat", setting="tools")
            results.append(result_of(call, value))
        talk.keep_results(results)


async def run_async(talk: Talk, user_message: LollmsMessage | None) -> dict[str, Any]:
    """The whole exchange for asyncio; what reads the store or counts tokens runs in a thread."""
    loop = asyncio.get_running_loop()
    while True:
        messages, options = await asyncio.to_thread(talk.request)
        writer = await asyncio.to_thread(talk.begin)
        with writer:
            async with talk.client.stream_chat(messages, **options) as stream:
                async for part in stream:
                    writer.add(part)
                    if not tell_part(talk.told, part):
                        writer.stop()
                        break
        calls = talk.calls(writer)
        if not calls:
            return talk.outcome(user_message)
        results: list[ToolResultPart] = []
        for call in calls:
            talk.announce(call)
            results.append(result_of(call, await _awaited(loop, talk.toolbox, call)))
        await asyncio.to_thread(talk.keep_results, results)


async def _awaited(loop: asyncio.AbstractEventLoop, toolbox: Toolbox, call: ToolCallPart) -> Any:
    value = await loop.run_in_executor(None, toolbox.start, call)
    if not inspect.isawaitable(value):
        return value
    try:
        return await value
    except Exception as error:  # noqa: BLE001 (the edge to the application's own code: the model is told)
        return failed_with(call, error)


# --- questions beside the conversation -------------------------------------------------------------------------------


def ask(discussion: Conversation, question: str) -> str:
    """The words of the model's answer to one question. Raises BadSetting without a client that blocks."""
    client = discussion.lollmsClient
    if client is None:
        raise BadSetting("the discussion has no client to ask a model with", setting="lollmsClient")
    accumulator = ChatAccumulator()
    answer = client.stream_chat([Message.user(question)])
    if not hasattr(answer, "__enter__"):
        raise BadSetting("an asynchronous client cannot be asked here: give a function", setting="lollmsClient")
    with answer as stream:
        accumulator.add_all(stream)
    return accumulator.result().text.strip()


def title_from(discussion: Conversation, ask_model: Callable[[str], str]) -> str:
    """A title in one line after the first messages of the active branch. Raises BadConversation without any."""
    first = [message for message in discussion.get_messages() if message.content.strip()][:4]
    if not first:
        raise BadConversation("there is nothing yet that a title could be about")
    answer = ask_model(TITLE_REQUEST.format(text=to_lollms_text(first, "")[:4_000]))
    lines = [line.strip().strip("\"'“”«»*#").strip() for line in answer.splitlines()]
    title = next((line for line in lines if line), "")
    if not title:
        raise BadConversation("the model wrote an empty title")
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1].rstrip() + "…"

"""Talking with a model: ask, stream the answer into the tree, run the tools that are approved, write a title."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from lollms_client.discussion.answer import AnswerWriter
from lollms_client.discussion.callbacks import Told, adapted, tell_part
from lollms_client.discussion.context import counter_of
from lollms_client.discussion.export_text import to_lollms_text
from lollms_client.discussion.failures import BadConversation
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.toolbox import Approve, Toolbox, failed_with, result_of
from lollms_client.errors import BadSetting, ContextTooLong
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

    It does no waiting of its own, so that the blocking and the asynchronous form of `chat` share it. Every message
    hangs below the one before it, wherever the application or another thread has gone on meanwhile.
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
        blocking: bool,
    ) -> None:
        _check_client(client, blocking)
        self.discussion = discussion
        self.client = client
        self.toolbox = Toolbox(tools, approve, blocking=blocking)
        self.warnings: list[CallWarning] = []
        self.answers: list[LollmsMessage] = []
        self.results: list[LollmsMessage] = []
        self._unheard: list[Awaitable[Any]] = []
        self.told: Told = self._teller(streaming_callback, blocking)
        self._stopped = False
        self._tip = ""
        self._rounds_left = max_tool_rounds
        self._limit = max_context_tokens
        self._context = {name: options.pop(name) for name in _CONTEXT_OPTIONS if name in options}
        self._options = options
        self._last: ChatResult | None = None

    def _teller(self, callback: Callable[..., Any] | None, blocking: bool) -> Told:
        if callback is None or not inspect.iscoroutinefunction(callback):
            return adapted(callback)
        if blocking:
            message = "the callback is asynchronous: use `await discussion.achat(…)`"
            raise BadSetting(message, setting="streaming_callback")

        @functools.wraps(callback)
        def remember(*told: Any) -> None:
            self._unheard.append(callback(*told))

        return adapted(remember)

    async def heard(self) -> bool:
        """Wait for what an asynchronous callback has to say; whether to go on."""
        while self._unheard:
            if await self._unheard.pop(0) is False:
                self._stopped = True
        return not self._stopped

    def summarise_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the asynchronous client write summaries, which are asked for out of a thread."""
        if self._context.get("summarise") is None and self._context.get("strategy") == "summarise":
            client = self.client
            self._context["summarise"] = lambda question: asyncio.run_coroutine_threadsafe(
                ask_async(client, question), loop
            ).result()

    def answer(self, message_id: str) -> None:
        """Say which message is answered next."""
        self._tip = message_id

    def request(self) -> tuple[tuple[Message, ...], dict[str, Any]]:
        """The messages and options of the next call."""
        options = dict(self._options)
        if self.toolbox.tools:
            options["tools"] = self.toolbox.tools
            if self._rounds_left <= 0:
                options["tool_choice"] = "none"
        limit = self._room(options) if self._limit is not None else None
        return self.discussion.to_messages(self._tip, limit, warnings=self.warnings, **self._context), options

    def _room(self, options: dict[str, Any]) -> int:
        """What the messages may take of the context, beside the answer and the descriptions of the tools."""
        assert self._limit is not None
        reserved = options["max_tokens"] if isinstance(options.get("max_tokens"), int) else 0
        described = 0
        if self.toolbox.tools:
            count = self._context.get("count") or counter_of(self.client, [])
            described = count(msgspec.json.encode(self.toolbox.tools).decode())
        if reserved + described >= self._limit:
            raise ContextTooLong(
                f"of {self._limit} tokens, max_tokens takes {reserved} and the tools take {described}: nothing is left "
                "for messages; lower max_tokens, give fewer tools or a larger max_context_tokens",
                max_tokens=self._limit,
            )
        return self._limit - reserved - described

    def begin(self) -> AnswerWriter:
        """The place for the answer, standing in the tree."""
        binding = getattr(self.client, "binding_name", None)
        message = LollmsMessage(
            sender="assistant",
            sender_type="assistant",
            status="partial",
            model_name=self._options.get("model"),
            binding_name=binding("llm") if callable(binding) else None,
        )
        self.answers.append(self.discussion.answer_below(message, self._tip))
        self._tip = message.id
        return AnswerWriter(self.discussion, message)

    def calls(self, writer: AnswerWriter) -> tuple[ToolCallPart, ...]:
        """The calls to be run now after an answer; none ends the exchange."""
        self._last = writer.result
        self.warnings.extend(self._last.warnings)
        calls = writer.message.tool_calls
        if writer.stopped or self._stopped or not calls or not self.toolbox.can_run(calls):
            return ()
        if self._rounds_left <= 0:
            detail = "the model asks for tools beyond the limit of rounds: they were not run"
            self.warnings.append(CallWarning(kind="clamped", setting="max_tool_rounds", detail=detail))
            return ()
        self._rounds_left -= 1
        return calls

    def wanted(self, call: ToolCallPart) -> bool:
        """Tell the application that a tool is about to be asked for; False where it wants to stop."""
        facts = {"id": call.id, "name": call.name, "arguments": call.arguments, "parameters": call.arguments}
        self._stopped = self._stopped or not self.told(call.name, MSG_TYPE.MSG_TYPE_TOOL_CALL, facts)
        return not self._stopped

    def allowed(self, call: ToolCallPart, shown: ToolCallPart, verdict: Any) -> ToolCallPart | ToolResultPart:
        """The call as the application allows it; arguments that it changed are kept in place of the model's."""
        judged = self.toolbox.judged(shown, verdict)
        if isinstance(judged, ToolCallPart) and judged.arguments != call.arguments:
            answer = self.answers[-1]
            asked = {**answer.metadata.get("asked_arguments", {}), call.id: call.arguments}
            parts = tuple(judged if part == call else part for part in answer.parts)
            answer.set_quietly(parts=parts, metadata={**answer.metadata, "asked_arguments": asked})
            self.discussion.keep_message(answer)
        return judged

    def keep_results(self, results: list[ToolResultPart]) -> bool:
        """Store what the tools answered, below the answer that asked; whether to go on."""
        if results:
            message = LollmsMessage(sender="tool", sender_type="tool", parts=results)
            self.results.append(self.discussion.answer_below(message, self._tip))
            self._tip = message.id
        for part in results:
            text = part.content if isinstance(part.content, str) else ""
            facts = {"id": part.call_id, "name": part.name, "result": text}
            self._stopped = self._stopped or not self.told(text, MSG_TYPE.MSG_TYPE_TOOL_OUTPUT, facts)
        return not self._stopped

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


def _check_client(client: Any, blocking: bool) -> None:
    if client is None:
        raise BadSetting(
            "the discussion has no client to talk to a model with: give LollmsDiscussion(client) or chat(client=…)",
            setting="lollmsClient",
        )
    chat = getattr(client, "chat", None)
    if chat is not None and inspect.iscoroutinefunction(chat) is blocking:
        needed = "`await discussion.achat(…)`" if blocking else "`discussion.chat(…)`, or give an AsyncLollmsClient"
        raise BadSetting(f"this is {type(client).__name__}: use {needed}", setting="lollmsClient")


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
        results: list[ToolResultPart] = []
        try:
            for call in calls:
                if not talk.wanted(call):
                    break
                results.append(_answered(talk, call))
        except BaseException:  # what was done stays known, whatever the application's code raises after it
            talk.keep_results(results)
            raise
        if not calls or not talk.keep_results(results):
            return talk.outcome(user_message)


def _answered(talk: Talk, call: ToolCallPart) -> ToolResultPart:
    shown = talk.toolbox.readable(call)
    allowed = talk.allowed(call, shown, talk.toolbox.ask(shown)) if isinstance(shown, ToolCallPart) else shown
    if isinstance(allowed, ToolResultPart):
        return allowed
    value = talk.toolbox.run(allowed)
    if inspect.iscoroutine(value):
        value.close()
        raise BadSetting(f"the tool {call.name} is asynchronous: use `await discussion.achat(…)`", setting="tools")
    return result_of(call, value)


async def run_async(talk: Talk, user_message: LollmsMessage | None) -> dict[str, Any]:
    """The whole exchange for asyncio; what reads the store or counts tokens runs in a thread."""
    talk.summarise_on(asyncio.get_running_loop())
    while True:
        messages, options = await asyncio.to_thread(talk.request)
        writer = await asyncio.to_thread(talk.begin)
        with writer:
            async with talk.client.stream_chat(messages, **options) as stream:
                async for part in stream:
                    writer.add(part)
                    if not (tell_part(talk.told, part) and await talk.heard()):
                        writer.stop()
                        break
        calls = talk.calls(writer)
        results: list[ToolResultPart] = []
        try:
            for call in calls:
                if not (talk.wanted(call) and await talk.heard()):
                    break
                results.append(await _answered_async(talk, call))
        except BaseException:
            talk.keep_results(results)
            raise
        going_on = await asyncio.to_thread(talk.keep_results, results) and await talk.heard()
        if not calls or not going_on:
            outcome = talk.outcome(user_message)
            await talk.heard()
            return outcome


async def _answered_async(talk: Talk, call: ToolCallPart) -> ToolResultPart:
    shown = talk.toolbox.readable(call)
    allowed: ToolCallPart | ToolResultPart = shown
    if isinstance(shown, ToolCallPart):
        verdict = await asyncio.to_thread(talk.toolbox.ask, shown)
        if inspect.isawaitable(verdict):
            verdict = await verdict
        allowed = await asyncio.to_thread(talk.allowed, call, shown, verdict)
    if isinstance(allowed, ToolResultPart):
        return allowed
    value = await asyncio.to_thread(talk.toolbox.run, allowed)
    if inspect.isawaitable(value):
        try:
            value = await value
        except Exception as error:  # noqa: BLE001 (the edge to the application's own code: the model is told)
            value = failed_with(call, error)
    return result_of(call, value)


# --- questions beside the conversation -------------------------------------------------------------------------------


def ask(discussion: Conversation, question: str) -> str:
    """The words of the model's answer to one question. Raises BadSetting without a client that blocks."""
    client = discussion.lollmsClient
    if client is None:
        raise BadSetting(
            "no model can be asked: the discussion has no client; give LollmsDiscussion(client), or a function of your "
            "own (ask=, summarise=)",
            setting="lollmsClient",
        )
    answer = client.stream_chat([Message.user(question)])
    if not hasattr(answer, "__enter__"):
        raise BadSetting(
            "an asynchronous client cannot be asked here: use `await discussion.awrite_title()`, or give a function "
            "(ask=, summarise=)",
            setting="lollmsClient",
        )
    accumulator = ChatAccumulator()
    with answer as stream:
        accumulator.add_all(stream)
    return accumulator.result().text.strip()


async def ask_async(client: Any, question: str) -> str:
    """The same with an asynchronous client."""
    accumulator = ChatAccumulator()
    async with client.stream_chat([Message.user(question)]) as stream:
        async for part in stream:
            accumulator.add(part)
    return accumulator.result().text.strip()


def title_request(discussion: Conversation) -> str:
    """What a model is asked for a title, after the first messages of the active branch. Raises BadConversation."""
    first = [message for message in discussion.get_messages() if message.content.strip()][:4]
    if not first:
        raise BadConversation("there is nothing yet that a title could be about: add a message first")
    return TITLE_REQUEST.format(text=to_lollms_text(first, "")[:4_000])


def title_of(answer: str) -> str:
    """The title in one line out of what a model wrote. Raises BadConversation where there is none."""
    lines = [line.strip().strip("\"'“”«»*#").strip() for line in answer.splitlines()]
    title = next((line for line in lines if line), "")
    if not title:
        raise BadConversation("the model wrote an empty title: ask again, or set `title` yourself")
    return title if len(title) <= _TITLE_LENGTH else title[: _TITLE_LENGTH - 1].rstrip() + "…"

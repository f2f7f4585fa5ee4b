"""Adapters to bindings that override the documented methods themselves: what they take, what they give back."""

from __future__ import annotations

import contextvars
import functools
import inspect
import queue
import threading
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from lollms_client import errors
from lollms_client.abandoned import BlockingCall
from lollms_client.cancel import CancelToken
from lollms_client.drivers.context import timed_out
from lollms_client.secret import clean_cause, redact, redact_data, words_of
from lollms_client.types.accounting import CallWarning
from lollms_client.types.catalogue import ModelInfo, Voice
from lollms_client.types.media import Media


def call_plain(method: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Call a documented method of somebody else's class; whatever it raises becomes one of our errors.

    Keywords that are None are not sent, nor those that the method cannot take.
    """
    accepted, _ = fitting(method, keywords)
    try:
        return check_reply(method(*arguments, **accepted))
    except errors.LollmsError:
        raise
    except NotImplementedError as error:
        name = getattr(method, "__name__", "the method")
        raise errors.Unsupported(words_of(error) or f"the binding does not offer {name}") from clean_cause(error)
    except (SystemExit, Exception) as error:  # noqa: BLE001 (the edge to somebody else's code)
        raise failure_of(error, method) from clean_cause(error)


def failure_of(error: BaseException, method: Callable[..., Any]) -> errors.CallError:
    """Our error for an exception that somebody else's code raised."""
    owner = type(getattr(method, "__self__", None)).__name__
    where = f"{owner}.{getattr(method, '__name__', 'call')}"
    text = words_of(error) or "no explanation"
    return errors.CallError(f"{where} failed: {type(error).__name__}: {text}", exception=type(error).__name__)


def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """A documented method of somebody else's class, with secrets masked in its error dictionary and its exceptions."""

    @functools.wraps(method)
    def call(*arguments: Any, **keywords: Any) -> Any:
        try:
            reply = method(*arguments, **keywords)
        except Exception as error:
            if clean_cause(error) is None:
                raise failure_of(error, method) from None
            raise
        return redact_data(reply) if type(reply) is dict else reply

    return call


def fitting(method: Callable[..., Any], keywords: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The keywords that were given and that the method takes, and the names of those that it does not take."""
    given = {name: value for name, value in keywords.items() if value is not None}
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return given, []
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return given, []
    known = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return {k: v for k, v in given.items() if k in known}, [name for name in given if name not in known]


def dropped(names: list[str]) -> tuple[CallWarning, ...]:
    """Warnings for settings that a binding's method does not take."""
    return tuple(
        CallWarning(kind="dropped", setting=name, detail="this binding's method does not take it") for name in names
    )


def check_reply(reply: Any) -> Any:
    """The reply itself; an error dictionary in any of the usual shapes is raised as an error."""
    if inspect.iscoroutine(reply):
        reply.close()
        raise errors.BadReply("the binding's method is an `async def`; documented methods are plain functions")
    if not isinstance(reply, Mapping):
        return reply
    status = reply.get("status")
    failed = status in ("error", "failed", False) or (status is None and set(reply) <= _WORDS_OF_FAILURE)
    failed = failed or (status is None and bool(reply.get("error")) and set(reply) <= _FACTS_OF_FAILURE)
    if not failed or not reply:
        return reply
    text = reply.get("message") or reply.get("error") or reply.get("details") or "no explanation was given"
    if isinstance(text, Mapping):
        text = text.get("message") or text
    code = reply.get("code")
    kind = _by_code().get(code) if isinstance(code, str) else None
    kind = kind or _by_status(reply.get("status_code"))
    facts = {k: v for k, v in redact_data(dict(reply)).items() if k not in ("status", "message", "code", "retryable")}
    error = kind(redact(str(text)), **{name: value for name, value in facts.items() if name.isidentifier()})
    if isinstance(reply.get("retryable"), bool):
        error.retryable = reply["retryable"]
    raise error


_WORDS_OF_FAILURE = {"error", "message", "details"}
_FACTS_OF_FAILURE = _WORDS_OF_FAILURE | {"status_code", "server_body", "retry_after", "code", "type", "retryable"}
_BY_STATUS: dict[int, type[errors.LollmsError]] = {
    400: errors.Rejected,
    401: errors.AuthenticationFailed,
    402: errors.QuotaExceeded,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    422: errors.Rejected,
    429: errors.RateLimited,
    **dict.fromkeys((500, 502, 503, 504), errors.Unavailable),
}


def _by_status(status: Any) -> type[errors.LollmsError]:
    """The error of an HTTP status that a dictionary names as a number or as text."""
    text = str(status)
    return _BY_STATUS.get(int(text), errors.CallError) if text.isascii() and text.isdigit() else errors.CallError


def _by_code() -> dict[str, type[errors.LollmsError]]:
    found: dict[str, type[errors.LollmsError]] = {}
    waiting: list[type[errors.LollmsError]] = [errors.LollmsError]
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting.extend(kind.__subclasses__())
    return found


def text_of(reply: Any) -> str:
    """The text that a documented text method gave. Raises BadReply for anything else."""
    if isinstance(reply, str):
        return reply
    if isinstance(reply, Mapping):
        for name in ("text", "content", "message", "response"):
            if isinstance(reply.get(name), str):
                return str(reply[name])
    raise errors.BadReply(f"the binding gave {_described(reply)} where text is expected")


def media_of(reply: Any, kind: str) -> list[Media]:
    """The media that a documented method gave: bytes, a list of bytes, a path, base64 or a data: URL."""
    images = getattr(reply, "images", None)
    if images is None and isinstance(reply, Mapping):
        images = next((reply[name] for name in ("images", "image", kind, "data", "bytes") if reply.get(name)), None)
    if images is not None and not isinstance(reply, (bytes, bytearray)):
        reply = images
    items = list(reply) if isinstance(reply, (list, tuple)) else [reply]
    found = [_one_media(item, kind) for item in items]
    if not found:
        raise errors.BadReply(f"the binding gave no {kind}")
    return found


def _one_media(item: Any, kind: str) -> Media:
    if isinstance(item, (bytes, bytearray, memoryview)):
        if not item:
            raise errors.BadReply(f"the binding gave an empty {kind}")
        return item if isinstance(item, Media) else Media(bytes(item))
    if isinstance(item, (str, Path)):
        try:
            return Media.of(item)
        except errors.BadMedia as error:
            raise errors.BadReply(f"the binding gave a text that is no {kind}: {error}") from error
    raise errors.BadReply(f"the binding gave {_described(item)} where {kind} bytes are expected")


def vectors_of(reply: Any, many: bool) -> list[tuple[float, ...]]:
    """The vectors that a documented `embed` gave for one text or for several."""
    value = reply.get("embeddings", reply.get("embedding")) if isinstance(reply, Mapping) else reply
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, (list, tuple)) or not value:
        raise errors.BadReply(f"the binding gave {_described(reply)} where a vector is expected")
    rows = value if isinstance(value[0], (list, tuple)) or hasattr(value[0], "tolist") else [value]
    if many and len(rows) == 1 and rows[0] is value:
        raise errors.BadReply("the binding gave one vector where several are expected")
    try:
        return [tuple(float(number) for number in row) for row in rows]
    except (TypeError, ValueError) as error:
        raise errors.BadReply("the binding gave a vector that is not made of numbers") from error


def plain_models(reply: Any) -> list[ModelInfo]:
    """Models out of whatever a documented list of models gave: names, dictionaries, or a dictionary of them."""
    check_reply(reply)
    if isinstance(reply, Mapping):
        inner = next((reply[name] for name in ("models", "data") if isinstance(reply.get(name), list)), None)
        reply = inner if inner is not None else [{"model_name": name} for name in reply]
    if not isinstance(reply, (list, tuple, set, frozenset)):
        raise errors.BadReply(f"the binding gave {_described(reply)} where a list of models is expected")
    return [_one_model(item) for item in reply]


_MODEL_NAMES = ("model_name", "name", "id", "model", "path")


def _one_model(item: Any) -> ModelInfo:
    if isinstance(item, ModelInfo):
        return item
    if not isinstance(item, Mapping):
        return ModelInfo(name=str(getattr(item, "id", item)))
    name = next((str(item[key]) for key in _MODEL_NAMES if item.get(key)), "")
    if not name:
        raise errors.BadReply(f"a model without a name: {sorted(map(str, item))}")
    context = item.get("context_length")
    created = item.get("created")
    return ModelInfo(
        name=name,
        title=str(item.get("display_name") or ""),
        description=str(item.get("description") or ""),
        owner=str(item.get("owned_by") or ""),
        created=created if isinstance(created, int) else None,
        context_tokens=context if isinstance(context, int) else None,
    )


def plain_voices(reply: Any) -> list[Voice]:
    """Voices out of whatever a documented list of voices gave."""
    check_reply(reply)
    if isinstance(reply, Mapping):
        reply = reply["voices"] if isinstance(reply.get("voices"), list) else list(reply)
    if not isinstance(reply, (list, tuple, set, frozenset)):
        raise errors.BadReply(f"the binding gave {_described(reply)} where a list of voices is expected")
    return [_one_voice(item) for item in reply]


def _one_voice(item: Any) -> Voice:
    if isinstance(item, Voice):
        return item
    if not isinstance(item, Mapping):
        return Voice(name=str(item))
    name = next((str(item[key]) for key in ("name", "id", "voice_id", "voice") if item.get(key)), "")
    if not name:
        raise errors.BadReply(f"a voice without a name: {sorted(map(str, item))}")
    return Voice(
        name=name,
        title=str(item.get("title") or item.get("display_name") or ""),
        language=str(item.get("language") or ""),
        gender=str(item.get("gender") or ""),
    )


def _described(value: Any) -> str:
    return "nothing" if value is None else f"a value of type {type(value).__name__}"


def in_reach(
    function: Callable[..., Any], arguments: tuple[Any, ...], keywords: Mapping[str, Any], token: CancelToken
) -> Generator[Any, None, Any]:
    """Run somebody else's blocking code: in this thread, unless the caller can end the call or bounded its time.

    Then it runs in a thread of its own. When the caller gives up, what that thread waits for is closed.
    """
    token.check()
    if not token.bounded:
        yield from ()
        return function(*arguments, **keywords)
    _, reply = yield from callback_items(lambda callback: function(*arguments, **keywords), token)
    return reply


def callback_items(
    call: Callable[[Callable[..., bool]], Any], token: CancelToken
) -> Generator[str, None, tuple[str, Any]]:
    """Turn a method that tells its text through a callback into a generator of the pieces; returns the whole reply.

    `call` gets the callback to pass on. The callback answers False, which stops the method, once the token is tripped
    or the generator is closed. The result is (all pieces joined, what the method returned).
    """
    made: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    stopped = threading.Event()
    running = BlockingCall()

    def work() -> None:
        try:
            with running:
                reply = call(_teller(made, stopped, token))
            made.put(("reply", reply))
        except BaseException as error:  # noqa: BLE001 (the edge to somebody else's code: handed over)
            made.put(("error", error))

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), name="lollms-callback", daemon=True)
    thread.__dict__["call_token"] = token  # a worker process waits for what a cancelled call left running
    thread.start()
    pieces: list[str] = []
    forget = token.on_cancel(lambda: made.put(("cancelled", None)))
    try:
        while True:
            what, value = _waited(made, token)
            if what == "piece":
                if not isinstance(value, Thought):
                    pieces.append(value)
                yield value
            elif what == "reply":
                return "".join(pieces), value
            elif what == "cancelled":
                raise token.error()
            else:
                raise value
    finally:
        stopped.set()
        forget()
        running.give_up()


def _teller(
    made: queue.SimpleQueue[tuple[str, Any]], stopped: threading.Event, token: CancelToken
) -> Callable[..., bool]:
    """The callback: it hands over words and thoughts, and says whether to go on."""

    def callback(piece: Any = "", kind: Any = None, *rest: Any, **keywords: Any) -> bool:
        if piece and is_words(kind):
            made.put(("piece", str(piece)))
        elif piece and is_thought(kind):
            made.put(("piece", Thought(piece)))
        return not (stopped.is_set() or token.cancelled)

    return callback


def _waited(made: queue.SimpleQueue[tuple[str, Any]], token: CancelToken) -> tuple[str, Any]:
    """The next message; TimedOut where the call's time runs out first."""
    if token.deadline is None:
        return made.get()
    try:
        return made.get(timeout=max(0.0, token.deadline - time.monotonic()))
    except queue.Empty:
        raise timed_out("total", None) from None


class Thought(str):
    """A piece of the model's reasoning among the pieces of its answer."""

    __slots__ = ()


def is_thought(kind: Any) -> bool:
    """Whether a callback's message type means words of the model's reasoning."""
    value = getattr(kind, "value", kind)
    return value in (4, "thought_chunk", "THOUGHT_CHUNK")


def is_words(kind: Any) -> bool:
    """Whether a callback's message type means words of the answer (a chunk), or nothing was said."""
    if kind is None:
        return True
    value = getattr(kind, "value", kind)
    return value in (0, "chunk", "CHUNK")

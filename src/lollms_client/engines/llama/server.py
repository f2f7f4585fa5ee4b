"""One loaded model: streams of chunks out of native callbacks, exact tokens, embeddings."""

from __future__ import annotations

import contextlib
import queue
import threading
import weakref
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.engines.llama.listener import PrivateListener
from lollms_client.errors import ContextTooLong, EngineFailed, LollmsError, MissingDependency, Rejected

_MARKS = 2  # tokens that may be put around a text to be embedded
_POLL = 0.1  # seconds between two looks at the cancel token while nothing arrives


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to load a model. `n_ctx` is the context of one answer in tokens, `slots` the answers at once."""

    path: Path
    n_ctx: int
    slots: int
    threads: int
    gpu_layers: int = -1
    batch_tokens: int = 128
    chat_template: str = ""
    embedding: bool = False
    mean_pooling: bool = False  # for an embedding model that does not say how it pools


class LlamaServer:
    """A model in memory. Calls may come from several threads at once; beyond `slots` of them they queue."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.users = 0  # calls that hold it; counted by whoever shares it out
        self._listener = PrivateListener()
        try:
            self._native = _start(settings, self._listener)
            self._properties = self._listener.ask("GET", "/props")
        except BaseException:
            self._listener.close()
            raise
        self._running: set[_Run] = set()
        # also at the interpreter's exit: a native thread that comes back into Python after that ends the process badly
        self._finalizer = weakref.finalize(self, _end, self._running, self._listener)

    @property
    def n_ctx(self) -> int:
        """Tokens of context that one answer really has, its prompt included."""
        size = self._properties.get("default_generation_settings", {}).get("n_ctx")
        return size if isinstance(size, int) and size > 0 else self.settings.n_ctx

    @property
    def template_knows_tools(self) -> bool:
        """Whether the model's own chat template has words for tools."""
        return bool(self._properties.get("chat_template_caps", {}).get("supports_tools"))

    def stream(self, body: dict[str, Any], *, raw: bool) -> Generator[dict[str, Any] | None, None, None]:
        """Chunks as they are made, and None ten times a second while there is none.

        `raw` completes `body["prompt"]`, else `body["messages"]` is a chat. Closing the generator stops the engine at
        the next token, or at the next piece of the prompt. Errors: Rejected, ContextTooLong, EngineFailed.
        """
        run = _Run(self._handler(raw), body)  # nothing else here may hold the model: a forgotten stream would keep it
        self._running.add(run)
        try:
            run.start()
            yield from run.chunks()
        finally:
            run.stop()
            self._running.discard(run)

    def _handler(self, raw: bool) -> Callable[..., Any]:
        if self._native is None:
            raise EngineFailed("the model was unloaded")
        handler: Callable[..., Any] = self._native.handle_completions if raw else self._native.handle_chat_completions
        return handler

    def embed(self, texts: list[str]) -> tuple[list[list[float]], int | None]:
        """Unit vectors of the texts and the number of tokens read; ContextTooLong where a text does not fit."""
        if self._native is None:
            raise EngineFailed("the model was unloaded")
        room = self.n_ctx - _MARKS
        for number, text in enumerate(texts):
            if len(text.encode()) > room and (needed := len(self.tokenize(text))) > room:
                message = f"text number {number} has {needed} tokens, the context {room}: raise the setting n_ctx"
                raise ContextTooLong(message, input_tokens=needed, limit=room)
        try:
            reply = self._native.handle_embeddings({"input": texts})
        except (ValueError, RuntimeError) as error:
            raise Rejected(f"llama.cpp: {error}") from error
        _raise_error(reply)
        rows = sorted(reply["data"], key=lambda row: row["index"])
        return [row["embedding"] for row in rows], reply.get("usage", {}).get("prompt_tokens")

    def tokenize(self, text: str) -> list[int]:
        """Token numbers; the names of special tokens count as such."""
        body = {"content": text, "add_special": False, "parse_special": True}
        return [int(token) for token in self._listener.ask("POST", "/tokenize", body)["tokens"]]

    def detokenize(self, tokens: list[int]) -> str:
        """The text of the tokens."""
        return str(self._listener.ask("POST", "/detokenize", {"tokens": tokens})["content"])

    def close(self) -> None:
        """Stop what runs and give the memory back."""
        self._native = None
        self._finalizer()


def _end(running: set[_Run], listener: PrivateListener) -> None:
    for run in tuple(running):
        run.stop(patience=30.0)
    listener.close()


class _Run:
    """One call: the native handler works in a thread of ours and its callback feeds a queue."""

    def __init__(self, handler: Callable[..., Any], body: dict[str, Any]) -> None:
        self._handler: Callable[..., Any] | None = handler
        self._body = body
        self._chunks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="llama.cpp call", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _work(self) -> None:
        try:
            assert self._handler is not None
            self._handler(self._body, self._take)
        except (ValueError, TypeError, OverflowError) as error:
            self._chunks.put(Rejected(f"llama.cpp: {error}"))
        except (RuntimeError, MemoryError) as error:
            self._chunks.put(EngineFailed(f"llama.cpp: {error}"))
        finally:
            self._handler = None
            self._chunks.put(None)

    def _take(self, chunk: Any) -> bool:
        if chunk is not None:
            self._chunks.put(chunk)
        return self._stopped.is_set()  # True ends the call

    def chunks(self) -> Generator[dict[str, Any] | None, None, None]:
        while True:
            try:
                chunk = self._chunks.get(timeout=_POLL)
            except queue.Empty:
                yield None
                continue
            if chunk is None:
                return
            if isinstance(chunk, LollmsError):
                raise chunk
            _raise_error(chunk)
            yield chunk

    def stop(self, patience: float = 1.0) -> None:
        """End the call and wait up to `patience` seconds for it: it ends by itself with the next token or batch."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join(patience)


def _raise_error(chunk: dict[str, Any]) -> None:
    error = chunk.get("error")
    if not isinstance(error, dict):
        return
    message = str(error.get("message", error))
    if error.get("type") == "exceed_context_size_error":
        needed, limit = error.get("n_prompt_tokens"), error.get("n_ctx")
        raise ContextTooLong(
            f"the input has {needed} tokens, the context {limit}: shorten it or raise the setting n_ctx",
            input_tokens=needed,
            limit=limit,
        )
    code = error.get("code")
    if isinstance(code, int) and code < 500:
        raise Rejected(f"llama.cpp: {message}")
    raise EngineFailed(f"llama.cpp: {message}")


def _start(settings: ServerSettings, listener: PrivateListener) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise MissingDependency(
            "the llama.cpp engine needs the package xllamacpp: run `lollms install llama_cpp`", package="xllamacpp"
        ) from error
    parameters = xllamacpp.CommonParams()
    listener.configure(parameters)
    parameters.model.path = str(settings.path)
    parameters.n_parallel = settings.slots
    parameters.n_ctx = settings.n_ctx * settings.slots  # the engine splits it over the slots
    parameters.n_batch = parameters.n_ubatch = settings.n_ctx if settings.embedding else settings.batch_tokens
    parameters.n_gpu_layers = settings.gpu_layers
    parameters.chat_template = settings.chat_template
    parameters.embedding = settings.embedding
    if settings.mean_pooling:
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    parameters.verbosity = 0
    parameters.warmup = False
    parameters.cache_ram_mib = 0  # no copies of old prompts beside the slots' own
    for processors in (parameters.cpuparams, parameters.cpuparams_batch):
        processors.n_threads = settings.threads
        processors.poll = 0
    try:
        native = xllamacpp.Server(parameters)
    except (RuntimeError, ValueError, MemoryError) as error:
        raise EngineFailed(f"llama.cpp cannot load {settings.path.name}: {error}", model=settings.path.name) from error
    with contextlib.suppress(AttributeError):
        listener.started(str(native.listening_address))
    return native

"""The engine: which model a call needs, one loaded at a time, chats, tokens and embeddings over it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lollms_client.assets import ensure_steps, is_present
from lollms_client.engines.asset_catalogue import MINILM, SMOLLM2, SMOLLM2_FILE
from lollms_client.engines.llama.body import EngineCall, build_call
from lollms_client.engines.llama.chat import AnswerReader, usage_of
from lollms_client.engines.llama.model_file import ModelFile, read_model_file
from lollms_client.engines.llama.processors import default_threads
from lollms_client.engines.llama.server import LlamaServer, ServerSettings
from lollms_client.errors import BadSetting, EngineFailed, NotFound
from lollms_client.types.accounting import CallWarning, Progress, Usage
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.chat import ChatRequest, Finished, ProgressPart, StreamPart, WarningPart
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult

if TYPE_CHECKING:
    from lollms_client.cancel import CancelToken

DEFAULT_MODEL = SMOLLM2_FILE.removesuffix(".gguf")
DEFAULT_EMBEDDING_MODEL = MINILM.name
# what makes the small default model write decent prose; a user's own model keeps llama.cpp's values
DEFAULTS: dict[str, Any] = {
    "temperature": 0.2,
    "top_p": 0.9,
    "dry_multiplier": 0.8,  # with the next two: stops it from repeating itself
    "frequency_penalty": 0.3,
    "repeat_last_n": 256,
    "system": "You are a helpful assistant. Answer briefly and directly, in complete sentences.",
}
_EMBEDDING_BATCH = 16  # texts between two looks at the cancel token


class LlamaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to run. Empty or None means the default: SmolLM2, MiniLM, all cores but one, the model's own template."""

    model_path: str = ""
    model_name: str = ""
    models_folder: str = ""
    embedding_model_path: str = ""
    n_ctx: int = 4096  # tokens for one answer, its prompt included
    slots: int = 2  # answers at once
    threads: int | None = None
    gpu_layers: int = -1  # -1: as many as fit
    batch_tokens: int = 128  # of the prompt, read between two looks at the cancel token
    chat_template: str = ""  # Jinja
    system_prompt: str = ""  # for chats that bring none


class LlamaEngine:
    """Serves chats and raw completions from a GGUF model, and embeddings. Calls may come from several threads."""

    def __init__(self, settings: LlamaSettings) -> None:
        self._settings = settings
        self._changed = threading.Condition()
        self._server: LlamaServer | None = None
        self._embedding_server: LlamaServer | None = None
        self._embedding_lock = threading.Lock()

    # --- models --------------------------------------------------------------------------------------------------

    def prepare(self, model: str | None, token: CancelToken | None) -> Generator[Progress, None, None]:
        """Fetch the default model where the call needs it and it is not here yet."""
        if self._find(model) is None:
            yield from ensure_steps(SMOLLM2, token=token)

    def models(self) -> list[ModelInfo]:
        """The default model, the configured one, and the models of the models folder."""
        default = ModelInfo(
            name=DEFAULT_MODEL,
            title=SMOLLM2.title,
            description="Small talk and short texts in English; fetched on first use.",
            owner="Hugging Face",
            context_tokens=8192,
            size_bytes=98_362_432,
            capabilities=("chat", "generate", "tools", "json_schema"),
            extra={"present": is_present(SMOLLM2), "license": SMOLLM2.license},
        )
        paths = [Path(self._settings.model_path).expanduser()] if self._settings.model_path else []
        found = {path.resolve(): path for path in [*paths, *self._folder_models()]}
        return [default, *(info for path in found.values() if (info := _info(path)) is not None)]

    def _folder_models(self) -> list[Path]:
        folder = self._settings.models_folder
        return sorted(Path(folder).expanduser().rglob("*.gguf")) if folder else []

    def _find(self, model: str | None) -> Path | None:
        """The file of a model, None for the default model. `model` may only name a file of the models folder."""
        configured = self._settings.model_path
        if not model:
            if configured:
                return Path(configured).expanduser()
            model = self._settings.model_name
        if not model or model in (DEFAULT_MODEL, SMOLLM2_FILE, SMOLLM2.name):
            return None
        candidates = self._folder_models()
        if configured:
            candidates.insert(0, Path(configured).expanduser())
        wanted = model.removesuffix(".gguf").casefold()
        for path in candidates:
            if path.name.removesuffix(".gguf").casefold() == wanted:
                return path
        known = ", ".join([DEFAULT_MODEL, *(path.name.removesuffix(".gguf") for path in candidates)])
        raise NotFound(
            f"there is no model {model!r} here; there are: {known}. Put its .gguf file into the folder that the "
            "setting models_folder names, or let model_path name the file.",
            model=model,
        )

    @contextlib.contextmanager
    def _use(self, model: str | None, token: CancelToken | None = None) -> Iterator[LlamaServer]:
        """The server with that model, loaded first where another one is: then the calls that use that one end first."""
        path = self._find(model) or SMOLLM2.folder / SMOLLM2_FILE
        with self._changed:
            while self._server is not None and self._server.settings.path != path and self._server.users:
                if token is not None:
                    token.check()
                self._changed.wait(0.1)
            if self._server is None or self._server.settings.path != path:
                self._unload_chat_model()
                self._server = LlamaServer(self._server_settings(path))
            server = self._server
            server.users += 1
        try:
            yield server
        finally:
            with self._changed:
                server.users -= 1
                self._changed.notify_all()

    def _server_settings(self, path: Path, *, embedding: bool = False) -> ServerSettings:
        settings = self._settings
        facts = read_model_file(path)
        if facts.embeds and not embedding:
            raise BadSetting(
                f"{path.name} is an embedding model and cannot answer: name it in embedding_model_path",
                setting="model_path",
            )
        return ServerSettings(
            path=path,
            n_ctx=_context(settings.n_ctx, facts),
            slots=1 if embedding else settings.slots,
            threads=settings.threads or default_threads(),
            gpu_layers=settings.gpu_layers,
            batch_tokens=settings.batch_tokens,
            chat_template="" if embedding else settings.chat_template,
            embedding=embedding,
            mean_pooling=embedding and not facts.embeds,
        )

    def _unload_chat_model(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def close(self) -> None:
        """Stop what runs and give the memory back; the next call loads again."""
        with self._changed:
            self._unload_chat_model()
        with self._embedding_lock:
            server, self._embedding_server = self._embedding_server, None
            if server is not None:
                server.close()

    # --- chat ----------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest, token: CancelToken | None = None) -> Generator[StreamPart, None, None]:
        """The parts of the answers to `request`, the last one with the usage of the whole call.

        Errors: BadSetting, NotFound (model), MissingAsset, ContextTooLong, Rejected, EngineFailed, Cancelled.
        """
        for progress in self.prepare(request.model, token):
            yield ProgressPart(progress=progress)
        with self._use(request.model, token) as server:
            defaults = self._defaults(server)
            call = build_call(request, defaults=defaults, template_knows_tools=server.template_knows_tools)
            for warning in [*call.warnings, *self._context_warning(server)]:
                yield WarningPart(warning=warning)
            readers: list[AnswerReader] = []
            for first in range(0, request.count or 1, server.settings.slots):
                reader = AnswerReader(call, alternatives=request.logprobs, first=first)
                readers.append(reader)
                yield from _answers(server, _part_of(call, request, first, server.settings.slots), reader, token)
            name = server.settings.path.name.removesuffix(".gguf")
            extra = {"timings": readers[-1].timings, "n_ctx": server.n_ctx}
            yield Finished(index=None, usage=usage_of(readers), model=name, id=readers[0].id, extra=extra)

    def _defaults(self, server: LlamaServer) -> dict[str, Any]:
        own = DEFAULTS if server.settings.path == SMOLLM2.folder / SMOLLM2_FILE else {}
        return {**own, "system": self._settings.system_prompt} if self._settings.system_prompt else own

    def _context_warning(self, server: LlamaServer) -> list[CallWarning]:
        if server.n_ctx >= self._settings.n_ctx:
            return []
        detail = f"{self._settings.n_ctx} is more than the model has; it is {server.n_ctx}"
        return [CallWarning(kind="clamped", setting="n_ctx", detail=detail)]

    # --- tokens --------------------------------------------------------------------------------------------------

    def tokenize(self, text: str) -> list[int]:
        """The model's token numbers of the text, without marks at its start and end."""
        with self._ready() as server:
            return server.tokenize(text)

    def detokenize(self, tokens: list[int]) -> str:
        """The text of the tokens."""
        with self._ready() as server:
            return server.detokenize(tokens)

    def count_tokens(self, text: str) -> int:
        """How many tokens the text has."""
        return len(self.tokenize(text))

    @contextlib.contextmanager
    def _ready(self) -> Iterator[LlamaServer]:
        for _ in self.prepare(None, None):
            pass
        with self._use(None) as server:
            yield server

    # --- embeddings ----------------------------------------------------------------------------------------------

    def embed(
        self, request: EmbeddingRequest, token: CancelToken | None = None
    ) -> Generator[Progress, None, EmbeddingResult]:
        """Unit vectors of the texts, by MiniLM or by the GGUF model that the settings name."""
        path = self._settings.embedding_model_path
        names = (DEFAULT_EMBEDDING_MODEL, Path(path).name.removesuffix(".gguf") if path else DEFAULT_EMBEDDING_MODEL)
        if request.model and request.model.removesuffix(".gguf") not in names:
            raise NotFound(
                f"there is no embedding model {request.model!r}; there is {names[-1]}. The setting "
                "embedding_model_path names another GGUF file.",
                model=request.model,
            )
        own = bool(path) and request.model != DEFAULT_EMBEDDING_MODEL
        vectors, tokens, warnings = yield from (
            self._embed_by_file(request, Path(path).expanduser(), token) if own else _embed_by_minilm(request, token)
        )
        result = EmbeddingResult(
            vectors=tuple(vectors),
            usage=Usage(input_tokens=tokens),
            warnings=(*warnings, *_embedding_warnings(request, len(vectors[0]) if vectors else None)),
            model=names[1] if own else names[0],
        )
        return result

    def _embed_by_file(
        self, request: EmbeddingRequest, path: Path, token: CancelToken | None
    ) -> Generator[Progress, None, _Embedded]:
        with self._embedding_lock:
            if self._embedding_server is None:
                self._embedding_server = LlamaServer(self._server_settings(path, embedding=True))
            server = self._embedding_server
        vectors: list[tuple[float, ...]] = []
        total: int | None = 0
        for start in range(0, len(request.texts), _EMBEDDING_BATCH):
            if token is not None:
                token.check()
            rows, count = server.embed(list(request.texts[start : start + _EMBEDDING_BATCH]))
            vectors.extend(tuple(row) for row in rows)
            total = None if total is None or count is None else total + count
            yield Progress(fraction=len(vectors) / len(request.texts), stage="embedding")
        return vectors, total, []


_Embedded = tuple[list[tuple[float, ...]], int | None, list[CallWarning]]


def _context(wanted: int, facts: ModelFile) -> int:
    return min(wanted, facts.context_tokens) if facts.context_tokens else wanted


def _info(path: Path) -> ModelInfo | None:
    try:
        facts = read_model_file(path)
    except BadSetting:
        return None
    return ModelInfo(
        name=facts.name,
        title=facts.title,
        context_tokens=facts.context_tokens,
        size_bytes=facts.size_bytes,
        capabilities=("embed",) if facts.embeds else ("chat", "generate"),
        extra={"architecture": facts.architecture, "path": str(path)},
    )


def _part_of(call: EngineCall, request: ChatRequest, first: int, slots: int) -> EngineCall:
    """The call for answers `first` and on, as many as there are slots."""
    count = min(slots, (request.count or 1) - first)
    body = {**call.body, "n": count}
    if first and "seed" in body:
        body["seed"] = (body["seed"] + first) % (2**32 - 1)
    return msgspec.structs.replace(call, body=body)


def _answers(
    server: LlamaServer, call: EngineCall, reader: AnswerReader, token: CancelToken | None
) -> Generator[StreamPart, None, None]:
    stream = server.stream(call.body, raw=call.raw)
    try:
        for chunk in stream:
            if token is not None:
                token.check()
            if chunk is not None:
                yield from reader.parts(chunk)
    finally:
        stream.close()
    if len(reader.finished) < call.body["n"]:
        raise EngineFailed("llama.cpp ended without finishing its answer")


def _embed_by_minilm(request: EmbeddingRequest, token: CancelToken | None) -> Generator[Progress, None, _Embedded]:
    yield from ensure_steps(MINILM, token=token)
    from lollms_client.engines.sentence_embedding import shared_embedder

    embedder = shared_embedder()
    rows: dict[int, tuple[float, ...]] = {}
    for numbers, batch in embedder.embed_batches(request.texts):
        if token is not None:
            token.check()
        rows.update(zip(numbers, map(tuple, batch.tolist()), strict=True))
        yield Progress(fraction=len(rows) / len(request.texts), stage="embedding")
    cut = [str(number) for number, text in enumerate(request.texts) if embedder.is_cut(text)]
    detail = f"only the first {embedder.max_tokens} tokens count in text number {', '.join(cut)}"
    warnings = [CallWarning(kind="clamped", setting="texts", detail=detail)] if cut else []
    tokens = sum(embedder.count_tokens(text) for text in request.texts)
    return [rows[number] for number in range(len(rows))], tokens, warnings


def _embedding_warnings(request: EmbeddingRequest, dimensions: int | None) -> list[CallWarning]:
    warnings = []
    if request.dimensions is not None and dimensions is not None and request.dimensions != dimensions:
        detail = f"the model's vectors have {dimensions} numbers, not {request.dimensions}"
        warnings.append(CallWarning(kind="unsupported", setting="dimensions", detail=detail))
    if request.purpose not in (None, "similarity"):
        warnings.append(
            CallWarning(kind="unsupported", setting="purpose", detail="the model knows one kind of vector only")
        )
    warnings.extend(
        CallWarning(kind="dropped", setting=name, detail="the embedding model does not know this setting")
        for name, value in request.extra.items()
        if value is not None
    )
    return warnings

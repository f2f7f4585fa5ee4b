"""Local engines: loaded on first use, called from plain generators, given back when asked."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import Any, ClassVar, Generic, TypeVar

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.cancel import CancelToken
from lollms_client.flow import Abandon, Advance, Report, Work, run_work
from lollms_client.secret import redact
from lollms_client.types.accounting import Progress
from lollms_client.types.catalogue import ModelInfo, Voice
from lollms_client.types.chat import ChatRequest, StreamPart
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.music import MusicRequest, MusicResult
from lollms_client.types.speech import SpeechRequest, SpeechResult
from lollms_client.types.transcription import TranscriptionRequest, TranscriptionResult
from lollms_client.types.video import VideoRequest, VideoResult

Engine = TypeVar("Engine")
Result = TypeVar("Result")

_LONGEST_STEP = 10.0  # seconds that closing waits for an engine's step

Run = Generator[Progress, None, Result]


class EngineBinding(LollmsBinding, Generic[Engine]):
    """A binding around a library in this process. Put it before the modality's base class.

    `load` makes the engine; the `run_*` methods of the modality are plain generators that yield `Progress` (the call
    can be cancelled at each yield) and return the result. `concurrency` calls run at once, the others wait.
    """

    speaks_flows: ClassVar[bool] = True
    concurrency: ClassVar[int] = 1

    def load(self) -> Engine:
        """Make the engine from `self.settings`; called once, when it is first needed."""
        raise NotImplementedError(f"{type(self).__name__} has no load()")

    def unload(self, engine: Engine) -> None:
        """Give the engine's memory back."""

    @property
    def engine(self) -> Engine:
        """The engine, loaded on first use. Raises MissingDependency where its package is not installed."""
        state = self._engine_state
        with state.lock:
            if state.engine is None:
                try:
                    state.engine = self.load()
                except ImportError as error:
                    raise self._missing(error) from error
            engine: Engine = state.engine
            return engine

    def _missing(self, error: ImportError) -> errors.LollmsError:
        name = self.binding_name
        package = (error.name or "a package").partition(".")[0]
        return errors.MissingDependency(
            f"the binding {name} needs {package}, which is not installed; run: lollms install {name}",
            binding=name,
            package=package,
        )

    @property
    def _engine_state(self) -> _EngineState:
        state: _EngineState | None = self.__dict__.get("_engine_state_")
        if state is None:
            state = self.__dict__.setdefault("_engine_state_", _EngineState(self.concurrency))
        return state

    def settings_changed(self, names: tuple[str, ...]) -> None:
        """The engine is made anew from changed settings at its next use."""
        self.close()

    def close(self) -> None:
        """Unload the engine; calls that are under way end with Cancelled. It is loaded again when next needed."""
        state = self._engine_state
        state.stop_calls()
        with state.lock:
            engine, state.engine = state.engine, None
        if engine is not None:
            self.unload(engine)

    @property
    def loaded(self) -> bool:
        """Whether the engine is in memory."""
        return self._engine_state.engine is not None

    # --- the modalities ---

    def run_image(self, request: ImageRequest, token: CancelToken) -> Run[ImageResult]:
        """Make or edit images."""
        raise self.unsupported("images")

    def run_transcription(self, request: TranscriptionRequest, token: CancelToken) -> Run[TranscriptionResult]:
        """Transcribe."""
        raise self.unsupported("transcription")

    def run_speech(self, request: SpeechRequest, token: CancelToken) -> Run[SpeechResult]:
        """Speak."""
        raise self.unsupported("speech")

    def run_video(self, request: VideoRequest, token: CancelToken) -> Run[VideoResult]:
        """Make a film."""
        raise self.unsupported("video")

    def run_music(self, request: MusicRequest, token: CancelToken) -> Run[MusicResult]:
        """Make music."""
        raise self.unsupported("music")

    def run_chat(self, request: ChatRequest, token: CancelToken) -> Generator[StreamPart, None, None]:
        """Answer, in stream parts."""
        raise self.unsupported("chat")

    def run_embedding(self, request: EmbeddingRequest, token: CancelToken) -> Run[EmbeddingResult]:
        """Embed texts."""
        raise self.unsupported("embeddings")

    def run_tokenize(self, text: str) -> list[int]:
        """The tokens of a text."""
        raise self.unsupported("tokenize")

    def run_detokenize(self, tokens: list[int]) -> str:
        """The text of tokens."""
        raise self.unsupported("detokenize")

    def run_token_count(self, text: str) -> int:
        """How many tokens a text has."""
        return len(self.run_tokenize(text))

    def run_models(self) -> list[ModelInfo]:
        """The models."""
        raise self.unsupported("a list of models")

    def run_voices(self) -> list[Voice]:
        """The voices."""
        raise self.unsupported("a list of voices")

    # --- flows over them ---

    def _work(self, start: Callable[[CancelToken], Generator[Any, None, Result]]) -> Work[Any, Result]:
        return Work(lambda token: self._guarded(start, token))

    def _guarded(
        self, start: Callable[[CancelToken], Generator[Any, None, Result]], token: CancelToken
    ) -> Generator[Any, None, Result]:
        """Wait for a place, check for cancellation at every step, and give every failure a name."""
        state = self._engine_state
        while not state.places.acquire(timeout=0.05):
            token.check()
        try:
            state.tokens.add(token)
            generator = start(token)
            try:
                while True:
                    token.check()
                    try:
                        with state.step():
                            item = next(generator)
                    except StopIteration as stop:
                        result: Result = stop.value
                        return result
                    yield item
            finally:
                generator.close()
        except (errors.LollmsError, GeneratorExit):
            raise
        except ImportError as error:
            raise self._missing(error) from error
        except MemoryError as error:
            raise errors.EngineFailed(f"{self.binding_name}: there is not enough memory for this") from error
        except Exception as error:
            text = redact(str(error)) or "no explanation"
            raise errors.EngineFailed(
                f"{self.binding_name} failed: {type(error).__name__}: {text}", binding=self.binding_name
            ) from error
        finally:
            state.tokens.discard(token)
            state.places.release()

    async def image_flow(self, request: ImageRequest) -> ImageResult:
        """Make or edit images."""
        return await run_work(self._work(lambda token: self.run_image(request, token)))

    async def transcription_flow(self, request: TranscriptionRequest) -> TranscriptionResult:
        """Transcribe."""
        return await run_work(self._work(lambda token: self.run_transcription(request, token)))

    async def speech_flow(self, request: SpeechRequest) -> SpeechResult:
        """Speak."""
        return await run_work(self._work(lambda token: self.run_speech(request, token)))

    async def video_flow(self, request: VideoRequest) -> VideoResult:
        """Make a film."""
        return await run_work(self._work(lambda token: self.run_video(request, token)))

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make music."""
        return await run_work(self._work(lambda token: self.run_music(request, token)))

    async def embedding_flow(self, request: EmbeddingRequest) -> EmbeddingResult:
        """Embed texts."""
        return await run_work(self._work(lambda token: self.run_embedding(request, token)))

    async def chat_flow(self, request: ChatRequest) -> AsyncGenerator[list[StreamPart], None]:
        """Answer, in lists of stream parts."""
        work: Work[StreamPart, None] = self._work(lambda token: self.run_chat(request, token))
        finished = False
        try:
            while not finished:
                steps = await Advance(work)
                finished = steps.done
                parts = [item for item in steps.items if not isinstance(item, Progress)]
                for item in steps.items:
                    if isinstance(item, Progress):
                        await Report(item)
                if parts:
                    yield parts
        finally:
            if not finished:
                await Abandon(work)

    async def models_flow(self) -> list[ModelInfo]:
        """The models."""
        return await self._run(self.run_models)

    async def voices_flow(self) -> list[Voice]:
        """The voices."""
        return await self._run(self.run_voices)

    async def token_count_flow(self, text: str) -> int:
        """How many tokens a text has."""
        return await self._run(self.run_token_count, text)

    def tokenize(self, text: str) -> list[Any]:
        """The tokens of a text."""
        return self.run_tokenize(text)

    def detokenize(self, tokens: list[Any]) -> str:
        """The text of tokens."""
        return self.run_detokenize(tokens)

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has."""
        return self.run_token_count(text)

    async def _run(self, function: Callable[..., Result], *arguments: Any) -> Result:
        def start(token: CancelToken) -> Generator[Any, None, Result]:
            yield from ()
            return function(*arguments)

        return await run_work(self._work(start))


class _EngineState:
    def __init__(self, concurrency: int) -> None:
        self.lock = threading.RLock()
        self.engine: Any = None
        self.places = threading.BoundedSemaphore(concurrency)
        self.tokens: set[CancelToken] = set()  # of the calls under way
        self._steps = threading.Condition()
        self._running = 0  # calls that are inside the engine at this moment

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """While the engine works for a call."""
        with self._steps:
            self._running += 1
        try:
            yield
        finally:
            with self._steps:
                self._running -= 1
                self._steps.notify_all()

    def stop_calls(self) -> None:
        """Cancel the calls under way, and wait until none is inside the engine."""
        for token in list(self.tokens):
            token.cancel("the engine is being closed")
        with self._steps:
            self._steps.wait_for(lambda: self._running == 0, timeout=_LONGEST_STEP)

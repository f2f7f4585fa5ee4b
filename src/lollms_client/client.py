"""LollmsClient: every modality for blocking callers; typed results, errors raised, streams that can be closed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, cast

from lollms_client import client_flows as flows
from lollms_client.binding import LollmsBinding
from lollms_client.client_core import (
    ClientArguments,
    ClientCore,
    alone,
    is_discussion,
    last_answer,
    listed,
    split_options,
)
from lollms_client.drivers.shared import blocking_driver
from lollms_client.jobs import JobRequests
from lollms_client.streams import ChatStream, MediaStream, kept_warnings
from lollms_client.types.accounting import TokenCount
from lollms_client.types.catalogue import ModelInfo, Voice
from lollms_client.types.chat import ChatResult
from lollms_client.types.embedding import EmbeddingResult
from lollms_client.types.image import ImageResult
from lollms_client.types.job import JobHandle, JobStatus
from lollms_client.types.message import Message
from lollms_client.types.music import MusicResult
from lollms_client.types.speech import SpeechResult
from lollms_client.types.transcription import TranscriptionResult
from lollms_client.types.video import VideoResult

Result = TypeVar("Result")


if TYPE_CHECKING:
    from lollms_client.compatibility.application.argument_types import (  # type: ignore[import-not-found, unused-ignore]
        PublicArguments as _Arguments,
    )
    from lollms_client.compatibility.application.public_methods import (  # type: ignore[import-not-found, unused-ignore]
        PublicMethods as _Added,
    )
else:
    _Added = object  # what an extension adds is found when it is first asked for


class LollmsClient(ClientCore, _Added):
    """Any model, in six modalities.

    `client.llm`, `.tti`, `.stt`, `.tts`, `.ttv` and `.ttm` are the bindings with their documented methods. The methods
    of the client itself are typed, raise errors of `lollms_client.errors`, and take `timeout=` (seconds), `cancel=`
    (a CancelToken) and `on_progress=` besides what the binding offers. Safe to use from several threads.
    """

    def __init__(self, *binding_names: str, **arguments: Unpack[_Arguments]) -> None:
        super().__init__(*binding_names, **cast("ClientArguments", arguments))
        self.jobs = Jobs(self)

    def _call(
        self, flow: Callable[..., Coroutine[Any, Any, Result]], binding_type: str, given: dict[str, Any], *content: Any
    ) -> Result:
        options = split_options(given)
        return self._run(self.binding(binding_type), lambda made: flow(made, given, *content), options)

    def _run(self, binding: LollmsBinding, flow: Callable[[Any], Coroutine[Any, Any, Result]], options: Any) -> Result:
        context = self._context(binding, options)
        return blocking_driver(binding.transport_name).run(flow(binding), context)

    # --- language ---

    def chat(self, messages: Any = None, user_message: str | Message | None = None, **options: Any) -> ChatResult:
        """Answer a text, a list of messages or a discussion.

        Options: model, max_tokens, temperature, top_p, top_k, seed, stop, tools, tool_choice, response_format,
        reasoning_effort, logprobs, count … and the binding's own parameters.

        A LollmsDiscussion gets what the user says (`user_message` or `prompt`) and the answer, stored as it
        comes. `images`, `streaming_callback`, `approve` and the other settings of `LollmsDiscussion.chat` are taken
        too. The last answer is returned, with the warnings of the whole exchange.
        """
        messages = options.pop("discussion", messages)
        if is_discussion(messages):
            said = options.pop("prompt", user_message)
            return last_answer(messages.chat(said, client=self, **options))
        return self._call(flows.chat, "llm", options, alone(messages, user_message))

    def stream_chat(self, messages: Any, **options: Any) -> ChatStream:
        """The same answer, part by part as it is made. Use it in a `with` block, or close it, to stop early.

        A discussion is read and left as it is: `chat` keeps the answer.
        """
        call = split_options(options)
        llm: Any = self.binding("llm")
        request = llm.chat_request(messages, options)
        driver = blocking_driver(llm.transport_name)
        return ChatStream(driver.iterate(llm.chat_flow(request), self._context(llm, call)))

    def embed(self, texts: str | Sequence[str], **options: Any) -> EmbeddingResult:
        """One vector for each text."""
        return self._call(flows.embed, "llm", options, texts)

    def count_tokens(self, text: str, **options: Any) -> TokenCount:
        """How many tokens a text has for the model; `.estimated` tells where nothing could count them exactly."""
        return self._call(flows.count_tokens, "llm", options, text)

    # --- images ---

    def image(self, prompt: str, **options: Any) -> ImageResult:
        """Make images. Options: negative_prompt, width, height, count, seed, steps, style … and the binding's own."""
        return self._call(flows.image, "tti", options, prompt)

    def edit_image(self, images: Any, prompt: str, mask: Any = None, **options: Any) -> ImageResult:
        """Change images (bytes, paths, base64), with `mask` only where it is white."""
        return self._call(flows.edit_image, "tti", options, images, prompt, mask)

    # --- sound ---

    def transcribe(self, audio: Any, **options: Any) -> TranscriptionResult:
        """Write down what is spoken (bytes or a path). Options: language, prompt, words, speakers, translate …"""
        return self._call(flows.transcribe, "stt", options, audio)

    def speech(self, text: str, **options: Any) -> SpeechResult:
        """Speak a text. Options: voice, language, speed, pitch, volume, output_format, timings …"""
        return self._call(flows.speech, "tts", options, text)

    def stream_speech(self, text: str, **options: Any) -> MediaStream:
        """Speak, and give the sound piece by piece; `warnings` of the stream says what could not be honoured."""
        call = split_options(options)
        tts: Any = self.binding("tts")
        driver = blocking_driver(tts.transport_name)
        flow = listed(tts.speech_stream_flow(tts.speech_request(text, options)))
        context = self._context(tts, call)
        warnings = kept_warnings(context)
        return MediaStream(driver.iterate(flow, context), warnings)

    def voices(self, **options: Any) -> list[Voice]:
        """The voices of the text-to-speech binding."""
        return self._call(flows.voices, "tts", options)

    def music(self, prompt: str, **options: Any) -> MusicResult:
        """Make music. Options: seconds, genre, mood, tempo, key, instruments, lyrics, seed, output_format …"""
        return self._call(flows.music, "ttm", options, prompt)

    # --- film ---

    def video(self, prompt: str, **options: Any) -> VideoResult:
        """Make a film. Options: seconds, width, height, fps, seed, image, sound …"""
        return self._call(flows.video, "ttv", options, prompt)

    # --- catalogue ---

    def models(self, binding_type: str = "llm", **options: Any) -> list[ModelInfo]:
        """The models of a modality's binding."""
        return self._call(flows.models, binding_type, options)

    # --- end ---

    def close(self) -> None:
        """Unload the engines and give back what the bindings hold. The client stays usable."""
        self._close_bindings()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Jobs(JobRequests[LollmsClient]):
    """Long work in steps: submit, keep the handle (plain JSON), look at it, collect the result, from any process."""

    def submit(self, method: str, *content: Any, **options: Any) -> JobHandle:
        """Start a job: `method` is image, edit_image, transcription, speech, video or music; then as for that call."""
        call = split_options(options)
        binding, request = self.request(method, content, options)
        handle: JobHandle = self.client._run(binding, lambda b: b.submit(request), call)
        return handle

    def check(self, handle: JobHandle | str | dict[str, Any], **options: Any) -> JobStatus:
        """How a job stands."""
        known = self.handle(handle)
        status: JobStatus = self.client._run(
            self.client.job_binding(known), lambda b: b.check(known), split_options(options)
        )
        return status

    def collect(self, handle: JobHandle | str | dict[str, Any], **options: Any) -> Any:
        """The result of a job, waiting for it if it is not done yet."""
        known = self.handle(handle)

        async def flow(binding: Any) -> Any:
            return await binding.collect(await binding.wait_for(known))

        return self.client._run(self.client.job_binding(known), flow, split_options(options))

    def cancel(self, handle: JobHandle | str | dict[str, Any], **options: Any) -> None:
        """Stop a job at the service."""
        known = self.handle(handle)
        self.client._run(self.client.job_binding(known), lambda b: b.cancel_job(known), split_options(options))


__all__ = ["Jobs", "LollmsClient"]

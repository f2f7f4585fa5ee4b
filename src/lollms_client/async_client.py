"""AsyncLollmsClient: the same names as LollmsClient, for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

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
from lollms_client.drivers.asynchronous import AsyncDriver
from lollms_client.jobs import JobRequests
from lollms_client.streams import AsyncChatStream, AsyncMediaStream, kept_warnings
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


class AsyncLollmsClient(ClientCore):
    """Any model, in six modalities, for asyncio.

    Every method of LollmsClient stands here under the same name, to be awaited; `stream_chat` and `stream_speech` give
    streams for `async for`. Cancelling the task ends the call at the service. Use it in `async with`, or call `close`.
    """

    def __init__(self, *binding_names: str, **arguments: Unpack[ClientArguments]) -> None:
        super().__init__(*binding_names, **arguments)
        self.jobs = AsyncJobs(self)
        self._drivers: dict[str, AsyncDriver] = {}

    def _driver(self, name: str) -> AsyncDriver:
        return self._drivers.setdefault(name, AsyncDriver(name))

    async def _call(
        self, flow: Callable[..., Coroutine[Any, Any, Result]], binding_type: str, given: dict[str, Any], *content: Any
    ) -> Result:
        options = split_options(given)
        binding = await self._binding(binding_type)
        return await self._run(binding, lambda made: flow(made, given, *content), options)

    async def _run(
        self, binding: LollmsBinding, flow: Callable[[Any], Coroutine[Any, Any, Result]], options: Any
    ) -> Result:
        context = self._context(binding, options)
        return await self._driver(binding.transport_name).run(flow(binding), context)

    async def _binding(self, binding_type: str) -> LollmsBinding:
        """The binding, made in a thread where its constructor may take its time."""
        made = self._bindings.get(binding_type)
        return made if made is not None else await asyncio.to_thread(self.binding, binding_type)

    # --- language ---

    async def chat(self, messages: Any = None, user_message: str | Message | None = None, **options: Any) -> ChatResult:
        """Answer a text, a list of messages or a discussion.

        Options: model, max_tokens, temperature, top_p, top_k, seed, stop, tools, tool_choice, response_format,
        reasoning_effort, logprobs, count … and the binding's own parameters.

        A LollmsDiscussion gets what the user says (`user_message` or `prompt`) and the answer, stored as it
        comes. `images`, `streaming_callback`, `approve` and the other settings of `LollmsDiscussion.achat` are taken
        too. The last answer is returned, with the warnings of the whole exchange.
        """
        messages = options.pop("discussion", messages)
        if is_discussion(messages):
            await self._binding("llm")
            said = options.pop("prompt", user_message)
            return last_answer(await messages.achat(said, client=self, **options))
        return await self._call(flows.chat, "llm", options, alone(messages, user_message))

    def stream_chat(self, messages: Any, **options: Any) -> AsyncChatStream:
        """The same answer, part by part as it is made. Use it in a `with` block, or close it, to stop early.

        A discussion is read and left as it is: `chat` keeps the answer.
        """
        call = split_options(options)
        llm: Any = self.binding("llm")
        request = llm.chat_request(messages, options)
        driver = self._driver(llm.transport_name)
        return AsyncChatStream(driver.iterate(llm.chat_flow(request), self._context(llm, call)))

    async def embed(self, texts: str | Sequence[str], **options: Any) -> EmbeddingResult:
        """One vector for each text."""
        return await self._call(flows.embed, "llm", options, texts)

    async def count_tokens(self, text: str, **options: Any) -> TokenCount:
        """How many tokens a text has for the model; `.estimated` tells where nothing could count them exactly."""
        return await self._call(flows.count_tokens, "llm", options, text)

    # --- images ---

    async def image(self, prompt: str, **options: Any) -> ImageResult:
        """Make images. Options: negative_prompt, width, height, count, seed, steps, style … and the binding's own."""
        return await self._call(flows.image, "tti", options, prompt)

    async def edit_image(self, images: Any, prompt: str, mask: Any = None, **options: Any) -> ImageResult:
        """Change images (bytes, paths, base64), with `mask` only where it is white."""
        return await self._call(flows.edit_image, "tti", options, images, prompt, mask)

    # --- sound ---

    async def transcribe(self, audio: Any, **options: Any) -> TranscriptionResult:
        """Write down what is spoken (bytes or a path). Options: language, prompt, words, speakers, translate …"""
        return await self._call(flows.transcribe, "stt", options, audio)

    async def speech(self, text: str, **options: Any) -> SpeechResult:
        """Speak a text. Options: voice, language, speed, pitch, volume, output_format, timings …"""
        return await self._call(flows.speech, "tts", options, text)

    def stream_speech(self, text: str, **options: Any) -> AsyncMediaStream:
        """Speak, and give the sound piece by piece; `warnings` of the stream says what could not be honoured."""
        call = split_options(options)
        tts: Any = self.binding("tts")
        driver = self._driver(tts.transport_name)
        flow = listed(tts.speech_stream_flow(tts.speech_request(text, options)))
        context = self._context(tts, call)
        warnings = kept_warnings(context)
        return AsyncMediaStream(driver.iterate(flow, context), warnings)

    async def voices(self, **options: Any) -> list[Voice]:
        """The voices of the text-to-speech binding."""
        return await self._call(flows.voices, "tts", options)

    async def music(self, prompt: str, **options: Any) -> MusicResult:
        """Make music. Options: seconds, genre, mood, tempo, key, instruments, lyrics, seed, output_format …"""
        return await self._call(flows.music, "ttm", options, prompt)

    # --- film ---

    async def video(self, prompt: str, **options: Any) -> VideoResult:
        """Make a film. Options: seconds, width, height, fps, seed, image, sound …"""
        return await self._call(flows.video, "ttv", options, prompt)

    # --- catalogue ---

    async def models(self, binding_type: str = "llm", **options: Any) -> list[ModelInfo]:
        """The models of a modality's binding."""
        return await self._call(flows.models, binding_type, options)

    # --- end ---

    async def close(self) -> None:
        """Unload the engines and close the connections. The client stays usable."""
        self._close_bindings()
        for driver in self._drivers.values():
            await driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class AsyncJobs(JobRequests[AsyncLollmsClient]):
    """Long work in steps: submit, keep the handle (plain JSON), look at it, collect the result, from any process."""

    async def submit(self, method: str, *content: Any, **options: Any) -> JobHandle:
        """Start a job: `method` is image, edit_image, transcription, speech, video or music; then as for that call."""
        call = split_options(options)
        binding, request = self.request(method, content, options)
        handle: JobHandle = await self.client._run(binding, lambda b: b.submit(request), call)
        return handle

    async def check(self, handle: JobHandle | str | dict[str, Any], **options: Any) -> JobStatus:
        """How a job stands."""
        known = self.handle(handle)
        status: JobStatus = await self.client._run(
            self.client.job_binding(known), lambda b: b.check(known), split_options(options)
        )
        return status

    async def collect(self, handle: JobHandle | str | dict[str, Any], **options: Any) -> Any:
        """The result of a job, waiting for it if it is not done yet."""
        known = self.handle(handle)

        async def flow(binding: Any) -> Any:
            return await binding.collect(await binding.wait_for(known))

        return await self.client._run(self.client.job_binding(known), flow, split_options(options))

    async def cancel(self, handle: JobHandle | str | dict[str, Any], **options: Any) -> None:
        """Stop a job at the service."""
        known = self.handle(handle)
        await self.client._run(self.client.job_binding(known), lambda b: b.cancel_job(known), split_options(options))


__all__ = ["AsyncJobs", "AsyncLollmsClient"]

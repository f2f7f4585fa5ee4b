"""Each typed call as a flow: from a binding and keyword arguments to the coroutine that a driver runs."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec

from lollms_client.errors import BadSetting
from lollms_client.types.accounting import TokenCount
from lollms_client.types.catalogue import ModelInfo, Voice
from lollms_client.types.chat import ChatResult
from lollms_client.types.embedding import EmbeddingResult
from lollms_client.types.image import ImageResult
from lollms_client.types.music import MusicResult
from lollms_client.types.speech import SpeechResult
from lollms_client.types.transcription import TranscriptionResult
from lollms_client.types.video import VideoResult

Given = dict[str, Any]


def chat(llm: Any, given: Given, messages: Any) -> Coroutine[Any, Any, ChatResult]:
    """The whole answer."""
    flow: Coroutine[Any, Any, ChatResult] = llm.chat_result_flow(llm.chat_request(messages, given))
    return flow


async def embed(llm: Any, given: Given, texts: str | Sequence[str]) -> EmbeddingResult:
    """Vectors; those of a single text know that they are."""
    result: EmbeddingResult = await llm.embedding_flow(llm.embedding_request(texts, given))
    return msgspec.structs.replace(result, of_one=True) if isinstance(texts, str) else result


async def count_tokens(llm: Any, given: Given, text: str) -> TokenCount:
    """A number of tokens, which says whether it is an estimate."""
    _nothing_else(given, "count_tokens")
    if not isinstance(text, str):
        raise BadSetting(f"count_tokens needs a text, not {type(text).__name__}", setting="text")
    found = await llm.token_count_flow(text)
    return found if isinstance(found, TokenCount) else TokenCount(found)


def image(tti: Any, given: Given, prompt: str) -> Coroutine[Any, Any, ImageResult]:
    """New images."""
    request = tti.image_request("generate_image", {**given, "prompt": prompt})
    flow: Coroutine[Any, Any, ImageResult] = tti.image_flow(request)
    return flow


def edit_image(tti: Any, given: Given, images: Any, prompt: str, mask: Any) -> Coroutine[Any, Any, ImageResult]:
    """Changed images."""
    request = tti.image_request("edit_image", {**given, "images": images, "prompt": prompt, "mask": mask})
    flow: Coroutine[Any, Any, ImageResult] = tti.image_flow(request)
    return flow


def transcribe(stt: Any, given: Given, audio: Any) -> Coroutine[Any, Any, TranscriptionResult]:
    """What is spoken."""
    flow: Coroutine[Any, Any, TranscriptionResult] = stt.transcription_flow(stt.transcription_request(audio, given))
    return flow


def speech(tts: Any, given: Given, text: str) -> Coroutine[Any, Any, SpeechResult]:
    """A spoken text."""
    flow: Coroutine[Any, Any, SpeechResult] = tts.speech_flow(tts.speech_request(text, given))
    return flow


def voices(tts: Any, given: Given) -> Coroutine[Any, Any, list[Voice]]:
    """The voices."""
    _nothing_else(given, "voices")
    flow: Coroutine[Any, Any, list[Voice]] = tts.voices_flow()
    return flow


def music(ttm: Any, given: Given, prompt: str) -> Coroutine[Any, Any, MusicResult]:
    """Music."""
    flow: Coroutine[Any, Any, MusicResult] = ttm.music_flow(ttm.music_request(prompt, given))
    return flow


def video(ttv: Any, given: Given, prompt: str) -> Coroutine[Any, Any, VideoResult]:
    """A film."""
    flow: Coroutine[Any, Any, VideoResult] = ttv.video_flow(ttv.video_request(prompt, given))
    return flow


def models(binding: Any, given: Given) -> Coroutine[Any, Any, list[ModelInfo]]:
    """The models."""
    _nothing_else(given, "models")
    flow: Coroutine[Any, Any, list[ModelInfo]] = binding.models_flow()
    return flow


def _nothing_else(given: Given, call: str) -> None:
    """Raise BadSetting for options of a call that has none but those of every call."""
    for name in given:
        raise BadSetting(f"{call} has no option {name!r}; it takes timeout, cancel and on_progress", setting=name)

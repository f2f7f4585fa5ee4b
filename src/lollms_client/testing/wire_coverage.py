"""Which methods and capabilities of a binding no wire case tries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from lollms_client.manifest import Manifest
from lollms_client.testing.cases import UNSET, Case, CaseSet


class Method(NamedTuple):
    """Something that a binding may offer: what promises it, and the calls that try it."""

    name: str
    capabilities: frozenset[str]
    documented: frozenset[str]
    calls: tuple[str, ...]


def _method(name: str, capabilities: str, documented: str, calls: str) -> Method:
    return Method(name, frozenset(capabilities.split()), frozenset(documented.split()), tuple(calls.split()))


_MODELS = _method("list_models", "models", "list_models listModels", "models list_models listModels")
METHODS: dict[str, tuple[Method, ...]] = {
    "llm": (
        _method(
            "chat", "chat generate completion", "chat generate_text generate_from_messages",
            "chat stream_chat generate_text generate_from_messages",
        ),
        _method("stream_chat", "stream", "", "stream_chat"),
        _method("embed", "embed", "embed", "embed"),
        _MODELS,
    ),
    "tti": (
        _method("generate_image", "generate", "generate_image", "image generate_image"),
        _method("edit_image", "edit inpaint", "edit_image", "edit_image"),
        _MODELS,
    ),
    "stt": (_method("transcribe_audio", "transcribe", "transcribe_audio", "transcribe transcribe_audio"), _MODELS),
    "tts": (
        _method("generate_audio", "speech", "generate_audio", "speech generate_audio stream_speech"),
        _method("stream_speech", "stream", "", "stream_speech"),
        _method("list_voices", "voices", "list_voices", "voices list_voices"),
        _MODELS,
    ),
    "ttv": (_method("generate_video", "generate", "generate_video", "video generate_video"), _MODELS),
    "ttm": (_method("generate_music", "generate", "generate_music", "music generate_music"), _MODELS),
}  # fmt: skip


def missing_methods(binding_type: str, manifest: Manifest, own: Collection[str], cases: CaseSet) -> Iterator[str]:
    """The methods that the manifest promises, or that the class defines itself (`own`), and no case calls."""
    promised = set(manifest.capabilities)
    called = {placed.case.call for placed in cases.cases if placed.case.error is None}
    refused = {placed.case.call for placed in cases.cases if (placed.case.error or {}).get("code") == "unsupported"}
    called |= refused if not promised else set()
    for method in METHODS[binding_type]:
        offered = promised & method.capabilities or (set(own) & method.documented and not promised)
        if offered and not called & set(method.calls):
            yield f"{method.name}: no case calls {' or '.join(method.calls)} and states its result"


def missing_capabilities(manifest: Manifest, cases: CaseSet) -> Iterator[str]:
    """The capabilities that no case uses, of those of which a case can tell."""
    for name in manifest.capabilities:
        shown = SHOWN.get(name)
        if shown is not None and not any(shown(placed.case) for placed in cases.cases):
            yield f"{name}: no case uses it"


def _argument(*names: str) -> Callable[[Case], bool]:
    return lambda case: any(name in case.arguments for name in names)


def _mentions(*words: str) -> Callable[[Case], bool]:
    """A case with one of these keys, or one of these beginnings of a text, anywhere in its arguments."""
    return lambda case: any(_is_in(case.arguments, word) for word in words)


def _is_in(value: Any, word: str) -> bool:
    if isinstance(value, Mapping):
        return any(name == word or _is_in(item, word) for name, item in value.items())
    if isinstance(value, list):
        return any(_is_in(item, word) for item in value)
    return isinstance(value, str) and (value == word or f":{word} " in value)


def _format(kind: str) -> Callable[[Case], bool]:
    def shown(case: Case) -> bool:
        given = case.arguments.get("response_format")
        if isinstance(given, Mapping) and given.get("type") in ("json_object", "text"):
            return kind == "json" and given["type"] == "json_object"
        return isinstance(given, Mapping) if kind == "json_schema" else given in ("json", "json_object")

    return shown


def _reasons(case: Case) -> bool:
    return "reasoning_effort" in case.arguments or (case.result is not UNSET and _is_in([case.result], "reasoning"))


SHOWN: dict[str, Callable[[Case], bool]] = {
    "system": _mentions("system", "system_prompt"), "tools": _argument("tools"), "json": _format("json"),
    "json_schema": _format("json_schema"), "logprobs": _argument("logprobs"), "seed": _argument("seed"),
    "stop": _argument("stop"), "vision": _mentions("picture", "image_url"), "reasoning": _reasons,
    "audio_input": _mentions("tone", "input_audio"), "image_input": _mentions("picture", "image"),
    "words": _argument("words"), "speakers": _argument("speakers"), "translate": _argument("translate"),
    "inpaint": _argument("mask"), "timings": _argument("timings"), "instructions": _argument("instructions"),
    "lyrics": _argument("lyrics"),
}  # fmt: skip

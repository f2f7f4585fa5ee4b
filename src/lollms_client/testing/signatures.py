"""How a class's documented methods are declared: which are its own, what a caller may give, what the manifest says."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from lollms_client.manifest import Manifest

# the documented methods of each modality, with the arguments that a call always gives
DOCUMENTED: dict[str, dict[str, tuple[str, ...]]] = {
    "llm": {
        "chat": ("discussion",), "generate_text": ("prompt",), "generate_from_messages": ("messages",),
        "tokenize": ("text",), "detokenize": ("tokens",), "count_tokens": ("text",), "embed": ("text",),
    },
    "tti": {"generate_image": ("prompt",), "edit_image": ("images", "prompt")},
    "stt": {"transcribe_audio": ("audio_path",)},
    "tts": {"generate_audio": ("text",), "list_voices": ()},
    "ttv": {"generate_video": ("prompt",)},
    "ttm": {"generate_music": ("prompt",)},
}  # fmt: skip
# one of these must be there
MAIN = {
    "llm": ("chat", "generate_text", "generate_from_messages", "embed"), "tti": ("generate_image", "edit_image"),
    "stt": ("transcribe_audio",), "tts": ("generate_audio",), "ttv": ("generate_video",), "ttm": ("generate_music",),
}  # fmt: skip
_FLOWS = {
    "llm": ("chat_flow", "embedding_flow", "run_chat", "run_embedding"),
    "tti": ("image_flow", "run_image", "submit_image"), "stt": ("transcription_flow", "run_transcription"),
    "tts": ("speech_flow", "speech_stream_flow", "run_speech"), "ttv": ("video_flow", "run_video"),
    "ttm": ("music_flow", "run_music"),
}  # fmt: skip
_COMMON = {"list_models": (), "listModels": (), "get_settings": (), "set_settings": ("settings",)}
# documented keywords that need not stand in a manifest
_ALWAYS = {
    "self", "discussion", "prompt", "messages", "text", "tokens", "images", "mask", "audio_path", "branch_tip_id",
    "streaming_callback", "callback", "system_prompt", "kwargs", "args",
}  # fmt: skip


def own_methods(kind: type, binding_type: str) -> list[str]:
    """The documented methods that the class (or a class between it and the base) defines itself.

    For a class in flows, the flows that it defines.
    """
    names = (*DOCUMENTED[binding_type], *_COMMON)
    found = [name for name in names if _is_own(kind, name)]
    if getattr(kind, "speaks_flows", False):
        found += [name for name in dir(kind) if name.endswith("_flow") or name.startswith(("run_", "submit"))]
        found = [name for name in found if _is_own(kind, name)]
        if any(name in found for name in _FLOWS[binding_type]) or any("submit" in name for name in found):
            found += MAIN[binding_type][:1]
    return found


def _is_own(kind: type, name: str) -> bool:
    owner = next((item for item in kind.__mro__ if name in vars(item)), None)
    return owner is not None and not _is_base(owner)


def _is_base(kind: type) -> bool:
    return kind.__module__.startswith("lollms_client.lollms_") or kind.__module__ in (
        "lollms_client.binding", "lollms_client.families.http", "lollms_client.families.engine",
        "lollms_client.families.jobs", "builtins",
    )  # fmt: skip


def faults(kind: type, binding_type: str) -> Iterator[str]:
    """How documented methods cannot be called as documented."""
    for name, arguments in {**DOCUMENTED[binding_type], **_COMMON}.items():
        if not _is_own(kind, name):
            continue
        method = inspect.getattr_static(kind, name)
        if not inspect.isfunction(inspect.unwrap(method) if callable(method) else method):
            yield f"{name} is no ordinary method"
            continue
        plain = inspect.unwrap(method)
        if inspect.iscoroutinefunction(plain):
            yield f"{name} is an `async def`; documented methods are plain functions"
        elif inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain):
            yield f"{name} is a generator; documented methods return their result"
        else:
            yield from _call_faults(name, plain, arguments)


def _call_faults(name: str, method: Any, arguments: tuple[str, ...]) -> Iterator[str]:
    signature = inspect.signature(method)
    try:
        signature.bind(None, *arguments)
    except TypeError as error:
        yield f"{name}({', '.join(arguments)}) is not possible: {error}"


def drift(kind: type, manifest: Manifest) -> Iterator[str]:
    """Where the parameters in the manifest and those of the methods differ."""
    for name, parameters in manifest.method_parameters.items():
        method = getattr(kind, name, None)
        if method is None or not parameters or not _is_own(kind, name):
            continue
        taken = inspect.signature(inspect.unwrap(method)).parameters
        described = {parameter.name for parameter in parameters}
        if not any(item.kind is item.VAR_KEYWORD for item in taken.values()):
            for parameter in sorted(described - set(taken)):
                yield f"{name} does not take {parameter!r}, which {name}_parameters describes"
        named = {item for item, facts in taken.items() if facts.kind not in (facts.VAR_KEYWORD, facts.VAR_POSITIONAL)}
        for parameter in sorted(named - described - _ALWAYS):
            yield f"{name} takes {parameter!r}, which {name}_parameters does not describe"

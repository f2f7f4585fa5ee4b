"""The calls that are made while a binding is recorded: those of its own cases, or a few small ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lollms_client.manifest import Manifest
from lollms_client.testing.cases import CaseSet
from lollms_client.testing.wire_coverage import METHODS

SPEECH = Path(__file__).parent / "media" / "turn_left.wav"  # somebody says "turn left"


class RecordedCall(NamedTuple):
    """One call; `folder` is where its files are, `variables` what its places hold."""

    name: str
    call: str
    arguments: dict[str, Any]
    folder: Path
    variables: Mapping[str, Any]


_SMALL: dict[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "llm": (
        ("answers a question", "chat", {"messages": "Say hello in one word."}),
        ("streams an answer", "stream_chat", {"messages": "Count from one to three."}),
        ("embeds a text", "embed", {"texts": "red"}),
        ("lists models", "models", {}),
    ),
    "tti": (("makes an image", "image", {"prompt": "A red square on white"}), ("lists models", "models", {})),
    "stt": (
        ("transcribes speech", "transcribe", {"audio": {"file": SPEECH.name}}), ("lists models", "models", {}),
    ),
    "tts": (
        ("speaks", "speech", {"text": "Good day."}), ("lists voices", "voices", {}), ("lists models", "models", {}),
    ),
    "ttv": (("makes a film", "video", {"prompt": "A red ball rolls"}), ("lists models", "models", {})),
    "ttm": (("makes music", "music", {"prompt": "A short calm tune"}), ("lists models", "models", {})),
}  # fmt: skip


def calls_to_record(binding_type: str, manifest: Manifest, methods: list[str], cases: CaseSet) -> list[RecordedCall]:
    """The calls of the binding's own cases that end well; without any, small ones of what it offers."""
    own = [placed for placed in cases.cases if not placed.of_pack and placed.case.error is None]
    if own:
        by_name = {placed.case.name: placed for placed in own}
        return [RecordedCall(name, p.case.call, p.case.arguments, p.folder, p.variables) for name, p in by_name.items()]
    return list(_small(binding_type, manifest, methods))


def _small(binding_type: str, manifest: Manifest, methods: list[str]) -> Iterator[RecordedCall]:
    offered = {
        call
        for method in METHODS[binding_type]
        if set(manifest.capabilities) & method.capabilities
        or (not manifest.capabilities and set(methods) & method.documented)
        for call in method.calls
    }
    for name, call, arguments in _SMALL[binding_type]:
        if call in offered:
            yield RecordedCall(name, call, arguments, SPEECH.parent, {})

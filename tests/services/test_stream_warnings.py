"""A stream of sound says what a service could not honour, as a whole sound does."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.testing import recording, replaying
from lollms_client.types.accounting import Progress
from tests.services.native_cases import event_stream, events, native

SOUND = CannedReply(chunks=(b"ID3\x04sound",), headers={"Content-Type": "audio/mpeg"})
PIECE = {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": base64.b64encode(b"\0\1" * 100).decode()}}
GEMINI = event_stream(events({"candidates": [{"content": {"parts": [PIECE]}, "finishReason": "STOP"}]}, named=False))
MOCK: Any = {"tts_binding_name": "mock", "tts_binding_config": {"warnings": ["no such thing"], "chunk_size": 1000}}


@pytest.mark.parametrize(
    ("name", "given", "reply", "settings"),
    [
        ("openai", {"pitch": 1.5}, SOUND, ["pitch"]),
        ("deepgram", {"pitch": 1.5}, SOUND, ["pitch"]),
        ("elevenlabs", {"pitch": 1.5, "timings": True}, SOUND, ["pitch", "timings"]),
        ("gemini", {"pitch": 1.5, "timings": True}, GEMINI, ["pitch", "timings"]),
    ],
)
def test_services_tell_what_they_did_not_take(
    name: str, given: dict[str, Any], reply: CannedReply, settings: list[str]
) -> None:
    told: list[Progress] = []
    driver, binding = ScriptedDriver([reply]), native("tts", name)
    flow = binding.speech_stream_flow(binding.speech_request("Hello", given))
    assert b"".join(driver.iterate(flow, driver.context(on_progress=told.append)))
    assert sorted(warning.setting for progress in told for warning in progress.warnings) == settings


@pytest.mark.parametrize("isolation", ["none", "process"])
def test_the_stream_keeps_them(isolation: str) -> None:
    arguments: Any = {**MOCK, "tts_binding_config": {**MOCK["tts_binding_config"], "isolation": isolation}}
    told: list[Progress] = []
    with LollmsClient(**arguments) as client, client.stream_speech("Hello", on_progress=told.append) as stream:
        assert list(stream.warnings) == []
        next(stream)
        assert [warning.detail for warning in stream.warnings] == ["no such thing"]
        stream.read()
    assert [[warning.detail for warning in progress.warnings] for progress in told] == [["no such thing"]]

    async def main() -> list[str]:
        async with AsyncLollmsClient(**arguments) as client, client.stream_speech("Hello") as stream:
            await stream.read()
            return [warning.detail for warning in stream.warnings]

    assert asyncio.run(main()) == ["no such thing"]


def test_a_binding_that_cannot_stream_tells_them_with_its_one_piece() -> None:
    with LollmsClient(tts_binding_name="espeak") as client:
        stream = client.stream_speech("Hello", instructions="sadly")
        assert stream.read()
    assert [warning.setting for warning in stream.warnings] == ["instructions"]


def test_they_are_recorded(tmp_path: Path) -> None:
    details = []
    for mode in (recording, replaying):
        arguments: Any = {"tts_binding_name": "espeak"}
        with mode(tmp_path / "calls.yaml"), LollmsClient(**arguments) as client:
            stream = client.stream_speech("Hello", instructions="sadly")
            assert stream.read()
            details.append([warning.detail for warning in stream.warnings])
    assert details[0] == details[1] != []

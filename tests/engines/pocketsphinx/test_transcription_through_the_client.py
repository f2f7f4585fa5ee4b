"""Transcription through the public client, blocking and async, and through the documented methods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lollms_client import AsyncLollmsClient, LollmsClient
from lollms_client.engines import audio
from lollms_client.errors import BadMedia, BadSetting, Unsupported
from lollms_client.types import Media, Progress

Flite = Callable[[str, str], Media]
TEXT = "please open the door and let the dog into the garden"


@pytest.fixture(scope="module")
def client() -> LollmsClient:
    return LollmsClient(stt_binding_name="pocketsphinx")


def test_the_client_transcribes_bytes_and_paths(client: LollmsClient, flite: Flite, tmp_path: Path) -> None:
    sound = flite(TEXT, "slt")
    seen: list[Progress] = []
    result = client.transcribe(bytes(sound), language="en", on_progress=seen.append)
    assert "open the door" in result.text
    assert len(result.words) > 8
    assert "-->" in result.srt()
    assert (seen[-1].fraction or 0.0) > 0.9
    path = sound.save(tmp_path / "speech.wav")
    stt: Any = client.stt
    assert "open the door" in str(stt.transcribe_audio(str(path)))


def test_the_client_takes_a_grammar(client: LollmsClient, flite: Flite) -> None:
    grammar = "#JSGF V1.0; grammar doors; public <order> = (open | close) the (door | window);"
    assert client.transcribe(flite("open the window", "slt"), grammar=grammar).text == "open the window"
    with pytest.raises(BadSetting, match="line 1 of the grammar"):
        client.transcribe(flite("open the window", "slt"), grammar="#JSGF V1.0; grammar doors; public <order> = ;")


def test_the_client_raises_and_the_documented_method_tells(client: LollmsClient, tmp_path: Path) -> None:
    with pytest.raises(BadMedia):
        client.transcribe(b"this is no sound at all")
    quiet = audio.encode(np.zeros(16_000, np.float32), 16_000)
    with pytest.raises(Unsupported):
        client.transcribe(quiet, language="fr")
    path = tmp_path / "rubbish.wav"
    path.write_bytes(b"this is no sound at all")
    stt: Any = client.stt
    failed = stt.transcribe_audio(str(path))
    assert (failed["status"], failed["code"]) == ("error", "bad_media")


async def _cancelled_task(sound: Media, seen: list[Progress]) -> str:
    listening = asyncio.Event()

    def report(step: Progress) -> None:
        seen.append(step)
        if step.stage == "listening" and (step.fraction or 0.0) > 0.1:
            listening.set()

    async with AsyncLollmsClient(stt_binding_name="pocketsphinx") as client:
        task = asyncio.ensure_future(client.transcribe(sound, on_progress=report))
        await listening.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        quiet = audio.encode(np.zeros(16_000, np.float32), 16_000)
        return (await client.transcribe(quiet)).text


def test_an_async_call_is_cancelled_in_the_middle(flite: Flite) -> None:
    seen: list[Progress] = []
    assert asyncio.run(_cancelled_task(flite(f"{TEXT} and {TEXT}", "slt"), seen)) == ""
    assert (seen[-1].fraction or 0.0) < 0.9

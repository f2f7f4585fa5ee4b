"""Speech through the public client, blocking and async, and through the documented methods."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient
from lollms_client.cancel import CancelToken
from lollms_client.engines import audio
from lollms_client.errors import Cancelled, NotFound
from lollms_client.types import Progress

LONG = "The quick brown fox jumps over the lazy dog and runs away. " * 1_500


@pytest.fixture(scope="module")
def client() -> LollmsClient:
    return LollmsClient(tts_binding_name="espeak")


def test_the_client_speaks(client: LollmsClient) -> None:
    result = client.speech("Hello there", voice="en-us+f3", output_format="mp3", word_gap=0.1)
    assert result.audio.mime_type == "audio/mpeg"
    assert [word.text for word in result.words] == ["Hello", "there"]
    assert audio.duration(result.audio) == pytest.approx(result.seconds, abs=0.05)


def test_the_client_lists_voices(client: LollmsClient) -> None:
    assert {"en-us", "de", "+f3"} <= {voice.name for voice in client.voices()}


def test_the_client_raises_for_an_unknown_voice(client: LollmsClient) -> None:
    with pytest.raises(NotFound, match="near ones"):
        client.speech("Hello", voice="klingonese")


def test_the_documented_methods_give_bytes_names_and_error_dictionaries(client: LollmsClient) -> None:
    tts: Any = client.tts
    spoken = tts.generate_audio("Hello", "de")
    assert isinstance(spoken, bytes)
    assert spoken[:4] == b"RIFF"
    assert "en-us" in tts.list_voices()
    failed = tts.generate_audio("Hello", "klingonese")
    assert failed["status"] == "error"
    assert failed["code"] == "not_found"


def test_progress_is_reported(client: LollmsClient) -> None:
    seen: list[Progress] = []
    client.speech("One. " * 900, on_progress=seen.append)
    fractions = [step.fraction or 0.0 for step in seen]
    assert len(fractions) > 3
    assert fractions == sorted(fractions)


def test_a_blocking_call_is_cancelled_from_another_thread(client: LollmsClient) -> None:
    token = CancelToken()
    timer = threading.Timer(0.2, token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        client.speech(LONG, cancel=token)
    timer.join()


async def _cancelled_task(seen: list[Progress]) -> None:
    started = asyncio.Event()

    def report(step: Progress) -> None:
        seen.append(step)
        started.set()

    async with AsyncLollmsClient(tts_binding_name="espeak") as client:
        task = asyncio.ensure_future(client.speech(LONG, on_progress=report))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ((await client.speech("still there")).seconds or 0.0) > 0.3


def test_an_async_call_is_cancelled_and_the_engine_goes_on() -> None:
    seen: list[Progress] = []
    asyncio.run(_cancelled_task(seen))
    assert (seen[-1].fraction or 0.0) < 0.5

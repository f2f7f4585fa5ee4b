"""Failures, delays, progress and jobs on demand, in every modality and for both kinds of callers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient
from lollms_client.cancel import CancelToken
from lollms_client.cli import main
from lollms_client.drivers.scripted import ScriptedDriver
from lollms_client.errors import (
    BadSetting,
    Cancelled,
    JobExpired,
    JobFailed,
    LollmsError,
    RateLimited,
    TimedOut,
    Unavailable,
)
from lollms_client.families.mock.plan import error_codes
from lollms_client.flow import Timeouts
from lollms_client.testing import check_binding
from lollms_client.types import Progress, TextDelta

KINDS = {
    "llm": ("chat", "Hello"), "tti": ("image", "a kite"), "tts": ("speech", "Hello"),
    "ttv": ("video", "waves"), "ttm": ("music", "a waltz"),
}  # fmt: skip
SMALL: dict[str, dict[str, Any]] = {
    "tti": {"width": 8, "height": 8}, "ttv": {"width": 16, "height": 16, "fps": 4.0},
}  # fmt: skip


def arguments(kind: str, **config: Any) -> dict[str, Any]:
    return {f"{kind}_binding_name": "mock", f"{kind}_binding_config": {**SMALL.get(kind, {}), **config}}


def call(client: Any, kind: str, **options: Any) -> Any:
    method, text = KINDS[kind]
    return getattr(client, method)(text, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_it_fails_at_the_calls_that_are_named(kind: str) -> None:
    client = LollmsClient(**arguments(kind, fail_with="rate_limited", fail_at=[1, 3], retry_after=2.5))
    with pytest.raises(RateLimited) as caught:
        call(client, kind)
    assert caught.value.details["retry_after"] == 2.5
    assert call(client, kind)
    with pytest.raises(RateLimited):
        call(client, kind)
    assert len(client.binding(kind).calls) == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", sorted(error_codes()))
def test_every_error_can_be_had(code: str) -> None:
    client = LollmsClient(**arguments("llm", fail_with=code, fail_message="as planned"))
    with pytest.raises(LollmsError, match="as planned") as caught:
        client.chat("?")
    assert caught.value.code == code


def test_a_rate_of_failures_is_the_same_for_the_same_seed() -> None:
    def ends(seed: int) -> list[bool]:
        client = LollmsClient(**arguments("llm", fail_with="unavailable", fail_rate=0.5, seed=seed))
        found = []
        for _ in range(40):
            try:
                client.chat("?")
                found.append(True)
            except Unavailable:
                found.append(False)
        return found

    assert ends(1) == ends(1) != ends(2)
    assert 8 < sum(ends(1)) < 32


def test_answers_script_failures_too() -> None:
    client = LollmsClient(**arguments("tti", answers=[{"error": "unavailable", "message": "away"}, ""]))
    with pytest.raises(Unavailable, match="away"):
        client.image("a kite")
    assert client.image("a kite").images
    with pytest.raises(BadSetting, match="did you mean 'rate_limited'"):
        LollmsClient(**arguments("llm", answers=[{"error": "rate_limit"}])).chat("?")


def test_a_stream_fails_in_its_middle() -> None:
    client = LollmsClient(**arguments("llm", answers=["a b c d e"], fail_with="unavailable", fail_after_chunks=2))
    stream = client.stream_chat("?")
    with pytest.raises(Unavailable):
        list(stream)
    assert stream.partial.text == "a b"
    spoken = LollmsClient(**arguments("tts", fail_with="unavailable", fail_after_chunks=3, chunk_size=100))
    sound = spoken.stream_speech("Hello")
    assert [len(next(sound)) for _ in range(3)] == [100] * 3
    with pytest.raises(Unavailable):
        next(sound)


def test_delays_are_on_the_drivers_clock() -> None:
    client = LollmsClient(**arguments("llm", answers=["a b c"], latency=600, chunk_latency=60, progress_steps=3))
    llm: Any = client.llm
    driver = ScriptedDriver()
    told: list[Progress] = []
    parts = [
        part
        for batch in driver.iterate(llm.chat_flow(llm.chat_request("?", {})), driver.context(on_progress=told.append))
        for part in batch
    ]
    assert driver.now == 600 + 60 * 4  # three words and the end of the answer
    assert [round(item.fraction or 0, 2) for item in told] == [0.33, 0.67, 1.0]
    assert parts


@pytest.mark.parametrize("kind", KINDS)
def test_time_limits_end_a_slow_mock(kind: str) -> None:
    client = LollmsClient(**arguments(kind, latency=600))
    binding: Any = client.binding(kind)
    driver = ScriptedDriver()
    context = driver.context(timeouts=Timeouts(total=5))
    flow = {"llm": "chat_result", "tti": "image", "tts": "speech", "ttv": "video", "ttm": "music"}[kind]
    request = _request(binding, kind)
    with pytest.raises(TimedOut):
        driver.run(getattr(binding, f"{flow}_flow")(request), context)
    assert driver.now == 5


def _request(binding: Any, kind: str) -> Any:
    if kind == "llm":
        return binding.chat_request("?", {})
    if kind == "tti":
        return binding.image_request("generate_image", {"prompt": "a kite"})
    name = {"tts": "speech", "ttv": "video", "ttm": "music"}[kind]
    return getattr(binding, f"{name}_request")("Hello", {})


def test_a_call_can_be_cancelled_between_chunks_and_before_it_begins() -> None:
    token = CancelToken()
    client = LollmsClient(**arguments("llm", otherwise="words", words=50))
    with client.stream_chat("?", cancel=token) as stream:
        assert [isinstance(next(stream), TextDelta) for _ in range(3)] == [True] * 3
        token.cancel()
        with pytest.raises(Cancelled):
            next(stream)
    with pytest.raises(Cancelled):
        client.chat("?", cancel=token)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "llm"])
def test_jobs_take_steps_and_can_be_gone_on_with_elsewhere(kind: str) -> None:
    client = LollmsClient(**arguments(kind, job_steps=2, job_pause=0))
    method, text = KINDS[kind]
    handle = client.jobs.submit(method, text)
    elsewhere = LollmsClient(**arguments(kind, job_steps=2, job_pause=0))
    status = elsewhere.jobs.check(handle.as_json())
    assert (status.state, elsewhere.jobs.check(status.handle or handle).state) == ("running", "running")
    assert elsewhere.jobs.check(status.handle or handle).state == "done"
    at_once = LollmsClient(**arguments(kind))
    made, usual = elsewhere.jobs.collect(handle), call(at_once, kind)
    for name in ("images", "audio", "video"):
        assert getattr(made, name, None) == getattr(usual, name, None)


def test_jobs_end_as_the_settings_say() -> None:
    ends: dict[str, type[LollmsError]] = {"failed": JobFailed, "cancelled": JobFailed, "vanishes": JobExpired}
    for end, error in ends.items():
        with pytest.raises(error):
            LollmsClient(**arguments("ttv", job_steps=1, job_ends=end, job_pause=0)).video("waves")


def test_a_job_that_never_ends_is_cancelled_when_time_is_up() -> None:
    binding: Any = LollmsClient(**arguments("ttv", job_steps=1, job_ends="never", job_pause=10)).ttv
    driver = ScriptedDriver()
    with pytest.raises(TimedOut):
        driver.run(binding.video_flow(binding.video_request("waves", {})), driver.context(timeouts=Timeouts(total=95)))
    assert len(binding.cancelled_jobs) == 1
    assert 85 <= driver.now <= 100


def test_warnings_on_demand() -> None:
    scripted = ["look here", {"kind": "clamped", "setting": "steps", "detail": "50 instead of 90"}]
    found = LollmsClient(**arguments("tti", warnings=scripted)).image("a kite")
    assert [(item.kind, item.setting, item.detail) for item in found.warnings] == [
        ("other", "mock", "look here"),
        ("clamped", "steps", "50 instead of 90"),
    ]


def test_the_async_client_gets_the_same() -> None:
    async def all_of_it() -> None:
        async with AsyncLollmsClient(**arguments("llm", answers=["one two"])) as client:
            assert (await client.chat("?")).text == "one two"
            async with client.stream_chat("?") as stream:
                assert [text async for text in stream.texts()] == ["one", " two"]
        for kind in ("tti", "tts", "ttv", "ttm"):
            async with AsyncLollmsClient(**arguments(kind, latency=0.001)) as client:
                found = await call(client, kind)
                sync = call(LollmsClient(**arguments(kind)), kind)
                for name in ("images", "audio", "video"):
                    assert getattr(found, name, None) == getattr(sync, name, None)

    asyncio.run(all_of_it())


def test_the_command_line_takes_it_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "Hello", "--binding", "mock", "--set", 'answers=["Good day"]']) == 0
    assert "Good day" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["llm", "tti", "stt", "tts", "ttv", "ttm"])
def test_the_kit_finds_nothing_wrong(kind: str) -> None:
    report = check_binding(f"{kind}.mock", ("manifest", "contract", "errors"))
    assert not report.of("failed"), report.text()
    assert not report.of("advice"), report.text()


def test_no_modality_takes_a_mock_by_itself() -> None:
    client = LollmsClient()
    assert "mock" not in [client.binding_name(kind) for kind in ("llm", "tti", "stt", "tts", "ttv", "ttm")]

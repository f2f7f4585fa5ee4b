"""A binding in a worker process answers as it does in this process: results, streams, warnings, errors, extras."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, LollmsClient, errors
from lollms_client.types import Media, Progress, TokenCount, Usage
from tests.isolation.conftest import KEY

Call = Callable[[LollmsClient], Any]
MESSAGES = [{"role": "user", "content": "echo:hello"}]

SAME: dict[str, Call] = {
    "chat": lambda c: c.chat("echo:hello"),
    "chat of messages": lambda c: c.chat(MESSAGES, temperature=0.5, min_p=0.1),
    "stream": lambda c: list(c.stream_chat("stream:a|b|c")),
    "documented": lambda c: c.llm.generate_text("echo:x", n_predict=3),
    "error dictionary": lambda c: c.llm.generate_text("refuse:"),
    "typed embed": lambda c: c.embed(["a", "bc"]),
    "embed": lambda c: c.llm.embed("abc"),
    "tokens": lambda c: (c.llm.tokenize("ab"), c.llm.detokenize([97, 98]), c.count_tokens("abc")),
    "models": lambda c: (c.models(), c.llm.list_models(), c.llm.listModels()),
    "settings": lambda c: c.llm.get_settings(),
    "image": lambda c: c.image("x", width=16, height=9, seed=4, count=2, style="oil"),
    "image bytes": lambda c: c.tti.generate_image("x", width=3, height=3),
    "image error": lambda c: c.tti.generate_image("fail"),
    "name": lambda c: (c.llm.binding_name, c.llm.binding_type, type(c.llm).__name__, c.tti.speaks_flows),
    "generator": lambda c: list(getattr(c.llm, "count_up")(4)),  # noqa: B009 (a method that the base does not have)
    "function": lambda c: getattr(c.llm, "call_back")(lambda *values: sum(values), 1, 2),  # noqa: B009
    "attribute": lambda c: getattr(c.llm, "size"),  # noqa: B009
}


@pytest.mark.parametrize("name", SAME)
def test_results_are_the_same(name: str, client: LollmsClient, plain_client: LollmsClient) -> None:
    assert SAME[name](client) == SAME[name](plain_client)


FAILING: dict[str, Call] = {
    "foreign error": lambda c: c.chat("raise:go"),
    "foreign error, documented": lambda c: c.llm.generate_text("raise:go"),
    "rate limit": lambda c: c.chat("limit:"),
    "error dictionary": lambda c: c.chat("refuse:"),
    "content": lambda c: c.image("fail"),
    "wrong size": lambda c: c.image("x", width="wide"),
    "unknown setting": lambda c: c.llm.set_settings({"sise": 3}),
    "unknown attribute": lambda c: getattr(c.llm, "nothing_such"),  # noqa: B009
    "no job": lambda c: c.jobs.submit("image", "x"),
    "no voices": lambda c: c.llm.call_back_nothing(),  # type: ignore[attr-defined]
    "exit": lambda c: c.chat("leave:"),
}


@pytest.mark.parametrize("name", FAILING)
def test_errors_are_the_same(name: str, client: LollmsClient, plain_client: LollmsClient) -> None:
    seen = []
    for one in (plain_client, client):
        with pytest.raises(Exception) as caught:  # noqa: PT011 (compared below)
            FAILING[name](one)
        seen.append(caught.value)
    here, there = seen

    assert KEY not in repr(there) + str(there) + repr(there.__cause__) + str(there.__cause__)
    if isinstance(here, errors.LollmsError):
        assert (type(there), there.as_dict()) == (type(here), here.as_dict())  # type: ignore[attr-defined]
    else:
        assert type(there) is type(here)


def test_retry_after_and_details_cross(client: LollmsClient) -> None:
    with pytest.raises(errors.RateLimited) as caught:
        client.chat("limit:")

    assert (caught.value.retryable, caught.value.details["retry_after"]) == (True, 7.5)
    assert "do_limit" in str(caught.value.__cause__)


def test_values_keep_their_types(client: LollmsClient) -> None:
    media = Media(b"\x89PNG\r\n\x1a\n", "image/png")
    values = [media, (1, 2), {3, 4}, Path("/x"), TokenCount(3, estimated=True), 2**70, 1 + 2j, Usage(images=1), b"\0"]
    kinds, back, named = getattr(client.llm, "mirror")(*values, a={1: (2,)}, b=[1.5, None, "é"])  # noqa: B009

    assert list(back) == values
    assert [type(item) for item in back] == [type(item) for item in values]
    assert [type(item).__name__.replace("PosixPath", "Path") for item in values] == [
        kind.replace("PosixPath", "Path").replace("WindowsPath", "Path") for kind in kinds
    ]
    assert back[0].mime_type == "image/png"
    assert back[4].estimated is True
    assert named == {"a": {1: (2,)}, "b": [1.5, None, "é"]}


def test_what_cannot_cross_is_named(client: LollmsClient) -> None:
    with pytest.raises(errors.BadReply, match=r"builtins\.object cannot cross"):
        getattr(client.llm, "foreign")()  # noqa: B009
    with pytest.raises(errors.BadReply, match="cannot cross"):
        getattr(client.llm, "mirror")(object())  # noqa: B009
    assert client.chat("echo:fine").text == "fine"


def test_progress_is_told(client: LollmsClient) -> None:
    told: list[Progress] = []
    client.image("x", on_progress=told.append)

    assert [(round(item.fraction or 0, 2), item.stage) for item in told] == [
        (0.0, "painting"), (0.33, "painting"), (0.67, "painting"),
    ]  # fmt: skip


def test_callbacks_run_here_and_can_stop(client: LollmsClient) -> None:
    told: list[tuple[str, int]] = []

    def listen(text: str, *rest: Any) -> bool:
        told.append((text, threading.get_ident()))
        return len(told) < 2

    assert client.llm.generate_text("stream:a|b|c", streaming_callback=listen) == "ab"
    assert told == [("a", threading.get_ident()), ("b", threading.get_ident())]


def test_a_callback_that_fails_ends_the_call_with_its_own_error(client: LollmsClient) -> None:
    failure = LookupError("mine")

    def listen(text: str, *rest: Any) -> bool:
        raise failure

    with pytest.raises(LookupError) as caught:
        client.llm.generate_text("stream:a|b", streaming_callback=listen)
    assert caught.value is failure


def test_output_is_passed_on_in_order_without_secrets(client: LollmsClient, capfd: pytest.CaptureFixture[str]) -> None:
    client.chat(f"print:{KEY}")

    out, err = capfd.readouterr()
    assert sorted(out.splitlines()) == ["said ***", "said natively"]
    assert err == "complained ***\n"


def test_log_records_reach_this_logging(client: LollmsClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        client.chat("log:")
        client.chat("echo:after")

    assert [record.getMessage() for record in caplog.records if record.name == "acme.rough"] == ["the key is ***"]


def test_nothing_of_this_process_is_disturbed(client: LollmsClient) -> None:
    before = (Path.cwd(), signal.getsignal(signal.SIGINT), dict(os.environ), list(sys.path))

    assert client.llm.generate_text("disturb:") == "MainThread"
    assert (Path.cwd(), signal.getsignal(signal.SIGINT), dict(os.environ), list(sys.path)) == before


def test_many_calls_go_through_one_process(client: LollmsClient) -> None:
    pid = getattr(client.llm, "process_id")  # noqa: B009
    replies: list[str] = []
    threads = [
        threading.Thread(target=lambda number=number: replies.append(client.chat(f"echo:{number}").text))
        for number in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(replies) == sorted(map(str, range(24)))
    assert getattr(client.llm, "process_id") == pid  # noqa: B009


def test_asyncio_gets_the_same_without_a_thread_for_each_call(bindings: Path) -> None:
    async def main() -> tuple[list[str], list[Any], int, bytes]:
        settings = {"isolation": "process"}
        async with AsyncLollmsClient(
            llm_binding_name="rough", llm_binding_config=settings, tti_binding_name="painter",
            tti_binding_config=settings, bindings_dir=bindings,
        ) as client:  # fmt: skip
            await client.chat("echo:first")
            before = threading.active_count()
            calls = [asyncio.create_task(client.chat("sleep:0.2")) for _ in range(10)]
            await asyncio.sleep(0.1)
            more = threading.active_count() - before
            texts = [(await call).text for call in calls]
            parts = [part async for part in client.stream_chat("stream:a|b")]
            with pytest.raises(errors.RateLimited):
                await client.chat("limit:")
            image = (await client.image("x")).image
            return texts, parts, more, image

    texts, parts, more, image = asyncio.run(main())
    assert (texts, more) == (["slept"] * 10, 0)
    assert image[:4] == b"\x89PNG"
    assert parts


def test_settings_are_changed_there_too(make_client: Callable[..., LollmsClient]) -> None:
    client = make_client()
    ask = getattr(client.llm, "what_is_set")  # noqa: B009

    assert ask() == {"size": 0, "key": True}
    assert client.llm.set_settings({"size": 4}) is True
    assert ask() == {"size": 4, "key": True}
    with pytest.raises(errors.BadSetting, match="size"):
        client.llm.set_settings({"size": 1000})
    client.llm.close()
    assert ask() == {"size": 4, "key": True}  # a later process gets what was set
    assert client.llm.get_settings()["size"] == 4

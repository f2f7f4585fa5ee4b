"""Who calls: the main thread with Ctrl-C, many threads, a notebook's running loop, a forked child, a dying task."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Generator
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.cancel import CancelToken
from lollms_client.drivers.asynchronous import AsyncDriver
from lollms_client.drivers.blocking import BlockingDriver
from lollms_client.drivers.context import CallContext
from lollms_client.flow import Timeouts, Work, call, run_work
from lollms_client.types import Progress
from tests.drivers.services import service
from tests.loopback import Line, Received, loopback

_INTERRUPTED = """
    import signal, sys
    from tests.drivers.services import service
    from lollms_client.drivers.blocking import BlockingDriver
    from lollms_client.drivers.context import CallContext
    from lollms_client.types import VideoRequest

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background may have had it ignored
    binding = service(sys.argv[1])
    try:
        BlockingDriver().run(binding.video_flow(VideoRequest(prompt="x")), CallContext())
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers Ctrl-C to a console, which this test has not")
def test_ctrl_c_ends_a_blocked_call_at_once_and_cancels_the_job() -> None:
    asked = threading.Event()

    def handler(line: Line, request: Received) -> None:
        if request.method == "POST":
            line.reply({"id": "j1"})
        elif request.method == "GET":
            asked.set()
            line.wait_closed(30)
        else:
            line.reply({})

    with loopback(handler) as server:
        command = [sys.executable, "-c", textwrap.dedent(_INTERRUPTED), server.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as caller:
            try:
                assert asked.wait(20)
                caller.send_signal(signal.SIGINT)
                assert caller.communicate(timeout=20)[0] == "interrupted\n"
            finally:
                caller.kill()
        assert server.requests[-1].method == "DELETE"


def test_many_threads_share_one_driver() -> None:
    def handler(line: Line, request: Received) -> None:
        line.reply({"path": request.target})

    with loopback(handler) as server:
        binding, driver = service(server.url), BlockingDriver()
        wrong: list[Any] = []

        def work(number: int) -> None:
            for turn in range(20):
                path = f"/{number}-{turn}"
                reply = driver.run(binding.get(path), CallContext())
                if reply["path"] != path:
                    wrong.append((path, reply))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        driver.close()
        assert wrong == []
        assert len(server.requests) == 160
        assert server.connections <= 8


def test_blocking_calls_work_inside_a_running_loop() -> None:
    with loopback(lambda line, request: line.reply({"ok": True})) as server:
        binding = service(server.url)

        async def cell() -> Any:
            return BlockingDriver().run(binding.post("x", {}), CallContext())

        assert asyncio.run(cell()) == {"ok": True}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is of POSIX systems: run this on one")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_takes_connections_of_its_own() -> None:
    with loopback(lambda line, request: line.reply({"ok": True})) as server:
        binding, driver = service(server.url), BlockingDriver()
        driver.run(binding.get("parent"), CallContext())
        child = os.fork()
        if child == 0:
            try:
                reply = driver.run(binding.get("child"), CallContext())
                os._exit(0 if reply == {"ok": True} else 1)
            except BaseException:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert driver.run(binding.get("again"), CallContext()) == {"ok": True}
        assert server.connections == 2
        driver.close()


def test_a_connection_closed_by_the_service_is_not_reused() -> None:
    def handler(line: Line, request: Received) -> str:
        line.reply({"ok": True})
        return "close"

    with loopback(handler) as server:
        binding, driver = service(server.url), BlockingDriver()
        for _ in range(5):
            assert driver.run(binding.post("x", {}), CallContext()) == {"ok": True}
            time.sleep(0.1)  # the service's goodbye arrives
        assert server.connections == 5
        driver.close()


def test_cancelling_the_task_ends_the_call_and_cancels_the_job() -> None:
    def handler(line: Line, request: Received) -> None:
        line.reply({"id": "j1"} if request.method == "POST" else {"state": "running"})

    async def main(url: str) -> None:
        driver, binding = AsyncDriver(), service(url)
        polled = asyncio.Event()
        context = CallContext(on_progress=lambda progress: polled.set())
        task = asyncio.create_task(driver.run(binding.video_flow(binding.video_request("x", {})), context))
        while len(server.requests) < 3:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()
        await driver.close()

    with loopback(handler) as server:
        asyncio.run(main(server.url))
        assert server.requests[-1].method == "DELETE"


def test_one_driver_serves_one_loop_after_another() -> None:
    with loopback(lambda line, request: line.reply({"ok": True})) as server:
        driver, binding = AsyncDriver(), service(server.url)

        async def main() -> None:
            assert await driver.run(binding.get("x"), CallContext()) == {"ok": True}
            await driver.close()

        asyncio.run(main())
        asyncio.run(main())


def test_asyncio_wait_for_works_around_a_call() -> None:
    def handler(line: Line, request: Received) -> str:
        line.wait_closed(30)
        return "close"

    async def main(url: str) -> None:
        driver = AsyncDriver()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(driver.run(service(url).post("x", {}), CallContext()), 0.2)
        await driver.close()

    with loopback(handler) as server:
        asyncio.run(main(server.url))


def _steps(token: CancelToken, made: list[int], ended: threading.Event) -> Generator[Any, None, str]:
    try:
        for number in range(10_000):
            made.append(number)
            yield Progress(fraction=number / 10_000)
            ended.wait(0.005)
        return "done"
    finally:
        ended.set()


@pytest.mark.parametrize("how", ["token", "total"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_engine_work_stops_when_asked(how: str, asynchronous: bool) -> None:
    made: list[int] = []
    ended = threading.Event()
    token = CancelToken()
    work: Work[Any, str] = Work(lambda own: _steps(own, made, ended))
    timeouts = Timeouts(total=0.2 if how == "total" else 60.0)
    context = CallContext(timeouts=timeouts, cancel=token)
    if how == "token":
        threading.Timer(0.2, token.cancel).start()
    flow = run_work(work)
    with pytest.raises(errors.Cancelled if how == "token" else errors.TimedOut):
        _ = asyncio.run(AsyncDriver().run(flow, context)) if asynchronous else BlockingDriver().run(flow, context)
    assert ended.wait(5)
    assert 1 <= len(made) < 5_000


def test_blocking_code_runs_beside_the_loop() -> None:
    async def main() -> None:
        turns = 0
        release = threading.Event()
        running = asyncio.create_task(AsyncDriver().run(run_work(call(release.wait, 10)), CallContext()))
        while turns < 3:
            await asyncio.sleep(0.01)
            turns += 1
        release.set()
        assert await running is True

    asyncio.run(main())


def test_an_error_in_a_worker_reaches_the_caller_as_it_is() -> None:
    def fail() -> None:
        raise errors.EngineFailed("the engine is on fire")

    with pytest.raises(errors.EngineFailed, match="on fire"):
        asyncio.run(AsyncDriver().run(run_work(call(fail)), CallContext()))


def test_a_driver_that_nobody_closed_leaves_no_warning() -> None:
    code = """
        import asyncio, sys, gc
        from tests.drivers.services import service
        from lollms_client.drivers.asynchronous import AsyncDriver
        from lollms_client.drivers.context import CallContext
        async def main():
            print(await AsyncDriver().run(service(sys.argv[1]).get("x"), CallContext()))
        asyncio.run(main()); gc.collect()
    """
    with loopback(lambda line, request: line.reply({"ok": True})) as server:
        command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert (done.stdout, done.stderr) == ("{'ok': True}\n", "")


def test_signals_of_others_do_not_disturb_a_call() -> None:
    if not hasattr(signal, "SIGUSR1"):
        pytest.skip("SIGUSR1 is of POSIX systems: run this on one")
    seen: list[int] = []
    previous = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))

    def handler(line: Line, request: Received) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        line.reply({"ok": True})

    try:
        with loopback(handler) as server:
            assert BlockingDriver().run(service(server.url).post("x", {}), CallContext()) == {"ok": True}
        assert seen
    finally:
        signal.signal(signal.SIGUSR1, previous)


def test_proxies_come_from_the_environment_and_spare_who_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with loopback(lambda line, request: line.reply({"seen": request.target})) as proxy:
        binding = service("http://service.invalid/v1", proxy=None)
        monkeypatch.setenv("http_proxy", f"127.0.0.1:{proxy.port}")
        assert BlockingDriver().run(binding.get("x"), CallContext()) == {"seen": "http://service.invalid/v1/x"}
        monkeypatch.setenv("no_proxy", "service.invalid")
        with pytest.raises(errors.Unavailable):
            BlockingDriver().run(service("http://service.invalid", proxy=None, max_retries=0).get("x"), CallContext())
        assert len(proxy.requests) == 1

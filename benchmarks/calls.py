"""CPU of a call, of a streamed chunk and of 100 tasks at once, beside http.client and the openai SDK, in one run.

Run it with `make bench`, or `python -m benchmarks.calls`. Figures are CPU time of this process; compare the ratios.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS = 1_500
ROUNDS = 5
CHUNKS = 2_000
QUESTION = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def start_server() -> tuple[subprocess.Popen[str], int]:
    """The fake service in a process of its own, so that its CPU is not counted."""
    command = [sys.executable, str(Path(__file__).with_name("server.py")), str(CHUNKS)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, int(server.stdout.readline())


def cpu(function: Callable[[], Any], times: int) -> float:
    """Microseconds of CPU for one call of `function`."""
    function()
    began = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - began) / times * 1e6


def plain_call(port: int) -> Callable[[], Any]:
    """The same call by hand."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def call() -> Any:
        headers = {"Content-Type": "application/json", "Authorization": "Bearer key"}
        connection.request("POST", "/v1/chat/completions", json.dumps(QUESTION), headers)
        return json.loads(connection.getresponse().read())

    return call


def our_binding(port: int) -> Any:
    """A binding over HTTP with our verbs."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from tests.drivers.services import service

    return service(f"http://127.0.0.1:{port}/v1")


def our_call(port: int) -> Callable[[], Any]:
    """The same call through a flow, the blocking driver and the default transport."""
    from lollms_client.drivers.blocking import BlockingDriver
    from lollms_client.drivers.context import CallContext

    binding, driver = our_binding(port), BlockingDriver()
    return lambda: driver.run(binding.post("chat/completions", QUESTION), CallContext())


def chat_call(port: int) -> Callable[[], Any]:
    """A whole chat: typed request, the OpenAI wire, typed result."""
    from lollms_client import LollmsClient

    config = {"host_address": f"http://127.0.0.1:{port}/v1", "service_key": "benchmark-key", "model_name": "m"}
    client = LollmsClient(llm_binding_name="openai_compatible", llm_binding_config=config)
    return lambda: client.chat("Hello")


def sdk_call(port: int) -> Callable[[], Any] | None:
    """The same call with the openai SDK, where it is installed."""
    try:
        import openai
    except ImportError:
        return None
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="key")
    return lambda: client.chat.completions.create(**QUESTION)  # type: ignore[call-overload]


def per_chunk(port: int) -> float:
    """Microseconds of CPU for a streamed event, decoded."""
    from lollms_client.drivers.blocking import BlockingDriver
    from lollms_client.drivers.context import CallContext

    binding, driver = our_binding(port), BlockingDriver()

    async def read() -> int:
        count = 0
        request = binding.request("POST", "stream", json={})
        async for events in binding.events(request):
            for event in events:
                if event.data != b"[DONE]":
                    event.json()
                    count += 1
        return count

    def stream() -> None:
        assert driver.run(read(), CallContext()) == CHUNKS

    return cpu(stream, 5) / CHUNKS


async def at_once(port: int, tasks: int = 100, turns: int = 40) -> tuple[float, float]:
    """Calls a second, and CPU microseconds a call, with many tasks at once."""
    from lollms_client.drivers.asynchronous import AsyncDriver
    from lollms_client.drivers.context import CallContext

    binding, driver = our_binding(port), AsyncDriver()

    async def worker() -> None:
        for _ in range(turns):
            await driver.run(binding.post("chat/completions", QUESTION), CallContext())

    await asyncio.gather(*[worker() for _ in range(tasks)])
    wall, began = time.perf_counter(), time.process_time()
    await asyncio.gather(*[worker() for _ in range(tasks)])
    count = tasks * turns
    used = (time.process_time() - began) / count * 1e6
    await driver.close()
    return count / (time.perf_counter() - wall), used


def main() -> None:
    """Measure in turns, so that a busy machine disturbs all alike, and print a table."""
    server, port = start_server()
    try:
        rows: dict[str, list[float]] = {}
        named: dict[str, Callable[[], Any] | None] = {
            "http.client": plain_call(port),
            "our verbs": our_call(port),
            "our chat": chat_call(port),
            "openai SDK": sdk_call(port),
        }
        for _ in range(ROUNDS):
            for name, function in named.items():
                if function is not None:
                    rows.setdefault(name, []).append(cpu(function, CALLS if name != "openai SDK" else 150))
        base = statistics.median(rows["http.client"])
        for name, values in rows.items():
            middle = statistics.median(values)
            print(f"{name:15} {middle:8.0f} us CPU a call  {middle / base:6.2f} x http.client")
        print(f"{'stream':15} {per_chunk(port):8.1f} us CPU a chunk  (target: at most 20)")
        rate, used = asyncio.run(at_once(port))
        print(f"{'100 tasks':15} {used:8.0f} us CPU a call  {rate:6.0f} calls a second (target: 4000 on a free core)")
    finally:
        server.kill()


if __name__ == "__main__":
    main()

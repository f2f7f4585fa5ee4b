"""A plain class that waits for its service is ended by its caller: the service sees it, and nothing is asked again."""

from __future__ import annotations

import asyncio
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, CancelToken, LollmsClient, errors
from lollms_client.types import TextDelta
from tests.loopback import Line, Received, loopback
from tests.strangers.folders import MANIFEST

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels"
HEAD = """
import asyncio, subprocess, sys, time, urllib.request
from lollms_client.lollms_tti_binding import LollmsTTIBinding
from lollms_client.lollms_llm_binding import LollmsLLMBinding
"""
# how a stranger's `generate_image` asks for `address`
WAYS = {
    "urllib": "return urllib.request.urlopen(address).read()",
    "requests": "import requests\nreturn requests.post(address, json={}).content",
    "requests, with a session that stays": """
        import requests
        if not hasattr(self, "session"):
            self.session = requests.Session()
            self.session.get(address + "?first")
        return self.session.post(address, json={}).content""",
    "requests, tried again": """
        import requests
        for attempt in range(5):
            try:
                return requests.post(address, json={}).content
            except requests.RequestException:
                pass
        return {"status": "error", "message": "five attempts failed"}""",
    "httpx": "import httpx\nreturn httpx.post(address, json={}, timeout=60).content",
    "a loop of asyncio": """
        async def ask():
            import aiohttp
            async with aiohttp.ClientSession() as session:
                async with session.post(address, json={}) as reply:
                    return await reply.read()
        return asyncio.run(ask())""",
    "a program": """
        code = "import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())"
        return subprocess.run([sys.executable, "-c", code, address], capture_output=True).stdout""",
}
CHAT = """
    import requests
    text = ""
    for line in requests.post(address, json={}, stream=True).iter_lines():
        text += line.decode()
        if streaming_callback:
            streaming_callback(line.decode())
    return text
"""


def _binding(folder: Path, way: str, kind: str = "tti") -> Path:
    method = {
        "tti": "generate_image(self, prompt, **kwargs)",
        "llm": "generate_text(self, prompt, streaming_callback=None, **kwargs)",
    }[kind]
    code = f"{HEAD}\nBindingName = 'Waiting'\n\nclass Waiting(Lollms{kind.upper()}Binding):\n"
    code += f"    def {method}:\n        address = self.config['host_address'] + '/made'\n"
    code += textwrap.indent(textwrap.dedent(way).strip("\n"), " " * 8) + "\n"
    place = folder / f"{kind}_bindings" / "waiting"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text(code)
    (place / "description.yaml").write_text(MANIFEST.format(title="Waiting"))
    return folder


class Service:
    """Does not answer what it is asked to make, until the client goes away or it is told to."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.left = threading.Semaphore(0)
        self.answers = False
        self.first = b""

    def __call__(self, line: Line, request: Received) -> object:
        if self.answers or request.target.endswith("?first"):
            line.reply(PICTURE)
            return None
        if self.first:
            line.begin()
            line.chunk(self.first)
        self.asked.release()
        if line.wait_closed(20):
            self.left.release()
        return "close"


@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "asyncio"])
@pytest.mark.parametrize("way", WAYS)
def test_a_service_that_is_waited_for_sees_that_the_caller_gave_up(
    tmp_path: Path, way: str, asynchronous: bool
) -> None:
    service = Service()
    token = CancelToken()
    with loopback(service) as server:
        given: dict[str, Any] = {
            "bindings_dir": _binding(tmp_path, WAYS[way]),
            "tti_binding_name": "waiting",
            "tti_binding_config": {"host_address": server.url},
        }
        _tripped_when_asked(service, token)
        with pytest.raises(errors.Cancelled):
            _image_async(given, token) if asynchronous else _image(given, token)
        assert service.left.acquire(timeout=10), "the service does not see it"
        _ended()
        asked = len(server.requests)
        service.answers = True
        assert (_image_async(given) if asynchronous else _image(given)) == PICTURE  # a later call is not touched
        made = [request for request in server.requests if not request.target.endswith("?first")]
        assert len(made) == 2
        assert asked < len(server.requests)


def _image(given: dict[str, Any], cancel: CancelToken | None = None) -> bytes:
    with LollmsClient(**given) as client:
        return client.image("a dog", cancel=cancel).images[0]


def _image_async(given: dict[str, Any], cancel: CancelToken | None = None) -> bytes:
    async def main() -> bytes:
        async with AsyncLollmsClient(**given) as client:
            return (await client.image("a dog", cancel=cancel)).images[0]

    return asyncio.run(main())


def _tripped_when_asked(service: Service, token: CancelToken) -> None:
    def trip() -> None:
        service.asked.acquire(timeout=20)
        token.cancel("enough")

    threading.Thread(target=trip, daemon=True).start()


def _ended() -> None:
    """Wait for the threads of the calls that were given up: they end by themselves."""
    for thread in threading.enumerate():
        if thread.name == "lollms-callback":
            thread.join(10)
            assert not thread.is_alive()


def _stopped_by_closing(client: LollmsClient) -> None:
    with client.stream_chat("Good evening.") as stream:
        for part in stream:
            if isinstance(part, TextDelta):
                break


def _stopped_by_time(client: LollmsClient) -> None:
    with pytest.raises(errors.TimedOut):
        client.chat("Good evening.", timeout=0.5)


@pytest.mark.parametrize("stop", [_stopped_by_closing, _stopped_by_time])
def test_a_stream_that_is_left_is_closed_though_nothing_more_comes(
    tmp_path: Path, stop: Callable[[LollmsClient], None]
) -> None:
    service = Service()
    service.first = b"Good\n" + b" " * 600 + b"\n"
    with (
        loopback(service) as server,
        LollmsClient(
            bindings_dir=_binding(tmp_path, CHAT, "llm"),
            llm_binding_name="waiting",
            llm_binding_config={"host_address": server.url},
        ) as client,
    ):
        stop(client)
        assert service.left.acquire(timeout=10), "the service does not see it"
    _ended()

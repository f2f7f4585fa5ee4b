"""Three bindings without fault, and their wire cases: a flow that streams, a flow in jobs, and a plain class."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

MANIFEST = """
title: {title}
author: A tester
version: "1.0.0"
license: MIT
binding_type: {kind}
description: Speaks with a service that is never reached, for tests of the kit.
reach: {{hosts: [service.example.com]}}
input_parameters:
  - {{name: host_address, type: str, description: Where it is., default: "https://service.example.com"}}
  - {{name: service_key, type: str, description: The key of your account., is_secret: true, env: SAMPLE_SERVICE_KEY}}
"""

STREAM = '''"""A service that streams events."""

from lollms_client import errors
from lollms_client.families.http import HttpBinding
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types.chat import Finished, TextDelta

BindingName = "Writer"


class Writer(HttpBinding, LollmsLLMBinding):
    """Writes."""

    default_address = "https://service.example.com"
    stopped = False

    async def chat_flow(self, request):
        body = {"prompt": request.messages[-1].text}
        done = False
        async for events in self.events(self.request("POST", "v1/write", json=body)):
            parts = []
            for event in events:
                value = event.json()
                if value.get("error"):
                    raise self.stream_error(value)
                if value.get("done") is True:
                    done = True
                    parts.append(Finished(finish="stop"))
                elif not done:
                    parts.append(TextDelta(text=value["text"]))
            if parts:
                yield parts
        if not done:
            raise errors.BadReply("the stream was cut off")
'''

STREAM_CASES = """
settings: {service_key: key-for-the-tests-of-writer}
cases:
  - name: streams an answer
    call: stream_chat
    with: {messages: Hello}
    exchanges:
      - request: {method: POST, path: /v1/write, json: {prompt: Hello}}
        reply: {events: [{text: Good }, {text: "day,"}, {text: " friend"}, {done: true}]}
    result: {text: "Good day, friend"}
"""

JOB = '''"""A service that works in jobs."""

from lollms_client import errors
from lollms_client.families.http import HttpBinding
from lollms_client.families.jobs import JobBinding
from lollms_client.lollms_ttv_binding import LollmsTTVBinding
from lollms_client.types import VideoResult
from lollms_client.types.job import JobStatus

BindingName = "Films"
STATES = {"waiting": "queued", "working": "running", "ready": "done", "failed": "failed"}


class Films(JobBinding, HttpBinding, LollmsTTVBinding):
    """Makes films."""

    default_address = "https://service.example.com"

    async def submit(self, request):
        reply = await self.post("v1/films", {"prompt": request.prompt})
        return self.handle(request, reply["id"] + "")

    async def check(self, handle):
        reply = await self.get(f"v1/films/{handle.id}")
        state = STATES.get(reply["status"], "running")
        if state == "done":
            handle.state["url"] = reply["url"] + ""
        return JobStatus(state=state, handle=handle)

    async def collect(self, handle):
        return VideoResult(video=await self.download(handle.state["url"]), id=handle.id)

    async def cancel_job(self, handle):
        await self.delete(f"v1/films/{handle.id}")
'''

JOB_CASES = """
settings: {service_key: key-for-the-tests-of-films}
cases:
  - name: makes a film
    call: video
    with: {prompt: A red dot}
    exchanges:
      - request: {method: POST, path: /v1/films, json: {prompt: A red dot}}
        reply: {json: {id: f1, status: waiting}}
      - request: {method: GET, path: /v1/films/f1}
        reply: {json: {id: f1, status: working}}
      - request: {method: GET, path: /v1/films/f1}
        reply: {json: {id: f1, status: ready, url: "https://files.example.com/f1.mp4"}}
      - request: {method: GET, path: /f1.mp4, host: files.example.com}
        reply: {base64: AAAAGGZ0eXBpc29tAAACAGlzb21tcDQy, headers: {content-type: video/mp4}}
    result: {id: f1}
"""

PLAIN = '''"""A class that overrides the documented methods itself."""

import http.client
import json
import urllib.request

from lollms_client.lollms_llm_binding import LollmsLLMBinding

BindingName = "PlainWriter"
LIMIT = 1024 * 1024


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


OPENER = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
KEPT = []


class PlainWriter(LollmsLLMBinding):
    """Writes."""

    def __init__(self, **kwargs):
        super().__init__("plain_writer", **kwargs)
        self.host = kwargs.get("host_address")
        self.key = kwargs.get("service_key")

    def generate_text(self, prompt, streaming_callback=None, **kwargs):
        try:
            return self.write(prompt, streaming_callback)
        except (OSError, ValueError, KeyError, TypeError, RecursionError, http.client.HTTPException) as error:
            return {"status": "error", "message": f"no answer: {type(error).__name__} {error}"}

    def write(self, prompt, callback):
        body = json.dumps({"prompt": prompt}).encode()
        request = urllib.request.Request(self.host + "/v1/write", body, {"Authorization": "Bearer " + self.key})
        pieces = []
        with OPENER.open(request, timeout=30) as reply:
            if reply.status != 200 or reply.headers.get("Content-Encoding"):
                raise ValueError(f"status {reply.status}")
            for line in self.lines(reply):
                value = json.loads(line)
                if value.get("done") is True:
                    return "".join(pieces)
                pieces.append(value["piece"] + "")
                pieces[-1].encode()
                if callback is not None and callback(pieces[-1]) is False:
                    return "".join(pieces)
        raise ValueError("cut off")

    def lines(self, reply):
        size = 0
        while line := reply.readline(LIMIT):
            size += len(line)
            if size > LIMIT:
                raise ValueError("too large")
            if line.strip():
                yield line
'''

PLAIN_CASES = """
settings: {service_key: key-for-the-tests-of-plain}
cases:
  - name: answers
    call: chat
    with: {messages: Hello}
    exchanges:
      - request: {method: POST, path: /v1/write, json: {prompt: Hello}}
        reply: {lines: [{piece: Good }, {piece: "day,"}, {piece: " friend"}, {done: true}]}
    result: {text: "Good day, friend"}
"""


class Sample(NamedTuple):
    """A binding: title, modality, code and cases."""

    title: str
    kind: str
    code: str
    cases: str


SAMPLES = {
    "stream": Sample("Sample writer", "llm", STREAM, STREAM_CASES),
    "job": Sample("Sample films", "ttv", JOB, JOB_CASES),
    "plain": Sample("Sample plain writer", "llm", PLAIN, PLAIN_CASES),
}


class Broken(NamedTuple):
    """One fault: in which sample, the rule that must find it, and what is replaced in the code."""

    sample: str
    rule: str
    old: str
    new: str


_SWALLOW = "            return self.write(prompt, streaming_callback)\n"
_MADE = "        body = json.dumps("
_EVENTS = 'async for events in self.events(self.request("POST", "v1/write", json=body)):'
_METHODS = "    async def chat_flow("
_BEGIN = "    async def chat_flow(self, request):\n"
_WRAPPED = """    async def chat_flow(self, request):
        {first}
        try:
            async for parts in self.write(request):
                yield parts
        except errors.Cancelled:
            {then}

    async def write(self, request):
"""

BROKEN: dict[str, Broken] = {
    "tells_failures_as_text": Broken("plain", "E101", 'return {"status": "error", "message": f"no answer: '
                                     '{type(error).__name__} {error}"}', 'return f"no answer: {error}"'),
    "takes_every_status": Broken("job", "E103", "    async def submit(", "    async def send(self, request):\n"
                                 "        from lollms_client.flow import Send\n\n        return await Send(request)\n\n"
                                 "    async def submit("),
    "forgets_how_long_to_wait": Broken("stream", "E104", _METHODS, "    def error_of(self, *given):\n"
                                       "        error = super().error_of(*given)\n"
                                       '        error.details.pop("retry_after", None)\n        return error\n\n'
                                       + _METHODS),
    "says_nothing": Broken("plain", "E105", 'f"no answer: {type(error).__name__} {error}"', '""'),
    "raises_where_documented": Broken("plain", "E106", _SWALLOW, _SWALLOW.replace("return", "pass\n            return")
                                      + "        except OSError:\n            raise\n"),
    "puts_the_key_into_errors": Broken("stream", "E107", _METHODS, "    def error_of(self, *given):\n"
                                       "        error = super().error_of(*given)\n"
                                       '        error.details["sent"] = self.key().reveal()\n'
                                       "        return error\n\n" + _METHODS),
    "repeats_what_is_paid": Broken("stream", "E108", "json=body)", "json=body, repeatable=True)"),
    "repeats_without_end": Broken("stream", "E109", _METHODS, "    @property\n    def retry_policy(self):\n"
                                  "        from lollms_client.families.exchange import RetryPolicy\n\n"
                                  "        return RetryPolicy(retries=40)\n\n" + _METHODS),
    "waits_for_ever": Broken("plain", "E111", "timeout=30", "timeout=None"),
    "stays_broken": Broken("plain", "E112", "        except (OSError,", "        except TimeoutError as error:\n"
                           "            self.host = \"http://127.0.0.1:9\"\n"
                           '            return {"status": "error", "message": "late"}\n        except (OSError,'),
    "goes_on_when_cancelled": Broken("stream", "X102", _BEGIN, _WRAPPED.format(
        first="pass", then='yield [Finished(finish="stop")]')),
    "stays_cancelled": Broken("stream", "X107", _BEGIN, _WRAPPED.format(
        first="if self.stopped:\n            raise errors.Cancelled('stopped')",
        then="self.stopped = True\n            raise")),
    "leaves_jobs_running": Broken("job", "X104", 'await self.delete(f"v1/films/{handle.id}")', "return"),
    "goes_on_after_the_callback_said_stop": Broken("plain", "X105", "callback(pieces[-1]) is False",
                                                "callback(pieces[-1]) is NotImplemented"),
    "decodes_pieces_apart": Broken("plain", "A101", "        while line := reply.readline(LIMIT):\n"
                                   "            size += len(line)\n            if size > LIMIT:\n"
                                   '                raise ValueError("too large")\n            if line.strip():\n'
                                   "                yield line\n",
                                   "        text = \"\"\n        while data := reply.read1(4096):\n"
                                   "            size += len(data)\n            if size > LIMIT:\n"
                                   '                raise ValueError("too large")\n'
                                   '            text += data.decode("utf-8", "replace")\n'
                                   '        yield from (line for line in text.split("\\n") if line.strip())\n'),
    "takes_comments_for_parts": Broken("stream", "A102", "                value = event.json()\n",
                                       "                value = event.json()\n                if event.id:\n"
                                       "                    continue\n"),
    "takes_half_for_whole": Broken("stream", "A104", "        if not done:\n", "        if not done and False:\n"),
    "passes_over_broken_parts": Broken("stream", "A107", "                value = event.json()\n",
                                       "                try:\n                    value = event.json()\n"
                                       "                except errors.BadReply:\n                    continue\n"),
    "writes_whatever_comes": Broken("stream", "A108", 'TextDelta(text=value["text"])',
                                    'TextDelta(text=str(value.get("text")))'),
    "takes_errors_for_the_end": Broken("stream", "A110", "raise self.stream_error(value)", "done = True"),
    "reads_without_limit": Broken("plain", "A111", "        while line := reply.readline(LIMIT):\n"
                                  "            size += len(line)\n            if size > LIMIT:",
                                  "        for line in reply.read().splitlines():\n            if size > LIMIT:"),
    "follows_with_the_key": Broken("plain", "A114", "OPENER = urllib.request.build_opener(_Stay, ",
                                   "OPENER = urllib.request.build_opener("),
    "fetches_from_anywhere": Broken("job", "A115", 'video=await self.download(handle.state["url"])',
                                    'video=await self.media(self.request("GET", handle.state["url"]), "video")'),
    "asks_without_pause_and_end": Broken("job", "A117", "    async def check(",
                                         "    async def wait_for(self, handle):\n"
                                         "        while (await self.check(handle)).state != \"done\":\n"
                                         "            pass\n        return handle\n\n    async def check("),
    "leaves_connections_open": Broken("plain", "A120", _MADE, "        import socket\n\n"
                                      "        KEPT.append(socket.socket())\n" + _MADE),
}  # fmt: skip


def write_sample(folder: Path, name: str, broken: Broken | None = None) -> Path:
    """Write a sample's folder, with one fault where one is given."""
    sample = SAMPLES[name]
    code = sample.code
    if broken is not None:
        assert broken.old in code, broken
        code = code.replace(broken.old, broken.new)
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(code)
    (folder / "description.yaml").write_text(MANIFEST.format(title=sample.title, kind=sample.kind))
    (folder / "wire_cases.yaml").write_text(sample.cases)
    return folder

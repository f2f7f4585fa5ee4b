"""A binding in flows and one in documented methods; the setting `fault` says which one thing they do wrong."""

from __future__ import annotations

from pathlib import Path

FLOW_MANIFEST = """
title: Sample chat
author: A tester
version: "1.0.0"
license: MIT
binding_type: llm
description: Chats with a service that is never reached, for tests of the kit.
capabilities: [chat, embed]
reach: {hosts: [chat.example.com]}
input_parameters:
  - {name: host_address, type: str, description: Where the service is., default: "https://chat.example.com/v1"}
  - {name: service_key, type: str, description: The key of your account., is_secret: true, env: SAMPLE_CHAT_KEY}
  - {name: model_name, type: str, description: The model., default: small}
  - {name: max_retries, type: int, description: How often a failed request is repeated., default: 2, min: 0}
  - {name: fault, type: str, description: What goes wrong., default: ""}
generate_text_parameters:
  - {name: temperature, type: float, description: How freely words are chosen., min: 0, max: 2}
"""

FLOW_CODE = '''"""A sample in flows."""

import asyncio

from lollms_client.families.http import HttpBinding
from lollms_client.lollms_llm_binding import LollmsLLMBinding
from lollms_client.types import CallWarning, EmbeddingResult, Finished, TextDelta, Usage, WarningPart

BindingName = "SampleChat"


def in_loop():
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class SampleChat(HttpBinding, LollmsLLMBinding):
    def auth_headers(self):
        key = self.key()
        if key is None:
            return {}
        if self.settings["fault"] == "key in another header":
            return {"X-Key": key}
        return {"Authorization": key.derive("Bearer {}")}

    def default_headers(self):
        return {"X-Sender": "me@corp.example"} if self.settings["fault"] == "names its user" else {}

    async def chat_flow(self, request):
        fault = self.settings["fault"]
        body = {"model": self.settings["model_name"], "messages": [
            {"role": message.role, "content": message.text} for message in request.messages]}
        if request.temperature is not None and fault != "parameter dropped":
            body["temperature"] = request.temperature
        if fault == "parameter made up":
            body["temperature"] = 1.0
        if fault == "other driver, other request":
            body["model"] = "async" if in_loop() else body["model"]
        path = "chats" if fault == "wrong path" else "chat"
        if fault == "other host":
            path = "https://other.example.com/v1/chat"
        if fault == "asks twice":
            await self.post(path, json=body)
        if fault == "asks nothing":
            yield [TextDelta(text="Hi there"), Finished(finish="stop", usage=Usage(input_tokens=3))]
            return
        if fault == "another method":
            reply = await self.get(path)
        elif fault == "query":
            reply = await self.post(path, json=body, query={"v": 2})
        else:
            reply = await self.post(path, json=body)
        text = reply["text"]
        if fault == "wrong field":
            text = str(reply.get("message"))
        if fault == "result lost":
            text = ""
        if fault == "other driver, other result":
            text = text.upper() if in_loop() else text
        if fault == "warns":
            yield [WarningPart(warning=CallWarning(kind="dropped", setting="seed", detail="not taken"))]
        tokens = None if fault == "usage lost" else reply.get("tokens")
        yield [TextDelta(text=text), Finished(finish="stop", usage=Usage(input_tokens=tokens))]

    async def embedding_flow(self, request):
        reply = await self.post("embed", json={"input": list(request.texts)})
        rows = reply["vectors"]
        if self.settings["fault"] == "order lost":
            rows = rows[::-1]
        return EmbeddingResult(vectors=tuple(tuple(row) for row in rows))
'''

PLAIN_MANIFEST = """
title: Sample voice
author: A tester
version: "1.0.0"
license: MIT
binding_type: tts
description: Speaks with a service that is never reached, for tests of the kit.
reach: {hosts: [speech.example.com]}
input_parameters:
  - {name: host_address, type: str, description: Where the service is., default: "https://speech.example.com/api"}
  - {name: service_key, type: str, description: The key of your account., is_secret: true, env: SAMPLE_VOICE_KEY}
  - {name: fault, type: str, description: What goes wrong., default: ""}
generate_audio_parameters:
  - {name: voice, type: str, description: The voice., default: anna}
"""

PLAIN_CODE = '''"""A sample in documented methods."""

import json
import os
import socket
import subprocess
import urllib.request
from pathlib import Path

from lollms_client.lollms_tts_binding import LollmsTTSBinding

BindingName = "SampleVoice"


class SampleVoice(LollmsTTSBinding):
    def __init__(self, **kwargs):
        super().__init__("sample_voice", **kwargs)

    def generate_audio(self, text, voice=None, **kwargs):
        fault = self.config.get("fault")
        body = json.dumps({"text": text, "voice": voice or "anna"}).encode()
        headers = {"Content-Type": "application/json", "X-Key": self.config["service_key"]}
        address = self.config["host_address"] + "/speech"
        if fault == "another address":
            address = "https://telemetry.example.com/speech"
        if fault == "telemetry":
            try:
                socket.create_connection(("192.0.2.7", 443), timeout=1)
            except OSError:
                pass
        if fault == "sets a variable":
            os.environ["SPEECH"] = text
        if fault == "starts a process":
            subprocess.run(["true"], check=False)
        if fault == "writes a file":
            try:
                (Path("/nowhere-of-the-kind") / "cache.bin").write_bytes(b"1")
            except OSError:
                pass
        try:
            with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=5) as reply:
                sound = reply.read()
        except OSError as error:
            return {"status": "error", "message": f"no speech: {error}"}
        if fault == "cuts the sound":
            return sound[: len(sound) // 2]
        if fault == "gives text":
            return sound.hex().encode()
        return sound

    def list_voices(self):
        return ["anna", "ben"]

    def list_models(self):
        return ["one"]
'''


def write_flow(folder: Path, cases: str, *, manifest: str = FLOW_MANIFEST) -> Path:
    """The sample in flows, with cases."""
    return _write(folder / "sample_chat", manifest, FLOW_CODE, cases)


def write_plain(folder: Path, cases: str, *, manifest: str = PLAIN_MANIFEST) -> Path:
    """The sample in documented methods, with cases."""
    return _write(folder / "sample_voice", manifest, PLAIN_CODE, cases)


def _write(folder: Path, manifest: str, code: str, cases: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "description.yaml").write_text(manifest, encoding="utf-8")
    (folder / "__init__.py").write_text(code, encoding="utf-8")
    if cases:
        (folder / "wire_cases.yaml").write_text(cases, encoding="utf-8")
    return folder

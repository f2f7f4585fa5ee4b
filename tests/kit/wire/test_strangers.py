"""Bindings that were written from the guide alone, or around an official SDK, are proven by cases like ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from lollms_client.testing import check_binding
from tests.strangers.folders import CODE, STT, write_binding

CASES = {
    "llm": """
settings: {service_key: key-of-the-stranger}
cases:
  - name: answers
    call: chat
    with: {messages: [{role: system, content: Brief.}, {role: user, content: Hello}], max_tokens: 5}
    exchanges:
      - request:
          method: POST
          path: /chat
          headers: {authorization: "Bearer ${service_key}"}
          json: {model: small, n: 5, messages: [{role: system, content: Brief.}, {role: user, content: Hello}]}
          exact: true
        reply: {json: {words: [Good, " day"]}}
    result: {text: Good day}
  - name: answers in the documented way
    call: generate_text
    with: {prompt: Hello}
    exchanges:
      - {request: {method: POST, path: /chat}, reply: {json: {words: [Hi]}}}
    result: Hi
  - {name: lists models, call: models, result: [{name: small}, {name: large}]}
  - {name: embeds nothing, call: embed, with: {texts: a}, error: {code: unsupported}}
  - {name: counts, call: count_tokens, with: {text: abc}, result: 3}
""",
    "tti": """
cases:
  - name: draws
    call: image
    with: {prompt: A dog, width: 96, height: 64, steps: 9}
    exchanges:
      - request: {method: POST, path: /image, json: {prompt: A dog, w: 96, h: 64, steps: 9}}
        reply: {media: {picture: 96x64}}
    media: {type: image/png, width: 96, height: 64}
  - name: changes
    call: edit_image
    with: {images: [{picture: 16x16}], prompt: A cat, mask: {picture: 16x16}}
    exchanges:
      - request: {method: POST, path: /image, json: {prompt: A cat masked}}
        reply: {media: {picture: 64x64, format: jpeg}}
    media: {type: image/jpeg, width: 64}
  - {name: lists models, call: listModels, result: [{model_name: drawer}]}
""",
    "stt": """
cases:
  - name: listens
    call: transcribe
    with: {audio: {tone: 0.3}}
    exchanges:
      - {request: {method: POST, path: /stt, base64: "${base64:tone 0.3}"}, reply: {text: "Grüße"}}
    result: {text: "Grüße"}
  - {name: lists models, call: list_models, result: [whisper-1, whisper-large-v3]}
""",
    "tts": """
cases:
  - name: speaks
    call: speech
    with: {text: Hallo, voice: ben}
    exchanges:
      - {request: {method: POST, path: /tts, json: {text: Hallo, voice: ben}}, reply: {media: {tone: 0.4, format: mp3}}}
    media: {type: audio/mpeg, seconds: 0.4}
  - {name: voices, call: list_voices, result: [anna, ben]}
  - {name: lists models, call: list_models, result: [tts-1]}
""",
    "ttv": """
cases:
  - name: films
    call: video
    with: {prompt: A ball}
    exchanges:
      - {request: {method: POST, path: /video, json: {prompt: A ball}}, reply: {json: {id: j1}}}
      - {request: {method: GET, path: /video/j1}, reply: {media: {film: 64x48, seconds: 1}}}
    media: {type: video/mp4, width: 64, height: 48, seconds: 1}
  - {name: lists models, call: models, result: [{name: film}]}
""",
    "ttm": """
cases:
  - name: plays
    call: music
    with: {prompt: A waltz, seconds: 3}
    exchanges:
      - request: {method: POST, path: /music, json: {prompt: A waltz, duration: 3}}
        reply: {media: {tone: 3, format: flac}}
    media: {type: audio/flac, seconds: 3}
  - {name: lists models, call: models, result: [{name: tune}]}
""",
}

SDK = """
from lollms_client.lollms_llm_binding import LollmsLLMBinding

BindingName = "AroundTheSdk"


class AroundTheSdk(LollmsLLMBinding):
    def __init__(self, **kwargs):
        super().__init__("around_the_sdk", **kwargs)
        from openai import OpenAI

        self.client = OpenAI(api_key=kwargs["service_key"], base_url=kwargs["base_url"], max_retries=0)

    def generate_text(self, prompt, n_predict=None, streaming_callback=None, **kwargs):
        stream = self.client.chat.completions.create(
            model="small", messages=[{"role": "user", "content": prompt}], stream=True)
        text = ""
        for chunk in stream:
            piece = chunk.choices[0].delta.content or ""
            text += piece
            if streaming_callback:
                streaming_callback(piece)
        return text

    def listModels(self):
        return [model.id for model in self.client.models.list().data]
"""
SDK_MANIFEST = """
title: {title}
author: A Stranger
version: "1.0"
license: MIT
binding_type: llm
description: Written around the official SDK.
capabilities: [chat, stream, models]
reach: {{hosts: [api.example.com]}}
input_parameters:
  - {{name: base_url, type: str, description: Where the service lives., default: "https://api.example.com/v1"}}
  - {{name: service_key, type: str, description: The key., is_secret: true}}
"""
SDK_CASES = """
cases:
  - name: streams
    call: stream_chat
    with: {messages: Hello}
    exchanges:
      - request:
          method: POST
          path: /v1/chat/completions
          headers: {authorization: "Bearer ${service_key}"}
          json: {model: small, stream: true, messages: [{role: user, content: Hello}]}
        reply:
          events:
            - {id: a, object: chat.completion.chunk, model: m, choices: [{index: 0, delta: {content: "Good "}}]}
            - {id: a, object: chat.completion.chunk, model: m, choices: [{index: 0, delta: {content: day}}]}
            - "[DONE]"
    result: {text: Good day}
  - name: lists models
    call: models
    exchanges:
      - request: {method: GET, path: "${base_path}/models"}
        reply: {json: {object: list, data: [{id: small, object: model, created: 1, owned_by: me}]}}
    result: [{name: small}]
"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


def wire_faults(folder: Path, cases: str) -> dict[str, tuple[str, ...]]:
    """What the wire suite finds wrong."""
    (folder / "wire_cases.yaml").write_text(cases, encoding="utf-8")
    report = check_binding(folder, ("wire",))
    assert report.findings[0].state == "passed", report.text()
    return {finding.code: finding.faults for finding in report.of("failed")}


@pytest.mark.parametrize("kind", CODE)
def test_a_binding_out_of_the_guide_is_proven(tmp_path: Path, kind: str) -> None:
    write_binding(tmp_path / f"stranger_{kind}", CODE[kind])
    assert wire_faults(tmp_path / f"stranger_{kind}", CASES[kind]) == {}


def test_proxies_of_the_machine_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    write_binding(tmp_path / "stranger_tts", CODE["tts"])
    assert wire_faults(tmp_path / "stranger_tts", CASES["tts"]) == {}


def test_a_binding_without_a_manifest_is_proven(tmp_path: Path) -> None:
    write_binding(tmp_path / "no_manifest", STT, manifest=None)
    assert wire_faults(tmp_path / "no_manifest", CASES["stt"]) == {}


def test_a_binding_around_an_sdk_is_proven(tmp_path: Path) -> None:
    write_binding(tmp_path / "around_the_sdk", SDK, SDK_MANIFEST)
    assert wire_faults(tmp_path / "around_the_sdk", SDK_CASES) == {}


FIXED = """
import httpx2
import requests
import urllib.request

from lollms_client.lollms_llm_binding import LollmsLLMBinding

BindingName = "Fixed"
HOST = "https://api.fixed.example.com"


class Fixed(LollmsLLMBinding):
    def __init__(self, **kwargs):
        super().__init__("fixed", **kwargs)
        self.headers = {"Authorization": "Bearer " + kwargs["service_key"]}

    def generate_text(self, prompt, **kwargs):
        reply = requests.post(HOST + "/ask", json={"prompt": prompt}, headers=self.headers, timeout=5)
        reply.raise_for_status()
        return reply.json()["text"]

    def embed(self, text, **kwargs):
        with httpx2.Client() as client:
            return client.post(HOST + "/embed", json={"text": text}, headers=self.headers).json()

    def listModels(self):
        with urllib.request.urlopen(urllib.request.Request(HOST + "/models", headers=self.headers)) as reply:
            return reply.read().decode().split()
"""
FIXED_MANIFEST = """
title: {title}
author: A Stranger
binding_type: llm
description: Its address stands in its code.
reach: {{hosts: [api.fixed.example.com]}}
input_parameters:
  - {{name: service_key, type: str, description: The key., is_secret: true}}
"""
FIXED_CASES = """
cases:
  - name: asks
    call: chat
    with: {messages: Hello}
    exchanges:
      - request:
          method: POST
          host: api.fixed.example.com
          path: /ask
          headers: {authorization: "Bearer ${service_key}"}
          json: {prompt: "${any}"}
        reply: {json: {text: Good day}}
    result: {text: Good day}
  - name: embeds
    call: embed
    with: {texts: a}
    exchanges:
      - {request: {method: POST, path: /embed, json: {text: a}}, reply: {json: [0.5, 0.25]}}
    result: {vectors: [[0.5, 0.25]]}
  - name: lists models
    call: models
    exchanges:
      - {request: {method: GET, path: /models}, reply: {text: "one two"}}
    result: [{name: one}, {name: two}]
"""


def test_a_binding_whose_address_stands_in_its_code_is_proven(tmp_path: Path) -> None:
    write_binding(tmp_path / "fixed", FIXED, FIXED_MANIFEST)
    assert wire_faults(tmp_path / "fixed", FIXED_CASES) == {}


def test_where_such_a_binding_goes_is_compared(tmp_path: Path) -> None:
    manifest = FIXED_MANIFEST.replace("hosts: [api.fixed", "hosts: [api.other")
    write_binding(tmp_path / "fixed", FIXED, manifest)
    failed = wire_faults(tmp_path / "fixed", FIXED_CASES.replace("host: api.fixed", "host: api.other"))
    assert set(failed) == {"W102", "W112"}
    assert 'host: expected "api.other.example.com", got "api.fixed.example.com"' in failed["W102"][0]

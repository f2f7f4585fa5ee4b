"""Calls of a service are written as cases that replay without it, and no secret of the user is ever among them."""

from __future__ import annotations

import base64
import datetime
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
import yaml

import lollms_client
from lollms_client import errors
from lollms_client.cli import main
from lollms_client.testing import check_binding, running
from lollms_client.testing.cases_media import picture, tone
from lollms_client.testing.recording_cases import cases_text, record_binding, target_file
from lollms_client.testing.recording_secrets import KnownSecrets
from lollms_client.testing.server import Line, LoopbackServer, Received, serving
from tests.kit.wire.samples import write_flow, write_plain

KEY = "sk-odd/+key=1&2~3"
BINDINGS = Path(lollms_client.__file__).parent


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


def bundled(folder: Path, binding_type: str, name: str = "openai_compatible") -> Path:
    """A copy of one of our own bindings, without its cases."""
    source = BINDINGS / f"{binding_type}_bindings" / name
    shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("wire_cases*", "__pycache__"))
    return folder / name


def chat_answer(words: str) -> dict[str, Any]:
    """A chat completion."""
    message = {"role": "assistant", "content": words}
    return {"id": "x", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


class Service:
    """Plays the real service: OpenAI's wire, with the caller's key in places where nobody expects it."""

    def __init__(self) -> None:
        self.words = "Hello"
        self.headers: dict[str, str] = {}

    def __call__(self, line: Line, request: Received) -> None:
        path = request.target.partition("?")[0]
        if path == "/v1/chat/completions":
            self._chat(line, request)
            return
        replies: dict[str, Any] = {
            "/v1/models": {"data": [{"id": "m", "owned_by": "boss@corp.example"}]},
            "/v1/embeddings": {"data": [{"index": 0, "embedding": [0.5, 0.25]}], "model": "m"},
            "/v1/audio/transcriptions": {"text": "Grüße, ${x}"},
            "/v1/images/edits": {"data": [{"b64_json": picture(80, 80).base64()}]},
            "/v1/images/generations": {"data": [{"url": f"http://{request.headers['host']}/files/1.png?sig=abcdef"}]},
        }
        if path == "/files/1.png":
            line.reply(bytes(picture(32, 32)), headers={"Content-Type": "image/png"})
        elif path == "/api/speech":
            line.reply(bytes(tone(0.5)), headers={"Content-Type": "audio/wav", "Set-Cookie": f"id={KEY}"})
        elif path in replies:
            line.reply(replies[path], headers=self.headers)
        else:
            line.reply({"error": {"message": "no such path"}}, 404)

    def _chat(self, line: Line, request: Received) -> None:
        if KEY not in request.headers.get("authorization", ""):
            line.reply({"error": {"message": "wrong key", "code": "invalid_api_key"}}, 401)
        elif request.json().get("stream"):
            first = {"id": "x", "choices": [{"index": 0, "delta": {"content": self.words}}]}
            last = {"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
            pieces = [f"data: {msgspec.json.encode(item).decode()}\n\n".encode() for item in (first, last)]
            line.stream([*pieces, b"data: [DONE]\n\n"])
        else:
            line.reply(chat_answer(self.words), headers=self.headers)


@pytest.fixture
def service() -> Iterator[tuple[Service, LoopbackServer]]:
    made = Service()
    with serving(made) as server:
        yield made, server
    assert not server.failures


Played = tuple[Service, LoopbackServer]


def given(server: LoopbackServer, **more: Any) -> dict[str, Any]:
    """The user's settings."""
    return {"host_address": f"{server.url}/v1", "service_key": KEY, "model_name": "m", **more}


def all_bytes(folder: Path) -> bytes:
    """Whatever was written."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def wire_findings(folder: Path) -> dict[str, tuple[str, ...]]:
    """The faults of the wire suite."""
    report = check_binding(folder, ("wire",))
    assert report.findings[0].state == "passed", report.text()
    return {finding.code: finding.faults for finding in report.of("failed") if finding.code != "W110"}  # few calls


def test_calls_are_written_and_replayed_without_the_service(tmp_path: Path, service: Played) -> None:
    played, server = service
    played.words = f"Your key is {KEY}, or {quote(KEY, safe='')}.\nAsk boss@corp.example about ${{this}}."
    played.headers = {"Set-Cookie": f"session={KEY}", "X-Request-Id": "abc", "X-Total-Tokens": "7"}
    folder = bundled(tmp_path, "llm")
    recorded = record_binding(folder, given(server, extra_headers={"X-Title": "my own title"}))
    assert recorded.file == folder / "wire_cases.yaml"
    assert recorded.cases == ("answers a question", "streams an answer", "embeds a text", "lists models")
    assert not recorded.failures
    server.stop()
    assert wire_findings(folder) == {}
    content = yaml.safe_load(recorded.file.read_text(encoding="utf-8"))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    assert content["recorded"] == {"date": today, "host": server.url.removeprefix("http://")}
    exchange = content["cases"][0]["exchanges"][0]
    assert exchange["request"]["headers"] == {"authorization": "Bearer ${service_key}"}
    assert exchange["reply"]["headers"] == {"x-total-tokens": "7"}
    said = exchange["reply"]["json"]["choices"][0]["message"]["content"]
    assert said == "Your key is ${service_key}, or ${service_key}.\nAsk somebody@example.com about $${this}."
    for private in (KEY, quote(KEY, safe=""), "corp.example", "my own title", "session="):
        assert private.encode() not in all_bytes(folder)


def test_nothing_is_written_where_a_secret_remains(tmp_path: Path, service: Played) -> None:
    played, server = service
    folder = bundled(tmp_path, "llm")
    for hidden in (base64.b64encode(f"user:{KEY}".encode()).decode(), KEY.upper()):
        played.words = f"Here: {hidden}"
        with pytest.raises(errors.Rejected) as caught:
            record_binding(folder, given(server))
        assert "service_key" in str(caught.value)
        assert hidden not in str(caught.value)
        assert not (folder / "wire_cases.yaml").exists()


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MX0.s5JTqvXfYTJ2f6Rk8s1m2n3o4p5q"
BASIC = base64.b64encode(b"alice:open-sesame-123").decode()


@pytest.mark.parametrize(
    "said",
    [
        f"Take {TOKEN} along.", f"Send Basic {BASIC}", '{"access_token": "q7Zr55xkWm8Lp0aTn3"}',
        "?refresh_token=q7Zr55xkWm8Lp0aTn3",
    ],
)  # fmt: skip
def test_what_the_service_gives_as_a_right_of_way_is_taken_out(tmp_path: Path, service: Played, said: str) -> None:
    played, server = service
    played.words = said
    folder = bundled(tmp_path, "llm")
    record_binding(folder, given(server))
    server.stop()
    for value in (TOKEN, BASIC, "q7Zr55xkWm8Lp0aTn3"):
        assert value.encode() not in all_bytes(folder)
    assert b"removed-credential-1" in all_bytes(folder)
    assert wire_findings(folder) == {}


def test_a_credential_has_the_same_stand_in_wherever_it_comes_again() -> None:
    known = KnownSecrets({"service_key": KEY}, {})
    reply = {"session_token": "q7Zr55xkWm8Lp0aTn3", "next_token": "abc", "token": "Hello", "api_key": KEY, "n": 3}
    stated = known.taken_out_of(reply)
    assert stated == {**reply, "session_token": "removed-credential-1", "api_key": "${service_key}"}
    assert known.taken_out("/v1/use/q7Zr55xkWm8Lp0aTn3") == "/v1/use/removed-credential-1"
    assert known.remaining(b"q7Zr55xkWm8Lp0aTn3") == ["a credential that the service gave"]


def test_an_address_of_a_person_in_a_header_is_refused(tmp_path: Path) -> None:
    def answer(line: Line, request: Received) -> None:
        line.reply({"text": "Hi", "tokens": 1, "vectors": [[1.0]]})

    with serving(answer) as server:
        folder = write_flow(tmp_path, "")
        with pytest.raises(errors.Rejected) as caught:
            record_binding(folder, given(server, fault="names its user"))
        assert "x-sender" in str(caught.value)
        assert record_binding(folder, given(server)).cases == (
            "answers a question",
            "streams an answer",
            "embeds a text",
        )
        assert wire_findings(folder) == {}


def test_a_key_that_is_refused_writes_nothing_and_is_told(tmp_path: Path, service: Played) -> None:
    _, server = service
    folder = write_flow(tmp_path, "")
    with pytest.raises(errors.BadSetting) as caught:
        record_binding(folder, given(server))
    assert "no call of sample_chat ended well" in str(caught.value)
    assert KEY not in str(caught.value)
    assert not (folder / "wire_cases.yaml").exists()


OWN = """
cases:
  - name: changes a picture
    call: edit_image
    with: {images: [{picture: 64x64}], prompt: Greener}
    exchanges: []
    result: {}
  - name: makes a picture
    call: image
    with: {prompt: "A ${colour} square"}
    variables: {colour: red}
    exchanges: []
    result: {}
  - name: fails
    call: image
    with: {prompt: Nothing}
    exchanges:
      - {request: {method: POST, path: /v1/images/generations}, reply: {status: 401}}
    error: {code: authentication_failed}
"""


def test_the_calls_of_cases_by_hand_are_recorded_beside_them(tmp_path: Path, service: Played) -> None:
    _, server = service
    folder = bundled(tmp_path, "tti")
    (folder / "wire_cases.yaml").write_text(OWN, encoding="utf-8")
    recorded = record_binding(folder, given(server))
    assert recorded.file == folder / "wire_cases" / "recorded.yaml"
    assert recorded.cases == ("changes a picture", "makes a picture")
    files = {file.name: file.read_bytes() for file in recorded.file.parent.glob("*.png")}
    assert sorted(map(len, files.values())) == sorted((len(picture(80, 80)), len(picture(32, 32))))
    text = recorded.file.read_text(encoding="utf-8")
    assert "sig=" not in text
    assert "${server}/files/1.png" in text
    assert "picture: 64x64" in text
    (folder / "wire_cases.yaml").unlink()
    assert wire_findings(folder).keys() <= {"W109"}
    assert record_binding(folder, given(server)).file == folder / "wire_cases.yaml"


def test_sounds_that_go_out_are_named_and_those_that_come_in_are_kept(tmp_path: Path, service: Played) -> None:
    _, server = service
    folder = bundled(tmp_path, "stt")
    recorded = record_binding(folder, given(server))
    case = yaml.safe_load(recorded.file.read_text(encoding="utf-8"))["cases"][0]
    form = case["exchanges"][0]["request"]["form"]
    assert form["file"] == {"content_type": "audio/wav", "media": {"file": "turn_left.wav"}}
    assert (folder / "turn_left.wav").is_file()
    assert case["result"]["text"] == "Grüße, $${x}"
    assert wire_findings(folder) == {}


def test_a_class_with_documented_methods_is_recorded_too(tmp_path: Path, service: Played) -> None:
    _, server = service
    folder = write_plain(tmp_path, "")
    recorded = record_binding(folder, {"host_address": f"{server.url}/api", "service_key": KEY})
    assert recorded.cases == ("speaks", "lists voices", "lists models")
    assert (folder / "speaks_1.wav").read_bytes() == tone(0.5)
    case = yaml.safe_load(recorded.file.read_text(encoding="utf-8"))["cases"][0]
    assert case["exchanges"][0]["request"]["headers"]["x-key"] == "${service_key}"
    assert case["media"] == {"type": "audio/wav", "seconds": 0.5}
    assert wire_findings(folder) == {}
    assert KEY.encode() not in all_bytes(folder)


def test_the_command_records_and_then_checks(
    tmp_path: Path, service: Played, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, server = service
    monkeypatch.setenv("SAMPLE_VOICE_KEY", KEY)
    monkeypatch.setattr(running, "check_and_record", lambda binding, *terms: check_binding(binding, ("wire",)))
    folder = write_plain(tmp_path, "")
    assert main(["check", str(folder), "--record", "--set", f"host_address={server.url}/api"]) == 0
    said = capsys.readouterr()
    assert "recorded 3 calls in" in said.out
    assert "14 passed" in said.out
    assert KEY not in said.out + said.err
    assert KEY.encode() not in all_bytes(folder)


@pytest.mark.parametrize("turn", [str.strip, lambda key: f"x{key}", lambda key: f"xy{key}z", lambda key: f"user:{key}"])
def test_every_form_of_a_secret_is_seen(turn: Callable[[str], str]) -> None:
    known = KnownSecrets({"key": KEY, "short": "abc"}, {"account": "my-account-1"})
    text = turn(KEY)
    coded = (base64.b64encode(text.encode()), base64.urlsafe_b64encode(text.encode()), quote(text).encode())
    for data in (text.encode(), text.encode().hex().encode(), *coded):
        assert known.remaining(b"before " + data + b" after") == ["key"]
    assert known.remaining(b"MY-ACCOUNT-1") == ["account"]
    assert known.remaining(b"abc and other words") == []


def test_cases_by_hand_are_never_written_over(tmp_path: Path) -> None:
    assert target_file(tmp_path) == tmp_path / "wire_cases.yaml"
    (tmp_path / "wire_cases.yaml").write_text("cases: []", encoding="utf-8")
    assert target_file(tmp_path) == tmp_path / "wire_cases" / "recorded.yaml"
    (tmp_path / "wire_cases.yaml").write_text(cases_text({"recorded": {"date": "x"}, "cases": []}), encoding="utf-8")
    assert target_file(tmp_path) == tmp_path / "wire_cases.yaml"

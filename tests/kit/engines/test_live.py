"""`lollms check --live` calls the real thing with the user's settings, and stops before its limit of cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lollms_client import errors
from lollms_client.cli import main
from lollms_client.testing.live_costs import Terms, read_prices
from lollms_client.testing.report import Finding, Report
from lollms_client.testing.running import check_subject
from lollms_client.testing.server import Line, Received, serving
from lollms_client.testing.subject import Subject, find_subject
from tests.kit.broken_bindings import write_sample

KEY = "sk-live-7c21d9"
PRICES = {"input_tokens": 1.0, "output_tokens": 2.0}


class Service:
    """A service of language models, as its document says; `usage` is what it says of each answer."""

    def __init__(self, usage: dict[str, object] | None = None, refusal: int = 401, anyone: bool = False) -> None:
        self.usage = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16} if usage is None else usage
        self.refusal = refusal
        self.anyone = anyone
        self.asked: list[str] = []

    def __call__(self, line: Line, request: Received) -> None:
        path = request.target.rpartition("/")[2]
        if request.headers.get("authorization") != f"Bearer {KEY}" and not self.anyone:
            line.reply({"error": {"message": "no such key", "type": "auth"}}, self.refusal)
            return
        self.asked.append(path)
        if path == "models":
            line.reply({"object": "list", "data": [{"id": "one", "object": "model"}]})
        elif path == "embeddings":
            rows = [{"index": 0, "embedding": [0.1, 0.2]}, {"index": 1, "embedding": [0.3, -0.4]}]
            line.reply({"data": rows, "model": "one", "usage": {"prompt_tokens": 9, "total_tokens": 9}})
        else:
            self._answer(line)

    def _answer(self, line: Line) -> None:
        first = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hello, sea."}}]}
        last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": self.usage or None}
        pieces = [f"data: {json.dumps({'id': '1', 'model': 'one', **event})}\n\n".encode() for event in (first, last)]
        line.stream([*pieces, b"data: [DONE]\n\n"], headers={"Content-Type": "text/event-stream"})


@contextmanager
def _subject(service: Service, **terms: object) -> Iterator[Subject]:
    with serving(service) as server:
        subject = find_subject("llm.openai_compatible")
        settings = {"host_address": f"{server.url}/v1", "service_key": KEY, "model_name": "one"}
        subject.terms = Terms(**{"prices": PRICES, "settings": settings, **terms})  # type: ignore[arg-type]
        yield subject


def _check(service: Service, **terms: object) -> tuple[Report, Subject]:
    with _subject(service, **terms) as subject:
        return check_subject(subject, ("live", "media")), subject


def _of(report: Report, code: str) -> Finding:
    return next(finding for finding in report.findings if finding.code == code)


def test_a_good_service_passes_and_the_cost_is_told() -> None:
    service = Service()
    report, subject = _check(service)
    states = {code: _of(report, code).state for code in ("V101", "V102", "V103", "V104", "V105", "D201", "D202")}
    assert states == {**dict.fromkeys(states, "passed"), "V105": "unproven"}, report.text()
    assert service.asked == ["models", "completions", "embeddings"]
    assert subject.live.spent == pytest.approx((12 + 9) * 1e-6 + 4 * 2e-6, rel=0.01)
    assert f"at most ${subject.live.spent:.4f} spent" in report.text()
    assert KEY not in report.text() + json.dumps(report.as_dict())


def test_what_the_service_says_of_the_cost_counts() -> None:
    _, subject = _check(Service({"prompt_tokens": 12, "completion_tokens": 4, "cost": 0.0123}))
    assert subject.live.spent == pytest.approx(0.0123, abs=1e-4)


def test_an_unknown_cost_is_not_zero() -> None:
    service = Service()
    report, subject = _check(service, prices={})
    assert service.asked == ["models"]
    assert set(subject.live.left_out) == {"chat", "embed"}
    assert _of(report, "V102").state == "unproven"
    assert "nobody knows what it costs" in _of(report, "V102").reason
    again = Service()
    report, subject = _check(again, prices={}, unknown_ok=True)
    assert again.asked == ["models", "completions", "embeddings"]
    assert "2 calls of unknown cost (chat, embed)" in report.text()


def test_it_stops_before_the_limit() -> None:
    service = Service()
    report, subject = _check(service, limit=0.0003)
    assert "completions" in service.asked
    assert subject.live.spent <= 0.0003
    service = Service()
    report, subject = _check(service, limit=1e-6)
    assert service.asked == ["models"]
    assert "more than $1e-06" in _of(report, "V102").reason


def test_a_service_that_costs_more_than_it_may_is_told() -> None:
    report, _ = _check(Service({"prompt_tokens": 12, "completion_tokens": 4, "cost": 1.0}))
    assert _of(report, "V104").state == "failed"


def test_a_wrong_key_must_be_told_as_such() -> None:
    report, _ = _check(Service(refusal=500))
    assert _of(report, "V103").state == "failed"
    report, _ = _check(Service(anyone=True))
    assert _of(report, "V103").state == "skipped"


def test_a_service_that_fails_is_told_without_secrets() -> None:
    with _subject(Service()) as subject:
        assert subject.terms is not None
        subject.terms.settings["service_key"] = "sk-another-key-91"
        report = check_subject(subject, ("live",))
    assert _of(report, "V101").state == "failed"
    assert "AuthenticationFailed" in report.text()
    assert "sk-another-key-91" not in report.text()


def test_nothing_is_called_unless_asked() -> None:
    report = check_subject(find_subject("llm.openai_compatible"), ("live",))
    assert {finding.state for finding in report.findings} == {"unproven"}
    assert "--live" in report.text()
    assert report.notes == ()


@pytest.mark.parametrize("word", ["images", "images=", "images=free", "images=-1", "pictures=1", "=1", "images=nan"])
def test_a_wrong_price_is_refused(word: str) -> None:
    with pytest.raises(errors.BadSetting):
        read_prices([word])


def test_the_command_calls_with_the_settings_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lollms_client.testing.cases_media import tone

    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SAMPLE_VOICE_KEY", KEY)
    folder = write_sample(tmp_path / "sample_voice")
    heard: list[str] = []

    def speak(line: Line, request: Received) -> None:
        heard.append(request.headers.get("authorization", ""))
        line.reply(bytes(tone(0.5)) if heard[-1] == f"Bearer {KEY}" else b"no", 200 if KEY in heard[-1] else 401)

    with serving(speak) as server:
        words = ["check", str(folder), "--live", "--json", "--set", f"host_address={server.url}"]
        assert main([*words, "--price", "characters=15"]) == 1  # its error of a wrong key names no class
    report = json.loads(capsys.readouterr().out)
    states = {item["code"]: item["state"] for item in report["findings"]}
    assert states["V101"] == states["D101"] == states["D107"] == "passed"
    assert states["V103"] == "failed"
    assert report["notes"][0].startswith("live: 3 calls, at most $0.00")
    assert heard[0] == f"Bearer {KEY}"
    assert main(["check", str(folder), "--live", "--price", "air=1"]) == 2

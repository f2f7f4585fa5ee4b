"""Each thing that a binding or a case has wrong is found by the rule that is there for it, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lollms_client.testing import Report, check_binding
from tests.kit.wire.samples import FLOW_MANIFEST, PLAIN_MANIFEST, write_flow, write_plain

KEY = "key-for-tests-31415926"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


def chat_case(name: str, fault: str = "", **changes: Any) -> dict[str, Any]:
    """A case that the sample passes where it has no fault."""
    case: dict[str, Any] = {
        "name": name, "call": "chat", "with": {"messages": "Hello", "temperature": 0.5},
        "settings": {"fault": fault},
        "exchanges": [{
            "request": {
                "method": "POST", "path": "/v1/chat", "host": "chat.example.com",
                "headers": {"authorization": "Bearer ${service_key}"},
                "json": {"model": "small", "messages": [{"role": "user", "content": "Hello"}], "temperature": 0.5},
                "exact": True,
            },
            "reply": {"json": {"text": "Hi there", "tokens": 3}},
        }],
        "result": {"text": "Hi there", "finish": "stop", "usage": {"input_tokens": 3}},
    }  # fmt: skip
    return {**case, **changes}


def embed_case(name: str, fault: str = "") -> dict[str, Any]:
    """Two vectors, in their order."""
    request = {"method": "POST", "path": "/v1/embed", "json": {"input": ["a", "b"]}}
    return {
        "name": name, "call": "embed", "with": {"texts": ["a", "b"]}, "settings": {"fault": fault},
        "exchanges": [{"request": request, "reply": {"json": {"vectors": [[1.0, 0.0], [0.0, 1.0]]}}}],
        "result": {"vectors": [[1.0, 0.0], [0.0, 1.0]]},
    }  # fmt: skip


def as_yaml(*cases: dict[str, Any], **more: Any) -> str:
    """A file of cases."""
    return yaml.safe_dump({"settings": {"service_key": KEY}, **more, "cases": list(cases)}, sort_keys=False)


def found(report: Report) -> dict[str, dict[str, list[str]]]:
    """The faults by the name of their case, then by code."""
    by_case: dict[str, dict[str, list[str]]] = {}
    for finding in report.of("failed"):
        for fault in finding.faults:
            case = fault.partition(": ")[2].partition(": ")[0]
            by_case.setdefault(case, {}).setdefault(finding.code, []).append(fault)
    return by_case


# a fault of the code: the codes that must tell of it, and words that must be said
CODE_FAULTS: dict[str, tuple[set[str], str]] = {
    "wrong path": ({"W102"}, 'path: expected "/v1/chat", got "/v1/chats"'),
    "another method": ({"W102"}, 'method: expected "POST", got "GET"'),
    "other host": ({"W102"}, 'host: expected "chat.example.com", got "other.example.com"'),
    "query": ({"W102"}, "query v: expected nothing, got 2"),
    "key in another header": ({"W102"}, "header authorization: expected ***, got nothing"),
    "parameter dropped": ({"W102"}, "json.temperature: expected 0.5, got nothing"),
    "parameter made up": ({"W102"}, "json.temperature: expected 0.5, got 1.0"),
    "other driver, other request": ({"W102"}, 'json.model: expected "small", got "async" (only asyncio)'),
    "asks twice": ({"W103"}, "POST /v1/chat was asked and is not stated"),
    "asks nothing": ({"W104"}, "POST /v1/chat was never asked"),
    "wrong field": ({"W105"}, 'result.text: expected "Hi there", got "None"'),
    "result lost": ({"W105"}, 'result.text: expected "Hi there", got ""'),
    "usage lost": ({"W105"}, "result.usage.input_tokens: expected 3, got null"),
    "other driver, other result": ({"W105", "W108"}, 'expected "Hi there", got "HI THERE" (only asyncio)'),
    "warns": ({"W107"}, "warnings: one of 'seed' is not stated"),
    "order lost": ({"W105"}, "result.vectors[0][0]: expected 1.0, got 0.0"),
}
ALSO = {"asks twice": {"W105"}}  # the second reply is an error, so the result is none


@pytest.fixture(scope="module")
def flow_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    cases = [embed_case(fault, fault) if fault == "order lost" else chat_case(fault, fault) for fault in CODE_FAULTS]
    folder = write_flow(tmp_path_factory.mktemp("flow"), as_yaml(chat_case("right"), embed_case("also right"), *cases))
    return check_binding(folder, ("wire",))


@pytest.mark.parametrize("fault", CODE_FAULTS)
def test_a_fault_of_the_code_is_found_by_its_rule(flow_report: Report, fault: str) -> None:
    codes, words = CODE_FAULTS[fault]
    by_code = {
        code: faults for code, faults in found(flow_report).get(fault, {}).items() if code not in ALSO.get(fault, set())
    }
    assert set(by_code) == codes
    assert any(words in text for faults in by_code.values() for text in faults), by_code


def test_cases_that_are_right_are_not_complained_of(flow_report: Report) -> None:
    assert not {"right", "also right"} & set(found(flow_report))


def test_no_difference_shows_a_key(flow_report: Report) -> None:
    assert KEY not in flow_report.text(everything=True)


def test_the_report_counts_the_cases(flow_report: Report) -> None:
    assert flow_report.notes == (f"wire cases: {len(CODE_FAULTS) + 2}",)


def test_a_host_that_is_not_declared_is_told(flow_report: Report) -> None:
    faults = next(finding.faults for finding in flow_report.findings if finding.code == "W112")
    assert len(faults) == 1
    assert "other.example.com" in faults[0]


def stated(reply: dict[str, Any], **request: Any) -> list[dict[str, Any]]:
    return [{"request": {"method": "POST", "path": "/v1/chat", **request}, "reply": reply}]


GOOD = {"json": {"text": "Hi there", "tokens": 3}}
# a case that is not so: what it changes of the right one, the code, and words that must be said
CASE_FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "absent field": ({"exchanges": stated(GOOD, absent=["temperature"])}, "W102", "json.temperature: expected nothing"),
    "absent in a list": ({"exchanges": stated(GOOD, absent=["messages.0.role"])}, "W102", "json.messages.0.role"),
    "longer list": ({"exchanges": stated(GOOD, json={"messages": [{}, {}]})}, "W102", "expected 2 items"),
    "lists are whole": (
        {"exchanges": stated(GOOD, json={"messages": [{"role": "user"}]})}, "W102", "json.messages[0].content",
    ),
    "number for text": ({"exchanges": stated(GOOD, json={"model": 1})}, "W102", 'json.model: expected 1, got "small"'),
    "true is no number": ({"exchanges": stated(GOOD, json={"temperature": True})}, "W102", "expected true, got 0.5"),
    "a form": ({"exchanges": stated(GOOD, form={"model": "small"})}, "W102", "expected a form, got application/json"),
    "a text": ({"exchanges": stated(GOOD, text="Hello")}, "W102", 'body: expected "Hello"'),
    "a header": ({"exchanges": stated(GOOD, headers={"x-version": 3})}, "W102", "header x-version: expected 3"),
    "no such header": ({"exchanges": stated(GOOD, headers={"authorization": None})}, "W102", "expected nothing"),
    "any header": ({"exchanges": stated(GOOD, headers={"x-version": "${any}"})}, "W102", "header x-version"),
    "error expected": ({"result": None, "error": {"code": "rate_limited"}}, "W105", "expected the error rate_limited"),
    "other error": (
        {"exchanges": stated({"status": 401}), "result": None, "error": {"code": "not_found"}}, "W105",
        'error.code: expected "not_found", got "authentication_failed"',
    ),
    "no mention": (
        {"exchanges": stated({"status": 401, "json": {"error": "bad key"}}), "result": None,
         "error": {"code": "authentication_failed", "mentions": ["bad key", "payment"]}}, "W105",
        "expected a mention of 'payment'",
    ),
    "not so long": (
        {"exchanges": stated({"status": 429, "headers": {"retry-after": "7"}}), "result": None,
         "error": {"code": "rate_limited", "retry_after": 8}}, "W105", "error.retry_after: expected 8, got 7.0",
    ),
    "result of a failure": ({"exchanges": stated({"status": 500})}, "W105", "got the error unavailable"),
    "media of a text": ({"result": None, "media": {"type": "image/png"}}, "W106", "media: expected some, got none"),
    "warning expected": ({"warnings": ["top_k"]}, "W107", "expected one of 'top_k'"),
    "unknown place": ({"exchanges": stated(GOOD, json={"model": "${modle_name}"})}, "W102", "did you mean model_name"),
}  # fmt: skip


@pytest.fixture(scope="module")
def case_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    cases = []
    for name, (changes, _, _) in CASE_FAULTS.items():
        case = chat_case(name, **changes)
        cases.append({key: value for key, value in case.items() if value is not None})
    folder = write_flow(tmp_path_factory.mktemp("cases"), as_yaml(*cases))
    return check_binding(folder, ("wire",))


@pytest.mark.parametrize("name", CASE_FAULTS)
def test_a_case_that_is_not_so_is_told_by_its_rule(case_report: Report, name: str) -> None:
    _, code, words = CASE_FAULTS[name]
    by_code = found(case_report)[name]
    assert any(words in text for text in by_code[code]), by_code
    assert not set(by_code) - {code, "W102"} - ({"W105"} if name == "unknown place" else set()), by_code


SPEECH: dict[str, Any] = {
    "call": "speech", "with": {"text": "Hallo", "voice": "ben"},
    "exchanges": [{
        "request": {
            "method": "POST", "path": "/api/speech", "headers": {"X-Key": "${service_key}"},
            "json": {"text": "Hallo", "voice": "ben"},
        },
        "reply": {"media": {"tone": 1.5}},
    }],
    "media": {"type": "audio/wav", "seconds": 1.5},
}  # fmt: skip
PLAIN_FAULTS = {
    "telemetry": ("W111", "it tried to reach 192.0.2.7"),
    "another address": ("W111", "it tried to reach telemetry.example.com"),
    "starts a process": ("W113", "true"),
    "writes a file": ("W113", "cache.bin"),
    "sets a variable": ("W114", "calls changed the environment variables"),
    "cuts the sound": ("W106", "it is cut off"),
    "gives text": ("W106", "expected"),
}


@pytest.fixture(scope="module")
def plain_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    cases = [{"name": fault, "settings": {"fault": fault}, **SPEECH} for fault in PLAIN_FAULTS]
    folder = write_plain(tmp_path_factory.mktemp("plain"), as_yaml({"name": "right", **SPEECH}, *cases))
    return check_binding(folder, ("wire",))


@pytest.mark.parametrize("fault", PLAIN_FAULTS)
def test_a_fault_of_a_documented_class_is_found(plain_report: Report, fault: str) -> None:
    code, words = PLAIN_FAULTS[fault]
    faults = next(finding.faults for finding in plain_report.findings if finding.code == code)
    assert any(words in text for text in faults), faults


def test_a_documented_class_that_is_right_is_not_complained_of(plain_report: Report) -> None:
    assert "right" not in found(plain_report)


def test_what_no_case_calls_is_told(plain_report: Report) -> None:
    faults = next(finding.faults for finding in plain_report.findings if finding.code == "W109")
    assert [text.partition(":")[0] for text in faults] == ["list_voices", "list_models"]


def test_capabilities_that_no_case_uses_are_told(tmp_path: Path) -> None:
    manifest = FLOW_MANIFEST.replace("[chat, embed]", "[chat, embed, tools, vision, json_schema, system]")
    picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "${data_url:picture 8x8}"}}]}
    given: dict[str, Any] = {"with": {"messages": [{"role": "system", "content": "Brief."}, picture]}}
    seen = {**chat_case("seen"), **given}
    folder = write_flow(tmp_path, as_yaml(seen, embed_case("embeds")), manifest=manifest)
    faults = next(finding.faults for finding in check_binding(folder, ("wire",)).findings if finding.code == "W110")
    assert faults == ("tools: no case uses it", "json_schema: no case uses it")


def test_hosts_of_defaults_must_be_declared(tmp_path: Path) -> None:
    manifest = PLAIN_MANIFEST.replace("reach: {hosts: [speech.example.com]}", "reach: {hosts: [api.example.org]}")
    folder = write_plain(tmp_path, as_yaml({"name": "right", **SPEECH}), manifest=manifest)
    failed = {finding.code: finding.faults for finding in check_binding(folder, ("wire",)).of("failed")}
    assert "speech.example.com" in failed["W112"][0]


def test_without_cases_nothing_is_proven(tmp_path: Path) -> None:
    report = check_binding(write_flow(tmp_path, ""), ("wire",))
    assert {finding.state for finding in report.findings} == {"unproven"}
    assert "wire_cases.yaml" in report.findings[0].reason


def test_what_works_on_this_machine_needs_no_cases(tmp_path: Path) -> None:
    manifest = FLOW_MANIFEST.replace("reach: {hosts: [chat.example.com]}", "offline: true")
    report = check_binding(write_flow(tmp_path, "", manifest=manifest), ("wire",))
    assert {finding.state for finding in report.findings} == {"skipped"}


def test_a_mistyped_case_is_told_with_its_line(tmp_path: Path) -> None:
    report = check_binding(write_flow(tmp_path, "cases:\n  - name: one\n    cal: chat\n    result: {}\n"), ("wire",))
    first = report.findings[0]
    assert first.code == "W101"
    assert first.state == "failed"
    assert "line 3: the key 'cal' is not known here; did you mean call" in first.faults[0]
    assert {finding.state for finding in report.findings[1:]} == {"unproven"}

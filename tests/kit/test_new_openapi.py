"""What an OpenAPI document says goes into the new binding, however oddly it says so; what it does not say is marked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from lollms_client.cli import main
from lollms_client.manifest import BINDING_TYPES, load_manifest
from lollms_client.testing import check_binding

ODD = Path(__file__).with_name("odd_openapi.yaml")
ODD_PATH = '/make "it"\\n/{a.b}/{c-d}/x?alpha=1&beta'


def document(route: str, operation: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": {route: {"post": operation}, **more.pop("paths", {})}, **more}


def body(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "content": {"application/json": {"schema": {"type": "object", "required": required, "properties": properties}}}
    }


def replies(**properties: Any) -> dict[str, Any]:
    return {"200": {"description": "", **body([], **properties)}}


TEXT = {"type": "string"}


def started(folder: Path, values: dict[str, Any], *words: str, binding_type: str = "llm", kind: str = "http") -> Path:
    file = folder / "api.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    route = next(iter(values["paths"]))
    given = [
        "new",
        binding_type,
        "acme",
        "--kind",
        kind,
        "--openapi",
        str(file),
        "--path",
        route,
        "--into",
        str(folder),
    ]
    assert main([*given, "--author", "A tester", *words]) == 0
    return folder / "acme"


def first_request(folder: Path, case: int = 0) -> dict[str, Any]:
    cases = yaml.safe_load((folder / "wire_cases.yaml").read_text(encoding="utf-8"))["cases"]
    found: dict[str, Any] = cases[case]["exchanges"][0]["request"]
    return found


def assert_right(folder: Path) -> None:
    report = check_binding(folder, ("manifest", "wire"))
    assert not report.of("failed"), report.text()
    assert not [item for item in report.of("unproven") if item.suite == "wire"], report.text()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("kind", ["http", "job"])
@pytest.mark.parametrize("binding_type", BINDING_TYPES)
def test_odd_names_and_words_do_no_harm(tmp_path: Path, binding_type: str, kind: str) -> None:
    words = ["new", binding_type, "acme", "--kind", kind, "--openapi", str(ODD), "--path", ODD_PATH]
    title = 'A "title" \\x {b} """'
    assert (
        main([*words, "--into", str(tmp_path), "--title", title, "--description", 'Says "this": # and \\n that.']) == 0
    )
    for file in ("__init__.py", "example.py"):
        compile((tmp_path / "acme" / file).read_text(encoding="utf-8"), file, "exec")
    manifest = load_manifest(tmp_path / "acme")
    assert manifest.title == title
    (parameters,) = manifest.method_parameters.values()
    of_body = {"field_1st", "field", "on", "null", "service_class"} if binding_type != "stt" else set()  # that is sound
    assert {"q_x", "a_b", *of_body} <= {item.name for item in parameters}
    report = check_binding(tmp_path / "acme", ("manifest",))
    assert not report.of("failed"), report.text()


def test_an_odd_document_is_sent_as_it_says(tmp_path: Path) -> None:
    words = ["new", "tti", "acme", "--kind", "http", "--openapi", str(ODD), "--path", ODD_PATH, "--into", str(tmp_path)]
    assert main(words) == 0
    assert_right(tmp_path / "acme")
    request = first_request(tmp_path / "acme")
    assert request["query"].keys() == {'q"x', "alpha", "beta"}
    assert request["headers"]["x-odd"] == "3"
    assert request["json"].keys() >= {'we"ird', "1st", "ü", "class", "on"}
    assert request["path"].startswith("/api/v2/make%20%22it%22")


def test_the_header_that_carries_the_key_is_found_among_the_parameters(tmp_path: Path) -> None:
    heads = [
        {"in": "header", "name": "x-acme-key", "schema": TEXT},
        {"in": "header", "name": "acme-version", "schema": TEXT | {"example": "2024-01-01"}},
        {"in": "header", "name": "Accept", "required": True, "schema": TEXT},
    ]
    operation = {"parameters": heads, "requestBody": body(["messages"], messages={"type": "array"}),
                 "responses": replies(text=TEXT)}  # fmt: skip
    folder = started(tmp_path, document("/chat", operation))
    assert first_request(folder)["headers"] == {"x-acme-key": "${service_key}"}
    assert first_request(folder, 1)["headers"] == {"x-acme-key": "${service_key}", "acme-version": "2024-01-01"}
    assert_right(folder)


def test_instructions_have_a_field_of_their_own_where_the_service_has_one(tmp_path: Path) -> None:
    fields = {"messages": {"type": "array"}, "system": TEXT, "stream": {"type": "boolean", "default": True}}
    items = {"type": "array", "items": {"type": "object", "properties": {"text": TEXT}}}
    operation = {"requestBody": body(["messages"], **fields), "responses": replies(content=items)}
    folder = started(tmp_path, document("/chat", operation))
    sent = first_request(folder, 1)["json"]
    assert (sent["system"], [message["role"] for message in sent["messages"]]) == ("Be brief.", ["user"])
    assert sent["stream"] is False  # else it would answer with events
    assert_right(folder)


NOTES = {"type": "array", "items": {"type": "object", "properties": {"content": TEXT}}}
DETAILS = {"type": "object", "properties": {"text": TEXT}}


@pytest.mark.parametrize(
    ("binding_type", "schema", "place"),
    [
        ("stt", {"notes": NOTES, "text": TEXT}, '"text"'),
        ("llm", {"details": DETAILS, "generated_text": TEXT}, '"generated_text"'),
    ],
)
def test_the_text_of_a_reply_is_what_is_always_there(
    tmp_path: Path, binding_type: str, schema: dict[str, Any], place: str
) -> None:
    reply = {"200": {"description": "", **body([list(schema)[-1]], **schema)}}
    operation = {"requestBody": body(["prompt"], prompt=TEXT), "responses": reply}
    folder = started(tmp_path, document("/ask", operation), binding_type=binding_type)
    assert f"text_at(self.decoded(await self.send(http)), {place})" in (folder / "__init__.py").read_text(
        encoding="utf-8"
    )


def test_a_job_is_looked_at_where_its_name_is_a_query(tmp_path: Path) -> None:
    states = {"type": "string", "enum": ["Task not found", "Pending", "Content Moderated", "Ready", "Thinking"]}
    look = {"get": {
        "parameters": [{"in": "query", "name": "id", "required": True, "schema": TEXT}],
        "responses": replies(status=states, result={"type": "object", "properties": {"sample": TEXT}}),
    }}  # fmt: skip
    operation = {"requestBody": body(["prompt"], prompt=TEXT), "responses": replies(id=TEXT, polling_url=TEXT)}
    folder = started(
        tmp_path, document("/flux", operation, paths={"/get_result": look}), binding_type="tti", kind="job"
    )
    code = (folder / "__init__.py").read_text(encoding="utf-8")
    for word, state in [("Task not found", "failed"), ("Content Moderated", "failed"), ("Thinking", "running")]:
        assert f'"{word}": "{state}"' in code
    cases = yaml.safe_load((folder / "wire_cases.yaml").read_text(encoding="utf-8"))["cases"]
    assert cases[0]["exchanges"][1]["request"] == {"method": "GET", "path": "/get_result", "query": {"id": "job-1"}}
    assert "CHANGE ME" not in code
    assert_right(folder)


def test_what_the_document_does_not_say_is_marked(tmp_path: Path) -> None:
    file = {"type": "string", "format": "binary"}
    fields = {"input": {"type": "object"}, "reference": file, "webhook_secret": TEXT}
    operation = {"requestBody": body(["input"], **fields), "responses": {"202": {"description": ""}}}
    folder = started(tmp_path, document("/films", operation), binding_type="ttv", kind="job")
    code = (folder / "__init__.py").read_text(encoding="utf-8")
    said = [line.partition("CHANGE ME: ")[2] for line in code.splitlines() if "CHANGE ME" in line]
    assert said == [
        "the document does not say which field takes the prompt",
        "the document does not say where the result stands in the reply",
        "the document does not say where the reply names the job",
        "the document does not say how a job is looked at, and which words tell how it stands",
    ]
    assert ": reference, webhook_secret." in (folder / "description.yaml").read_text(encoding="utf-8")
    assert_right(folder)

"""The services as data: each is a manifest and a class without logic, and each one's facts reach the wire."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from typing import Any

import pytest

import lollms_client
from lollms_client import LollmsClient, errors
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.families.openai_compatible.facts import all_facts
from lollms_client.families.openai_compatible.llm import OpenAICompatibleLLM
from lollms_client.families.openai_compatible.quirks import Quirks
from lollms_client.manifest.reading import load_manifest
from lollms_client.registry import Registry
from lollms_client.types import Message
from tests.services.openai_llm.cases import FOLDER, KEY, ask, binding, completion, sent, services

PACKAGE = Path(lollms_client.__file__).parent
NAMES = services()
# what stands for the parts of an address that only an account knows
PLACES = {
    "azure_openai": {"resource": "mine"},
    "cloudflare": {"account_id": "acc1"},
    "databricks": {"workspace": "dbc-1.cloud.databricks.com"},
    "openai_compatible": {"host_address": "http://127.0.0.1:9/v1"},
}
ADDRESSES = {
    "azure_openai": "https://mine.openai.azure.com/openai/v1/chat/completions",
    "cerebras": "https://api.cerebras.ai/v1/chat/completions",
    "cloudflare": "https://api.cloudflare.com/client/v4/accounts/acc1/ai/v1/chat/completions",
    "dashscope": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions",
    "databricks": "https://dbc-1.cloud.databricks.com/serving-endpoints/chat/completions",
    "deepseek": "https://api.deepseek.com/chat/completions",
    "fireworks": "https://api.fireworks.ai/inference/v1/chat/completions",
    "groq": "https://api.groq.com/openai/v1/chat/completions",
    "huggingface_router": "https://router.huggingface.co/v1/chat/completions",
    "mistral": "https://api.mistral.ai/v1/chat/completions",
    "nvidia_nim": "https://integrate.api.nvidia.com/v1/chat/completions",
    "openai": "https://api.openai.com/v1/chat/completions",
    "openrouter": "https://openrouter.ai/api/v1/chat/completions",
    "perplexity": "https://api.perplexity.ai/v1/sonar",
    "together": "https://api.together.xyz/v1/chat/completions",
    "venice": "https://api.venice.ai/api/v1/chat/completions",
    "vercel_gateway": "https://ai-gateway.vercel.sh/v1/chat/completions",
    "xai": "https://api.x.ai/v1/chat/completions",
    "zhipu": "https://api.z.ai/api/paas/v4/chat/completions",
    "llama_cpp_server": "http://localhost:8080/v1/chat/completions",
    "open_webui": "http://localhost:3000/api/chat/completions",
    "vllm": "http://localhost:8000/v1/chat/completions",
}
SETTINGS = (
    *("model_name", "host_address", "service_key", "verify_ssl_certificate", "certificate_file_path"),
    *("timeout", "extra_headers", "extra_body", "proxy", "max_retries", "transport"),
)


def test_all_services_are_here() -> None:
    assert len(NAMES) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_a_manifest_and_a_class_without_logic(name: str) -> None:
    source = (FOLDER / name / "__init__.py").read_text("utf-8")
    tree = ast.parse(source)
    kinds = [type(node).__name__ for node in tree.body]
    assert kinds == ["Expr", "ImportFrom", "Assign", "ClassDef"]
    (kind,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert all(isinstance(node, ast.Expr) for node in kind.body)
    assert sorted(path.name for path in (FOLDER / name).iterdir() if path.name != "__pycache__") == [
        "__init__.py",
        "description.yaml",
        "wire_cases.yaml",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_manifests_are_clean_and_alike(name: str) -> None:
    manifest = load_manifest(FOLDER / name)
    assert manifest.warnings == ()
    assert manifest.binding_type == "llm"
    assert manifest.title
    assert manifest.description
    assert manifest.links
    assert manifest.service["facts_date"]
    assert all(row["how"] and row["date"] and row["note"] for row in manifest.verified)
    assert not any("live" in row["how"] for row in manifest.verified)
    names = {parameter.name for parameter in manifest.input_parameters}
    assert names >= set(SETTINGS)
    key = manifest.setting("service_key")
    assert key is not None
    assert key.is_secret
    assert key.env
    assert manifest.method("chat") == manifest.method("generate_text")
    assert bool(manifest.method("embed")) == ("embed" in manifest.capabilities)
    reference = load_manifest(FOLDER / "openai")
    usual = {parameter.name: parameter.type for parameter in (*reference.input_parameters, *reference.method("chat"))}
    for parameter in (*manifest.input_parameters, *manifest.method("chat")):
        assert parameter.description
        assert parameter.type == usual.get(parameter.name, parameter.type)


@pytest.mark.parametrize("name", NAMES)
def test_every_service_answers(name: str) -> None:
    service = binding(name, **PLACES.get(name, {}))
    driver = ScriptedDriver([CannedReply(body=completion())])
    result = driver.run(service.chat_result_flow(service.chat_request("Hi", {"max_tokens": 5, "temperature": 0.5})))
    assert (result.text, result.warnings) == ("Hello.", ())
    request = driver.requests[0]
    assert request.url == ADDRESSES.get(name, request.url)
    assert KEY in "".join(request.plain_headers().values())
    assert KEY not in request.url
    body = sent(driver)
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert body.get("max_tokens", body.get("max_completion_tokens")) == 5
    assert set(service.quirks.wires) <= {"chat", "responses", "completions"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PLACES])
def test_a_service_wants_a_key_and_a_local_server_does_not(name: str) -> None:
    service = binding(name, service_key=None)
    driver = ScriptedDriver([CannedReply(body=completion())])
    flow = service.chat_result_flow(service.chat_request("Hi", {}))
    if service.base_url.startswith("http://localhost"):
        assert driver.run(flow).text == "Hello."
        assert "Authorization" not in driver.requests[0].headers
    else:
        with pytest.raises(errors.MissingKey, match="environment variable"):
            driver.run(flow)


def test_the_header_of_a_key_is_a_quirk() -> None:
    service = binding("azure_openai", resource="mine", wire="responses")
    driver = ScriptedDriver([CannedReply(body={"object": "response", "status": "completed", "output": []})])
    driver.run(service.chat_result_flow(service.chat_request("Hi", {})))
    assert driver.requests[0].plain_headers()["api-key"] == KEY
    assert "Authorization" not in driver.requests[0].headers
    assert driver.requests[0].url == "https://mine.openai.azure.com/openai/v1/responses"


def test_a_dated_version_takes_the_older_paths() -> None:
    service = binding("azure_openai", resource="mine", api_version="2024-10-21", model_name="my model")
    driver = ScriptedDriver([CannedReply(body=completion())])
    driver.run(service.chat_result_flow(service.chat_request("Hi", {})))
    path = "/openai/deployments/my%20model/chat/completions?api-version=2024-10-21"
    assert driver.requests[0].url == "https://mine.openai.azure.com" + path


def test_names_in_messages_are_dropped_where_the_service_refuses_them() -> None:
    result, body = ask(binding("groq"), completion(), [Message.user("Hi", name="anna")])
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert [(warning.kind, warning.setting) for warning in result.warnings] == [("dropped", "messages")]


def test_json_is_forced_by_a_schema_where_only_schemas_can_be() -> None:
    _, body = ask(binding("perplexity"), completion(), response_format="json")
    assert body["response_format"]["type"] == "json_schema"


def test_a_part_of_the_address_that_is_missing_is_named() -> None:
    with pytest.raises(errors.BadSetting, match="resource"):
        ask(binding("azure_openai"), completion())
    with pytest.raises(errors.BadSetting, match="account_id"):
        binding("cloudflare")


def test_local_servers_count_and_turn_tokens_back() -> None:
    for name, reply, path in (
        ("vllm", {"count": 2, "max_model_len": 8, "tokens": [1, 2]}, "http://localhost:8000/tokenize"),
        ("tabbyapi", {"tokens": [1, 2], "length": 2}, "http://localhost:5000/v1/token/encode"),
        ("koboldcpp", {"value": 2, "ids": [1, 2]}, "http://localhost:5001/api/extra/tokencount"),
        ("localai", {"tokens": [1, 2]}, "http://localhost:8080/v1/tokenize"),
    ):
        driver = ScriptedDriver([CannedReply(body=reply)])
        assert driver.run(binding(name).token_count_flow("Hello")) == 2
        assert driver.requests[0].url == path


def test_purposes_have_the_words_of_the_service() -> None:
    service = binding("nvidia_nim")
    for purpose, word in (("query", "query"), ("document", "passage"), (None, "query")):
        given: dict[str, Any] = {"purpose": purpose} if purpose else {}
        driver = ScriptedDriver([CannedReply(body={"data": [{"index": 0, "embedding": [1.0]}]})])
        driver.run(service.embedding_flow(service.embedding_request("text", given)))
        assert sent(driver)["input_type"] == word


def test_one_value_of_a_parameter_may_be_another_field() -> None:
    result, body = ask(binding("deepseek"), completion(), reasoning_effort="none")
    assert (body["thinking"], result.warnings) == ({"type": "disabled"}, ())
    assert "reasoning_effort" not in body
    assert ask(binding("deepseek"), completion(), reasoning_effort="max")[1]["reasoning_effort"] == "max"
    assert ask(binding("siliconflow"), completion(), reasoning_effort="none")[1]["enable_thinking"] is False


def test_a_cost_in_ticks_and_in_an_object() -> None:
    reply = completion()
    reply["usage"]["cost_in_usd_ticks"] = 25_000_000
    assert ask(binding("xai"), reply)[0].usage.cost == 0.0025
    reply = completion()
    reply["usage"]["cost"] = {"total_cost": 0.006, "request_cost": 0.005}
    assert ask(binding("perplexity"), reply)[0].usage.cost == 0.006


def test_there_are_fifteen_quirks_at_most() -> None:
    assert len(Quirks.__struct_fields__) <= 15


def test_an_unknown_quirk_is_an_error_of_the_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "llm" / "strange"
    shutil.copytree(FOLDER / "groq", folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "description.yaml").read_text("utf-8")
    (folder / "description.yaml").write_text(text.replace("wires:", "wirez:"), "utf-8")
    service = binding("groq")
    broken = load_manifest(folder)
    service.manifest = broken
    with pytest.raises(errors.BadManifest, match="wirez"):
        ask(service, completion())


def test_a_new_service_is_one_manifest_and_a_class_without_logic(tmp_path: Path) -> None:
    folder = tmp_path / "llm_bindings" / "brand_new"
    shutil.copytree(FOLDER / "groq", folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / "description.yaml").read_text("utf-8")
    (folder / "description.yaml").write_text(text.replace("https://api.groq.com/openai/v1", "https://new.example/v1"))
    code = (folder / "__init__.py").read_text("utf-8").replace("Groq", "BrandNew")
    (folder / "__init__.py").write_text(code, "utf-8")
    registry = Registry([folder.parent])
    entry = registry.find("brand_new", "llm")
    assert entry.problem is None
    assert issubclass(registry.load("brand_new", "llm"), OpenAICompatibleLLM)
    settings = {"service_key": KEY, "model_name": "some-model"}
    with LollmsClient(llm_binding_name="brand_new", llm_binding_config=settings, bindings_dir=folder.parent) as client:
        service: Any = client.llm
        driver = ScriptedDriver([CannedReply(body=completion())])
        assert driver.run(service.chat_result_flow(service.chat_request("Hi", {}))).text == "Hello."
    assert driver.requests[0].url == "https://new.example/v1/chat/completions"


def test_a_server_with_one_model_needs_no_name_of_it() -> None:
    result, body = ask(binding("llama_cpp_server", model_name=None), completion())
    assert result.text == "Hello."
    assert "model" not in body


def test_no_service_is_named_where_all_are_served() -> None:
    places = [PACKAGE / "families", PACKAGE / "gateway", *PACKAGE.glob("*client*.py")]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
    assert len(files) > 10
    telling = set(NAMES) - {"openai", "openai_compatible", "jan"}
    for file in files:
        words = {
            word.lower()
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            for word in _names_in(node)
            if not _is_text_of_documentation(node)
        }
        assert not words & telling, f"{file} names a service"


def _names_in(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value:
        return [node.value]
    if isinstance(node, ast.Name):
        return node.id.split("_")
    return []


def _is_text_of_documentation(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def test_facts_about_models_have_a_source_and_a_date() -> None:
    for row in all_facts():
        assert row.models
        assert row.source.startswith("https://")
        assert row.date


def test_services_are_found_and_made_by_name() -> None:
    found = {entry.name for entry in Registry().list("llm")}
    assert set(NAMES) <= found
    settings = {"service_key": KEY, "model_name": "some-model"}
    with LollmsClient(llm_binding_name="groq", llm_binding_config=settings) as client:
        assert type(client.llm).__name__ == "GroqBinding"

"""Requests against the vendors' own API documents."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.types import FilePart, ImagePart, Media, Message, TextPart, ToolCallPart
from tests.services.openai_llm.cases import SPECS, binding, completion, sent, sse
from tests.services.openai_llm.cases import chunk as chat_chunk
from tests.services.openai_llm.test_chat_requests import WEATHER
from tests.services.openai_llm.test_responses import MESSAGE, response

pytestmark = pytest.mark.skipif(
    not SPECS.is_dir(), reason="lay the vendors' OpenAPI documents into ../shared/specs to run this"
)

PNG = Media(b"\x89PNG\r\n\x1a\n", "image/png")
TALK = [
    Message.system("Be brief."),
    Message(role="user", name="anna", parts=(TextPart(text="What?"), ImagePart(media=PNG, detail="low"))),
    Message(role="assistant", parts=(ToolCallPart(id="call_1", name="weather", arguments={"city": "Paris"}),)),
    Message.tool("call_1", "sun"),
    Message.user("And now?"),
]
WORDS = [Message.system("Be brief."), Message.user("What?"), Message.assistant("That."), Message.user("And now?")]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
BRIEF = ("cerebras", "siliconflow", "zhipu", "perplexity")  # their documents say little of images and tools in messages
# what a document of that age does not know yet, and the official SDK sends
LATER = {"azure_openai": {"model", "reasoning_effort", "stream_options"}}
GIVEN: tuple[dict[str, Any], ...] = (
    {},
    {"max_tokens": 50, "temperature": 0.5, "top_p": 0.9, "stop": ["a"], "seed": 1, "count": 2},
    {"presence_penalty": 0.5, "frequency_penalty": 0.5, "logprobs": 3, "reasoning_effort": "high"},
    {"tools": [WEATHER], "tool_choice": "weather", "parallel_tool_calls": False},
    {"tools": [{**WEATHER, "strict": True}], "tool_choice": "required"},
    {"response_format": SCHEMA},
    {"response_format": "json"},
)
OWN: dict[str, tuple[dict[str, Any], ...]] = {
    "openai": (
        {"verbosity": "low", "service_tier": "flex", "prompt_cache_key": "k", "prompt_cache_retention": "24h"},
        {"safety_identifier": "s", "user": "u", "metadata": {"a": "b"}, "store": False, "logit_bias": {"5": 1}},
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "mp3"}},
        {"prediction": {"type": "content", "content": "x"}, "web_search_options": {}},
    ),
    "mistral": ({"safe_prompt": True, "prompt_mode": "reasoning", "prompt_cache_key": "k", "metadata": {"a": "b"}},),
    "cerebras": ({"disable_reasoning": True, "clear_thinking": False, "reasoning_format": "parsed", "user": "u"},),
    "moonshot": ({"thinking": {"type": "enabled"}, "prompt_cache_key": "k"},),
    "siliconflow": ({"enable_thinking": True, "thinking_budget": 1024},),
    "deepinfra": ({"service_tier": "priority", "user": "u", "reasoning": {"effort": "low"}},),
    "zhipu": ({"thinking": {"type": "enabled"}, "do_sample": True, "tool_stream": True},),
    "perplexity": ({"search_mode": "academic", "search_domain_filter": ["example.com"], "return_images": True},),
    "azure_openai": ({"user": "u", "logit_bias": {"5": 1}},),
}
# the vendor's document, and the path of its chat completions in it
DOCUMENTS = {
    "openai": ("openai.yml", "/chat/completions"),
    "azure_openai": ("azure-openai.json", "/deployments/{deployment-id}/chat/completions"),
    "mistral": ("mistral.yml", "/v1/chat/completions"),
    "cerebras": ("cerebras.yml", "/v1/chat/completions"),
    "moonshot": ("moonshot.json", "/v1/chat/completions"),
    "siliconflow": ("siliconflow.yml", "/chat/completions"),
    "deepinfra": ("deepinfra.json", "/v1/chat/completions"),
    "zhipu": ("zhipu.json", "/paas/v4/chat/completions"),
    "perplexity": ("perplexity.json", "/v1/sonar"),
}
MODELS = {"zhipu": "glm-4.6", "moonshot": "kimi-k3", "perplexity": "sonar-pro", "cerebras": "gpt-oss-120b"}


@functools.cache
def document(name: str) -> Any:
    text = (SPECS / name).read_text("utf-8")
    return _plain(json.loads(text) if Path(name).suffix == ".json" else yaml.load(text, yaml.CSafeLoader))


def _plain(value: Any) -> Any:
    """OpenAPI's own words in those of JSON Schema: `nullable`, and alternatives that a discriminator tells apart."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {("anyOf" if key == "oneOf" else key): _plain(item) for key, item in value.items()}
    if found.pop("nullable", None) is True:
        return {"anyOf": [found, {"type": "null"}]}
    return found


@functools.cache
def registry(name: str) -> Registry[Any]:
    resource = Resource.from_contents(document(name), default_specification=DRAFT202012)
    found: Registry[Any] = Registry().with_resource("vendor:" + name, resource)
    return found


def problems(name: str, path: str, body: Any) -> list[str]:
    """What the vendor's document does not allow in a body that is posted to that path."""
    escaped = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    content = document(name)["paths"][path]["post"]["requestBody"]["content"]
    kind = next(iter(content)).replace("/", "~1")
    reference = f"vendor:{name}#/paths/{escaped}/post/requestBody/content/{kind}/schema"
    validator = Draft202012Validator({"$ref": reference}, registry=registry(name))
    return [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in validator.iter_errors(body)]


def properties(name: str, path: str) -> set[str]:
    """The fields that the vendor's document knows of a body."""
    whole = document(name)
    found: set[str] = set()

    def walk(schema: Any) -> None:
        while "$ref" in schema:
            place = whole
            for step in schema["$ref"][2:].split("/"):
                place = place[step]
            schema = place
        found.update(schema.get("properties", {}))
        for several in ("allOf", "anyOf", "oneOf"):
            for inner in schema.get(several, ()):
                walk(inner)

    body = whole["paths"][path]["post"]["requestBody"]
    walk(next(iter(body["content"].values()))["schema"])
    return found


def body_of(name: str, given: dict[str, Any], *, stream: bool = False, **settings: Any) -> tuple[str, dict[str, Any]]:
    model = MODELS.get(name, "some-model")
    extra = {"resource": "mine", "api_version": "2024-10-21"} if name == "azure_openai" else {}
    service = binding(name, model_name=model, **extra, **settings)
    request = service.chat_request(WORDS if name in BRIEF else TALK, given)
    if stream:
        driver = ScriptedDriver([sse(chat_chunk({"content": "x"}, "stop"))])
        list(driver.iterate(service.chat_flow(request)))
    else:
        reply = {**completion(), **response(MESSAGE)}
        driver = ScriptedDriver([CannedReply(body=reply)])
        driver.run(service.chat_result_flow(request))
    return driver.requests[0].url, sent(driver)


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("stream", [False, True])
def test_chats_are_what_the_document_says(name: str, stream: bool) -> None:
    file, path = DOCUMENTS[name]
    known = properties(file, path)
    for given in (*GIVEN, *OWN.get(name, ())):
        if name == "azure_openai" and given.get("response_format") == SCHEMA:
            continue  # that document wants a field `type` beside a schema's name, which no example of it has
        _, body = body_of(name, given, stream=stream)
        assert problems(file, path, body) == [], given
        assert set(body) <= known | LATER.get(name, set()), given


def test_responses_are_what_the_document_says() -> None:
    known = properties("openai.yml", "/responses")
    own = ({"reasoning_summary": "auto", "verbosity": "low", "truncation": "auto", "max_tool_calls": 2},)
    for model in ("gpt-4.1", "gpt-5.2"):
        service = binding("openai", wire="responses", model_name=model)
        for given in (*GIVEN, *own, {"previous_response_id": "resp_0", "store": True, "service_tier": "flex"}):
            messages = [*TALK, Message(role="user", parts=(FilePart(media=Media(b"%PDF-", "application/pdf")),))]
            driver = ScriptedDriver([CannedReply(body=response(MESSAGE))])
            driver.run(service.chat_result_flow(service.chat_request(messages, given)))
            assert problems("openai.yml", "/responses", sent(driver)) == [], given
            assert set(sent(driver)) <= known


def test_completions_embeddings_and_counts_are_what_the_document_says() -> None:
    service = binding("openai")
    given = {"prompt": "Hello", "max_tokens": 5, "echo": True, "suffix": "x", "best_of": 2, "logprobs": 2}
    driver = ScriptedDriver([CannedReply(body=completion())])
    driver.run(service.chat_result_flow(service.chat_request("unused", given)))
    assert problems("openai.yml", "/completions", sent(driver)) == []
    assert set(sent(driver)) <= properties("openai.yml", "/completions")
    for name, file, path in (
        ("openai", "openai.yml", "/embeddings"),
        ("mistral", "mistral.yml", "/v1/embeddings"),
        ("deepinfra", "deepinfra.json", "/v1/embeddings"),
        ("siliconflow", "siliconflow.yml", "/embeddings"),
        ("perplexity", "perplexity.json", "/v1/embeddings"),
    ):
        driver = ScriptedDriver([CannedReply(body={"data": [{"index": 0, "embedding": [1.0]}]})])
        service = binding(name, model_name="pplx-embed-v1-0.6b" if name == "perplexity" else "some-model")
        driver.run(service.embedding_flow(service.embedding_request(["text"], {"dimensions": 256})))
        assert problems(file, path, sent(driver)) == [], name
        assert set(sent(driver)) <= properties(file, path)
    driver = ScriptedDriver([CannedReply(body={"input_tokens": 1})])
    driver.run(binding("openai").token_count_flow("Hello"))
    assert problems("openai.yml", "/responses/input_tokens", sent(driver)) == []


def test_the_validation_itself_finds_what_is_wrong() -> None:
    wrong = {"model": "m", "messages": [{"role": "nobody", "content": 5}]}
    assert problems("openai.yml", "/chat/completions", wrong)

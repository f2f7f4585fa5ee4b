"""Finds out what a route of an OpenAPI document gives back, and how a job of it is looked at and stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lollms_client.scaffold.openapi_schemas import Document
from lollms_client.scaffold.operation import Job, Reply

_DEEPEST = 7
_TEXTS = ("content", "transcript", "text", "generated_text", "output_text", "response", "answer", "output", "message")
_BASE64 = ("b64_json", "base64", "image_base64", "audio_base64", "video_base64", "b64", "audio_data", "image_data",
           "audio", "image", "video", "data", "artifact")  # fmt: skip
_ADDRESSES = ("url", "image_url", "audio_url", "video_url", "download_url", "uri", "sample", "output", "result_url")
_IDS = ("id", "job_id", "task_id", "request_id", "generation_id", "prediction_id", "video_id", "jobid", "requestid",
        "name")  # fmt: skip
_STATES = {
    "queued": ("queued", "pending", "submitted", "inqueue", "waiting", "created", "starting", "queueing"),
    "running": ("running", "in_progress", "processing", "inprogress", "active", "started"),
    "done": ("done", "completed", "succeeded", "success", "succeed", "ready", "finished", "complete"),
    "failed": ("failed", "error", "failure", "cancelled", "canceled", "rejected", "expired", "moderated"),
}  # fmt: skip
KINDS = {"tti": "image", "tts": "audio", "ttm": "audio", "ttv": "video"}


def reply_of(document: Document, binding_type: str, operation: Mapping[str, Any]) -> tuple[Reply, dict[str, Any]]:
    """What comes back, and the schema of the JSON if it is some."""
    responses = document.mapping(operation.get("responses"))
    by_code = {str(code): value for code, value in responses.items()}
    good: Any = next((by_code[code] for code in ("200", "201", "202", "2XX", "default") if code in by_code), {})
    content = document.mapping(document.mapping(good).get("content"))
    kinds = [str(name).partition(";")[0] for name in content]
    wanted = KINDS.get(binding_type)
    raw = [kind for kind in kinds if wanted and (kind.startswith(f"{wanted}/") or kind in _RAW)]
    schema = document.schema(document.mapping(content.get("application/json")).get("schema"))
    if raw and not (kinds[0] == "application/json" and wanted == "image"):
        return Reply("media"), schema
    if wanted and (not schema or schema.get("type") == "string"):
        return Reply("media"), schema
    return _in_json(document, binding_type, schema), schema


_RAW = ("application/octet-stream", "application/audio", "*/*")


def _in_json(document: Document, binding_type: str, schema: Mapping[str, Any]) -> Reply:
    leaves = [(path, facts) for path, facts in _leaves(document, schema, "", 0) if facts.get("type") == "string"]
    if binding_type not in KINDS:
        return Reply("text", _first(leaves, _TEXTS) or "text")
    path = _first(leaves, _BASE64[:8])
    if path:
        return Reply("base64", path)
    path = _first(leaves, _ADDRESSES)
    if path:
        return Reply("url", path)
    path = _first(leaves, _BASE64)
    return Reply("base64", path) if path else Reply("url", "url")


def _first(leaves: list[tuple[str, Mapping[str, Any]]], names: tuple[str, ...]) -> str:
    """The path whose last name comes first among `names`, and of those the shortest."""
    for name in names:
        found = [path for path, _ in leaves if _last(path) == name]
        if found:
            return min(found, key=len)
    return ""


def _last(path: str) -> str:
    words: list[str] = re.findall(r"[^.\[\]]+", re.sub(r"\[\d+\]", "", path))
    return words[-1].lower() if words else ""


def _leaves(document: Document, schema: Any, path: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    facts = document.schema(schema)
    if depth > _DEEPEST:
        return
    if facts.get("type") == "object":
        for name, inner in document.mapping(facts.get("properties")).items():
            yield from _leaves(document, inner, f"{path}.{name}".lstrip("."), depth + 1)
    elif facts.get("type") == "array":
        yield from _leaves(document, facts.get("items"), f"{path}[0]", depth + 1)
    elif path:
        yield path, facts


def job_of(document: Document, path: str, base: str, answer: Mapping[str, Any]) -> Job:
    """How a job is looked at: the route with a name in braces that is nearest to the one it is submitted to."""
    usual = Job()
    id_path = _first(list(_leaves(document, answer, "", 0)), _IDS) or usual.id_path
    paths = document.mapping(document.root.get("paths"))
    checks = [(str(name), document.mapping(item)) for name, item in paths.items() if "{" in str(name)]
    looked = [(name, item) for name, item in checks if "get" in item and name.count("{") == 1]
    if not looked:
        return usual._replace(id_path=id_path)
    name, item = max(looked, key=lambda one: (_alike(path, one[0]), -len(one[0])))
    check = document.mapping(item["get"])
    responses = {str(code): value for code, value in document.mapping(check.get("responses")).items()}
    content = document.mapping(document.mapping(responses.get("200")).get("content"))
    schema = document.schema(document.mapping(content.get("application/json")).get("schema"))
    leaves = list(_leaves(document, schema, "", 0))
    state = _first(leaves, ("status", "state", "task_status"))
    words = next((facts.get("enum") for place, facts in leaves if place == state), None) or []
    stops = [(other, verb) for other, one in checks for verb in ("delete", "post") if verb in one
             and other.startswith(name) and (verb == "delete" or other.endswith("/cancel"))]  # fmt: skip
    stop, verb = stops[0] if stops else ("", "")
    braces = re.compile(r"\{[^}]+\}")
    return Job(
        id_path=id_path,
        check=(base + braces.sub("{id}", name)).lstrip("/"),
        state_path=state or usual.state_path,
        progress_path=_first(leaves, ("progress", "percent")),
        cancel=(base + braces.sub("{id}", stop)).lstrip("/"),
        cancel_verb=verb.upper(),
        states=_states([str(word) for word in words]) or usual.states,
    )


def job_reply(document: Document, binding_type: str, job: Job, base: str) -> Reply:
    """Where the answer to a look at a job that is done holds the result."""
    paths = document.mapping(document.root.get("paths"))
    for name, item in paths.items():
        if (base + re.sub(r"\{[^}]+\}", "{id}", str(name))).lstrip("/") == job.check:
            return reply_of(document, binding_type, document.mapping(document.mapping(item).get("get")))[0]
    return Reply("url", "url") if binding_type in KINDS else Reply("text", "text")


def _alike(one: str, other: str) -> int:
    """How many parts at their beginnings two paths share."""
    shared = 0
    for first, second in zip(one.split("/"), other.split("/"), strict=False):
        if first.rstrip("s") != second.rstrip("s"):
            break
        shared += 1
    return shared


def _states(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        plain = re.sub(r"[^a-z]+", "_", word.lower()).strip("_")
        found[word] = next((ours for ours, theirs in _STATES.items() if plain in theirs), "running")
    return found if "done" in found.values() else {}

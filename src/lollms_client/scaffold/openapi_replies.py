"""Finds out what a route of an OpenAPI document gives back, and how a job of it is looked at and stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lollms_client.scaffold.openapi_schemas import Document
from lollms_client.scaffold.operation import Job, Reply

_DEEPEST = 7
_TEXTS = ("content", "text", "generated_text", "output_text", "transcript", "response", "answer", "output", "message")
_HEARD = ("transcript", "text", "transcription", "content", "result")
_LIKELY = ("content", "text", "generated_text", "output_text", "transcript", "transcription")  # the others mean more
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
    content = document.content(good)
    kinds = list(content)
    wanted = KINDS.get(binding_type)
    raw = [kind for kind in kinds if wanted and (kind.startswith(f"{wanted}/") or kind in _RAW)]
    schema = document.schema(document.mapping(content.get("application/json")).get("schema"))
    if raw and not (kinds[0] == "application/json" and wanted == "image"):
        return Reply("media"), schema
    if wanted and schema.get("type") != "array" and not schema.get("properties"):
        return Reply("media"), schema
    return _in_json(document, binding_type, schema), schema


_RAW = ("application/octet-stream", "application/audio", "*/*")


def _in_json(document: Document, binding_type: str, schema: Mapping[str, Any]) -> Reply:
    leaves = [leaf for leaf in _leaves(document, schema, "", 0) if leaf[1].get("type") == "string"]
    if binding_type not in KINDS:
        texts = _HEARD if binding_type == "stt" else _TEXTS
        likely = tuple(name for name in texts if name in _LIKELY)
        path = _first([leaf for leaf in leaves if not any(leaf[2])], likely) or _first(leaves, texts)
        return Reply("text", path or "text", guessed=not path)
    path = _first(leaves, _BASE64[:8])
    if path:
        return Reply("base64", path)
    path = _first(leaves, _ADDRESSES)
    if path:
        return Reply("url", path)
    path = _first(leaves, _BASE64)
    return Reply("base64", path) if path else Reply("url", "url", guessed=True)


def _first(leaves: list[Leaf], names: tuple[str, ...]) -> str:
    """The path whose last name comes first among `names`; of those one that is likely to be there, the shortest."""
    for name in names:
        found = [leaf for leaf in leaves if _last(leaf[0]) == name]
        if found:
            return min(found, key=lambda leaf: (leaf[2], len(leaf[0])))[0]
    return ""


def _last(path: str) -> str:
    words: list[str] = re.findall(r"[^.\[\]]+", re.sub(r"\[\d+\]", "", path))
    return words[-1].lower() if words else ""


Leaf = tuple[str, Mapping[str, Any], tuple[bool, ...]]  # the path, its schema, and which steps to it may be missing


def _leaves(document: Document, schema: Any, path: str, depth: int, missing: tuple[bool, ...] = ()) -> Iterator[Leaf]:
    facts = document.schema(schema)
    if depth > _DEEPEST:
        return
    if facts.get("type") == "object":
        required = facts.get("required") or ()
        for name, inner in document.mapping(facts.get("properties")).items():
            at = f"{path}.{name}".lstrip(".")
            yield from _leaves(document, inner, at, depth + 1, (*missing, name not in required))
    elif facts.get("type") == "array":
        yield from _leaves(document, facts.get("items"), f"{path}[0]", depth + 1, missing)
    elif path:
        yield path, facts, missing


def job_of(document: Document, path: str, base: str, answer: Mapping[str, Any]) -> Job:
    """How a job is looked at: the route for one job that is nearest to the one it is submitted to."""
    usual = Job()
    id_path = _first(list(_leaves(document, answer, "", 0)), _IDS)
    guessed: tuple[str, ...] = () if id_path else ("where the reply names the job",)
    paths = document.mapping(document.root.get("paths"))
    items = [(str(name), document.mapping(item)) for name, item in paths.items()]
    looked = [(name, query, item) for name, item in items for query in _job_queries(document, name, item)]
    if not looked:
        guessed += ("how a job is looked at, and which words tell how it stands",)
        return usual._replace(id_path=id_path or usual.id_path, guessed=guessed)
    name, query, item = max(looked, key=lambda one: (*_alike(path, one[0]), -len(one[0])))
    schema = _json_of(document, document.mapping(item["get"]))
    leaves = list(_leaves(document, schema, "", 0))
    state = _first(leaves, ("status", "state", "task_status"))
    words = next((facts.get("enum") for place, facts, _ in leaves if place == state), None) or []
    states = _states([str(word) for word in words])
    stop, verb = _stopping(name, items)
    return Job(
        id_path=id_path or usual.id_path,
        check=_for_job(base, name) + query,
        state_path=state or usual.state_path,
        progress_path=_first(leaves, ("progress", "percent")),
        cancel=_for_job(base, stop) if stop else "",
        cancel_verb=verb.upper(),
        states=states or usual.states,
        guessed=guessed if states else (*guessed, "which words tell how a job stands"),
    )


def _job_queries(document: Document, name: str, item: Mapping[str, Any]) -> list[str]:
    """What is added to a route that looks at one job: "" where its name stands in the path, else a query of it."""
    if "get" not in item:
        return []
    if "{" in name:
        return [""] * (name.count("{") == 1)
    parameters = [document.mapping(one) for one in document.mapping(item["get"]).get("parameters") or ()]
    wanted = [str(one.get("name")) for one in parameters if one.get("in") == "query" and one.get("required") is True]
    return [f"?{wanted[0]}={{id}}"] if len(wanted) == 1 and wanted[0].lower() in _IDS[:-1] else []


def _stopping(check: str, items: list[tuple[str, Mapping[str, Any]]]) -> tuple[str, str]:
    """The route that stops a job, and its verb; both empty where there is none."""
    for name, item in items:
        if "{" not in name or not name.startswith(check):
            continue
        for verb in ("delete", "post"):
            if verb in item and (verb == "delete" or name.endswith("/cancel")):
                return name, verb
    return "", ""


def _for_job(base: str, name: str) -> str:
    return (base + re.sub(r"\{[^}]+\}", "{id}", name)).lstrip("/")


def _json_of(document: Document, operation: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the JSON that a route answers with."""
    responses = {str(code): value for code, value in document.mapping(operation.get("responses")).items()}
    content = document.content(responses.get("200"))
    return document.schema(document.mapping(content.get("application/json")).get("schema"))


def job_reply(document: Document, binding_type: str, job: Job, base: str) -> Reply:
    """Where the answer to a look at a job that is done holds the result."""
    paths = document.mapping(document.root.get("paths"))
    for name, item in paths.items():
        if _for_job(base, str(name)) == job.check.partition("?")[0]:
            reply = reply_of(document, binding_type, document.mapping(document.mapping(item).get("get")))[0]
            if reply.kind != "media":
                return reply
    return Reply("url", "url", guessed=True) if binding_type in KINDS else Reply("text", "text", guessed=True)


def _alike(one: str, other: str) -> tuple[int, int]:
    """How many parts two paths share at their beginnings, and altogether."""
    first, second = ([part.rstrip("s") for part in path.partition("?")[0].split("/")] for path in (one, other))
    shared = 0
    for ours, theirs in zip(first, second, strict=False):
        if ours != theirs:
            break
        shared += 1
    return shared, len({part for part in first if "{" not in part} & set(second))


def _states(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        plain = re.sub(r"[^a-z]+", "_", word.lower()).strip("_")
        found[word] = next((ours for ours, theirs in _STATES.items() if plain in theirs), _likely(plain))
    return found if "done" in found.values() else {}


_BAD_ENDS = ("fail", "error", "cancel", "moderat", "not_found", "reject", "expire", "abort", "denied", "timeout")


def _likely(word: str) -> str:
    """What a service's word for a state means that is none of the usual ones: no job that failed may be waited for."""
    return "failed" if any(part in word for part in _BAD_ENDS) else "running"

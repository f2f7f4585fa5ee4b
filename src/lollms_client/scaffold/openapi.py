"""Reads one route of a service out of its OpenAPI document (3.0 or 3.1, JSON or YAML)."""

from __future__ import annotations

import functools
import json
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
import yaml

from lollms_client import types
from lollms_client.calls import _ALIASES
from lollms_client.errors import BadSetting
from lollms_client.manifest.values import near_names
from lollms_client.scaffold.naming import MAIN, our_name
from lollms_client.scaffold.openapi_replies import job_of, job_reply, reply_of
from lollms_client.scaffold.openapi_schemas import Document
from lollms_client.scaffold.operation import Field, Operation, Place

_BODIES: tuple[tuple[str, Literal["json", "form"]], ...] = (
    ("application/json", "json"), ("multipart/form-data", "form"), ("application/x-www-form-urlencoded", "form"),
)  # fmt: skip

_SEVERAL = ("n", "count", "num_images", "samples", "batch_size", "num_outputs")  # one result is read


def read_document(file: Path) -> Document:
    """The document in a file. Raises BadSetting for anything else."""
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".json":
            values = json.loads(text)
        else:
            values = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (safe)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise BadSetting(f"{file} cannot be read: {error}", setting="openapi") from error
    if not isinstance(values, Mapping) or not str(values.get("openapi", "")).startswith("3."):
        raise BadSetting(f"{file} is no OpenAPI document of version 3", setting="openapi")
    return Document(values)


def read_operation(document: Document, binding_type: str, path: str, kind: str) -> Operation:
    """The route of a path. Raises BadSetting where the document has none such, naming the nearest."""
    paths = document.mapping(document.root.get("paths"))
    item = document.mapping(paths.get(path))
    verb = next((verb for verb in ("post", "put", "get") if verb in item), "")
    if not verb:
        near = near_names(path, [str(name) for name in paths])
        hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(map(str, list(paths)[:8]))} …"
        raise BadSetting(f"the document has no route {path!r} that something is sent to; {hint}", setting="path")
    operation = document.mapping(item[verb])
    encoding, schema = _body(document, operation)
    parameters = [document.mapping(one) for one in (*_list(item, "parameters"), *_list(operation, "parameters"))]
    fields = [*_body_fields(document, binding_type, schema), *_other_fields(document, binding_type, parameters)]
    if binding_type == "stt" and not any(field.ours == "audio" for field in fields):
        encoding, fields = "raw", [field for field in fields if field.place != "body"]
    reply, answer = reply_of(document, binding_type, operation)
    header, prefix, query = _key(document, operation)
    base, address = _address(document, item, operation)
    job = job_of(document, path, base, answer) if kind == "job" else None
    if job is not None:
        reply = job_reply(document, binding_type, job, base)
    return Operation(
        path=(base + path.partition("#")[0]).lstrip("/"),
        fields=tuple(_distinct(fields, binding_type)), reply=reply, encoding=encoding,
        verb=verb.upper(), address=address, description=_words(operation), key_header=header, key_prefix=prefix,
        key_query=query, job=job,
    )  # fmt: skip


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _body(document: Document, operation: Mapping[str, Any]) -> tuple[Literal["json", "form", "raw"], Mapping[str, Any]]:
    content = document.mapping(document.mapping(operation.get("requestBody")).get("content"))
    for name, encoding in _BODIES:
        if name in content:
            return encoding, document.schema(document.mapping(content[name]).get("schema"))
    return ("raw", {}) if content else ("json", {})


def _body_fields(document: Document, binding_type: str, schema: Mapping[str, Any]) -> list[Field]:
    required = [str(name) for name in schema.get("required") or ()]
    found: list[Field] = []
    for name, inner in document.mapping(schema.get("properties")).items():
        facts = document.schema(inner)
        if facts.get("deprecated") or facts.get("readOnly") or name in _SEVERAL:
            continue
        constant = facts.get("const")
        if name in ("stream", "stream_tokens"):
            if str(name) in required:
                found.append(Field(str(name), "", facts, True, False))
            continue
        choices = [str(item) for item in facts.get("enum") or ()]
        if name == "response_format" and {"url", "b64_json"} <= set(choices):
            constant = "b64_json"
        ours = "" if constant is not None else our_name(binding_type, str(name), facts)
        found.append(Field(str(name), ours, facts, name in required, constant))
    return found


def _other_fields(document: Document, binding_type: str, parameters: list[Any]) -> list[Field]:
    found: list[Field] = []
    for item in parameters:
        place: Place | None = {"query": "query", "path": "path"}.get(str(item.get("in")))  # type: ignore[assignment]
        if place is None or item.get("deprecated"):
            continue
        name, facts = str(item.get("name")), dict(document.schema(item.get("schema")))
        facts.setdefault("description", item.get("description") or "")
        if "example" in item:
            facts.setdefault("example", item["example"])
        found.append(Field(name, our_name(binding_type, name, facts), facts, place == "path", None, place))
    return found


def _distinct(fields: list[Field], binding_type: str) -> list[Field]:
    """Each of our fields once: the required one first; the others become parameters of the binding, or fall away."""
    taken: dict[str, Field] = {}
    for field in sorted(fields, key=lambda item: (not item.required, item.place != "body")):
        if field.ours:
            taken.setdefault(field.ours, field)
    if "messages" in taken and "prompt" in taken:
        del taken["prompt"]
    if {"size"} < {*taken} & {"size", "width", "height"}:
        del taken["size"]  # it would say again, or otherwise, what the others say
    found: list[Field] = []
    for field in fields:
        if field.ours and taken.get(field.ours) is not field:
            field = field._replace(ours="")
        if not field.ours and (keyword.iskeyword(field.keyword) or field.keyword in _taken_names(binding_type)):
            field = field._replace(parameter=f"service_{field.keyword}")
        known = {item.keyword for item in found}
        simple = field.ours or field.constant is not None or field.schema.get("type") != "object"
        if (
            field.keyword not in known
            and (simple or field.required)
            and field.keyword not in MAIN[binding_type] * (not field.ours)
        ):
            found.append(field)
    return found


@functools.cache
def _taken_names(binding_type: str) -> frozenset[str]:
    """Names that mean something else in calls: fields of our requests, other names for them, options of every call."""
    kind = _REQUESTS[binding_type]
    return frozenset(
        {*kind.__struct_fields__, *_ALIASES.get(kind.__name__, {}), "timeout", "cancel", "on_progress", "self"}
    )


_REQUESTS: dict[str, type[msgspec.Struct]] = {
    "llm": types.ChatRequest, "tti": types.ImageRequest, "stt": types.TranscriptionRequest,
    "tts": types.SpeechRequest, "ttv": types.VideoRequest, "ttm": types.MusicRequest,
}  # fmt: skip


def _key(document: Document, operation: Mapping[str, Any]) -> tuple[str, str, str]:
    """The header that carries the key, what stands before it there, and its name where it travels in the address."""
    schemes = document.mapping(document.mapping(document.root.get("components")).get("securitySchemes"))
    wanted = operation.get("security", document.root.get("security")) or []
    names = [str(name) for item in wanted if isinstance(item, Mapping) for name in item] or list(map(str, schemes))
    for name in names:
        scheme = document.mapping(schemes.get(name))
        if scheme.get("type") == "http" and str(scheme.get("scheme")).lower() == "bearer":
            return "Authorization", "Bearer ", ""
        if scheme.get("type") != "apiKey":
            continue
        header, words = str(scheme.get("name") or "Authorization"), str(scheme.get("description") or "")
        if scheme.get("in") == "query":
            return "", "", header
        said = re.search(rf"{re.escape(header)}:\s*(\w+)\s+[<$\[{{]", words)
        usual = "Bearer " if header.lower() == "authorization" else ""
        return header, f"{said[1]} " if said else usual, ""
    return "Authorization", "Bearer ", ""


def _address(document: Document, item: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[str, str]:
    """The path that stands before all routes, and the address without it."""
    for place in (operation, item, document.root):
        for server in _list(place, "servers"):
            url = str(document.mapping(server).get("url") or "")
            for name, variable in document.mapping(document.mapping(server).get("variables")).items():
                url = url.replace(f"{{{name}}}", str(document.mapping(variable).get("default", name)))
            parts = urlsplit(url)
            if parts.scheme in ("http", "https") and parts.netloc and "{" not in url:
                return "", url.rstrip("/")
    return "", ""


def _words(operation: Mapping[str, Any]) -> str:
    text = str(operation.get("summary") or operation.get("description") or "")
    return " ".join(re.sub(r"<[^>]+>|[*`#]", "", text).split())[:200]

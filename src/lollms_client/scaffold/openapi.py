"""Reads one route of a service out of its OpenAPI document (3.0 or 3.1, JSON or YAML)."""

from __future__ import annotations

import functools
import json
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, quote

import yaml

from lollms_client.calls import _ALIASES
from lollms_client.errors import BadSetting
from lollms_client.manifest.secret_names import says_secret
from lollms_client.manifest.values import near_names
from lollms_client.scaffold.naming import MAIN, REQUESTS, our_name
from lollms_client.scaffold.openapi_replies import job_of, job_reply, reply_of
from lollms_client.scaffold.openapi_schemas import Document
from lollms_client.scaffold.openapi_service import address_of, is_key_header, key_of
from lollms_client.scaffold.operation import Field, Operation, Place

_BODIES: tuple[tuple[str, Literal["json", "form"]], ...] = (
    ("application/json", "json"), ("multipart/form-data", "form"), ("application/x-www-form-urlencoded", "form"),
)  # fmt: skip

_SEVERAL = ("n", "count", "num_images", "samples", "batch_size", "num_outputs")  # one result is read


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads YAML as JSON has it: `no` and `on` are words, and a date is text."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {
        letter: [(tag, pattern) for tag, pattern in rows if tag.rpartition(":")[2] not in ("bool", "timestamp")]
        for letter, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_document(file: Path) -> Document:
    """The document in a file. Raises BadSetting for anything else."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        values = json.loads(text) if file.suffix == ".json" else yaml.load(text, Loader=_Loader)  # noqa: S506 (safe)
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
    fields += [Field(name, constant=value, place="query") for name, value in parse_qsl(_query(path), True)]
    if binding_type == "stt" and not any(field.ours == "audio" for field in fields):
        encoding, fields = "raw", [field for field in fields if field.place != "body"]
    reply, answer = reply_of(document, binding_type, operation)
    header, prefix, query = key_of(document, operation, parameters)
    base, address = address_of(document, item, operation)
    job = job_of(document, path, base, answer) if kind == "job" else None
    if job is not None:
        reply = job_reply(document, binding_type, job, base)
    kept = tuple(_distinct(fields, binding_type, encoding))
    known = {field.name for field in kept}
    return Operation(
        path=quote((base + re.split(r"[?#]", path)[0]).lstrip("/"), safe="/{}:@!$&'()*+,;=~%"),
        fields=kept, reply=reply, encoding=encoding, verb=verb.upper(), address=address,
        description=_words(operation), key_header=header, key_prefix=prefix, key_query=query, job=job,
        guessed=() if any(field.ours in MAIN[binding_type] for field in kept) or encoding == "raw" else (
            f"which field takes the {MAIN[binding_type][-1]}",
        ),
        left=tuple(dict.fromkeys(field.name for field in fields if field.name not in known)),
    )  # fmt: skip


def _query(path: str) -> str:
    """What stands in a route behind a question mark."""
    return path.partition("#")[0].partition("?")[2]


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _body(document: Document, operation: Mapping[str, Any]) -> tuple[Literal["json", "form", "raw"], Mapping[str, Any]]:
    content = document.content(operation.get("requestBody"))
    for name, encoding in _BODIES:
        if name in content:
            return encoding, document.schema(document.mapping(content[name]).get("schema"))
    return "json", {}


def _body_fields(document: Document, binding_type: str, schema: Mapping[str, Any]) -> list[Field]:
    required = [str(name) for name in schema.get("required") or ()]
    found: list[Field] = []
    for name, inner in document.mapping(schema.get("properties")).items():
        facts = document.schema(inner)
        if facts.get("deprecated") or facts.get("readOnly") or name in _SEVERAL:
            continue
        constant = facts.get("const")
        if name in ("stream", "stream_tokens"):
            if str(name) in required or facts.get("default") is True:
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
        place = _PLACES.get(str(item.get("in")))
        if place is None or item.get("deprecated"):
            continue
        name, facts = str(item.get("name")), dict(document.schema(item.get("schema")))
        facts.setdefault("description", item.get("description") or "")
        if "example" in item:
            facts.setdefault("example", item["example"])
        required = place == "path" or item.get("required") is True
        if place == "header":
            if _is_sent(name, facts, required=required):
                found.append(Field(name, "", facts, required, facts.get("const"), place))
            continue
        found.append(Field(name, our_name(binding_type, name, facts), facts, required, facts.get("const"), place))
    return found


def _is_sent(name: str, facts: Mapping[str, Any], *, required: bool) -> bool:
    """Whether a header is the author's to send: not the key's, nor one that HTTP itself needs."""
    if name.lower() in _OF_HTTP or is_key_header(name):
        return False
    return required or facts.get("default") is not None or name.lower().endswith("version")


_PLACES: dict[str, Place] = {"query": "query", "path": "path", "header": "header"}
_OF_HTTP = ("accept", "accepts", "authorization", "content-type", "content-length", "host", "user-agent")


def _is_simple(field: Field, encoding: str) -> bool:
    """Whether a parameter can hold the field: no file, no secret, and an object only where JSON is sent."""
    kind, facts = field.schema.get("type"), field.schema
    items = facts.get("items") if kind == "array" else facts
    if isinstance(items, Mapping) and items.get("format") == "binary":
        return False
    if kind == "string" and "enum" not in facts and says_secret(field.keyword, of_method=True):
        return False
    return kind != "object" or (encoding == "json" and field.place == "body")


def _distinct(fields: list[Field], binding_type: str, encoding: str) -> list[Field]:
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
        simple = field.ours or field.constant is not None or _is_simple(field, encoding)
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
    kind = REQUESTS[binding_type]
    return frozenset(
        {*kind.__struct_fields__, *_ALIASES.get(kind.__name__, {}), "timeout", "cancel", "on_progress", "self"}
    )


def _words(operation: Mapping[str, Any]) -> str:
    text = str(operation.get("summary") or operation.get("description") or "")
    return " ".join(re.sub(r"<[^>]+>|[*`#]", "", text).split())[:200]

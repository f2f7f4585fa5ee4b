"""Writes the first wire_cases.yaml of a new binding: what its code sends, and what comes of the replies."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import yaml

from lollms_client.scaffold.expressions import FILES
from lollms_client.scaffold.operation import Field, Job
from lollms_client.scaffold.plan import OPEN, Plan
from lollms_client.scaffold.samples import fits, sample

_PACKS = {"llm": ["openai_chat"], "tti": ["openai_images"], "stt": ["openai_transcription"], "tts": ["openai_speech"]}
_HEAD = f"""\
# What the binding must send for a call, what it gets, and what must come of it: `lollms check` plays each case.
# {OPEN}: compare the replies with real ones, or record them with `lollms check --record`.
"""


class _Media(NamedTuple):
    """The media of a case: in the reply, in words for a text in JSON, and what is expected."""

    value: dict[str, Any]
    words: str
    extension: str
    expected: dict[str, Any]


def cases_text(plan: Plan) -> str:
    """The whole file."""
    if plan.kind == "wire":
        content = _wire(plan)
    elif plan.kind == "plain":
        content = {"settings": _settings(plan), "cases": [_plain(plan)]}
    else:
        content = {"settings": _settings(plan), "cases": [_case(plan, full=False), _case(plan, full=True)]}
        if content["cases"][0]["with"] == content["cases"][1]["with"]:
            content["cases"].pop()
    body: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return _HEAD + body


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _settings(plan: Plan) -> dict[str, Any]:
    return {"service_key": "key-for-tests"} | ({"model_name": "a-model"} if plan.has_model_setting else {})


def _wire(plan: Plan) -> dict[str, Any]:
    content: dict[str, Any] = {"uses": [*_PACKS.get(plan.binding_type, []), "openai_models"]}
    if plan.binding_type == "ttv":
        content["cases"] = [_wire_film(plan)]
    if plan.binding_type == "ttm":
        request = {"method": "POST", "path": f"{_base(plan)}/audio/music", "json": {"input": "A quiet waltz"}}
        content["cases"] = [
            {"name": "makes music", "call": "music", "with": {"prompt": "A quiet waltz"},
             "exchanges": [{"request": request, "reply": {"media": {"tone": 2.0}}}], "media": {"type": "audio/wav"}}
        ]  # fmt: skip
    return content


def _wire_film(plan: Plan) -> dict[str, Any]:
    path, key = f"{_base(plan)}/videos", {"authorization": "Bearer ${service_key}"}
    look = {"method": "GET", "path": f"{path}/video_1", "headers": key}
    done = {"id": "video_1", "object": "video", "status": "completed", "progress": 100}
    exchanges: list[dict[str, Any]] = [
        {"request": {"method": "POST", "path": path, "headers": key, "form": {"prompt": "waves"}},
         "reply": {"json": {"id": "video_1", "object": "video", "status": "queued"}}},
        {"request": look, "reply": {"json": done}},
        {"request": look, "reply": {"json": done}},
        {"request": {"method": "GET", "path": f"{path}/video_1/content", "headers": key},
         "reply": {"media": {"film": "64x48", "seconds": 1}}},
    ]  # fmt: skip
    return {
        "name": "makes a film", "call": "video", "with": {"prompt": "waves"}, "exchanges": exchanges,
        "media": {"type": "video/mp4"},
    }  # fmt: skip


def _base(plan: Plan) -> str:
    return urlsplit(plan.base_address).path.rstrip("/")


def _plain(plan: Plan) -> dict[str, Any]:
    modality, kind = plan.modality, plan.binding_type
    given: Any = {"tone": 0.5} if kind == "stt" else "Good evening."
    request: dict[str, Any] = {"method": "POST", "path": f"{_base(plan)}/{modality.method}"}
    request["headers"] = {"authorization": "Bearer ${service_key}"}
    if kind != "stt":
        request["json"] = {"text" if kind == "tts" else "prompt": given}
    made = _media(plan, {})
    reply = {"media": made.value} if modality.media else {"json": {"text": "Good evening."}}
    case: dict[str, Any] = {"name": "answers a call", "call": modality.client_call, "with": {modality.main: given}}
    case["exchanges"] = [{"request": request, "reply": reply}]
    return {**case, **({"media": made.expected} if modality.media else {"result": {"text": "Good evening."}})}


def _case(plan: Plan, *, full: bool) -> dict[str, Any]:
    """A case with what must be said, or with all that has a field."""
    given, sent = _arguments(plan, full=full)
    made = _media(plan, given)
    exchanges: list[dict[str, Any]] = [_first(plan, sent)]
    if plan.route.job is None:
        exchanges[0]["reply"] = _reply(plan, made)
    else:
        exchanges += _steps(plan, plan.route.job, made)
        exchanges[0]["reply"] = {"json": _at(plan.route.job.id_path, "job-1")}
    if plan.route.reply.kind == "url":
        path = f"/files/result{made.extension}"
        exchanges.append({"request": {"method": "GET", "path": path}, "reply": {"media": made.value}})
    call = plan.method if plan.method == "edit_image" else plan.modality.client_call
    name = "sends what has a field" if full else "does with the least that must be said"
    case: dict[str, Any] = {"name": name, "call": call, "with": given, "exchanges": exchanges}
    return {**case, **({"media": made.expected} if plan.modality.media else {"result": {"text": "Good evening."}})}


def _arguments(plan: Plan, *, full: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the call gets, and what of it must be sent, by place and name."""
    main: Any = {"llm": "Hello", "stt": {"tone": 0.5}}.get(plan.binding_type, "Good evening.")
    given: dict[str, Any] = {plan.modality.main: main}
    sent: dict[str, Any] = {"body": {}, "query": {}, "path": {}, "header": {}}
    if plan.method == "edit_image":
        given = {"images": {"picture": "64x48"}, "prompt": main}
    if full and plan.route.has_system:
        given["messages"] = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": main}]
    for field in plan.route.fields:
        value = _value(plan, field, full=full)
        if value is None:
            continue
        name = "seconds" if field.ours == "milliseconds" else field.keyword
        if (
            full
            and field.ours not in ("size", "system", *FILES)
            and not _is_main(plan, field)
            and field.constant is None
        ):
            given[name] = value / 1000 if field.ours == "milliseconds" else _ours(field, value)
        if field.ours == "size":
            width, _, height = str(value).partition("x")
            given |= {"width": int(width), "height": int(height)}
        sent[field.place][field.name] = _told(plan, field, value, main)
    return given, sent


_SYSTEM = "Be brief."


def _value(plan: Plan, field: Field, *, full: bool) -> Any:
    """A value for a field; None where the case leaves it out."""
    if field.constant is not None:
        return field.constant
    if field.ours in FILES:
        return None
    if field.ours == "system":
        return _SYSTEM if full else None
    if _is_main(plan, field):
        return sample(field._replace(schema={})) or ""
    if field.ours == "model":
        return "a-model" if full and not field.schema.get("enum") else sample(field) if full else "a-model"
    if field.ours == "size":
        found = str(sample(field) or "")
        return found if full and found.replace("x", "").isdigit() else None
    if not full:
        default = field.schema.get("default") if not field.ours else None
        sent = isinstance(default, (str, int, float)) and fits(default, field)
        needed = field.required and (not field.ours or field.has_default or field.ours == "voice")
        return sample(field) if needed else default if sent else None
    if field.ours == "output_format" or field.schema.get("type") in ("object", "array"):
        return sample(field) if field.required else None
    return sample(field)


def _told(plan: Plan, field: Field, value: Any, main: Any) -> Any:
    """What stands in the request for a value."""
    if field.ours == "messages":
        return [{"role": "user", "content": main}]
    if _is_main(plan, field):
        return main
    if not _in_json(plan, field):
        if isinstance(value, list):
            return "".join(map(str, value))
        if field.schema.get("type") == "number" and not isinstance(value, bool):
            value = float(value)
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _in_json(plan: Plan, field: Field) -> bool:
    return field.place == "body" and plan.route.encoding == "json"


def _ours(field: Field, value: Any) -> Any:
    """A value as our call takes it: a length in words of the service as a number."""
    numbers = ("seconds", "fps", "tempo")
    return int(value) if field.ours in numbers and isinstance(value, str) and value.isdigit() else value


def _is_main(plan: Plan, field: Field) -> bool:
    """Whether the field is what the call is about."""
    return plan.binding_type != "stt" and field.ours in ("messages", "prompt", "text")


def _first(plan: Plan, sent: dict[str, Any]) -> dict[str, Any]:
    route = plan.route
    path = route.path
    for field in route.of("path"):
        value = str(sent["path"].get(field.name, sample(field)))
        path = path.replace(f"{{{field.name}}}", quote(value, safe=""))
    request: dict[str, Any] = {"method": route.verb, "host": urlsplit(plan.base_address).netloc}
    request["path"] = f"{_base(plan)}/{path}"
    if route.key_query:
        request["query"] = {route.key_query: "${service_key}"}
    else:
        request["headers"] = {route.key_header.lower(): f"{route.key_prefix}${{service_key}}"}
    if sent["header"]:
        heads = {name.lower(): value for name, value in sent["header"].items()}
        request["headers"] = {**request.get("headers", {}), **heads}
    if sent["query"]:
        request["query"] = {**request.get("query", {}), **sent["query"]}
    if route.encoding == "json" and sent["body"]:
        request["json"] = sent["body"]
    if route.encoding == "form":
        attached = {f.name: {"content_type": _TYPES[f.ours]} for f in route.of("body") if f.ours in _TYPES
                    and (f.ours == "audio" or plan.method == "edit_image")}  # fmt: skip
        request["form"] = {**sent["body"], **attached}
    return {"request": request}


_TYPES = {"audio": "audio/wav", "images": "image/png"}


def _media(plan: Plan, given: dict[str, Any]) -> _Media:
    kind, seconds = plan.modality.media, float(given.get("seconds") or 1.0)
    size = f"{given.get('width') or 64}x{given.get('height') or 48}"
    width, _, height = size.partition("x")
    sides = {"width": int(width), "height": int(height)}
    if kind == "image":
        return _Media({"picture": size}, f"picture {size}", ".png", {"type": "image/png", **sides})
    if kind == "video":
        value = {"film": size, "seconds": seconds}
        return _Media(value, f"film {size} {seconds:g}", ".mp4", {"type": "video/mp4", **sides})
    return _Media({"tone": seconds}, f"tone {seconds:g}", ".wav", {"type": "audio/wav", "seconds": seconds})


def _reply(plan: Plan, made: _Media) -> dict[str, Any]:
    reply = plan.route.reply
    if reply.kind == "media":
        return {"media": made.value}
    return {"json": _at(reply.path, _leaf(plan, made))}


def _leaf(plan: Plan, made: _Media) -> str:
    kind = plan.route.reply.kind
    if kind == "base64":
        return f"${{base64:{made.words}}}"
    return f"${{server}}/files/result{made.extension}" if kind == "url" else "Good evening."


def _at(path: str, value: Any) -> Any:
    """The smallest JSON that holds a value at a path."""
    import re

    found = value
    for name, number in reversed(re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)):
        found = {name: found} if name else [*[None] * int(number), found]
    return found


def _steps(plan: Plan, job: Job, made: _Media) -> list[dict[str, Any]]:
    words = {ours: word for word, ours in reversed(list(job.states.items()))}
    path, _, query = f"{_base(plan)}/{job.check.replace('{id}', 'job-1')}".partition("?")
    done = _merged(_at(job.state_path, words["done"]), _at(plan.route.reply.path or "url", _leaf(plan, made)))
    running = words.get("running") or words.get("queued")
    replies = [_at(job.state_path, running)] if running else []
    request: dict[str, Any] = {"method": "GET", "path": path}
    if query:
        request["query"] = dict(parse_qsl(query))
    return [{"request": request, "reply": {"json": reply}} for reply in [*replies, done, done]]


def _merged(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        return {**first, **second, **{key: _merged(first[key], second[key]) for key in first.keys() & second.keys()}}
    return second

"""Writes the commented description.yaml of a new binding."""

from __future__ import annotations

import json
import math
import re
import textwrap
from typing import Any

import yaml

from lollms_client.manifest.model import TYPE_TITLES
from lollms_client.manifest.secret_names import says_secret
from lollms_client.scaffold.expressions import FILES
from lollms_client.scaffold.operation import Field
from lollms_client.scaffold.plan import OPEN, Plan
from lollms_client.scaffold.samples import fits, sample

SCHEMA = "https://raw.githubusercontent.com/lollms/lollms_client/main/src/lollms_client/manifest/schema.json"
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}
_OURS = {
    "model": ("str", "The model; without it the setting model_name."), "voice": ("str", "The voice."),
    "width": ("int", "The width."), "height": ("int", "The height."), "seconds": ("float", "The length."),
    "seed": ("int", "The same seed and request give the same result."), "language": ("str", "The language."),
    "negative_prompt": ("str", "What should not be in it."), "speakers": ("bool", "Say who speaks when."),
    "stop": ("list", "The answer ends before the first of these texts."), "sound": ("bool", "With a sound track."),
    "output_format": ("str", "The format of the result."), "speed": ("float", "The pace."),
    "tempo": ("float", "Beats a minute."), "fps": ("float", "Frames a second."),
}  # fmt: skip
_UNITS = {
    "width": "pixels", "height": "pixels", "seconds": "seconds", "tempo": "beats a minute", "sample_rate": "Hz",
    "max_tokens": "tokens", "fps": "frames a second",
}  # fmt: skip
_RETRIES = """\
  - {name: timeout, type: float, description: How long a whole call may take., min: 0.1, unit: seconds}
  - {name: max_retries, type: int, description: How often a failed request is repeated., default: 2, min: 0, max: 10}
"""


def manifest_text(plan: Plan) -> str:
    """The whole file."""
    text = json.dumps
    todo = f"  # {OPEN}: say what it is, what it is not, and its limits"
    description = text(plan.description, ensure_ascii=False) if plan.description else text(_usual(plan)) + todo
    author = text(plan.writer, ensure_ascii=False) + ("" if plan.author else f"  # {OPEN}")
    return f"""# yaml-language-server: $schema={SCHEMA}
# What people see of the binding, and what they may set. `lollms check` tells what is missing.
title: {text(plan.words, ensure_ascii=False)}
binding_type: {plan.binding_type}
author: {author}
version: "0.1.0"
license: Apache-2.0  # of this adapter
description: {description}
offline: {"false" if plan.is_service else "true"}
capabilities: [{_capabilities(plan)}]
requirements: []  # packages as pip takes them, with the lowest version that you tried: "requests>=2.32"
limits: []  # what it cannot do, a sentence each
{_reach(plan)}{_wire(plan)}\
# The settings. A secret is masked wherever it would be printed; `env` names the variable that may hold it.
input_parameters:{_settings(plan)}
# The keywords of the documented method; `lollms` makes options of them.
{plan.method}_parameters:{_parameters(plan)}"""


def _usual(plan: Plan) -> str:
    if plan.route.description and plan.operation is not None:
        what = f"{plan.words} ({TYPE_TITLES[plan.binding_type]}) by its route {plan.route.path}"
        return f"{what}: {plan.route.description}".rstrip(".") + "."
    where = "through its service" if plan.is_service else "in this process"
    return f"{plan.modality.noun} by {plan.words}, {where}."


def _capabilities(plan: Plan) -> str:
    if plan.kind == "wire":
        return {"llm": "chat, stream, models", "tti": "generate, models", "stt": "transcribe, models",
                "tts": "speech, models", "ttv": "generate, models",
                "ttm": "generate, models"}[plan.binding_type]  # fmt: skip
    if plan.kind == "engine":
        return {"llm": "chat, stream, models", "tts": "speech, voices, models"}.get(
            plan.binding_type, f"{plan.modality.capability}, models"
        )
    return plan.capability


def _reach(plan: Plan) -> str:
    if not plan.is_service:
        return ""
    return f"reach: {{hosts: [{json.dumps(plan.host)}]}}  # what it may reach; people see it before they install it\n"


def _wire(plan: Plan) -> str:
    """What the family on OpenAI's wire must know of the service."""
    if plan.kind != "wire" or plan.binding_type not in ("ttm", "ttv"):
        return ""
    if plan.binding_type == "ttv":
        return "service:\n  quirks: {media: {needs_model: false, content: either}}\n"
    todo = f"  # {OPEN}: the route, which OpenAI has not"
    return f"service:\n  quirks: {{media: {{route: audio/music, needs_model: false}}}}{todo}\n"


def _settings(plan: Plan) -> str:
    if not plan.is_service:
        return " []"
    variable = plan.variable or f"{plan.name.upper()}_API_KEY"
    known = plan.address or plan.route.address
    todo = "" if known else f"  # {OPEN}: the service's address"
    address = json.dumps(plan.base_address)
    rows = f"""
  - {{name: host_address, type: str, description: Where the service answers., default: {address}}}{todo}
  - {{name: service_key, type: str, description: The key of your account., is_secret: true, env: {variable}}}
"""
    if plan.has_model_setting:
        rows += f"  - {{name: model_name, type: str, description: The model for calls that name none.{_model(plan)}}}\n"
    voice = next((field for field in plan.route.fields if field.ours == "voice"), None)
    if plan.kind in ("http", "job") and voice is not None:
        usual = f", default: {_json(sample(voice))}" if voice.required else ""
        note = f"  # {OPEN}: a voice that is there" if voice.required and "default" not in voice.schema else ""
        rows += f"  - {{name: voice, type: str, description: The voice for calls that name none.{usual}}}{note}\n"
    return rows + ("" if plan.kind == "plain" else _RETRIES).rstrip("\n")


def _model(plan: Plan) -> str:
    field = next((field for field in plan.route.fields if field.ours == "model"), None)
    if plan.kind not in ("http", "job") or field is None or not field.required:
        return ""
    return f", default: {_json(sample(field))}"


def _parameters(plan: Plan) -> str:
    if plan.kind == "wire":
        return _MODEL_ROW + _WIRE.get(plan.binding_type, "")
    if plan.kind == "engine":
        return _ENGINE.get(plan.binding_type, "\n  - {name: model, type: str, description: The model.}\n")
    if plan.kind == "plain":
        return _PLAIN.get(plan.binding_type, _MODEL_ROW)
    hidden = {"messages", "prompt", "text", "system", *FILES}
    rows = [row(field) for field in plan.route.fields if field.ours not in hidden and field.constant is None]
    text = "".join(f"\n  - {{{item}}}" for item in rows if item) + "\n" if any(rows) else " []\n"
    return text + _left(plan)


def _left(plan: Plan) -> str:
    """A comment with the names of the document's fields that are not sent."""
    if not plan.route.left:
        return ""
    words = (
        f"Not taken from the document (files, secrets, objects of a form, second names): {', '.join(plan.route.left)}."
    )
    return "".join(f"# {line}\n" for line in textwrap.wrap(words, 112, break_long_words=False))


_MODEL_ROW = "\n  - {name: model, type: str, description: The model of this call.}\n"
_WIRE = {
    "stt": "  - {name: language, type: str, description: The language that is spoken.}\n"
    "  - {name: prompt, type: str, description: Words and names to expect.}\n",
    "tts": "  - {name: voice, type: str, description: The voice.}\n",
}
_PLAIN = {
    "tti": "\n  - {name: width, type: int, description: The width., default: 1024, min: 64, unit: pixels}"
    "\n  - {name: height, type: int, description: The height., default: 1024, min: 64, unit: pixels}"
    "\n  - {name: negative_prompt, type: str, description: What should not be in the image.}\n",
    "tts": "\n  - {name: voice, type: str, description: The voice.}\n",
}
_SEED = "\n  - {name: seed, type: int, description: The same seed gives the same result.}\n"
_ENGINE = {
    "tti": "\n  - {name: width, type: int, description: The width., default: 512, min: 64, max: 2048, unit: pixels}"
    "\n  - {name: height, type: int, description: The height., default: 512, min: 64, max: 2048, unit: pixels}" + _SEED,
    "tts": "\n  - {name: voice, type: str, description: The voice., default: default}\n",
    "ttv": "\n  - {name: seconds, type: float, description: The length., default: 2.0, min: 0.5, max: 60, unit: s}"
    + _SEED,
    "ttm": "\n  - {name: seconds, type: float, description: The length., default: 5.0, min: 1, max: 600, unit: s}"
    + _SEED,
}


def row(field: Field) -> str:
    """A parameter in one line of YAML; "" where it is none."""
    facts = field.schema
    name = {"size": "", "milliseconds": "seconds"}.get(field.ours, field.keyword)
    if not name.isidentifier():
        return "" if field.ours != "size" else _SIZE
    ours = _OURS.get(name)
    kind = ours[0] if field.ours and ours else _TYPES.get(str(facts.get("type")), "str")
    parts = [
        f"name: {name if yaml.safe_load(name) == name else _json(name)}",
        f"type: {kind}",
        f"description: {_json(_words(field, ours))}",
    ]
    default = facts.get("default")
    if default is None and field.required and (not field.ours or field.has_default):
        default = sample(field)
    options = [item for item in facts.get("enum") or () if _is(kind, item)]
    if default not in (options or [default]) or not fits(default, field):
        default = None
    if kind in ("int", "float") and isinstance(default, str) and default.isdigit():
        default = int(default)
    if default is not None and _is(kind, default) and field.ours != "milliseconds" and name not in ("model", "voice"):
        parts.append(f"default: {_json(default)}")
    if options and len(options) == len(facts.get("enum") or ()):
        parts.append(f"options: {_json(list(dict.fromkeys(options)))}")
    if says_secret(name, of_method=True):
        parts.append("is_secret: false")
    return ", ".join([*parts, *_bounds(field, kind, name)])


_SIZE = (
    "name: width, type: int, description: The width., min: 1, unit: pixels}\n"
    "  - {name: height, type: int, description: The height., min: 1, unit: pixels"
)


def _bounds(field: Field, kind: str, name: str) -> list[str]:
    if kind not in ("int", "float") or name == "seed":
        return []
    found: list[str] = []
    for ours, theirs in (("min", "minimum"), ("max", "maximum")):
        value = field.schema.get(theirs)
        if (
            isinstance(value, (int, float))
            and field.ours != "milliseconds"
            and math.isfinite(value)
            and abs(value) < 1e12
        ):
            found.append(f"{ours}: {_json(int(value) if kind == 'int' else value)}")
    unit = _UNITS.get(name)
    return [*found, f"unit: {unit}"] if unit else found or ["unit: of the service"]


def _words(field: Field, ours: tuple[str, str] | None) -> str:
    text = " ".join(re.sub(r"<[^>]+>|[*`#]", "", str(field.schema.get("description") or "")).split())
    first = textwrap.shorten(re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0], 160, placeholder=" …")
    return first or (ours[1] if ours else f"The service's {field.name}.")


def _is(kind: str, value: Any) -> bool:
    types: dict[str, tuple[type, ...]] = {
        "str": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "list": (list,), "dict": (dict,),
    }  # fmt: skip
    return isinstance(value, types[kind]) and (kind == "bool" or not isinstance(value, bool))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

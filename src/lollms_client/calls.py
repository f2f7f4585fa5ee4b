"""From keyword arguments to typed requests: common names into their fields, the binding's own names into `extra`."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from lollms_client.errors import BadSetting
from lollms_client.types.chat import ResponseFormat, Tool
from lollms_client.types.media import Media

if TYPE_CHECKING:
    from lollms_client.binding import LollmsBinding

Request = TypeVar("Request", bound=msgspec.Struct)

# other names that callers use for our fields
_ALIASES: dict[str, dict[str, str]] = {
    "ChatRequest": {
        "n_predict": "max_tokens",
        "max_completion_tokens": "max_tokens",
        "max_new_tokens": "max_tokens",
        "model_name": "model",
        "n": "count",
    },
    "ImageRequest": {"n": "count", "model_name": "model", "num_inference_steps": "steps", "guidance_scale": "guidance"},
    "VideoRequest": {"duration": "seconds", "model_name": "model", "num_inference_steps": "steps"},
    "MusicRequest": {"duration": "seconds", "model_name": "model", "bpm": "tempo"},
    "SpeechRequest": {"response_format": "output_format", "model_name": "model", "format": "output_format"},
    "TranscriptionRequest": {"model_name": "model"},
    "EmbeddingRequest": {"model_name": "model"},
}


def build(kind: type[Request], binding: LollmsBinding, method: str, given: Mapping[str, Any]) -> Request:
    """A request of that kind. None values are not given; names that are no field go through the manifest's rules.

    Raises BadSetting for a value of a wrong type and for a name that neither we nor the binding know.
    """
    aliases = _ALIASES.get(kind.__name__, {})
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    known = _fields(kind)
    for name, value in given.items():
        if value is None:
            continue
        field = aliases.get(name, name)
        if field == "extra" and isinstance(value, Mapping):
            extra.update(value)
        elif field in known:
            fields[field] = _adapted(known[field], value)
        else:
            extra[name] = value
    if extra:
        extra = _checked(binding, method, extra)
    try:
        return kind(**fields, extra=extra)
    except TypeError as error:
        raise BadSetting(f"{method} needs more: {error}") from error


@functools.lru_cache(maxsize=16)
def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.name: field for field in msgspec.structs.fields(kind)}


def _checked(binding: LollmsBinding, method: str, extra: dict[str, Any]) -> dict[str, Any]:
    if binding.manifest is None or not binding.speaks_flows:
        return extra
    from lollms_client.settings import validate_parameters

    return validate_parameters(binding.manifest, method, extra)


def _adapted(field: Any, value: Any) -> Any:
    """The value in the field's type: paths and bytes become Media, lists tuples, dictionaries structs."""
    name = field.name
    if name == "messages":
        return value
    if name in ("image", "last_image", "mask", "audio", "video"):
        return Media.of(value)
    if name == "images":
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(Media.of(item) for item in items)
    if name == "tools":
        return tools_of(value)
    if name == "response_format":
        return response_format_of(value)
    if name in ("stop", "instruments", "texts") and isinstance(value, str):
        value = (value,)
    try:
        return msgspec.convert(value, field.type, strict=True, from_attributes=False)
    except msgspec.ValidationError as error:
        wanted = str(error).partition(" - at ")[0]
        raise BadSetting(f"{name}={_shown(value)} does not fit: {wanted}", setting=name) from error


def _shown(value: Any) -> str:
    from lollms_client.secret import redact

    text = redact(repr(value))
    return text if len(text) <= 80 else text[:77] + "…"


def tools_of(tools: Any) -> tuple[Tool, ...]:
    """Tools given as Tool, as plain dictionaries, in OpenAI's nested form, or as Python functions."""
    if not isinstance(tools, Sequence) or isinstance(tools, (str, bytes)):
        raise BadSetting("tools must be a list of Tool, dictionaries or functions", setting="tools")
    return tuple(_tool(tool) for tool in tools)


def _tool(tool: Any) -> Tool:
    if isinstance(tool, Tool):
        return tool
    if isinstance(tool, Mapping):
        inner = tool.get("function", tool)
        if isinstance(inner, Mapping) and isinstance(inner.get("name"), str):
            parameters = inner.get("parameters") or inner.get("input_schema")
            return Tool(
                name=inner["name"],
                description=str(inner.get("description") or ""),
                strict=inner.get("strict"),
                **({"parameters": dict(parameters)} if parameters else {}),
            )
    if callable(tool):
        from lollms_client.function_tools import tool_of_function

        return tool_of_function(tool)
    raise BadSetting("a tool needs at least a name and the JSON Schema of its parameters", setting="tools")


def response_format_of(value: Any) -> ResponseFormat:
    """A response format given as such, as "json"/"text", as OpenAI's dictionary, as a JSON Schema, or a typed class."""
    if isinstance(value, ResponseFormat):
        return value
    if isinstance(value, str) and value in ("text", "json", "json_object"):
        return ResponseFormat(kind="text" if value == "text" else "json")
    if isinstance(value, Mapping):
        return _format_of_dictionary(value)
    if isinstance(value, type):
        return ResponseFormat(kind="json_schema", json_schema=_schema_of_class(value), name=value.__name__)
    raise BadSetting('response_format must be "json", a JSON Schema, or a class with fields', setting="response_format")


def _format_of_dictionary(value: Mapping[str, Any]) -> ResponseFormat:
    kind = value.get("type")
    if kind in ("text", "json_object"):
        return ResponseFormat(kind="text" if kind == "text" else "json")
    if kind == "json_schema":
        inner = value.get("json_schema", value)
        return ResponseFormat(
            kind="json_schema",
            json_schema=dict(inner.get("schema") or {}),
            name=str(inner.get("name") or "answer"),
            strict=inner.get("strict") is not False,
        )
    return ResponseFormat(kind="json_schema", json_schema=dict(value), name=str(value.get("title") or "answer"))


def _schema_of_class(kind: type) -> dict[str, Any]:
    own = getattr(kind, "model_json_schema", None)
    if callable(own):
        schema: dict[str, Any] = own()
        return schema
    try:
        return msgspec.json.schema(kind)
    except TypeError as error:
        raise BadSetting(
            f"no JSON Schema can be made of {kind.__name__}: {error}", setting="response_format"
        ) from error

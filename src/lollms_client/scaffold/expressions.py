"""The Python expressions with which a new binding's code fills the fields of a request."""

from __future__ import annotations

from lollms_client.scaffold.operation import Field

FILES = ("audio", "images", "mask", "image", "last_image")
_SYSTEM = '"\\n".join(message.text for message in request.messages if message.role == "system") or None'
_OTHERS = ' if message.role != "system"'
_MESSAGES = '[{"role": message.role, "content": message.text} for message in request.messages]'
_WHOLE = ("tempo", "fps", "seconds")


def expression(field: Field, method: str) -> str:
    """What the field gets; None leaves it out."""
    if field.constant is not None:
        return repr(field.constant)
    ours, kind = field.ours, field.schema.get("type")
    fixed = {
        "messages": _MESSAGES,
        "system": _SYSTEM,
        "model": 'request.model or self.settings.get("model_name")',
        "voice": 'request.voice or self.settings.get("voice")',
        "size": 'f"{request.width}x{request.height}" if request.width and request.height else None',
        "milliseconds": "None if request.seconds is None else round(request.seconds * 1000)",
        "audio": "request.audio.base64()",
    }
    if ours in fixed:
        return fixed[ours]
    if not ours:
        return f'self.parameter(request, "{field.keyword}", "{method}")'
    if ours == "stop":
        return "list(request.stop) or None" if kind == "array" else "request.stop[0] if request.stop else None"
    if ours == "images":
        each = "[image.base64() for image in request.images] or None"
        return each if kind == "array" else "request.images[0].base64() if request.images else None"
    if ours in FILES:
        return f"request.{ours}.data_url() if request.{ours} else None"
    given = f"request.{ours}"
    if field.has_default:
        given = f'(request.{ours} or self.defaults_of("{method}")["{ours}"])'
    if ours in _WHOLE and kind in ("integer", "string"):
        bare = given.removeprefix("(").removesuffix(")") if field.has_default else given
        whole = f"round({bare})" if kind == "integer" else f"str(round({bare}))"
        return whole if field.has_default else f"None if {given} is None else {whole}"
    return given.removeprefix("(").removesuffix(")") if field.has_default else given


def chat_expression(field: Field, method: str, *, has_system: bool) -> str:
    """The same for language models, which may take one text, and instructions apart from the messages."""
    if field.ours == "prompt":
        return "request.messages[-1].text if request.prompt is None else request.prompt"
    if field.ours == "messages" and has_system:
        return f"{_MESSAGES[:-1]}{_OTHERS}]"
    return expression(field, method)


def files(field: Field) -> str:
    """The list of FormFile that a field of a form is."""
    name, ours = field.name, field.ours
    if ours == "audio":
        return f'[FormFile("{name}", request.audio)]'
    if ours == "images":
        return f'[FormFile("{name}", image) for image in request.images]'
    return f'([FormFile("{name}", request.{ours})] if request.{ours} else [])'

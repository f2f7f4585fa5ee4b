"""The rules for one parameter of a manifest."""

from __future__ import annotations

import math
import re
from typing import Any

from lollms_client.manifest.field_rules import ManifestReader
from lollms_client.manifest.model import Parameter
from lollms_client.manifest.secret_names import says_secret
from lollms_client.manifest.values import TYPE_WORDS, fit, is_option, near_names, range_words, shown
from lollms_client.manifest.yaml_nodes import Mapping, Node, Scalar, Sequence, plain

TYPE_ALIASES = {
    "string": "str", "text": "str", "password": "str", "path": "str", "file": "str", "integer": "int",
    "number": "float", "double": "float", "boolean": "bool", "array": "list", "object": "dict", "mapping": "dict",
}  # fmt: skip
KEY_ALIASES = {
    "value": "default", "choices": "options", "enum": "options", "secret": "is_secret", "required": "mandatory",
    "help": "description", "minimum": "min", "maximum": "max", "environment": "env",
}  # fmt: skip
KEYS = (
    "name",
    "type",
    "description",
    "default",
    "options",
    "is_secret",
    "mandatory",
    "min",
    "max",
    "step",
    "unit",
    "env",
)
QUIET_KEYS = ("informational", "title", "label", "placeholder", "category")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_parameter(reader: ManifestReader, section: str, node: Node, name: str | None = None) -> Parameter:
    """One parameter; `name` is given where a mapping of parameters has the names as keys."""
    if not isinstance(node, Mapping):
        raise reader.problem(
            node.line, f"each item of {section} is a mapping with a name and a type", "write `- name: …` and `type: …`"
        )
    fields = _fields(reader, section, node)
    name = _name(reader, section, node, fields.pop("name", None), name)
    where = f"{section}: {name}"
    kind = _kind(reader, where, node, fields.get("type"))
    explicit = reader.flag(fields.get("is_secret"), f"{where}: is_secret")
    declared = fields.get("options")
    options = _options(reader, where, kind, declared)
    secret = explicit
    if secret is None:
        secret = kind == "str" and says_secret(
            name, has_options=bool(options), of_method=not section.endswith("input_parameters")
        )
    if secret and kind != "str":
        raise reader.problem(node.line, f"{where}: a secret is of type str", "write `type: str`, or `is_secret: false`")
    bounds = {key: _number(reader, where, key, kind, fields.get(key)) for key in ("min", "max", "step")}
    low, high = bounds["min"], bounds["max"]
    if low is not None and high is not None and low > high:
        raise reader.problem(fields["max"].line, f"{where}: min is greater than max", "exchange the two")
    parameter = Parameter(
        name=name,
        type=kind,  # type: ignore[arg-type]
        description=reader.text(fields.get("description"), f"{where}: description"),
        options=options,
        is_secret=secret,
        mandatory=bool(reader.flag(fields.get("mandatory"), f"{where}: mandatory")),
        unit=reader.text(fields.get("unit"), f"{where}: unit"),
        env=_variables(reader, where, fields.get("env")),
        **bounds,
    )
    return _with_default(reader, where, parameter, fields.get("default"))


def _fields(reader: ManifestReader, section: str, node: Mapping) -> dict[str, Node]:
    fields: dict[str, Node] = {key: node.values[key] for key in KEYS if key in node.values}
    for key, value in node.values.items():
        if key in KEYS or key in QUIET_KEYS:
            continue
        canonical = KEY_ALIASES.get(key.lower())
        if canonical:
            reader.warn(node.lines[key], f"{section}: {key!r} is read as {canonical!r}")
            fields.setdefault(canonical, value)
        else:
            near = near_names(key, KEYS, limit=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            reader.warn(node.lines[key], f"{section}: a parameter has the unknown key {key!r}{hint}, which is ignored")
    return fields


def _name(reader: ManifestReader, section: str, node: Mapping, given: Node | None, key: str | None) -> str:
    name = (
        key if given is None else (given.text.strip() if isinstance(given, Scalar) and given.value is not None else "")
    )
    line = node.line if given is None else given.line
    if name is None:
        raise reader.problem(line, f"a parameter of {section} has no name", "write `name: …`, the keyword of the value")
    if not NAME.fullmatch(name):
        rule = f"{section}: {shown(name)} is not a parameter name"
        raise reader.problem(line, rule, "use letters, digits and underscores, beginning with a letter")
    if isinstance(given, Scalar) and not isinstance(given.value, str):
        reader.warn(line, f"{section}: the name {name!r} is no text to every YAML reader; put it into quotes")
    return name


def _kind(reader: ManifestReader, where: str, node: Mapping, given: Node | None) -> str:
    if given is None:
        line = node.lines.get("name", node.line)
        reader.warn(line, f"{where} has no type; str is assumed")
        return "str"
    word = given.text.strip() if isinstance(given, Scalar) else ""
    if word in TYPE_WORDS:
        return word
    if word.lower() in TYPE_WORDS or word.lower() in TYPE_ALIASES:
        kind = TYPE_ALIASES.get(word.lower(), word.lower())
        reader.warn(given.line, f"{where}: the type {word!r} is read as {kind!r}")
        return kind
    rule = f"{where}: {shown(plain(given))} is not a type"
    raise reader.problem(given.line, rule, f"use one of {', '.join(TYPE_WORDS)}")


def _options(reader: ManifestReader, where: str, kind: str, node: Node | None) -> tuple[Any, ...]:
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return ()
    if not isinstance(node, Sequence):
        raise reader.problem(node.line, f"{where}: options is a list", "write `options: [first, second]`")
    found: list[Any] = []
    item_kind = "str" if kind == "list" else kind
    for item in node.items:
        if isinstance(item, Scalar) and item.value is None and item.text == "":
            raise reader.problem(
                item.line, f"{where}: an option is empty", 'remove it, or write `""` for an empty text'
            )
        value = _fitted(item_kind, item)
        if value is None:
            rule = f"{where}: the option {shown(plain(item))} is not {TYPE_WORDS[item_kind]}"
            raise reader.problem(item.line, rule, "make the options fit the type, or change the type")
        found.append(value)
    return tuple(found)


def _fitted(kind: str, node: Node) -> Any:
    """The value as that type, or None. A word that YAML took for something else is text again where text is wanted."""
    if kind == "str":
        return node.text if isinstance(node, Scalar) and node.value is not None else None
    try:
        return fit(kind, plain(node))
    except ValueError:
        value = plain(node)
        return bool(value) if kind == "bool" and value in (0, 1) and isinstance(value, int) else None


def _number(reader: ManifestReader, where: str, key: str, kind: str, node: Node | None) -> float | None:
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return None
    value = plain(node)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise reader.problem(node.line, f"{where}: {key} must be a number, not {shown(value)}", f"write `{key}: 1`")
    if kind not in ("int", "float"):
        rule = f"{where}: {key} belongs to numbers, and the type is {kind}"
        raise reader.problem(node.line, rule, "make the type int or float, or remove it")
    if key == "step" and value <= 0:
        raise reader.problem(node.line, f"{where}: step must be more than 0", "write the distance between two values")
    return value


def _variables(reader: ManifestReader, where: str, node: Node | None) -> tuple[str, ...]:
    found = reader.texts(node, f"{where}: env")
    for name in found:
        if not VARIABLE.fullmatch(name):
            assert node is not None
            rule = f"{where}: {shown(name)} is not the name of an environment variable"
            raise reader.problem(node.line, rule, "use capital letters, digits and underscores")
    return found


def _with_default(reader: ManifestReader, where: str, parameter: Parameter, node: Node | None) -> Parameter:
    from msgspec.structs import replace

    if node is None or (isinstance(node, Scalar) and node.value is None):
        return parameter
    given = plain(node)
    value = _fitted(parameter.type, node)
    if value is None:
        if given == "" or given == [] or given == {}:
            reader.warn(node.line, f"{where}: the empty default is not {TYPE_WORDS[parameter.type]}; none is assumed")
            return parameter
        rule = f"{where}: the default {shown(given)} is not {TYPE_WORDS[parameter.type]}"
        raise reader.problem(node.line, rule, "make the default fit the type, or change the type")
    if isinstance(given, str) and parameter.type in ("list", "dict"):
        reader.warn(node.line, f"{where}: the default is a text; it is read as {TYPE_WORDS[parameter.type]}")
    elif type(given) is not type(value) and not (isinstance(given, int) and parameter.type == "float"):
        reader.warn(node.line, f"{where}: the default {shown(given)} is read as {shown(value)}")
    low, high = parameter.min, parameter.max
    if (low is not None and value < low) or (high is not None and value > high):
        rule = f"{where}: the default {shown(value)} is not {range_words(parameter)}"
        raise reader.problem(node.line, rule, "move the default into the range, or widen the range")
    if parameter.options and value != "" and not is_option(parameter, value):
        reader.warn(node.line, f"{where}: the default {shown(value)} is none of the options")
    if parameter.is_secret and value:
        from lollms_client.secret import register

        register(value)
        reader.warn(node.line, f"{where}: a secret has a default; everybody who reads this file knows it")
    return replace(parameter, default=value)

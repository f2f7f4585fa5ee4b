"""Writes the saved configuration: atomically, readable by the user alone, comments and foreign lines kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lollms_client.errors import BadSetting
from lollms_client.manifest.model import Manifest
from lollms_client.manifest.values import near_names
from lollms_client.manifest.yaml_nodes import Mapping as MappingNode
from lollms_client.manifest.yaml_nodes import Node, Scalar, plain, read_text
from lollms_client.secret import Secret
from lollms_client.settings.keyring_store import forget_secret, store_secret
from lollms_client.settings.reserved import known_setting
from lollms_client.settings.resolution import checked_value
from lollms_client.settings.saved import read_saved, saved_file


def save_setting(manifest: Manifest, name: str, value: Any, *, environment: Mapping[str, str] | None = None) -> str:
    """Validate one setting of a binding and keep it: a secret in the system keyring, anything else in the saved file.

    Returns where it now lies. Raises BadSetting for a wrong name or value, and for a secret where there is no keyring.
    """
    parameter = known_setting(manifest, name)
    if parameter is None:
        near = near_names(name, [item.name for item in manifest.input_parameters], limit=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise BadSetting(f"{manifest.name} has no setting {name!r}{hint}", binding=manifest.name, setting=name)
    checked = checked_value(parameter, value, binding=manifest.name)
    if isinstance(checked, Secret):
        store_secret(manifest, parameter, checked.reveal())
        return "the system keyring"
    file = saved_file(environment)
    _change(file, (manifest.binding_type, manifest.name, name), checked)
    return str(file)


def forget_setting(manifest: Manifest, name: str, *, environment: Mapping[str, str] | None = None) -> bool:
    """Remove one saved setting, from the file and from the keyring; whether there was one."""
    file = saved_file(environment)
    section: Any = read_saved(file)
    for key in (manifest.binding_type, manifest.name):
        section = section.get(key) if isinstance(section, dict) else None
    in_file = isinstance(section, dict) and name in section
    if in_file:
        _change(file, (manifest.binding_type, manifest.name, name), None)
    parameter = manifest.setting(name)
    in_keyring = bool(parameter and parameter.is_secret) and forget_secret(manifest, name)
    return in_file or in_keyring


def _change(file: Path, keys: tuple[str, str, str], value: Any) -> None:
    """Set a value (None: remove it); the text is edited in place where that gives exactly the data wanted."""
    wanted = _changed_data(read_saved(file), keys, value, file)
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    edited = _edited_text(text, keys, value)
    if edited is None or not _says(edited, wanted):
        edited = _dumped(wanted)
    _write(file, edited)


def _changed_data(data: dict[str, Any], keys: tuple[str, str, str], value: Any, file: Path) -> dict[str, Any]:
    section = data
    for key in keys[:-1]:
        if section.get(key) is None:
            section[key] = {}
        section = section[key]
        if not isinstance(section, dict):
            raise BadSetting(f"{file}: {key} must be a mapping; correct the file", file=str(file))
    if value is None:
        section.pop(keys[-1], None)
    else:
        section[keys[-1]] = value
    return data


def _says(text: str, wanted: dict[str, Any]) -> bool:
    from lollms_client.manifest.yaml_nodes import YamlProblem

    try:
        node = read_text(text)
    except YamlProblem:
        return False
    return (plain(node) if node else {}) == wanted


def _edited_text(text: str, keys: tuple[str, str, str], value: Any) -> str | None:
    """The text with one line replaced, added or removed; None where that is not so simple."""
    lines = text.splitlines()
    node: Node | None = read_text(text)
    if node is None:
        return None if text.strip() else _dumped({keys[0]: {keys[1]: {keys[2]: value}}})
    depth, last_line = 0, 0
    for key in keys:
        if not isinstance(node, MappingNode) or key not in node.values:
            break
        last_line, node = node.lines[key], node.values[key]
        depth += 1
    if depth == len(keys):
        return _with_line(lines, last_line, keys[-1], node, value)
    if value is None:
        return None
    new = _dumped(_nested(keys[depth:], value)).splitlines()
    indent = "  " * depth
    if depth == 0:
        lines += new
    else:
        lines[last_line:last_line] = [indent + line for line in new]
    return "\n".join(lines) + "\n"


def _with_line(lines: list[str], number: int, key: str, node: Node | None, value: Any) -> str | None:
    if not isinstance(node, Scalar) or isinstance(value, list | dict):
        return None
    old = lines[number - 1]
    if value is None:
        del lines[number - 1]
    else:
        indent = old[: len(old) - len(old.lstrip())]
        comment = old[old.index(" #") :] if " #" in old else ""
        lines[number - 1] = indent + _dumped({key: value}).rstrip("\n") + comment
    return "\n".join(lines) + "\n"


def _nested(keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {keys[0]: _nested(keys[1:], value) if len(keys) > 1 else value}


def _dumped(data: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000) if data else ""


def _write(file: Path, text: str) -> None:
    """Write beside the file and rename, so that a crash leaves either the old or the new one."""
    file = file.resolve()  # a link stays a link
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.urandom(4).hex()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise

"""Reads `description.yaml` of every era into one `Manifest`, and says file, line, rule and cure where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lollms_client.errors import BadManifest
from lollms_client.manifest.field_rules import ManifestReader, bad_manifest
from lollms_client.manifest.model import BINDING_TYPES, TYPE_TITLES, Manifest, Parameter
from lollms_client.manifest.parameter_rules import read_parameter
from lollms_client.manifest.reach_rules import read_reach
from lollms_client.manifest.values import near_names, shown
from lollms_client.manifest.yaml_nodes import Mapping, Node, Scalar, Sequence, YamlProblem, plain, read_file

_FORGIVING = ("global_input_parameters", "model_input_parameters")  # sections of older manifests, as they are found

FILE_NAME = "description.yaml"
# sections of settings, the canonical one first; later eras split it in two
SETTINGS_SECTIONS = ("input_parameters", "global_input_parameters", "model_input_parameters")
METHOD_SUFFIX = "_parameters"
TEXT_FIELDS = ("title", "author", "version", "description", "license")
FIELDS = (
    *TEXT_FIELDS, "binding_type", "capabilities", "requirements", "licenses", "assets", "links", "verified", "limits",
    "offline", "reach", "service", "commands",
)  # fmt: skip
# keys of other eras that carry nothing a rule needs; kept in `extra` without a warning
QUIET_FIELDS = (
    "binding_name", "name", "creation_date", "last_update_date", "icon", "presets", "advisory", "actions",
    "supported_file_types", "compatible_backends", "category", "tags", "disclaimer", "status", "notes",
)  # fmt: skip
TYPE_ALIASES = {
    "text": "llm", "chat": "llm", "text_to_image": "tti", "image": "tti", "speech_to_text": "stt",
    "text_to_speech": "tts", "text_to_video": "ttv", "video": "ttv", "text_to_music": "ttm", "music": "ttm",
}  # fmt: skip


def load_manifest(path: Path | str) -> Manifest:
    """The manifest of a binding's folder, or of its description.yaml.

    Raises BadManifest with `file`, `line`, `rule` and `cure` in its details; nothing else, whatever the file holds.
    """
    file = Path(path)
    if file.is_dir():
        file = file / FILE_NAME
    try:
        root = read_file(file)
    except FileNotFoundError as error:
        raise bad_manifest(file, 1, "there is no such file", f"write {FILE_NAME} beside __init__.py") from error
    except OSError as error:
        raise bad_manifest(file, 1, f"the file cannot be read: {error.strerror}", "check its permissions") from error
    except YamlProblem as problem:
        raise bad_manifest(file, problem.line, problem.rule, problem.cure) from None
    if not isinstance(root, Mapping):
        what = "empty" if root is None else "not a mapping"
        raise bad_manifest(file, root.line if root else 1, f"the manifest is {what}", "begin with `title: …`")
    return _Reading(file, root).manifest()


class _Reading:
    """One reading of one file."""

    def __init__(self, file: Path, root: Mapping) -> None:
        self.reader = ManifestReader(file)
        self.file = file
        self.root = root

    def manifest(self) -> Manifest:
        reader, get = self.reader, self.root.values.get
        folder = self.file.absolute().parent
        texts = {key: reader.text(get(key), key) for key in TEXT_FIELDS}
        title = texts.pop("title") or folder.name.replace("_", " ")
        return Manifest(
            name=folder.name,
            folder=folder,
            path=self.file.absolute(),
            title=title,
            binding_type=self.binding_type(get("binding_type")),
            capabilities=reader.texts(get("capabilities"), "capabilities"),
            requirements=reader.requirements(get("requirements")),
            input_parameters=self.settings(),
            method_parameters=self.methods(),
            licenses=reader.mappings(get("licenses"), "licenses", key="name"),
            assets=self.assets(get("assets")),
            links=reader.links(get("links")),
            verified=reader.mappings(get("verified"), "verified", key="how"),
            limits=reader.texts(get("limits"), "limits"),
            offline=bool(reader.flag(get("offline"), "offline")),
            reach=read_reach(reader, get("reach")),
            service=reader.mapping(get("service"), "service"),
            commands=self.commands(),
            extra=self.extra(),
            warnings=tuple(reader.warnings),
            **texts,
        )

    def binding_type(self, node: Node | None) -> str:
        given = self.reader.text(node, "binding_type")
        if not given:
            return ""
        word = given.lower().replace("-", "_").replace(" ", "_").removesuffix("_binding").removesuffix("_bindings")
        kind = TYPE_ALIASES.get(word, word)
        assert node is not None
        if kind in BINDING_TYPES:
            if kind != given:
                self.reader.warn(node.line, f"binding_type: {given!r} is read as {kind!r}")
            return kind
        known = ", ".join(f"{key} ({title})" for key, title in TYPE_TITLES.items())
        raise self.reader.problem(node.line, f"binding_type: {shown(given)} is none of the six", f"use one of {known}")

    def settings(self) -> tuple[Parameter, ...]:
        found: dict[str, Parameter] = {}
        for section in SETTINGS_SECTIONS:
            for parameter in self.parameters(section):
                if parameter.name in found:
                    line = self.root.values[section].line
                    self.reader.warn(line, f"{section}: {parameter.name!r} is described in another section already")
                found.setdefault(parameter.name, parameter)
        return tuple(found.values())

    def methods(self) -> dict[str, tuple[Parameter, ...]]:
        return {
            key.removesuffix(METHOD_SUFFIX): self.parameters(key) for key in self.root.values if _is_method_key(key)
        }

    def parameters(self, section: str) -> tuple[Parameter, ...]:
        node = self.root.values.get(section)
        reader = self.reader
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return ()
        if isinstance(node, Mapping):
            reader.warn(node.line, f"{section} is a mapping of names; it is read as a list of parameters")
            found = [self.named_parameter(section, name, value) for name, value in node.values.items()]
        elif isinstance(node, Sequence):
            found = [(item.line, read_parameter(reader, section, item)) for item in node.items]
        else:
            raise reader.problem(node.line, f"{section} must be a list of parameters", "write `- name: …` for each")
        lines: dict[str, int] = {}
        for line, parameter in found:
            if parameter.name in lines:
                rule = f"{section}: {parameter.name!r} stands twice (first in line {lines[parameter.name]})"
                if section not in _FORGIVING:
                    raise reader.problem(line, rule, "remove one of them, or rename it")
                reader.warn(line, f"{rule}; the last one counts")
            lines[parameter.name] = line
        return tuple({parameter.name: parameter for _, parameter in found}.values())

    def named_parameter(self, section: str, name: str, node: Node) -> tuple[int, Parameter]:
        mapping = self.root.values[section]
        assert isinstance(mapping, Mapping)
        if isinstance(node, Scalar | Sequence):
            raise self.reader.problem(
                mapping.lines[name],
                f"{section} must be a list of parameters",
                "write `- name: …` and `type: …` for each",
            )
        return node.line, read_parameter(self.reader, section, node, name)

    def assets(self, node: Node | None) -> tuple[Any, ...]:
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return ()
        if not isinstance(node, Sequence):
            raise self.reader.problem(node.line, "assets must be a list", "write `- …` for each")
        return tuple(plain(item) for item in node.items)

    def commands(self) -> tuple[dict[str, Any], ...]:
        found: list[dict[str, Any]] = []
        for key in ("commands", "actions"):
            node = self.root.values.get(key)
            for command in self.reader.mappings(node, key, key="name"):
                if not isinstance(command.get("name"), str):
                    assert node is not None
                    raise self.reader.problem(node.line, f"{key}: one has no name", "name the method that it calls")
                if "params" in command:
                    command.setdefault("parameters", command.pop("params"))
                found.append(command)
        return tuple(found)

    def extra(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, node in self.root.values.items():
            if key in FIELDS or key in SETTINGS_SECTIONS or _is_method_key(key):
                continue
            found[key] = plain(node)
            if key not in QUIET_FIELDS and not key.startswith("x-"):
                near = near_names(key, (*FIELDS, *SETTINGS_SECTIONS), limit=1)
                hint = f" (did you mean {near[0]!r}?)" if near else ""
                self.reader.warn(self.root.lines[key], f"the key {key!r} is unknown{hint}; it is kept but does nothing")
        return found


def _is_method_key(key: str) -> bool:
    return (
        key.endswith(METHOD_SUFFIX) and key not in SETTINGS_SECTIONS and key.removesuffix(METHOD_SUFFIX).isidentifier()
    )


__all__ = ["FILE_NAME", "BadManifest", "load_manifest"]

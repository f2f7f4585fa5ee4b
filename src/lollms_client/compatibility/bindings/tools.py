"""Bindings of tools (MCP servers, folders of functions): their base class, and loading them from folders."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lollms_client import errors
from lollms_client.binding import message_of
from lollms_client.compatibility.bindings.inherited import Inherited
from lollms_client.registry.entries import BindingEntry
from lollms_client.registry.loading import load_module
from lollms_client.requirements import auto_install_allowed, install_policy
from lollms_client.secret import clean_cause

TOOL_FOLDERS = ("tools_bindings", "mcp_bindings")
_TYPES = {
    "string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict",
}  # fmt: skip
_HANDLES = ("discussion_instance", "lollms_client_instance", "tool_context")


class LollmsToolBinding(Inherited):
    """The base of tool bindings: override `discover_tools` and `execute_tool`.

    What a class may rely on stands before `__init__` runs; the constructor takes whatever form its author chose.
    """

    binding_type = "tools"
    settings: dict[str, Any]

    def __new__(cls, *arguments: Any, **keywords: Any) -> LollmsToolBinding:
        self = super().__new__(cls)
        self.binding_name = cls.__name__
        self.manifest = None
        self.config = self.settings = dict(keywords)
        return self

    def __init__(self, binding_name: str | None = None, debug: bool | None = False, **keywords: Any) -> None:
        nested = keywords.pop("config", None)
        self.config.update({**(nested if isinstance(nested, Mapping) else {}), **keywords})
        self.binding_name = binding_name or self.binding_name
        self.debug = debug

    def discover_tools(self, **kwargs: Any) -> list[dict[str, Any]]:
        """The tools as dictionaries of name, description and input_schema (JSON Schema)."""
        raise NotImplementedError(f"the tool binding {self.binding_name} finds no tools")

    def list_tools(self, **kwargs: Any) -> list[dict[str, Any]]:
        """The tools with a list of `parameters` each, as conversations take them."""
        return [{**tool, "parameters": _parameters(tool)} for tool in self.discover_tools(**kwargs)]

    def execute_tool(self, tool_name: str, params: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Run a tool; its output, or a dictionary with `error`."""
        raise NotImplementedError(f"the tool binding {self.binding_name} runs no tools")

    def to_chat_tool_specs(self, **discover_kwargs: Any) -> dict[str, dict[str, Any]]:
        """The tools by name, each with its parameters and a `callable`."""
        specs: dict[str, dict[str, Any]] = {}
        for tool in self.discover_tools(**discover_kwargs):
            name = str(tool.get("name") or "")
            if not name:
                continue
            specs[name] = {
                "name": name,
                "description": tool.get("description") or name,
                "parameters": _parameters(tool),
                "output": tool.get("output") or [],
                "callable": self._callable(name),
                "_binding": self.binding_name,
                "_python_file_path": tool.get("_python_file_path"),
            }
        return specs

    def _callable(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**arguments: Any) -> dict[str, Any]:
            handles = {key: arguments.pop(key) for key in _HANDLES if key in arguments}
            try:
                found = call_tool(self, name, arguments, **handles)
            except errors.LollmsError as error:
                return {"error": str(error), "success": False}
            return {"success": not found.get("error"), **found}

        return call

    def get_binding_config(self) -> dict[str, Any]:
        """The settings."""
        return self.config

    def list_models(self) -> list[Any]:
        """Tools are no models."""
        return []


def call_tool(binding: Any, name: str, arguments: Mapping[str, Any], **handles: Any) -> dict[str, Any]:
    """Run a tool of a binding that somebody else wrote; a dictionary in any case. Raises CallError."""
    from lollms_client.plain import fitting

    accepted, _ = fitting(binding.execute_tool, handles)
    try:
        found = binding.execute_tool(name, dict(arguments), **accepted)
    except errors.LollmsError:
        raise
    except (SystemExit, Exception) as error:  # noqa: BLE001 (the edge to somebody else's code)
        raise errors.CallError(f"the tool {name} failed: {message_of(error)}", tool=name) from clean_cause(error)
    return dict(found) if isinstance(found, Mapping) else {"output": found}


def _parameters(tool: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A tool's parameters as a list, out of such a list or of a JSON Schema."""
    if isinstance(tool.get("parameters"), list):
        return list(tool["parameters"])
    places = ("input_schema", "inputSchema", "parameters")
    schema: Mapping[str, Any] = next((tool[key] for key in places if tool.get(key)), {})
    required = schema.get("required") or ()
    return [_parameter(name, part, name not in required) for name, part in (schema.get("properties") or {}).items()]


def _parameter(name: str, part: Mapping[str, Any], optional: bool) -> dict[str, Any]:
    kinds = part.get("type", "any")
    kind = next((item for item in kinds if item != "null"), "any") if isinstance(kinds, list) else kinds
    words = [str(part.get("description") or "")]
    words += [f"One of {part['enum']}"] if part.get("enum") else []
    found = {"name": name, "type": _TYPES.get(kind, kind), "description": " ".join(filter(None, words))}
    found["optional"] = optional
    return {**found, "default": part["default"]} if "default" in part else found


def list_tool_bindings(folder: str | Path) -> list[str]:
    """The names of the tool bindings in a folder of them, or in a folder that holds `tools_bindings`."""
    return sorted(
        item.name
        for place in _places(folder)
        if place.is_dir()
        for item in place.iterdir()
        if item.name[0] not in "._" and (item / "__init__.py").is_file()
    )


def find_tool_binding(name: str, folder: str | Path | None = None) -> Path | None:
    """The folder of the tool binding of that name, None where there is none."""
    return next((item / name for item in _places(folder) if (item / name / "__init__.py").is_file()), None)


def create_tool_binding(
    name: str, folder: str | Path | None = None, config: Mapping[str, Any] | None = None
) -> LollmsToolBinding:
    """The tool binding of that name, ready for calls.

    Raises UnknownBinding, MissingDependency or BindingLoadFailed.
    """
    place = find_tool_binding(name, folder)
    if place is None:
        known = list_tool_bindings(folder) if folder is not None else []
        raise errors.UnknownBinding(
            f"there is no tool binding {name!r}; known are: {', '.join(known) or 'none'}; "
            "give the folder that holds it as tools_bindings_dir",
            binding=name, binding_type="tools",
        )  # fmt: skip
    entry = BindingEntry(name=name, binding_type="tools", folder=place, source="argument")
    module = load_module(entry)
    kind = getattr(module, str(getattr(module, "BindingName", "")), None)
    if not inspect.isclass(kind) or not issubclass(kind, LollmsToolBinding):
        raise errors.BindingLoadFailed(
            f"the tool binding {name!r} names no class on LollmsToolBinding in BindingName", binding=name
        )
    given = {key: value for key, value in (config or {}).items() if key != "binding_name" and value is not None}
    try:
        with install_policy(name, allowed=auto_install_allowed()):
            return kind(**given)
    except errors.LollmsError:
        raise
    except (SystemExit, Exception) as error:  # noqa: BLE001 (the edge to somebody else's code)
        raise errors.BindingLoadFailed(
            f"the tool binding {name} could not be set up: {type(error).__name__}: {message_of(error)}", binding=name
        ) from clean_cause(error)


def _places(folder: str | Path | None) -> list[Path]:
    from lollms_client.home import lollms_home

    given = Path(folder).expanduser() if folder is not None else lollms_home() / "lollms_bindings"
    return [given, *(given / name for name in TOOL_FOLDERS)]

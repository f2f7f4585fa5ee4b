"""The functions that the public package has beside its classes: what bindings there are, and their models."""

from __future__ import annotations

import functools
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lollms_client.binding import model_dictionary
from lollms_client.client import LollmsClient
from lollms_client.compatibility.application.managers import MANAGERS, description, descriptions, usable
from lollms_client.compatibility.application.prompt_pieces import PromptReshaper, chunk_text
from lollms_client.compatibility.bindings.tools import LollmsToolBinding, create_tool_binding, list_tool_bindings
from lollms_client.errors import BadSetting, BindingLoadFailed
from lollms_client.registry import BindingEntry, Registry
from lollms_client.secret import clean_cause, words_of

_FORMER_TYPES = ("mcp", "tools", "rag", "connection")


def list_bindings(binding_type: str = "llm", custom_bindings_dir: str | Path | None = None) -> list[str]:
    """The names of the bindings of a modality, of a folder alone where one is given.

    Raises BadSetting for what is no modality.
    """
    if binding_type in _FORMER_TYPES:
        return list_tool_bindings(custom_bindings_dir) if custom_bindings_dir is not None else []
    if custom_bindings_dir is not None:
        return sorted(item["binding_name"] for item in descriptions(binding_type, custom_bindings_dir))
    return sorted(entry.name for entry in usable(Registry().list(binding_type)))


def get_binding_desc(
    binding_name: str, binding_type: str = "llm", custom_bindings_dir: str | Path | None = None
) -> dict[str, Any]:
    """What a binding's manifest says, in plain values.

    The words of a `get_binding_desc` in the binding's own `binding_config.py` come before it; that file is run for
    them. Raises UnknownBinding, BadManifest, BadSetting, BindingLoadFailed.
    """
    if not binding_type:
        raise BadSetting("which modality? give binding_type", setting="binding_type")
    folders = {binding_type: custom_bindings_dir} if custom_bindings_dir is not None else None
    entry = Registry(typed_dirs=folders).find(binding_name, binding_type)
    if entry.problem is not None:
        raise entry.problem
    return {**description(entry), **_told_by_code(entry), "binding_name": entry.name}


def _told_by_code(entry: BindingEntry) -> dict[str, Any]:
    """What the folder's `binding_config.py` says of the binding, {} where there is none."""
    path = entry.folder / "binding_config.py"
    if not path.is_file():
        return {}
    try:
        own = runpy.run_path(str(path)).get("get_binding_desc")
        found = own() if callable(own) else {}
    except (SystemExit, Exception) as error:  # noqa: BLE001 (the edge to somebody else's code)
        raise BindingLoadFailed(
            f"binding_config.py of {entry.name} failed: {type(error).__name__}: {words_of(error) or 'no explanation'}",
            binding=entry.name,
        ) from clean_cause(error)
    return dict(found) if isinstance(found, Mapping) else {}


def models_of(
    binding_type: str,
    binding_name: str | None = None,
    binding_config: Mapping[str, Any] | None = None,
    bindings_dir: str | Path | None = None,
    **named: Any,
) -> list[Any]:
    """The models of a binding with those settings: dictionaries for language and image models, else names.

    The arguments may carry the modality's prefix (`llm_binding_name=` …).
    """
    name = binding_name or named.pop(f"{binding_type}_binding_name", None)
    config = binding_config or named.pop(f"{binding_type}_binding_config", None)
    folder = bindings_dir or named.pop(f"{binding_type}_bindings_dir", None)
    if not name:
        raise BadSetting("which binding? give its name", setting=f"{binding_type}_binding_name")
    arguments: dict[str, Any] = {
        f"{binding_type}_binding_name": name,
        f"{binding_type}_binding_config": dict(config or {}),
        f"{binding_type}_bindings_dir": folder,
    }
    with LollmsClient(**arguments) as client:
        models = client.models(binding_type)
    return [model_dictionary(model) if binding_type in ("llm", "tti") else model.name for model in models]


def available(binding_type: str, bindings_dir: str | Path | None = None, **named: Any) -> list[dict[str, Any]]:
    """Descriptions of the bindings of a modality, of a folder alone where one is given."""
    return descriptions(binding_type, bindings_dir or named.get(f"{binding_type}_bindings_dir"))


def attribute_of_module(module: str, name: str) -> Any:
    """A function or class that the public package has in that module. Raises AttributeError."""
    if name in ("LollmsTOOLBindingManager", "LollmsMCPBindingManager"):
        from lollms_client.compatibility.application.tool_methods import LollmsTOOLBindingManager

        return LollmsTOOLBindingManager
    if name.endswith("BindingManager"):
        for manager in MANAGERS.values():
            if manager.__name__ == name and module in ("lollms_client", _module_of(manager.binding_type)):
                return manager
    if module == "lollms_client":
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        if name in ("LollmsBindingProfile", "LollmsModelProfile"):
            from lollms_client.compatibility.application import profiles

            return getattr(profiles, name)
    if name == "list_binding_models" and module in (_module_of("tools"), _module_of("mcp")):
        return tools_of
    for kind in MANAGERS:
        if module == _module_of(kind) and name in ("get_available_bindings", "list_binding_models"):
            return functools.partial(available if name == "get_available_bindings" else models_of, kind)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def _module_of(binding_type: str) -> str:
    return f"lollms_client.lollms_{binding_type}_binding"


def tools_of(
    binding_name: str | None = None,
    binding_config: Mapping[str, Any] | None = None,
    bindings_dir: str | Path | None = None,
    **named: Any,
) -> list[dict[str, Any]]:
    """The tools of a tool binding with those settings; the arguments may carry `tools_` or `mcp_`.

    Raises UnknownBinding, MissingDependency, BindingLoadFailed; BadSetting where no binding is named.
    """
    given = {key.removeprefix("tools_").removeprefix("mcp_"): value for key, value in named.items()}
    name = binding_name or given.get("binding_name")
    if not name:
        raise BadSetting("which binding? give its name", setting="tools_binding_name")
    folder = bindings_dir or given.get("bindings_dir")
    found: list[dict[str, Any]] = create_tool_binding(
        name, folder, binding_config or given.get("binding_config")
    ).discover_tools()
    return found


_FUNCTIONS: dict[str, Any] = {
    "LollmsToolBinding": LollmsToolBinding,
    "PromptReshaper": PromptReshaper,
    "chunk_text": chunk_text,
    "get_binding_desc": get_binding_desc,
    "list_bindings": list_bindings,
}

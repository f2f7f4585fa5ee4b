"""The binding of tools: made when first used, replaced, listed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lollms_client.client_core import Choice
from lollms_client.compatibility.application.binding_methods import BindingNotUpdated
from lollms_client.compatibility.application.state import state_of
from lollms_client.compatibility.bindings.tools import (
    LollmsToolBinding,
    create_tool_binding,
    find_tool_binding,
    list_tool_bindings,
)
from lollms_client.errors import LollmsError


class LollmsTOOLBindingManager:
    """Lists and makes the tool bindings of a folder. Failures are raised."""

    def __init__(self, bindings_dir: str | Path | None = None, **folders: Any) -> None:
        self.bindings_dir = bindings_dir or next((value for value in folders.values() if value), None)
        self.tools_bindings_dir = self.mcp_bindings_dir = Path(self.bindings_dir) if self.bindings_dir else None
        self.available_bindings: dict[str, type] = {}  # the classes of what was made here

    def create_binding(self, binding_name: str, **config: Any) -> LollmsToolBinding:
        """A tool binding ready for calls. Raises UnknownBinding, MissingDependency, BindingLoadFailed."""
        made = create_tool_binding(binding_name, self.bindings_dir, config)
        self.available_bindings[binding_name] = type(made)
        return made

    def get_available_bindings(self) -> list[str]:
        """The names of the tool bindings."""
        return list_tool_bindings(self.bindings_dir) if self.bindings_dir is not None else []

    def get_binding_description(self, binding_name: str) -> dict[str, Any] | None:
        """What the binding's description.yaml says; None where there is none that can be read."""
        import yaml

        place = find_tool_binding(binding_name, self.bindings_dir)
        try:
            found = yaml.safe_load((place / "description.yaml").read_text("utf-8")) if place is not None else None
        except (OSError, ValueError, yaml.YAMLError):
            return None
        return found if isinstance(found, dict) else None

    @staticmethod
    def get_bindings_list(bindings_dir: str | Path) -> list[dict[str, Any]]:
        """The tool bindings of a folder."""
        return [{"binding_name": name, "title": name} for name in list_tool_bindings(bindings_dir)]


class ToolMethods:
    """The client's binding of tools, under its newer and its older name."""

    @property
    def tools(self) -> Any:
        """The binding of tools; None where none was named."""
        return _tools(self)

    @property
    def mcp(self) -> Any:
        """The binding of tools under its older name."""
        return _tools(self)

    @property
    def tools_binding_manager(self) -> LollmsTOOLBindingManager:
        """Finds and makes tool bindings where this client looks for them."""
        return LollmsTOOLBindingManager(state_of(self).tools_dir)

    @property
    def mcp_binding_manager(self) -> LollmsTOOLBindingManager:
        """The same under its older name."""
        return LollmsTOOLBindingManager(state_of(self).tools_dir)

    def update_tools_binding(self, binding_name: str, config: Mapping[str, Any] | None = None) -> bool:
        """Put another binding of tools in place; returns True. Raises BindingNotUpdated (a ValueError)."""
        return _update(self, binding_name, config)

    def update_mcp_binding(self, binding_name: str, config: Mapping[str, Any] | None = None) -> bool:
        """The same under its older name."""
        return _update(self, binding_name, config)


def _tools(client: Any) -> LollmsToolBinding | None:
    state = state_of(client)
    if state.tools_binding is None and state.tools is not None:
        state.tools_binding = create_tool_binding(state.tools.name, state.tools_dir, state.tools.config)
    found: LollmsToolBinding | None = state.tools_binding
    return found


def _update(client: Any, name: str, config: Mapping[str, Any] | None) -> bool:
    state = state_of(client)
    try:
        fresh = create_tool_binding(name, state.tools_dir, config)
    except LollmsError as error:
        facts = {key: value for key, value in error.details.items() if key != "reason"}
        raise BindingNotUpdated(error.message, reason=error.code, **facts) from error
    state.tools, state.tools_binding = Choice(name, dict(config or {})), fresh
    return True

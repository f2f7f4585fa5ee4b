"""Parts of the package that the others do without: each is looked up by name when first asked for, and may be absent.

A part that adds to the client offers `client_arguments` and `client_attribute`; one that adds to the modules with fixed
names offers `module_attribute`; one that adds to classes of bindings offers `adapt`.
"""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Any

_HOMES = {
    "application": "lollms_client.compatibility.application",
    "bindings": "lollms_client.compatibility.bindings",
}
# entries of a discussion's metadata by which a part changes what a model is shown
KEPT_BESIDE = frozenset({"discussion_images", "pruning_point_id"})
# attributes of a binding by which a part lets its settings be changed
SETTINGS_AS_ATTRIBUTES = frozenset({"model_name", "host_address", "service_key", "verify_ssl_certificate"})
_PACKAGE = "lollms_client"
_PACKAGE_NAMES = (
    "LollmsToolBinding",
    "PromptReshaper",
    "chunk_text",
    "get_binding_desc",
    "list_bindings",
)  # asking for a submodule must not import any part


@functools.cache
def extension(name: str) -> Any:
    """The module of that part, None where it is not installed."""
    home = _HOMES[name]
    try:
        return import_module(home)
    except ModuleNotFoundError as error:
        if error.name is not None and (home == error.name or home.startswith(f"{error.name}.")):
            return None
        raise


def binding_attribute(binding: Any, name: str) -> Any:
    """What a part adds to a binding in flows under that name. Raises AttributeError."""
    part = extension("bindings") if binding.speaks_flows and not name.startswith("_") else None
    if part is None:
        raise AttributeError(f"{type(binding).__name__!r} object has no attribute {name!r}")
    return part.binding_attribute(binding, name)


def set_binding_attribute(binding: Any, name: str, value: Any) -> bool:
    """Let a part understand that an attribute of a binding in flows is set; False where none does."""
    part = extension("bindings")
    return part is not None and bool(part.set_binding_attribute(binding, name, value))


def client_attribute(client: Any, name: str) -> Any:
    """What a part adds to a client under that name. Raises AttributeError."""
    part = extension("application") if not name.startswith("_") else None
    if part is None:
        raise AttributeError(f"{type(client).__name__} has no attribute {name!r}")
    return part.client_attribute(client, name)


def discussion_attribute(discussion: Any, name: str) -> Any:
    """What a part adds to a discussion under that name. Raises AttributeError."""
    part = extension("application") if not name.startswith("_") else None
    if part is None:
        raise AttributeError(f"{type(discussion).__name__} has no attribute {name!r}")
    return part.discussion_attribute(discussion, name)


def shown_system(discussion: Any, system: str) -> str:
    """The system's words as a model is to see them, with what a part put beside them."""
    part = extension("application") if KEPT_BESIDE & discussion.metadata.keys() else None
    return system if part is None else str(part.shown_system(discussion, system))


def shown_messages(discussion: Any, branch: list[Any]) -> list[Any]:
    """A branch as a model is to see it, with what a part put beside its messages."""
    part = extension("application") if KEPT_BESIDE & discussion.metadata.keys() else None
    return branch if part is None else list(part.shown_messages(discussion, branch))


def message_attribute(message: Any, name: str) -> Any:
    """What a part adds to a message under that name. Raises AttributeError."""
    part = extension("application") if not name.startswith("_") else None
    if part is None:
        raise AttributeError(f"{type(message).__name__} has no attribute {name!r}")
    return part.message_attribute(message, name)


def message_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a new message with those that a part knows under other names put in our terms."""
    part = extension("application")
    return fields if part is None else part.message_fields(fields)


def module_attribute(module: str, name: str) -> Any:
    """What a part adds to one of the package's modules under that name. Raises AttributeError."""
    offered = module != _PACKAGE or name in _PACKAGE_NAMES or name.endswith(("BindingManager", "Profile"))
    for part in (extension("bindings"), extension("application")) if offered and not name.startswith("_") else ():
        try:
            return part.module_attribute(module, name)
        except AttributeError:
            continue
    raise AttributeError(f"module {module!r} has no attribute {name!r}")

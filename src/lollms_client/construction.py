"""From a name and settings to a binding object: found, checked, and made in this process or in one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.settings import resolve_settings
from lollms_client.settings.reserved import split_isolation

if TYPE_CHECKING:
    from lollms_client.registry import Registry


def create_binding(
    registry: Registry, name: str, binding_type: str, given: Mapping[str, Any] | None = None
) -> LollmsBinding:
    """A binding ready for calls; the reserved setting `isolation` decides in which process it runs.

    Raises UnknownBinding, BindingLoadFailed, BadSetting, MissingKey or MissingDependency, each naming the binding.
    """
    entry = registry.find(name, binding_type)
    manifest = entry.manifest
    if manifest is None:
        raise entry.problem or errors.BadManifest(f"{name} has no usable manifest", binding=name)
    isolation, rest = split_isolation(manifest, _without_name(given or {}))
    settings = resolve_settings(manifest, rest)
    if isolation.kind == "none":
        from lollms_client.in_process import construct_binding

        return construct_binding(entry, settings, registry.environment)
    from lollms_client.isolation import isolated_binding

    return isolated_binding(entry, settings, isolation, registry.environment)


def _without_name(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "binding_name"}

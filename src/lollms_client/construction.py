"""From a name and settings to a binding object: found, checked, and made in this process or in one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.families.replay.wrapping import recorded
from lollms_client.settings import resolve_settings
from lollms_client.settings.reserved import split_isolation
from lollms_client.settings.resolution import told_to

if TYPE_CHECKING:
    from lollms_client.manifest import Manifest
    from lollms_client.registry import Registry


def create_binding(
    registry: Registry,
    name: str,
    binding_type: str,
    given: Mapping[str, Any] | None = None,
    told: Mapping[str, Any] | None = None,
) -> LollmsBinding:
    """A binding ready for calls; the reserved setting `isolation` decides in which process it runs.

    `told` are facts of a client (who asks, who answers) for classes that override the documented methods.

    With the reserved settings `record_to`, `record_missing_to` or `replay_from`, and while a recording is open, its
    calls go through that recording. Raises UnknownBinding, BindingLoadFailed, BadSetting, MissingKey or
    MissingDependency, each naming the binding.
    """
    return recorded(
        name,
        binding_type,
        given or {},
        manifest=lambda: _known_manifest(registry, name, binding_type),
        make=lambda rest: _made(registry, name, binding_type, rest, told or {}),
    )


def _known_manifest(registry: Registry, name: str, binding_type: str) -> Manifest | None:
    """The manifest, None where the binding is not there: a recording is replayed without it."""
    try:
        return registry.find(name, binding_type).manifest
    except errors.UnknownBinding:
        return None


def _made(
    registry: Registry, name: str, binding_type: str, given: Mapping[str, Any], told: Mapping[str, Any]
) -> LollmsBinding:
    entry = registry.find(name, binding_type)
    manifest = entry.manifest
    if manifest is None:
        raise entry.problem or errors.BadManifest(f"{name} has no usable manifest", binding=name)
    isolation, rest = split_isolation(manifest, _without_name(given))
    settings = resolve_settings(manifest, {**told_to(manifest, told), **rest})
    if isolation.kind == "none":
        from lollms_client.in_process import construct_binding

        return construct_binding(entry, settings, registry.environment)
    from lollms_client.isolation import isolated_binding

    return isolated_binding(entry, settings, isolation, registry.environment)


def _without_name(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "binding_name"}

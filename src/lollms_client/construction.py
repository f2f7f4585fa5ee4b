"""From a name and settings to a binding object: found, checked, loaded, constructed; every failure says why."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lollms_client import errors
from lollms_client.binding import Construction, LollmsBinding, constructing
from lollms_client.requirements import auto_install_allowed, install_policy
from lollms_client.secret import clean_cause, redact
from lollms_client.settings import resolve_settings

if TYPE_CHECKING:
    from lollms_client.registry import Registry
    from lollms_client.settings import Settings


def create_binding(
    registry: Registry, name: str, binding_type: str, given: Mapping[str, Any] | None = None
) -> LollmsBinding:
    """A binding ready for calls.

    Raises UnknownBinding, BindingLoadFailed, BadSetting, MissingKey or MissingDependency, each naming the binding.
    """
    entry = registry.find(name, binding_type)
    manifest = entry.manifest
    if manifest is None:
        raise entry.problem or errors.BadManifest(f"{name} has no usable manifest", binding=name)
    settings = resolve_settings(manifest, _without_name(given or {}))
    kind = registry.load(name, binding_type)
    construction = Construction(entry.name, manifest, settings)
    try:
        with constructing(construction), install_policy(name, allowed=auto_install_allowed(registry.environment)):
            binding = kind(**_keywords(kind, settings))
    except errors.LollmsError:
        raise
    except ImportError as error:
        package = (error.name or "a package").partition(".")[0]
        raise errors.MissingDependency(
            f"the binding {name} needs {package}, which is not installed; run: lollms install {name}",
            binding=name,
            package=package,
        ) from clean_cause(error)
    except (SystemExit, Exception) as error:  # noqa: BLE001 (the edge to somebody else's code)
        text = redact(str(error)) or "no explanation"
        raise errors.BindingLoadFailed(
            f"the binding {name} could not be set up: {type(error).__name__}: {text}; check its settings",
            binding=name,
            folder=str(entry.folder),
        ) from clean_cause(error)
    if not isinstance(binding, LollmsBinding):
        raise errors.BindingLoadFailed(f"the binding {name} made a {type(binding).__name__}, no binding", binding=name)
    return binding


def _without_name(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "binding_name"}


def _keywords(kind: type, settings: Settings) -> dict[str, Any]:
    """What the constructor gets: nothing for classes in flows, else the settings that are set and that it takes."""
    if getattr(kind, "speaks_flows", False):
        return {}
    plain = {name: value for name, value in settings.plain().items() if value is not None}
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return plain
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return plain
    known = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return {name: value for name, value in plain.items() if name in known}

"""Makes a binding's object in this process: its module imported, its constructor called; every failure says why."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lollms_client import errors
from lollms_client.binding import Construction, LollmsBinding, constructing
from lollms_client.registry.loading import load_class
from lollms_client.requirements import auto_install_allowed, install_policy
from lollms_client.secret import clean_cause, words_of

if TYPE_CHECKING:
    from lollms_client.registry import BindingEntry
    from lollms_client.settings import Settings


def construct_binding(
    entry: BindingEntry, settings: Settings, environment: Mapping[str, str] | None = None
) -> LollmsBinding:
    """The binding of an entry, with resolved settings.

    Raises the entry's own problem, BindingLoadFailed or MissingDependency, each naming the binding.
    """
    name = entry.name
    kind = load_class(entry, environment)
    assert entry.manifest is not None
    construction = Construction(name, entry.manifest, settings)
    try:
        with constructing(construction), install_policy(name, allowed=auto_install_allowed(environment)):
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
        text = words_of(error) or "no explanation"
        raise errors.BindingLoadFailed(
            f"the binding {name} could not be set up: {type(error).__name__}: {text}; check its settings",
            binding=name,
            folder=str(entry.folder),
        ) from clean_cause(error)
    if not isinstance(binding, LollmsBinding):
        raise errors.BindingLoadFailed(f"the binding {name} made a {type(binding).__name__}, no binding", binding=name)
    return binding


def _keywords(kind: type, settings: Settings) -> dict[str, Any]:
    """What the constructor gets: nothing for classes in flows, else the settings that are set and that it takes."""
    if getattr(kind, "speaks_flows", False):
        return {}
    sources = settings.sources
    plain = {name: value for name, value in settings.plain().items() if value is not None}
    # a default of nothing is not said: the code may know better, such as a variable that holds the key
    said = {name: value for name, value in plain.items() if value != "" or sources.get(name) != "default"}
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return plain
    plain = said | {p.name: plain[p.name] for p in parameters if p.name in plain and p.default is p.empty}
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return plain
    known = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    return {name: value for name, value in plain.items() if name in known}

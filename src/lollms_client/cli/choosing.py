"""From the command line's choice of a binding to its manifest, and to a client that uses it."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from lollms_client.cli.manifest_options import model_setting
from lollms_client.cli.parsing import UsageError, pairs
from lollms_client.errors import BadManifest, UnknownBinding
from lollms_client.manifest.model import BINDING_TYPES, Manifest
from lollms_client.registry import BindingEntry, Registry

if TYPE_CHECKING:
    from lollms_client.client import LollmsClient


def client_for(arguments: Namespace, binding_type: str = "") -> LollmsClient:
    """A client as the options say; `--binding` and `--set` are for the given modality."""
    from lollms_client.client import LollmsClient

    given: dict[str, Any] = {"config": arguments.config}
    if arguments.bindings_dir:
        given["bindings_dir"] = arguments.bindings_dir
    if binding_type:
        name = getattr(arguments, "binding", None)
        given[f"{binding_type}_binding_name"] = plain_name(name, binding_type) if name else None
        settings = pairs(arguments.settings, "--set")
        model, place = getattr(arguments, "model", None), model_setting(getattr(arguments, "manifest", None))
        given[f"{binding_type}_binding_config"] = {**({place: model} if model and place else {}), **settings}
    return LollmsClient(**given)


def plain_name(name: str, binding_type: str) -> str:
    """The name without the modality that may stand before it, as in `tts.espeak`."""
    return name.removeprefix(f"{binding_type}.")


def chosen_manifest(arguments: Namespace, binding_type: str) -> Manifest:
    """The manifest of the binding that a call will use. Raises what is wrong with it."""
    client = client_for(arguments, binding_type)
    return manifest_of(client.registry.find(client.binding_name(binding_type), binding_type))


def manifest_of(entry: BindingEntry) -> Manifest:
    """The manifest, or its problem raised."""
    if entry.manifest is None:
        raise entry.problem or BadManifest(f"{entry.name} has no usable manifest", binding=entry.name)
    return entry.manifest


def registry_for(arguments: Namespace) -> Registry:
    """The registry with the folders that the options and the configuration file name."""
    if arguments.config:
        return client_for(arguments).registry
    return Registry(bindings_dirs=arguments.bindings_dir)


def entry_named(registry: Registry, name: str) -> BindingEntry:
    """The one binding of that name, which may have its modality before it (`tts.espeak`).

    Raises UnknownBinding with near names, UsageError where several modalities have it.
    """
    binding_type, dot, rest = name.partition(".")
    if dot and binding_type in BINDING_TYPES:
        return registry.find(rest, binding_type)
    found = [entry for entry in registry.list() if entry.name == name]
    if len(found) > 1:
        choices = " or ".join(f"{entry.binding_type}.{name}" for entry in found)
        raise UsageError(f"{name!r} is a binding of several modalities: say {choices}")
    if found:
        return found[0]
    problem = next((item for item in registry.problems() if item.name == name), None)
    if problem is not None:
        raise problem.error
    from lollms_client.manifest.values import near_names

    near = near_names(name, sorted({entry.name for entry in registry.list()}))
    hint = f"did you mean {' or '.join(near)}?" if near else "`lollms list` shows all"
    raise UnknownBinding(f"there is no binding {name!r}; {hint}", binding=name, nearest=near or None)

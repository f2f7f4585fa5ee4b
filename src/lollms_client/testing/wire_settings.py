"""The settings with which a binding meets the kit's server: made-up secrets, the cases' own, the server's address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from lollms_client.manifest import Manifest, Parameter
from lollms_client.testing import calling
from lollms_client.testing.cases import PlacedCase
from lollms_client.testing.cases_values import Filling
from lollms_client.testing.server import LoopbackServer

_ADDRESS_WORDS = ("host", "url", "address", "endpoint", "api_base", "uri", "server")


def settings_for(placed: PlacedCase, manifest: Manifest, server: LoopbackServer, *, flows: bool) -> dict[str, Any]:
    """Settings for a case. For classes that are not in flows each address leads to the server."""
    found = calling.settings_for(manifest)
    known = {"server": server.url, "base": server.url, "port": server.port}
    names = {parameter.name for parameter in manifest.input_parameters}
    stated = {name: value for name, value in placed.settings.items() if name in names or not placed.of_pack}
    given = Filling(placed.variables, known, folder=placed.folder).fill(stated)
    found.update(given)
    if not flows:
        found.update(led_addresses(manifest, given, server))
    return found


def led_addresses(manifest: Manifest, given: Mapping[str, Any], server: LoopbackServer) -> Iterator[tuple[str, Any]]:
    """The settings that hold an address (or a port), leading to the server; paths stay."""
    led = False
    for name, value in _led(manifest, given, server):
        led = True
        yield name, value
    if not led:
        yield from ((item.name, server.url) for item in manifest.input_parameters if _may_be_led(item))


def _may_be_led(parameter: Parameter) -> bool:
    return parameter.type == "str" and not parameter.is_secret and is_address(parameter.name)


def _led(manifest: Manifest, given: Mapping[str, Any], server: LoopbackServer) -> Iterator[tuple[str, Any]]:
    ports = [parameter for parameter in manifest.input_parameters if _is_port(parameter)]
    for parameter in manifest.input_parameters:
        if not _may_be_led(parameter):
            continue
        value = str(given.get(parameter.name) or parameter.default or "")
        if value.startswith(server.url):
            yield parameter.name, value
        elif "://" in value:
            parts = urlsplit(value)
            yield parameter.name, urlunsplit(("http", f"127.0.0.1:{server.port}", parts.path, parts.query, ""))
        elif value or parameter.mandatory:
            bare = "host" in parameter.name and parameter.name != "host_address"
            yield parameter.name, _bare(value, server, bare and bool(ports)) if bare or value else server.url
    for parameter in ports:
        yield parameter.name, server.port


def _bare(value: str, server: LoopbackServer, has_port: bool) -> str:
    _, slash, path = value.partition("/")
    return f"{server.address[0]}{'' if has_port else f':{server.port}'}{slash}{path}"


def leads_there(settings: Mapping[str, Any], server: LoopbackServer) -> bool:
    """Whether any setting leads to the server; without one, the address stands in the class's own code."""
    own = server.url.partition("://")[2]
    return any((isinstance(value, str) and own in value) or value == server.port for value in settings.values())


def is_address(name: str) -> bool:
    """Whether a setting of that name holds where the service is."""
    return any(word in name.lower() for word in _ADDRESS_WORDS)


def _is_port(parameter: Parameter) -> bool:
    return parameter.type == "int" and parameter.name.lower().rpartition("_")[2] == "port"


def base_of(binding: Any, settings: Mapping[str, Any], manifest: Manifest, server: LoopbackServer) -> str:
    """The address that the binding believes the service has, without a slash at its end."""
    try:
        found = getattr(binding, "base_url", None)
    except Exception:  # noqa: BLE001 (somebody else's property; the settings say it, too)
        found = None
    if isinstance(found, str) and "://" in found:
        return found.rstrip("/")
    for parameter in manifest.input_parameters:
        value = settings.get(parameter.name)
        if is_address(parameter.name) and isinstance(value, str) and "://" in value:
            return value.rstrip("/")
    return server.url


def filling_of(placed: PlacedCase, base: str, settings: Mapping[str, Any], manifest: Manifest) -> Filling:
    """What the places of a case hold: settings (defaults included), variables, `server`, `base` and `base_path`."""
    parts = urlsplit(base)
    own = {"server": f"{parts.scheme}://{parts.netloc}", "base": base, "base_path": parts.path.rstrip("/")}
    defaults = {parameter.name: parameter.default for parameter in manifest.input_parameters}
    return Filling(placed.variables, own, settings, defaults, folder=placed.folder)


def own_variables(manifest: Manifest) -> Iterator[str]:
    """The environment variables that a setting may come from."""
    from lollms_client.settings.resolution import environment_names

    for parameter in manifest.input_parameters:
        yield from environment_names(manifest, parameter)

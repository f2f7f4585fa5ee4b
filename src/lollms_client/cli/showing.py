"""`lollms show`: all that is known of a binding, in the order in which a person wants to know it."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from lollms_client.cli.call_command import print_json
from lollms_client.cli.choosing import entry_named, manifest_of, registry_for
from lollms_client.cli.listing import tier, tier_words
from lollms_client.cli.manifest_options import add_output_options, add_place_options, default_words
from lollms_client.cli.origins import changed_words, origin
from lollms_client.cli.parsing import Parser
from lollms_client.cli.terminal import styled, visible
from lollms_client.manifest.model import TYPE_TITLES, Manifest, Parameter
from lollms_client.manifest.values import range_words
from lollms_client.registry import BindingEntry
from lollms_client.requirements import missing_requirements, requirements_of
from lollms_client.secret import redact
from lollms_client.settings.reserved import recording_parameters, reserved_parameters

_WIDTH = 100


class _ShowCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument("binding", metavar="BINDING", help="its name, or MODALITY.NAME where several share it")
        add_place_options(parser)
        add_output_options(parser)

    def run(self, arguments: Namespace) -> int:
        entry = entry_named(registry_for(arguments), arguments.binding)
        manifest = manifest_of(entry)
        if arguments.json:
            print_json(_data(entry, manifest))
        else:
            print(visible(redact("\n".join(_lines(entry, manifest)))))
        return 0


def _data(entry: BindingEntry, manifest: Manifest) -> dict[str, Any]:
    return {
        **manifest.as_dict(),
        "source": entry.source,
        "installed_from": origin(entry),
        "tier": tier(entry),
        "requirements": list(requirements_of(manifest)),
        "missing_requirements": list(missing_requirements(manifest)),
        "settings_schema": manifest.settings_schema(),
        "method_schemas": {name: manifest.method_schema(name) for name in manifest.method_parameters},
        "may_reach": reach_words(manifest),
        "settings_of_every_binding": {
            item.name: item.description for item in (*reserved_parameters(manifest), *recording_parameters(manifest))
        },
    }


def _lines(entry: BindingEntry, manifest: Manifest) -> Iterator[str]:
    title = f"{manifest.title or manifest.name} ({entry.binding_type}.{entry.name})"
    yield styled(title, "bold")
    yield f"{TYPE_TITLES[entry.binding_type].capitalize()}, {entry.source}, {entry.folder}"
    facts = [manifest.version and f"version {manifest.version}", manifest.author and f"by {manifest.author}"]
    facts.append(manifest.license and f"adapter under {manifest.license}")
    yield ", ".join(fact for fact in facts if fact)
    if (came := origin(entry)) is not None:
        yield f"From {came['words']}"
        if changed := changed_words(entry):
            yield styled(changed, "red")
    if manifest.description:
        yield ""
        yield from _wrapped(manifest.description, "")
    yield from _short_facts(entry, manifest)
    yield from _list("Limits", manifest.limits)
    yield from _parameters("Settings (`lollms config set`, or --set)", manifest.input_parameters)
    yield from _parameters("Settings of every binding, on the process that it runs in", reserved_parameters(manifest))
    title = "Settings of every binding, to record and replay its calls (--set, lollms.yaml or arguments)"
    yield from _parameters(title, recording_parameters(manifest))
    for method, parameters in manifest.method_parameters.items():
        yield from _parameters(f"Parameters of {method}", parameters)
    yield from _list("Understood by guessing", manifest.warnings)


def _short_facts(entry: BindingEntry, manifest: Manifest) -> Iterator[str]:
    if manifest.capabilities:
        yield from _list("Can", [", ".join(manifest.capabilities)])
    yield from _list("May reach", [reach_words(manifest)])
    missing = missing_requirements(manifest)
    packages = [f"{item} ({'missing' if item in missing else 'installed'})" for item in requirements_of(manifest)]
    if missing:
        packages.append(f"install what is missing: lollms install {entry.name}")
    yield from _list("Needs", packages or ["nothing beyond lollms_client"])
    yield from _list(
        "Fetches once, into the data folder", [asset_words(asset) + _present_words(asset) for asset in manifest.assets]
    )
    yield from _list("Licences of what it uses", [license_words(item) for item in manifest.licenses])
    yield from _list("Tier, by `lollms check`", [tier_words(entry)])
    yield from _list("Verified", [verified_words(item) for item in manifest.verified])
    yield from _list("Links", [f"{name}: {address}" for name, address in manifest.links.items()])
    yield from _list("Hides", [str(place) for place in entry.shadows])


def reach_words(manifest: Manifest) -> str:
    """What the binding may reach, as its manifest declares it."""
    if manifest.reach:
        return "; ".join(f"{kind}: {_joined(places)}" for kind, places in manifest.reach.items())
    if manifest.offline:
        return "nothing; it works offline" + (", once its data are fetched" if manifest.assets else "")
    return "not stated by its author"


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def asset_words(asset: Any) -> str:
    """What an engine fetches: its name, size, licence and package."""
    if not isinstance(asset, dict):
        return str(asset)
    size = f", {round(asset['size_bytes'] / 1e6)} MB" if asset.get("size_bytes") else ""
    where = (
        f", out of the package {asset['package']} {asset.get('version', '')}".rstrip() if asset.get("package") else ""
    )
    return f"{asset.get('name')}{size}, licence {asset.get('license', 'not stated')}{where}"


def _present_words(asset: Any) -> str:
    if not isinstance(asset, dict):
        return ""
    from lollms_client.assets import is_present
    from lollms_client.engines.asset_catalogue import ALL

    known = next((item for item in ALL if item.name == asset.get("name")), None)
    return "" if known is None else " (here)" if is_present(known) else " (not fetched yet)"


def license_words(item: dict[str, Any]) -> str:
    """The licence of an engine or of weights, with address and note."""
    note = " ".join(str(item.get("note", "")).split())
    parts = [f"{item.get('name')}: {item.get('license', 'not stated')}", str(item.get("url", "")), note]
    return " — ".join(part for part in parts if part)


def verified_words(item: Any) -> str:
    """How something was verified, when, and what was found."""
    if not isinstance(item, dict):
        return str(item)
    head = " ".join(str(item[key]) for key in ("how", "date") if item.get(key))
    note = " ".join(str(item.get("note", "")).split())
    return f"{head}: {note}" if note else head


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if not items:
        return
    yield ""
    yield styled(title, "bold")
    for item in items:
        yield from _wrapped(" ".join(item.split()), "  ")


def _parameters(title: str, parameters: Sequence[Parameter]) -> Iterator[str]:
    if not parameters:
        return
    yield ""
    yield styled(title, "bold")
    for parameter in parameters:
        yield f"  {parameter.name}: {_rules(parameter)}"
        yield from _wrapped(parameter.description, "      ")


def _rules(parameter: Parameter) -> str:
    rules: list[str] = [parameter.type]
    if parameter.is_secret:
        rules.append("secret")
    if parameter.mandatory:
        rules.append("mandatory")
    if parameter.options:
        rules.append("one of " + ", ".join(map(str, parameter.options)))
    if parameter.min is not None or parameter.max is not None:
        rules.append(range_words(parameter))
    elif parameter.unit:
        rules.append(f"in {parameter.unit}")
    if not parameter.is_secret and parameter.default not in (None, "", [], {}):
        rules.append(f"default {default_words(parameter)}")
    if parameter.env:
        rules.append("environment " + " or ".join(parameter.env))
    return ", ".join(rules)


def _wrapped(text: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(
        " ".join(text.split()), _WIDTH, initial_indent=indent, subsequent_indent=indent + "  " * bool(indent),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


SHOW = _ShowCommand()

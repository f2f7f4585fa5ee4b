"""`lollms config`: the saved settings of bindings; secrets go to the system keyring and are never printed."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from lollms_client.cli.call_command import print_json
from lollms_client.cli.choosing import entry_named, manifest_of, registry_for
from lollms_client.cli.manifest_options import add_output_options, add_place_options
from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.cli.terminal import table
from lollms_client.manifest.model import BINDING_TYPES, Manifest
from lollms_client.manifest.secret_names import says_secret
from lollms_client.secret import MASK, Secret
from lollms_client.settings import forget_setting, read_saved, resolve_settings, save_setting, saved_file
from lollms_client.settings.reserved import known_setting, reserved_parameters

_ACTIONS = ("list", "get", "set", "unset", "path")


class _ConfigCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument(
            "action", choices=_ACTIONS, metavar="ACTION",
            help="list [BINDING]: what is saved, or all settings of a binding and where they come from; "
            "get BINDING.NAME; set BINDING.NAME VALUE (a secret without VALUE is asked for); unset BINDING.NAME; "
            "path: the file",
        )  # fmt: skip
        parser.add_argument("name", nargs="?", metavar="NAME", help="BINDING.NAME or MODALITY.BINDING.NAME")
        parser.add_argument("value", nargs="?", metavar="VALUE", help="the value; - reads it from the standard input")
        add_place_options(parser)
        add_output_options(parser)

    def run(self, arguments: Namespace) -> int:
        if arguments.action == "path":
            print(saved_file())
        elif arguments.action == "list":
            _list(arguments)
        elif not arguments.name:
            raise UsageError(f"lollms config {arguments.action} needs BINDING.NAME")
        elif arguments.action == "get":
            _get(arguments)
        elif arguments.action == "set":
            _set(arguments)
        else:
            _unset(arguments)
        return 0


def _setting(arguments: Namespace) -> tuple[Manifest, str]:
    """The manifest and the setting's name out of `[MODALITY.]BINDING.NAME`."""
    binding, dot, name = arguments.name.rpartition(".")
    if not dot or not binding or binding in BINDING_TYPES:
        raise UsageError(f"{arguments.name!r} names no setting; write BINDING.NAME, such as espeak.voice")
    manifest = manifest_of(entry_named(registry_for(arguments), binding))
    if known_setting(manifest, name) is None:
        from lollms_client.manifest.values import near_names

        known = [item.name for item in manifest.input_parameters]
        near = near_names(name, known, limit=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(known) or 'none'}"
        raise UsageError(f"{manifest.name} has no setting {name!r}; {hint}")
    return manifest, name


def _list(arguments: Namespace) -> None:
    if arguments.name:
        _list_binding(arguments)
        return
    rows = [(name, str(value)) for name, value in _saved_rows(read_saved())]
    if arguments.json:
        print_json(dict(rows))
    elif rows:
        print(table(rows, ("SETTING", "VALUE")))
    else:
        print(f"nothing is saved in {saved_file()}")


def _saved_rows(data: Any, before: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in data.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and path.count(".") < 2:
            rows += _saved_rows(value, path + ".")
        else:
            rows.append((path, MASK if says_secret(str(name)) else value))
    return rows


def _list_binding(arguments: Namespace) -> None:
    manifest = manifest_of(entry_named(registry_for(arguments), arguments.name))
    rows = []
    for parameter in manifest.input_parameters:
        value, source = _resolved(manifest, parameter.name)
        shown = MASK if parameter.is_secret and value else "" if value is None else str(value)
        rows.append((parameter.name, shown, source))
    if arguments.json:
        print_json({name: {"value": value, "source": source} for name, value, source in rows})
    else:
        print(table(rows, ("SETTING", "VALUE", "FROM")) if rows else f"{manifest.name} has no settings")


def _resolved(manifest: Manifest, name: str) -> tuple[Any, str]:
    """The value of one setting and where it comes from; other settings may be missing."""
    import msgspec

    alone = msgspec.structs.replace(
        manifest,
        input_parameters=tuple(
            msgspec.structs.replace(item, mandatory=False)
            for item in (*manifest.input_parameters, *reserved_parameters(manifest))
        ),
    )
    settings = resolve_settings(alone)
    return settings[name], settings.sources[name]


def _get(arguments: Namespace) -> None:
    manifest, name = _setting(arguments)
    value, source = _resolved(manifest, name)
    parameter = manifest.setting(name)
    secret = isinstance(value, Secret) or bool(parameter and parameter.is_secret)
    shown = MASK if secret and value else value
    if arguments.json:
        print_json({"name": arguments.name, "value": shown, "source": source})
    else:
        print("" if shown is None else shown)


def _set(arguments: Namespace) -> None:
    manifest, name = _setting(arguments)
    place = save_setting(manifest, name, _given_value(manifest, name, arguments.value))
    if not arguments.quiet:
        print(f"{name} of {manifest.name} is kept in {place}")


def _given_value(manifest: Manifest, name: str, value: str | None) -> str:
    parameter = manifest.setting(name)
    secret = bool(parameter and parameter.is_secret)
    if value is None and secret and sys.stdin.isatty():
        import getpass

        value = getpass.getpass(f"{name} of {manifest.name}: ").strip()
    elif value == "-" or (value is None and not sys.stdin.isatty()):
        value = sys.stdin.read().strip()
    if not value:
        raise UsageError(f"give a value for {name} of {manifest.name}")
    if secret:
        Secret(value)  # from now on it is masked in everything that is printed
    return value


def _unset(arguments: Namespace) -> None:
    manifest, name = _setting(arguments)
    was_there = forget_setting(manifest, name)
    if not arguments.quiet:
        print(f"{name} of {manifest.name} is {'no longer saved' if was_there else 'not saved, nothing changed'}")


CONFIG = _ConfigCommand()

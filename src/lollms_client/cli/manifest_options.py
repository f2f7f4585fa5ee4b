"""Options that follow from a manifest: each parameter of a method becomes an option with its type, range and help."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from typing import Any

from lollms_client.cli.parsing import Parser, pairs, with_dashes
from lollms_client.manifest.model import Manifest, Parameter
from lollms_client.manifest.values import check_bounds, fit, range_words
from lollms_client.settings.resolution import stands_on_documented_base

PARAMETERS = "parameters of"  # how the title of their group of options begins
SHARED = "which binding, and how"  # the title of the options that all commands with a binding have
_PREFIX = "parameter:"
_TYPE_HINTS = {"int": "N", "float": "X", "list": "A,B,…", "dict": "JSON", "str": "TEXT", "bool": "yes|no"}


def add_common_options(parser: Parser) -> None:
    """What every command that calls a binding takes."""
    group = parser.add_argument_group(SHARED)
    group.add_argument("-b", "--binding", metavar="NAME", help="the binding (`lollms list` shows all)")
    group.add_argument("-m", "--model", metavar="NAME", help="the model (`lollms models BINDING` lists them)")
    group.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help="a setting of the binding for this call; keys are better kept with `lollms config set`",
    )  # fmt: skip
    group.add_argument(
        "--with", action="append", default=[], metavar="NAME=VALUE", dest="further",
        help="another parameter of the call, for bindings whose manifest does not name all",
    )  # fmt: skip
    group.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="the longest time that the call may take")
    add_place_options(group)
    add_output_options(group)


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not found > 0:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text!r}")
    return found


def add_place_options(parser: Any) -> None:
    """Where bindings and their choice come from."""
    parser.add_argument("--config", metavar="FILE", help="a lollms.yaml that chooses bindings and their settings")
    parser.add_argument(
        "--bindings-dir", action="append", default=[], metavar="FOLDER", help="a folder with further bindings"
    )


def add_output_options(parser: Any) -> None:
    """How a command speaks."""
    parser.add_argument("--json", action="store_true", help="print JSON, made for programs")
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress and no notes")
    parser.add_argument("--debug", action="store_true", help="show where an error comes from")


def early_arguments(words: Sequence[str]) -> argparse.Namespace:
    """The choice of a binding, read before the options that follow from it are known."""
    parser = Parser(prog="lollms", add_help=False)
    add_common_options(parser)
    return parser.parse_known_args(with_dashes(words))[0]


def add_parameters(
    parser: Parser, manifest: Manifest, methods: Sequence[str], request: type, own: Collection[str]
) -> None:
    """Options for the parameters of the first of the methods that the manifest describes.

    A manifest that describes none gives the plain fields of the request. `own` are names that the command has itself.
    """
    group = parser.add_argument_group(f"{PARAMETERS} {manifest.title or manifest.name}")
    for parameter in described_parameters(manifest, methods, request):
        if parameter.name not in own and parameter.name != "model":
            _add(group, parser, parameter)


def described_parameters(manifest: Manifest, methods: Sequence[str], request: type) -> tuple[Parameter, ...]:
    """The parameters of the first of the methods that the manifest describes, else the plain fields of the request."""
    return next((found for method in methods if (found := manifest.method(method))), ()) or _fields(request)


def _add(group: Any, parser: Parser, parameter: Parameter) -> None:
    flag = "--" + parameter.name.replace("_", "-").lower()
    if flag in parser.option_names():
        flag = "--parameter-" + flag[2:]
    given: dict[str, Any] = {"type": reader(parameter)}
    if parameter.type == "bool":
        given |= {"nargs": "?", "const": True}
    group.add_argument(
        flag, dest=_PREFIX + parameter.name, default=None, metavar=_metavar(parameter), help=_help(parameter), **given
    )


def reader(parameter: Parameter) -> Callable[[str], Any]:
    """A function from the text given to the checked value."""

    def read(text: str) -> Any:
        try:
            value = fit(parameter.type, text)
            check_bounds(parameter, value)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return value

    return read


def _metavar(parameter: Parameter) -> str:
    options = "|".join(map(str, parameter.options))
    return options if options and len(options) <= 30 else _TYPE_HINTS[parameter.type]


def _help(parameter: Parameter) -> str:
    text = " ".join(parameter.description.split()) or "see the binding's documentation"
    facts = []
    if parameter.options and len("|".join(map(str, parameter.options))) > 30:
        facts.append("one of " + ", ".join(map(str, parameter.options)))
    if parameter.min is not None or parameter.max is not None:
        facts.append(range_words(parameter))
    elif parameter.unit:
        facts.append(f"in {parameter.unit}")
    if parameter.default not in (None, "", [], {}) and not parameter.is_secret:
        facts.append(f"default {default_words(parameter)}")
    return (text + (f" ({'; '.join(facts)})" if facts else "")).replace("%", "%%")


def default_words(parameter: Parameter) -> str:
    """A parameter's default as one would type it."""
    if isinstance(parameter.default, bool):
        return "yes" if parameter.default else "no"
    if isinstance(parameter.default, list | tuple):
        return ",".join(map(str, parameter.default))
    return str(parameter.default)


def _fields(request: type) -> tuple[Parameter, ...]:
    """The plain fields of a request type as parameters."""
    import msgspec

    kinds = {"int": "int", "float": "float", "bool": "bool", "str": "str", "tuple[str, ...]": "list"}
    found = []
    for field in msgspec.structs.fields(request):
        kind = kinds.get(str(request.__annotations__.get(field.name)).removesuffix(" | None"))
        if kind is not None:
            found.append(msgspec.convert({"name": field.name, "type": kind}, Parameter))
    return tuple(found)


def given_parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given for the parameters, `--model` and `--with` included."""
    found = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(arguments).items()
        if name.startswith(_PREFIX) and value is not None
    }
    found.update(pairs(arguments.further, "--with"))
    if arguments.model and not takes_model_once(arguments.manifest):
        found["model"] = arguments.model
    return found


def model_setting(manifest: Manifest | None) -> str | None:
    """The setting that `--model` fills, where the class overrides the documented methods itself and has one."""
    if manifest is None or not stands_on_documented_base(manifest):
        return None
    return next((name for name in ("model_name", "model") if manifest.setting(name) is not None), None)


def takes_model_once(manifest: Manifest | None) -> bool:
    """Whether the model is said when the binding is set up, and no method of it takes one."""
    if manifest is None or model_setting(manifest) is None:
        return False
    from lollms_client.manifest.derivation import derive_manifest

    groups = [*manifest.method_parameters.values(), *derive_manifest(manifest.folder).method_parameters.values()]
    return not any(item.name in ("model", "model_name") for group in groups for item in group)

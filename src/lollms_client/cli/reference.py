"""Writes the parts of the documentation that follow from the code: `python -m lollms_client.cli.reference [FOLDER]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from lollms_client.cli.binding_page import page_name
from lollms_client.cli.command_table import COMMANDS, load_command
from lollms_client.cli.manifest_options import PARAMETERS, SHARED, add_common_options
from lollms_client.cli.parsing import Parser
from lollms_client.client_core import OFFLINE_BINDINGS
from lollms_client.manifest.model import TYPE_TITLES, Manifest
from lollms_client.registry import Registry

BEGIN = "<!-- bindings: written by `make docs` from the manifests -->"
END = "<!-- end of bindings -->"
_BINDINGS_INTRODUCTION = """\
# Bindings

The bindings that come with lollms_client, out of their manifests. "Proved with" says what each was tried against, and
by what means; `lollms show BINDING` tells when, with which version, and what its limits are. The tier is what
`lollms check` computed; nobody claims one by hand: see [the tiers](kit.md#tiers).
"""
_RULES_INTRODUCTION = """\
# The rules of the kit

What `lollms check` looks at, suite by suite. Rules marked *advice* are reported and decide nothing.
"""
_INTRODUCTION = """\
# The command `lollms`

Every command tells its options with `--help`. Commands that call a binding have, besides those below, an option for
each parameter that the manifest of the chosen binding describes, with its type, its range and its default:
`lollms image --help` shows those of the binding in use, `lollms image --binding NAME --help` those of another one.

Long work shows a progress bar on the error output where that is a terminal. Results that are files are written under a
name out of the prompt, or to `-o FILE`, whose extension chooses the format; `-o -` writes to the standard output.
Pictures are shown in terminals that speak kitty's, iTerm2's or the sixel protocol, and with `--preview` in any other.

Exit codes: 0 done, 1 the call failed, 2 wrong usage or a wrong setting, 3 a key, a package or data are missing,
130 interrupted. With `--json` an error is a JSON object on the error output. Secrets are printed as `***`.

## Commands that call a binding
"""


def bindings_table(*, offline_only: bool = False, linked: bool = False) -> str:
    """The bindings that come with this package as a Markdown table, out of their manifests.

    `offline_only` leaves the engines that are used where nobody chooses. `linked` lets each name lead to the binding's
    page, which exists on the built site alone.
    """
    lines = ["| Modality | Binding | What it is | Offline | Tier | Proved with |", "|---|---|---|---|---|---|"]
    for manifest in built_in_manifests():
        if OFFLINE_BINDINGS[manifest.binding_type] == manifest.name or not offline_only:
            first = " ".join(manifest.description.split()).partition(". ")[0].rstrip(".").replace("|", "\\|")
            proved = ", ".join(str(item.get("how", "")) for item in manifest.verified if isinstance(item, dict))
            offline = "yes" if manifest.offline else "no"
            name = f"[`{manifest.name}`]({page_name(manifest)})" if linked else f"`{manifest.name}`"
            kind = TYPE_TITLES[manifest.binding_type]
            cells = (f"{kind} (`{manifest.binding_type}`)", name, first, offline, recorded_tier(manifest), proved)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def built_in_manifests() -> list[Manifest]:
    """The manifests of the bindings that come with this package, by modality and name."""
    registry = Registry(environment={"LOLLMS_HOME": os.devnull})
    return [item.manifest for item in registry.list() if item.source == "built-in" and item.manifest is not None]


def recorded_tier(manifest: Manifest) -> str:
    """The tier that `make tiers` found last, "" where it was not computed."""
    from lollms_client.testing.tier_records import packaged

    record = packaged().bindings.get(f"{manifest.binding_type}.{manifest.name}")
    return (record.tier or "none") if record is not None else ""


def bindings_page(*, linked: bool = False) -> str:
    """`docs/bindings.md`: all bindings that come with this package."""
    return _BINDINGS_INTRODUCTION + "\n" + bindings_table(linked=linked) + "\n"


def rules_page() -> str:
    """`docs/reference-rules.md`: every rule of the kit."""
    from lollms_client.testing.codes import codes_table

    return _RULES_INTRODUCTION + "\n" + codes_table()


def with_bindings(text: str) -> str:
    """A document with the table of the offline bindings, between its two marks, made anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{bindings_table(offline_only=True)}\n\n{END}{after}"


def commands_page() -> str:
    """`docs/cli.md`: every command with its arguments, options and parameters."""
    parser = Parser(prog="lollms", add_help=False)
    add_common_options(parser)
    shared = "\n".join(_table(parser._action_groups[-1]._group_actions, SHARED.capitalize()))
    return _INTRODUCTION + shared + "\n" + "".join("\n" + "\n".join(_command(name)) + "\n" for name in COMMANDS)


def _command(name: str) -> Iterator[str]:
    command = load_command(name)
    parser = Parser(prog=f"lollms {name}", description=COMMANDS[name].help)
    command.configure(parser, [])
    plain = [action for action in parser._actions if not action.option_strings]
    words = " ".join(_placeholder(action) for action in plain)
    yield f"## lollms {name}"
    yield ""
    yield COMMANDS[name].help
    yield ""
    yield f"    lollms {name} {words} [OPTIONS]".replace("  [", " [")
    if plain:
        yield from _table(plain, "Argument")
    for group in parser._action_groups:
        options = [action for action in group._group_actions if action.option_strings and action.dest != "help"]
        title = str(group.title or "options")
        if options and title != SHARED and not title.startswith(PARAMETERS):
            yield from _table(options, title[:1].upper() + title[1:])


def _table(actions: list[argparse.Action], title: str) -> Iterator[str]:
    yield ""
    yield f"| {title} | |"
    yield "|---|---|"
    for action in actions:
        name = ", ".join(action.option_strings) if action.option_strings else _placeholder(action).strip("[]")
        values = str(action.metavar or "").split("|") if action.option_strings else []
        shown = f" {values[0]}`" if len(values) == 1 and values[0] else "`" + _alternatives(values)
        explained = (action.help or "").replace("%%", "%").replace("|", "\\|")
        yield f"| `{name}{shown} | {explained} |"


def _alternatives(values: list[str]) -> str:
    return " " + " or ".join(f"`{value}`" for value in values) if len(values) > 1 else ""


def _placeholder(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest).upper()
    if action.nargs == "*":
        return f"[{name} …]"
    return f"[{name}]" if action.nargs == "?" else name


def main(folder: str = ".") -> None:
    """Write the generated pages of `docs` and the table of offline bindings in `README.md`."""
    root = Path(folder)
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs" / "cli.md").write_text(commands_page(), encoding="utf-8")
    (root / "docs" / "bindings.md").write_text(bindings_page(), encoding="utf-8")
    (root / "docs" / "reference-rules.md").write_text(rules_page(), encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(with_bindings(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])

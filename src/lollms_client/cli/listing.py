"""`lollms list`: every binding of every modality, and what is wrong with the broken ones."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from lollms_client.cli.call_command import print_json
from lollms_client.cli.choosing import registry_for
from lollms_client.cli.manifest_options import add_output_options, add_place_options
from lollms_client.cli.origins import changed_words, from_words, origin
from lollms_client.cli.parsing import Parser
from lollms_client.cli.terminal import styled, table, visible
from lollms_client.manifest.model import BINDING_TYPES, TYPE_TITLES
from lollms_client.registry import BindingEntry, Problem
from lollms_client.secret import redact


class _ListCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument(
            "type", nargs="?", choices=BINDING_TYPES, metavar="TYPE",
            help="one modality only: " + ", ".join(f"{kind} ({title})" for kind, title in TYPE_TITLES.items()),
        )  # fmt: skip
        add_place_options(parser)
        add_output_options(parser)

    def run(self, arguments: Namespace) -> int:
        registry = registry_for(arguments)
        entries = registry.list(arguments.type)
        problems = [
            item for item in registry.problems() if arguments.type is None or item.binding_type in ("", arguments.type)
        ]
        if arguments.json:
            print_json(
                {"bindings": [_facts(item) for item in entries], "problems": [item.as_dict() for item in problems]}
            )
            return 0
        usable = [entry for entry in entries if entry.problem is None]
        if usable:
            rows = [
                (item.binding_type, item.name, item.title, tier_words(item), _checked_words(item), from_words(item))
                for item in usable
            ]
            print(table(rows, ("TYPE", "NAME", "TITLE", "TIER", "VERIFIED", "FROM")))
        else:
            print("no bindings" + (f" of type {arguments.type}" if arguments.type else ""))
        for entry in usable:
            for place in entry.shadows:
                print(f"{entry.binding_type}.{entry.name} of {entry.source} hides the one of {place}")
            if changed := changed_words(entry):
                print(styled(f"{entry.binding_type}.{entry.name}: {changed}", "red"))
        _print_problems(problems)
        return 0


def tier(entry: BindingEntry) -> str | None:
    """The tier that a check found of the binding as it stands; "" for none, None where it was not checked."""
    from lollms_client.testing.tier_records import tier_of

    return tier_of(f"{entry.binding_type}.{entry.name}", entry.folder)


def tier_words(entry: BindingEntry) -> str:
    """The tier in a word."""
    found = tier(entry)
    return "not checked" if found is None else found or "none"


def _checked_words(entry: BindingEntry) -> str:
    """How the binding was proved: what its manifest says, or that nothing is said."""
    manifest = entry.manifest
    if manifest is None or not manifest.verified:
        return "not stated"
    first = manifest.verified[0]
    if not isinstance(first, dict):
        return str(first)
    return " ".join(str(first[key]) for key in ("how", "date") if first.get(key))


def _facts(entry: BindingEntry) -> dict[str, Any]:
    manifest = entry.manifest
    facts: dict[str, Any] = {
        "name": entry.name,
        "binding_type": entry.binding_type,
        "title": entry.title,
        "source": entry.source,
        "folder": os.fspath(entry.folder),
        "installed_from": origin(entry),
        "tier": tier(entry),
        "usable": entry.problem is None,
        "shadows": [str(place) for place in entry.shadows],
    }
    if manifest is not None:
        facts |= {
            "version": manifest.version,
            "offline": manifest.offline,
            "capabilities": list(manifest.capabilities),
            "verified": list(manifest.verified),
            "warnings": list(manifest.warnings),
            "derived": manifest.derived,
        }
    return facts


def _print_problems(problems: Sequence[Problem]) -> None:
    if not problems:
        return
    count = f"{len(problems)} cannot be used:" if len(problems) > 1 else "1 cannot be used:"
    print("\n" + styled(count, "red"))
    for problem in problems:
        place = problem.file + (f", line {problem.line}" if problem.line else "")
        print(visible(redact(f"  {problem.name}: {problem.rule}\n    in {place}")))
        if problem.cure:
            print(visible(redact(f"    cure: {problem.cure}")))


LIST = _ListCommand()

"""`lollms new`: writes the folder of a new binding, asking for what no option says."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.manifest.model import BINDING_TYPES, TYPE_TITLES
from lollms_client.scaffold import KINDS, Plan, write_binding


class _NewCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        kinds = "; ".join(f"{kind}: {text}" for kind, text in KINDS.items())
        parser.add_argument("binding_type", metavar="MODALITY", nargs="?", help=", ".join(BINDING_TYPES))
        parser.add_argument("name", metavar="NAME", nargs="?", help="lower-case letters, digits and _")
        parser.add_argument("--kind", choices=list(KINDS), help=kinds)
        parser.add_argument("--title", default="", help="the name that people see")
        parser.add_argument("--author", default="", help="who wrote it")
        parser.add_argument("--description", default="", help="what it is, what it is not, and its limits")
        parser.add_argument("--address", default="", help="where the service answers, https://…")
        parser.add_argument("--env", metavar="VARIABLE", default="", help="the environment variable of its key")
        parser.add_argument("--into", metavar="DIR", default=".", help="where the folder is made (default: here)")

    def run(self, arguments: Namespace) -> int:
        titles = ", ".join(f"{kind} ({title})" for kind, title in TYPE_TITLES.items())
        plan = Plan(
            binding_type=arguments.binding_type or _ask("MODALITY", f"Which modality: {titles}?"),
            name=arguments.name or _ask("NAME", "Its name, in lower-case letters, digits and _?"),
            kind=arguments.kind or _ask("--kind", f"Which kind: {_kinds()}?"),
            title=arguments.title,
            author=arguments.author,
            description=arguments.description,
            address=arguments.address,
            variable=arguments.env,
        )
        files = write_binding(plan, Path(arguments.into))
        for file in files:
            print(f"  + {file}")
        print(f"Next: fill in what says CHANGE ME, then: lollms check {files[0].parent}")
        return 0


def _kinds() -> str:
    return ", ".join(f"{kind} ({text})" for kind, text in KINDS.items())


def _ask(option: str, question: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is there to ask; say {option}; see `lollms new --help`")
    return input(f"{question} ").strip()


NEW = _NewCommand()

"""`lollms new`: writes the folder of a new binding, asking for what no option says."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.manifest.model import BINDING_TYPES, TYPE_TITLES
from lollms_client.scaffold import KINDS, Plan, write_binding
from lollms_client.scaffold.operation import Operation


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
        parser.add_argument(
            "--openapi", metavar="FILE", help="an OpenAPI document of the service, JSON or YAML; with --path"
        )
        parser.add_argument("--path", metavar="ROUTE", help="the route in that document, such as /v1/speech")
        parser.add_argument("--into", metavar="DIR", default=".", help="where the folder is made (default: here)")
        parser.add_argument("--debug", action="store_true", help="show where an error comes from")

    def run(self, arguments: Namespace) -> int:
        asking = not (arguments.binding_type and arguments.name and arguments.kind)
        titles = ", ".join(f"{kind} ({title})" for kind, title in TYPE_TITLES.items())
        binding_type = arguments.binding_type or _ask("MODALITY", f"Which modality: {titles}?")
        name = arguments.name or _ask("NAME", "Its name, in lower-case letters, digits and _?")
        kind = arguments.kind or ("http" if arguments.openapi else _ask("--kind", f"Which kind: {_kinds()}?"))
        if asking and sys.stdin.isatty():
            _ask_more(arguments, kind)
        plan = Plan(
            binding_type=binding_type,
            name=name,
            kind=kind,
            title=arguments.title,
            author=arguments.author,
            description=arguments.description,
            address=arguments.address,
            variable=arguments.env,
        )
        plan.check()
        files = write_binding(plan._replace(operation=_operation(arguments, plan)), Path(arguments.into))
        for file in files:
            print(f"  + {file}")
        print(f"Next: do what says CHANGE ME, then: lollms check {files[0].parent}")
        return 0


def _operation(arguments: Namespace, plan: Plan) -> Operation | None:
    if bool(arguments.openapi) != bool(arguments.path):
        raise UsageError("--openapi and --path go together: the document, and the route in it")
    if not arguments.openapi:
        return None
    if plan.kind not in ("http", "job"):
        raise UsageError(f"an OpenAPI document fills the kinds http and job, not {plan.kind}")
    from lollms_client.scaffold.openapi import read_document, read_operation

    return read_operation(read_document(Path(arguments.openapi)), plan.binding_type, arguments.path, plan.kind)


def _ask_more(arguments: Namespace, kind: str) -> None:
    """Ask for what may stay open; an empty line leaves it so."""
    questions = {
        "title": "The name that people see?",
        "author": "Who writes it?",
        "description": "What it is, what it is not, in a sentence or two?",
    }
    if kind != "engine" and not arguments.openapi:
        questions |= {"address": "Where does the service answer, https://…?", "env": "Which variable holds its key?"}
    for name, question in questions.items():
        if not getattr(arguments, name):
            setattr(arguments, name, input(f"{question} (Enter leaves it open) ").strip())


def _kinds() -> str:
    return ", ".join(f"{kind} ({text})" for kind, text in KINDS.items())


def _ask(option: str, question: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is there to ask; say {option}; see `lollms new --help`")
    return input(f"{question} ").strip()


NEW = _NewCommand()

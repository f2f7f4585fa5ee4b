"""`lollms check`: proves that a binding keeps the contract, and tells what to mend."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lollms_client.cli.call_command import print_json
from lollms_client.cli.parsing import Parser, pairs
from lollms_client.errors import UnknownBinding
from lollms_client.secret import redact


class _CheckCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument(
            "binding", metavar="BINDING", help="its name (MODALITY.NAME where several share it) or folder"
        )
        parser.add_argument("--all", action="store_true", help="show the rules that hold, too")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--tier", choices=("bronze", "silver", "gold", "platinum"), default="", metavar="TIER",
            help="run only what bronze, silver, gold or platinum asks for; the exit code says whether it is reached",
        )  # fmt: skip
        parser.add_argument("--debug", action="store_true", help="show where an error comes from")
        parser.add_argument("--badge", metavar="FILE", help="write the tier as a badge: a .svg or a .json file")
        _add_live_options(parser)

    def run(self, arguments: Namespace) -> int:
        from lollms_client.testing.running import check_and_record

        try:
            if arguments.record:
                _record(arguments)
            report = check_and_record(arguments.binding, _terms(arguments), arguments.tier)
        except UnknownBinding as error:
            raise _explained(error, Path(arguments.binding)) from None
        if arguments.badge:
            badge = Path(arguments.badge)
            is_picture = badge.suffix.lower() == ".svg"
            badge.write_text(report.badge_svg() if is_picture else json.dumps(report.badge_json()), encoding="utf-8")
        if arguments.json:
            print_json(report.as_dict())
        else:
            print(redact(report.text(everything=arguments.all)))
        reached = report.tier == arguments.tier if arguments.tier else True
        return 0 if report.passed and reached else 1


def _explained(error: UnknownBinding, place: Path) -> UnknownBinding:
    """The error, or one that tells why the folder or file of that name is no binding."""
    if place.is_dir():
        inner = sorted(item.name for item in place.iterdir() if any((item / name).is_file() for name in _FILES))
        words = f"name one of the bindings in it: {', '.join(inner[:8])}" if inner else "`lollms new` begins a binding"
        return UnknownBinding(f"the folder {place} holds no {' and no '.join(_FILES)}; {words}", binding=str(place))
    if place.is_file():
        words = "name the folder of the binding; an archive or a wheel is first installed by `lollms install`"
        return UnknownBinding(f"{place} is a file; {words}", binding=str(place))
    return error


_FILES = ("description.yaml", "__init__.py")


def _record(arguments: Namespace) -> None:
    """Write the binding's wire cases anew, and say so."""
    from lollms_client.testing.recording_cases import record_binding

    recorded = record_binding(arguments.binding, pairs(arguments.settings, "--set"))
    lines = [f"recorded {len(recorded.cases)} calls in {recorded.file}: {', '.join(recorded.cases)}"]
    lines += [f"not recorded: {failure}" for failure in recorded.failures]
    print(redact("\n".join(lines)), file=sys.stderr if arguments.json else sys.stdout)


def _add_live_options(parser: Parser) -> None:
    group = parser.add_argument_group("the real service")
    group.add_argument(
        "--record", action="store_true",
        help="call it as the binding's own wire cases do (or a few small calls), write what was said as "
        "wire_cases.yaml without secrets, then check; the calls may cost money",
    )  # fmt: skip
    group.add_argument("--live", action="store_true", help="call the real service, too, with your settings: few, small")
    group.add_argument(
        "--cost-limit", type=float, default=0.05, metavar="DOLLARS", help="spend no more than this (default 0.05)"
    )
    group.add_argument(
        "--price", action="append", default=[], metavar="UNIT=DOLLARS",
        help="a price by which the cost is counted: input_tokens, output_tokens, characters (each for a million), "
        "images, seconds, credits, calls",
    )  # fmt: skip
    group.add_argument("--cost-unknown-ok", action="store_true", help="make calls of unknown cost, too")
    group.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help="a setting of the binding for live and recorded calls; keys are better kept with `lollms config set`",
    )  # fmt: skip


def _terms(arguments: Namespace) -> Any:
    """On what terms the real service is called, None without `--live`."""
    if not arguments.live:
        return None
    from lollms_client.testing.live_costs import Terms, read_prices

    return Terms(
        limit=arguments.cost_limit,
        prices=read_prices(arguments.price),
        unknown_ok=arguments.cost_unknown_ok,
        settings=pairs(arguments.settings, "--set"),
    )


CHECK = _CheckCommand()

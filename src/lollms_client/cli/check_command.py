"""`lollms check`: proves that a binding keeps the contract, and tells what to mend."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from lollms_client.cli.call_command import print_json
from lollms_client.cli.parsing import Parser
from lollms_client.secret import redact


class _CheckCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument(
            "binding", metavar="BINDING", help="its name (MODALITY.NAME where several share it) or folder"
        )
        parser.add_argument("--all", action="store_true", help="show the rules that hold, too")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--badge", metavar="FILE", help="write the tier as a badge: a .svg or a .json file")

    def run(self, arguments: Namespace) -> int:
        from lollms_client.testing.running import check_and_record

        report = check_and_record(arguments.binding)
        if arguments.badge:
            badge = Path(arguments.badge)
            is_picture = badge.suffix.lower() == ".svg"
            badge.write_text(report.badge_svg() if is_picture else json.dumps(report.badge_json()), encoding="utf-8")
        if arguments.json:
            print_json(report.as_dict())
        else:
            print(redact(report.text(everything=arguments.all)))
        return 0 if report.passed else 1


CHECK = _CheckCommand()

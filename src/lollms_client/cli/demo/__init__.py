"""`lollms demo`: one story as text, picture, speech, transcript, film and music, and a page that shows and plays it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from lollms_client.cli.call_command import print_json
from lollms_client.cli.choosing import client_for
from lollms_client.cli.demo.outcome import Outcome
from lollms_client.cli.failing import exit_code
from lollms_client.cli.manifest_options import add_output_options, add_place_options
from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.cli.terminal import size_words, styled, table


class _DemoCommand:
    def configure(self, parser: Parser, words: Sequence[str]) -> None:
        parser.add_argument("folder", nargs="?", default="demo", metavar="FOLDER", help="where it goes (default demo)")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, another story (default 1)")
        parser.add_argument("--quick", action="store_true", help="a shorter text, a smaller picture, a shorter film")
        add_place_options(parser)
        add_output_options(parser)

    def run(self, arguments: Namespace) -> int:
        """Make everything that can be made; the exit code is that of the first step that failed."""
        from lollms_client.cli.demo.page import write_page
        from lollms_client.cli.demo.report import write_report
        from lollms_client.cli.demo.steps import Demo

        folder = Path(arguments.folder)
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; name a folder")
        folder.mkdir(parents=True, exist_ok=True)
        with client_for(arguments) as client:
            demo = Demo(client, folder, seed=arguments.seed, quick=arguments.quick, quiet=arguments.quiet)
            demo.run()
        data = write_report(demo, folder / "demo.json")
        page = write_page(demo, folder / "index.html")
        if arguments.json:
            print_json({**data, "page": str(page)})
        else:
            print(_table(demo.outcomes))
            print(f"\nOpen {page}")
        return next((exit_code(item.error) for item in demo.outcomes if item.error is not None), 0)


def _table(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for item in outcomes:
        if item.error is not None:
            what = styled("failed", "red")
            rows.append((item.title, item.binding, f"{item.elapsed:.1f} s", "", f"{what}: {item.error}"))
            continue
        size = sum(path.stat().st_size for path in item.files)
        names = ", ".join(path.name for path in item.files)
        rows.append((item.title, item.binding, f"{item.elapsed:.1f} s", size_words(size), f"{names}: {item.summary}"))
    return table(rows, ("WHAT", "MADE BY", "TOOK", "SIZE", "RESULT"))


DEMO = _DemoCommand()

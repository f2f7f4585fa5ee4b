"""Nothing that third-party code prints through ascii_colors, and nothing in this package's logging, shows a secret."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lollms_client.console import guard_console
from lollms_client.secret import Secret

CANARY = "sk-canary-AbCdEfGh-0123456789-QrStUvWxYz-9876543210-end"

CALLS = """
{early}
from lollms_client.console import guard_console
from lollms_client.secret import Secret
KEY = "{key}"
Secret(KEY)
guard_console()
{late}
import json, sys
from pathlib import Path
import ascii_colors
LONG = "x" * 40 + " " + KEY
ASCIIColors.print("print " + KEY)
for name in ("info", "warning", "error", "debug", "critical", "success", "fail", "red", "green", "yellow", "blue",
             "cyan", "magenta", "bold", "orange", "white"):
    getattr(ASCIIColors, name)(name + " " + KEY)
ASCIIColors.info(ValueError(KEY))
ASCIIColors.error("with cause", exc_info=ValueError(KEY))
ASCIIColors.multicolor(["multicolor ", KEY], [ASCIIColors.color_red, ASCIIColors.color_green])
ASCIIColors.highlight("highlight " + KEY, KEY[:10])
ASCIIColors.rich_print("[red]rich_print[/red] " + KEY)
ASCIIColors.panel(LONG, title="panel")
ASCIIColors.panel({{"panel": KEY, "list": [KEY]}})
ASCIIColors.table("table", "b", rows=[[LONG, KEY]])
from ascii_colors.rich import Console, Panel, Table, Text
Console(width=30).print(Panel(LONG))
Console().print("Console", KEY, [KEY], ValueError(KEY))
Console().print({{"a": KEY}})
Console().log("log " + KEY)
text = Text(KEY)
Console(width=20).print(text)
table = Table()
table.add_column("Table")
table.add_row(LONG)
Console(width=30).print(table)
ascii_colors.getLogger("x").error("getLogger %s", KEY)
def deep(inner):
    local = inner
    raise RuntimeError("trace " + inner)
try:
    deep(KEY)
except RuntimeError as error:
    trace_exception(error)
    trace_exception(error, enhanced=True)
    print(ascii_colors.get_trace_exception(error, enhanced=True), file=sys.stderr)
    ASCIIColors.error("caught", exc_info=True)
handler = ascii_colors.FileHandler("{file}")
ASCIIColors.add_handler(handler)
ASCIIColors.info("file " + KEY)
ASCIIColors.info("the end")
handler.close()
result = ASCIIColors.execute_with_animation("pending " + KEY, lambda value: value, KEY)
assert result == KEY, "arguments of functions stay what they are"
"""

EARLY = "from ascii_colors import ASCIIColors, trace_exception"


def squeezed(text: str) -> str:
    """The letters and digits of an output, whatever colours, frames and line ends stand between them."""
    return re.sub(r"[^A-Za-z0-9]", "", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text))


@pytest.mark.parametrize("early", [True, False])
def test_ascii_colors_shows_no_secret_however_it_was_imported(early: bool, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    code = CALLS.format(
        early=EARLY if early else "", late="" if early else EARLY, key=CANARY, file=str(file).replace("\\", "/")
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr[-2000:].replace(CANARY, "LEAK")
    plain = squeezed(done.stdout + done.stderr + file.read_text())
    letters = squeezed(CANARY)
    pieces = {letters[start : start + 9] for start in range(len(letters) - 8)}
    assert not [piece for piece in pieces if piece in plain]
    for word in ("rich_print", "panel", "Table", "trace", "Console", "highlight", "multicolor", "the end", "pending"):
        assert squeezed(word) in plain, word
    assert done.stdout.count("***") + done.stderr.count("***") > 25
    assert "RuntimeError" in done.stderr
    assert "***" in file.read_text()


def test_nothing_is_imported_to_guard_the_console() -> None:
    code = (
        "import sys\nfrom lollms_client.console import guard_console\nbefore = set(sys.modules)\nguard_console()\n"
        "guard_console()\nprint(sorted(set(sys.modules) - before))\n"
        "import ascii_colors\nprint([item for item in sys.meta_path if vars(item).get('name') == 'ascii_colors'])\n"
        "print(ascii_colors.__loader__.get_filename() == ascii_colors.__file__, ascii_colors.__spec__.name)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["[]", "[]", "True ascii_colors"]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    guard_console()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


@pytest.mark.parametrize("name", ["lollms_client", "lollms_client.drivers.deep", "lollms_bindings.tts_mine_1"])
def test_logging_of_this_package_and_of_bindings_is_redacted(name: str, log: io.StringIO) -> None:
    secret = "sk-canary-in-logging-" + name.replace(".", "-")
    Secret(secret)
    logger = logging.getLogger(name)

    logger.warning("plain " + secret)
    logger.warning("argument %s and %d", secret, 5)
    logger.warning("mapping %(key)s", {"key": secret})
    try:
        raise RuntimeError(secret)
    except RuntimeError:
        logger.exception("failed")

    text = log.getvalue()
    assert secret not in text
    assert text.count("***") >= 4
    assert "WARNING argument *** and 5" in text
    assert "RuntimeError: ***" in text


def test_logging_of_others_is_left_alone(log: io.StringIO) -> None:
    Secret("some-secret-of-ours")

    logging.getLogger("another.library").warning("some-secret-of-ours %s", "x")

    assert "some-secret-of-ours x" in log.getvalue()


def test_a_message_that_does_not_fit_its_arguments_is_no_error_of_ours(log: io.StringIO) -> None:
    record = logging.getLogger("lollms_client").makeRecord("lollms_client", 30, "f", 1, "%d", ("x",), None)

    assert record.args == ("x",)


CLOSED = """
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()) as first:
    from ascii_colors import ASCIIColors
first.close()
from lollms_client.console import guard_console
guard_console()
ASCIIColors.green("to the standard output")
with contextlib.redirect_stdout(io.StringIO()) as second:
    ASCIIColors.multicolor(["elsewhere"], [ASCIIColors.color_red])
assert "elsewhere" in second.getvalue()
"""


def test_what_is_printed_goes_to_the_present_output_though_another_one_was_there_at_the_import() -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "to the standard output" in done.stdout
    assert "elsewhere" not in done.stdout

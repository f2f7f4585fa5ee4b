"""Progress bars on a terminal, plain lines elsewhere; tables, sizes, colours, names of files."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client.cli import terminal
from lollms_client.cli.outputs import free_name, slug
from lollms_client.cli.parsing import UsageError, pairs, with_dashes
from lollms_client.cli.terminal import ProgressDisplay, size_words, styled, table
from lollms_client.secret import register
from lollms_client.types import Progress


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    """The error output as a terminal; for the test itself, because pytest sets the streams anew for each phase."""
    made = _Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setattr(terminal, "_REDRAW", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return made


def test_a_bar_is_drawn_over_itself_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = on_a_terminal(monkeypatch)
    with ProgressDisplay("working") as display:
        display(Progress(fraction=0.0, stage="begin"))
        display(Progress(fraction=0.5, stage="half"))
        display(Progress(stage="unknown"))
    drawings = screen.getvalue().split("\r")
    assert drawings[0] == ""
    assert drawings[1].startswith("working [" + "░" * 24 + "]   0% begin")
    assert drawings[2].startswith("working [" + "█" * 12 + "░" * 12 + "]  50% half")
    assert drawings[3].rstrip() == "working: unknown"
    assert drawings[-1] == ""
    assert drawings[-2].strip() == ""


def test_a_bar_fits_the_width_and_hides_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = on_a_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "60")
    register("secret-of-the-bar")
    with ProgressDisplay("working") as display:
        display(Progress(fraction=0.2, stage="with secret-of-the-bar " + "x" * 200))
    assert max(map(len, screen.getvalue().split("\r"))) < 60
    assert "with ***" in screen.getvalue()
    assert "secret-of" not in screen.getvalue()


def test_quiet_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = on_a_terminal(monkeypatch)
    with ProgressDisplay("working", quiet=True) as display:
        display(Progress(fraction=0.5))
    assert screen.getvalue() == ""


def test_plain_lines_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    display = ProgressDisplay("working")
    display(Progress(fraction=0.1, stage="early"))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(terminal, "_PATIENCE", -1.0)
    for _ in range(3):
        display(Progress(fraction=0.2, stage="later"))
    assert capsys.readouterr().err == "working: later\n"


def test_colours_only_on_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = on_a_terminal(monkeypatch)
    assert styled("x", "bold", screen) == "\x1b[1mx\x1b[0m"
    assert styled("x", "bold", StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("x", "bold", screen) == "x"


def test_tables_have_columns() -> None:
    assert table([("a", "long word"), ("bcd", "")], ("ONE", "TWO")).splitlines() == [
        "ONE  TWO",
        "a    long word",
        "bcd",
    ]


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (999, "999 B"), (1500, "2 kB"), (2_340_000, "2.3 MB")])
def test_sizes(count: int, words: str) -> None:
    assert size_words(count) == words


@given(st.text())
def test_a_slug_is_a_plain_file_name(text: str) -> None:
    name = slug(text)
    assert name
    assert len(name) <= 48
    assert not set(name) & set('/\\:*?"<>| .\0\n')


def test_slugs_are_cut_between_words(tmp_path: Path) -> None:
    assert slug("A red boat, on the lake!") == "a-red-boat-on-the-lake"
    assert slug("word " * 30) == "word-word-word-word-word-word-word-word-word"
    (tmp_path / "a.png").touch()
    (tmp_path / "a-2.png").touch()
    assert free_name(tmp_path / "a.png").name == "a-3.png"


def test_names_with_underscores_are_options_too() -> None:
    words = ["--negative_prompt=a_b", "c_d", "--", "--e_f"]
    assert with_dashes(words) == ["--negative-prompt=a_b", "c_d", "--", "--e_f"]


def test_pairs() -> None:
    assert pairs(["a=b=c", " d = e"], "--set") == {"a": "b=c", "d": " e"}
    with pytest.raises(UsageError, match="--set takes NAME=VALUE, not '=…'"):
        pairs(["=secret"], "--set")

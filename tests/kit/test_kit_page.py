"""The page about the kit says what is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lollms_client.cli import main
from lollms_client.cli.reference import rules_page

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "kit.md").read_text(encoding="utf-8")


def test_the_table_of_rules_follows_from_the_code() -> None:
    assert (DOCS / "reference-rules.md").read_text(encoding="utf-8") == rules_page()


def test_the_first_binding_made_as_the_page_says_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))
    commands = [shlex.split(block.replace("\\\n", " ")) for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S)]
    assert [words[:2] for words in commands] == [["lollms", "new"], ["lollms", "check"]]
    for words in commands:
        assert main(words[1:]) == 0
    assert "tier: bronze" in capsys.readouterr().out
    files = {file.name for file in (tmp_path / "acme").iterdir() if file.is_file()}
    assert files == set(re.findall(r"^\| `([\w.]+)` \|", PAGE, re.M))
    assert (tmp_path / "acme" / "__init__.py").read_text().endswith(re.findall(r"```python\n(.*?)```", PAGE, re.S)[1])

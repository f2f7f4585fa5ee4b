"""The README and the pages beside it say what is so: their tables follow from the code, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lollms_client.cli.command_table import COMMANDS
from lollms_client.cli.reference import bindings_page, commands_page, with_bindings
from lollms_client.registry import Registry

ROOT = Path(__file__).parent.parent.parent
PAGES = ("README.md", "docs/getting-started.md")


def test_the_programs_write_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert found is not None
    exec(compile(found[1], "README.md", "exec"), {"__name__": "__main__"})
    assert (tmp_path / "lighthouse.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "speech.wav").read_bytes().startswith(b"RIFF")


def test_the_binding_of_the_readme_works(tmp_path: Path, lollms: object) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Write a binding")[2]
    manifest = re.search(r"```yaml\n(.*?)```", section, re.S)
    code = re.search(r"```python\n(.*?)```", section, re.S)
    assert manifest is not None
    assert code is not None
    folder = tmp_path / "bindings" / "shouting"
    folder.mkdir(parents=True)
    (folder / "description.yaml").write_text(manifest[1], encoding="utf-8")
    (folder / "__init__.py").write_text(code[1], encoding="utf-8")
    done = lollms("chat", "--binding", "shouting", "hello", "--bindings-dir", str(folder.parent))  # type: ignore[operator]
    assert done.out == "HELLO!\n"
    assert not [item for item in Registry([folder.parent]).problems() if item.name == "shouting"]


def test_the_table_of_bindings_follows_from_the_manifests() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_bindings(text) == text, "run `make docs`"


def test_the_page_of_bindings_follows_from_the_manifests() -> None:
    assert (ROOT / "docs" / "bindings.md").read_text(encoding="utf-8") == bindings_page(), "run `make docs`"


def test_the_page_of_commands_follows_from_the_code() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == commands_page(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_links_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for line in re.findall(r"^(?:\$ |    )lollms (.*)$", text, re.M):
        assert shlex.split(line)[0] in COMMANDS, line
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for target in re.findall(r"(?:\$ |`|    )make ([a-z]+)", text):
        assert target in targets
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / page).parent.joinpath(link).exists(), link

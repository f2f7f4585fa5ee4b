"""Runs the blocks of one page in their order: programs share their names, commands their folder and environment."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from lollms_client.cli import main
from lollms_client.client_file import read_configuration
from lollms_client.manifest import load_manifest
from lollms_client.testing.quality import read_exceptions
from tests.docs.pages import Block

SERVED = {"llm": ("openai", "groq"), "tti": ("openai",)}  # services that the pages use without an address of their own
ADDRESS = "localhost:8000"  # how the pages write the address of a server of the reader's
PROGRAMS = ("python", "pycon")
COMMANDS = ("sh", "console")
FILES = ("yaml", "toml", "json")
PLAIN = ("text",)  # shows something; is neither run nor read


def save_settings(home: Path, address: str) -> None:
    """Keys and addresses of the service as a reader would have saved them."""
    given = {"host_address": f"http://{address}/v1"}
    saved = {kind: dict.fromkeys(names, given) for kind, names in SERVED.items()}
    (home / "config.yaml").write_text(yaml.safe_dump(saved), encoding="utf-8")


class PageRun:
    """The blocks of one page, run in the current folder."""

    def __init__(self, address: str, set_variable: Callable[[str, str], None], said: Callable[[], str]) -> None:
        self.address = address
        self.said = said  # what was printed since it was last asked
        self.set_variable = set_variable
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, block: Block) -> None:
        """Run, write or read one block. AssertionError says what is wrong with it."""
        text = block.text.replace(ADDRESS, self.address)
        if block.file:
            _write(Path(block.file), text)
        elif block.change:
            _change(Path(block.change), text)
        elif block.language in PROGRAMS:
            exec(compile(text, f"{block.page}:{block.line}", "exec"), self.names)
        elif block.language in COMMANDS:
            *lines, last = commands(text, prompted=block.language == "console")
            for line in lines:
                self._command(line)
            self._command(last, block.code)
            assert re.search(block.prints, self.said()), f"{block.page}:{block.line} does not print {block.prints}"
        elif block.language in FILES:
            raise AssertionError(f"{block.page}:{block.line} says neither which file it is nor why it is not read")
        else:
            assert block.language in PLAIN, f"{block.page}:{block.line} is a block in {block.language or 'no language'}"

    def _command(self, line: str, expected: int = 0) -> None:
        words = shlex.split(line, comments=True)
        if words[0] == "lollms":
            code = main(words[1:])
            assert code == expected, f"{line} ended with {code}"
        elif words[0] in ("python", "python3"):
            subprocess.run([sys.executable, *words[1:]], check=True, env=_environment(), timeout=120)
        elif words[0] == "pytest":
            again = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words[1:]]
            subprocess.run(again, check=True, env=_environment(), timeout=240)
        elif words[0] == "export":
            self.set_variable(*words[1].split("=", 1))
        elif words[0] == "cd":
            os.chdir(words[1])
        elif words[0] == "mkdir":
            Path(words[-1]).mkdir(parents=True)
        else:
            raise AssertionError(f"{line}: this command is not known to the test")


def commands(text: str, *, prompted: bool) -> list[str]:
    """The commands of a block, those of several lines joined; with a prompt, other lines are what was printed."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    if prompted:
        return [line[2:] for line in lines if line.startswith("$ ")]
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _change(path: Path, text: str) -> None:
    """Take out the lines that begin with a minus, and put in those with a plus."""
    before = "".join(line[1:] for line in text.splitlines(keepends=True) if line.startswith("-"))
    after = "".join(line[1:] for line in text.splitlines(keepends=True) if line.startswith("+"))
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1, f"{path} does not hold what is to be changed"
    path.write_text(content.replace(before, after), encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Write a file that a page shows, and read it as what it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if path.name == "description.yaml":
        assert not load_manifest(path.parent).warnings
    elif path.name == "quality.yaml":
        assert read_exceptions(path.parent)
    elif path.name == "lollms.yaml":
        assert read_configuration(path)
    elif path.suffix == ".yaml":
        assert yaml.safe_load(text)
    elif path.suffix == ".py":
        compile(text, path.name, "exec")

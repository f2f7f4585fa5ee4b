"""Parsing of a command's arguments: mistakes are errors with the nearest known option, never an exit."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from typing import Any, NoReturn

from lollms_client.errors import BadSetting
from lollms_client.manifest.values import near_names


class UsageError(BadSetting):
    """The command line cannot be understood."""

    code = "usage"


class _Help(argparse.HelpFormatter):
    def __init__(self, prog: str, **options: Any) -> None:
        width = min(shutil.get_terminal_size().columns, 120) - 2
        super().__init__(prog, max_help_position=30, width=width, **options)


class Parser(argparse.ArgumentParser):
    """An argument parser for one command. `_` and `-` in names of options are the same."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{self.prog}: {message}; see `{self.prog} --help`")

    def parse_all(self, words: Sequence[str]) -> argparse.Namespace:
        """The arguments, plain ones and options in any order. Raises UsageError."""
        arguments, unknown = self.parse_known_intermixed_args(with_dashes(words))
        if unknown:
            self.error(self._unknown(unknown[0]))
        return arguments

    def option_names(self) -> list[str]:
        """All long options."""
        return [name for action in self._actions for name in action.option_strings if name.startswith("--")]

    def _unknown(self, word: str) -> str:
        name = word.partition("=")[0]
        if not name.startswith("-"):
            return f"{word!r} is one argument too many"
        near = near_names(name.lstrip("-"), [known[2:] for known in self.option_names()], limit=1)
        return f"there is no option {name}" + (f"; did you mean --{near[0]}?" if near else "")


def with_dashes(words: Sequence[str]) -> list[str]:
    """The words with `--some_name` as `--some-name`, up to a `--`."""
    changed: list[str] = []
    for position, word in enumerate(words):
        if word == "--":
            return changed + list(words[position:])
        name, equals, value = word.partition("=")
        changed.append(name.replace("_", "-") + equals + value if name.startswith("--") else word)
    return changed


def pairs(items: Sequence[str], option: str) -> dict[str, str]:
    """`NAME=VALUE` words as a dictionary. Raises UsageError for one without `=`."""
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            shown = item if not equals else "=…"
            raise UsageError(f"{option} takes NAME=VALUE, not {shown!r}")
        found[name.strip()] = value
    return found

"""Parses Python source, one text at a time: CPython 3.11 fails where two threads make syntax trees at once."""

from __future__ import annotations

import ast
import threading

_one_at_a_time = threading.Lock()


def parse(source: bytes | str, name: str = "<unknown>") -> ast.Module:
    """The syntax tree of a module. Raises what `ast.parse` does, such as SyntaxError and RecursionError."""
    with _one_at_a_time:
        return ast.parse(source, name)

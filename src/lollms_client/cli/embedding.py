"""`lollms embed`: texts into vectors, and how near they are to each other."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lollms_client.cli.call_command import CallCommand, print_json, told
from lollms_client.cli.parsing import Parser, UsageError
from lollms_client.cli.terminal import table, tell_warnings
from lollms_client.types.embedding import EmbeddingRequest, EmbeddingResult

if TYPE_CHECKING:
    from lollms_client.client import LollmsClient

_SHOWN = 40  # characters of a text in the table


class _EmbedCommand(CallCommand):
    binding_type = "llm"
    methods = ("embed",)
    own = frozenset({"text", "texts"})
    title = "embedding"

    @property
    def request_type(self) -> type:
        return EmbeddingRequest

    def add_arguments(self, parser: Parser) -> None:
        parser.add_argument("texts", nargs="*", metavar="TEXT", help="texts (without any: one a line of the input)")
        parser.add_argument("-o", "--output", metavar="FILE", help="write texts and vectors to this file as JSON")

    def call(self, client: LollmsClient, arguments: Namespace, options: dict[str, Any]) -> EmbeddingResult:
        arguments.texts = arguments.texts or _lines()
        return client.embed(arguments.texts, **options)

    def present(self, result: EmbeddingResult, arguments: Namespace, seconds: float) -> None:
        data = {"dimensions": result.dimensions, "texts": arguments.texts, "vectors": result.vectors, **told(result)}
        if arguments.json and arguments.output in (None, "-"):
            print_json(data)
            return
        tell_warnings(result.warnings, quiet=arguments.quiet)
        if arguments.output:
            import json

            Path(arguments.output).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        print(_summary(arguments.texts, result.vectors))


def _lines() -> list[str]:
    if sys.stdin.isatty():
        raise UsageError("give texts, or pipe them in, one a line")
    lines = [line.strip() for line in sys.stdin if line.strip()]
    if not lines:
        raise UsageError("give texts: the standard input was empty")
    return lines


def _summary(texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> str:
    """The first numbers of each vector, and the cosine of the angle between each two."""
    rows = []
    for number, (text, vector) in enumerate(zip(texts, vectors, strict=True), start=1):
        near = [f"{cosine(vector, other):.3f}" for other in vectors] if len(vectors) > 1 else []
        begin = " ".join(f"{value:+.3f}" for value in vector[:3]) + f" … ({len(vector)})"
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        rows.append([str(number), *near, begin, shown])
    numbers = [f"~{number}" for number in range(1, len(vectors) + 1)] if len(vectors) > 1 else []
    return table(rows, ["", *numbers, "VECTOR", "TEXT"])


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """The cosine of the angle between two vectors: 1 the same direction, 0 nothing in common."""
    product = math.hypot(*first) * math.hypot(*second)
    return sum(a * b for a, b in zip(first, second, strict=True)) / product if product else 0.0


EMBED = _EmbedCommand()

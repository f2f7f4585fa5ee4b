"""What models accept, rename or refuse: facts by the pattern of a model's name, out of parameter_facts.yaml."""

from __future__ import annotations

import functools
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec

_FILE = Path(__file__).with_name("parameter_facts.yaml")


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts about the models that fit one of the patterns. Parameter names are ours."""

    models: tuple[str, ...]
    source: str
    date: str
    renames: dict[str, str] = {}
    refuses: tuple[str, ...] = ()
    refuses_while_reasoning: tuple[str, ...] = ()  # taken only where reasoning_effort is none
    reasons_by_default: bool = True
    accepts: dict[str, tuple[Any, ...]] = {}  # the values that a parameter may have
    range: dict[str, tuple[float, float]] = {}
    system_role: str = ""
    wire: str = ""  # the wire on which its maker offers the model, or all of what it can
    reasoning: bool = False  # reasoning items may be asked for in encrypted form


@functools.cache
def all_facts() -> tuple[ModelFacts, ...]:
    """The whole table, in the order of the file."""
    import yaml

    return msgspec.convert(yaml.safe_load(_FILE.read_text("utf-8"))["facts"], tuple[ModelFacts, ...])


@functools.lru_cache(maxsize=256)
def facts_of(model: str) -> ModelFacts | None:
    """The facts of the first row that fits the model's name; a maker's prefix such as `openai/` does not matter."""
    name = model.lower().rpartition("/")[2]
    for row in all_facts():
        if any(fnmatchcase(name, pattern) for pattern in row.models):
            return row
    return None

"""Numbers, truth values and tables out of whatever a configuration holds."""

from __future__ import annotations

import math
from typing import Any

_TRUE = ("true", "1", "yes", "y", "on", "enabled")


def to_int(value: Any, default: Any = None) -> Any:
    """A whole number out of a number or a text; `default` where there is none."""
    number = to_float(value)
    return default if number is None else int(number)


def to_float(value: Any, default: Any = None) -> Any:
    """A finite number out of a number or a text; `default` where there is none."""
    if value is None or isinstance(value, (list, dict, set)):
        return default
    try:
        number = float(str(value).strip() if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        return default
    return number if math.isfinite(number) else default


def to_bool(value: Any) -> bool:
    """True for what says yes: True, a number that is not 0, and words such as "on"."""
    return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)


def table_in_markdown(table: Any) -> str:
    """A data frame (anything with `columns` and `itertuples`) as a Markdown table; "" for anything else."""
    if not hasattr(table, "columns") or not hasattr(table, "itertuples"):
        return ""
    rows = [[str(name) for name in table.columns]]
    rows += [[_cell(value) for value in row] for row in table.itertuples(index=False, name=None)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")

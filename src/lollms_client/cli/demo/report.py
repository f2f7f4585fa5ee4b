"""The demo's results as data, for programs: `demo.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lollms_client import __version__
from lollms_client.cli.demo.outcome import Outcome
from lollms_client.cli.demo.steps import Demo
from lollms_client.secret import redact_data


def write_report(demo: Demo, path: Path) -> dict[str, Any]:
    """Write what each step made, how long it took and how big it is; returns the same data."""
    data: dict[str, Any] = {
        "lollms_client": __version__,
        "elapsed_seconds": round(demo.elapsed, 2),
        "steps": [redact_data(_step_data(outcome)) for outcome in demo.outcomes],
    }
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return data


def _step_data(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "binding_type": outcome.binding_type,
        "binding": outcome.binding,
        "model": outcome.model,
        "prompt": outcome.prompt,
        "elapsed_seconds": round(outcome.elapsed, 2),
        "files": [{"name": path.name, "bytes": path.stat().st_size} for path in outcome.files],
        "facts": outcome.facts,
        "notes": outcome.notes,
        "error": outcome.error.as_dict() if outcome.error is not None else None,
    }

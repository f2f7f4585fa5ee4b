"""Writes what came of the trials into the table of the documentation, with the cause of every exception.

Run `python -m tests.compatibility.bindings.page` for all bindings of all versions (several minutes).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.compatibility.wheels import VERSIONS, cache_folder

from .cases import TYPES, cases
from .causes import KNOWN
from .matrix import ROOT, run_all

PAGE = ROOT / "docs" / "compatibility-table.md"
FOUND = Path(__file__).with_name("found.json")
TITLES = {
    "llm": "Language models", "tti": "Images", "stt": "Speech to text", "tts": "Text to speech", "ttv": "Video",
    "ttm": "Music",
}  # fmt: skip
STEPS = {
    "llm": ("load", "list_models", "chat", "async", "generate_text", "stream", "callback", "stop early", "discussion",
            "image", "embed", "tokens", "cancel"),
    "tti": ("load", "list_models", "make", "edit"), "stt": ("load", "list_models", "transcribe"),
    "tts": ("load", "list_models", "voices", "speak"), "ttv": ("load", "list_models", "make"),
    "ttm": ("load", "list_models", "make"),
}  # fmt: skip
Outcomes = dict[str, dict[str, str]]  # by "version/type/name", then by step


def mark(outcome: str | None) -> str:
    """✓ where the step works, – where the binding does not offer it, ✗ where it fails; empty where it was not tried."""
    if outcome is None:
        return ""
    return "✓" if outcome == "ok" else "–" if outcome.startswith("not offered") else "✗"


def cleaned(text: str) -> str:
    """An outcome without what differs from machine to machine."""
    text = text.replace(str(cache_folder()), "").replace(str(ROOT), "")
    text = re.sub(r"/\S*?/wheels/[\d.]+/", "", text)
    text = re.sub(r"_[0-9a-f]{8}\b", "", text)
    return re.sub(r"\S*lollms-wild-\S*", "…", text)


def state(outcome: dict[str, str]) -> str:
    """works, works in part, or does not run."""
    if outcome.get("load") != "ok":
        return "does not run"
    return "works in part" if any(mark(text) == "✗" for text in outcome.values()) else "works"


def render(found: Outcomes) -> str:
    """The page."""
    lines = [
        "# Bindings of the public package, tried",
        "",
        "Made by `make compatibility`: every binding of these versions of the public `lollms-client`, unmodified, in a",
        "process of its own, against fake services on loopback. ✓ works, – is not offered by the binding (or its list",
        "is empty, or it gives its answer in one piece), ✗ fails; the causes stand below each table. What a step is:",
        "`chat` and `async` are the typed calls of the two clients, `generate_text` the documented method, `callback`",
        "a streaming callback that returns nothing, `stop early` one that returns False, `discussion` a conversation",
        "of four turns with a system prompt, `image` its image reaching the service, `cancel` a call after `cancel()`.",
        "",
        *_counts(found),
    ]
    for kind in TYPES:
        lines += ["", f"## {TITLES[kind]}", "", *_table(found, kind), "", *_causes(found, kind)]
    return "\n".join(lines).rstrip() + "\n"


def _counts(found: Outcomes) -> list[str]:
    lines = ["| version | bindings | work | work in part | do not run |", "| --- | ---: | ---: | ---: | ---: |"]
    for version in (*VERSIONS, "all"):
        states = [state(item) for label, item in found.items() if version in ("all", label.partition("/")[0])]
        numbers = [len(states), *(states.count(name) for name in ("works", "works in part", "does not run"))]
        lines.append(f"| {version} | {' | '.join(map(str, numbers))} |")
    return lines


def _table(found: Outcomes, kind: str) -> list[str]:
    steps = STEPS[kind]
    lines = [f"| binding | version | {' | '.join(steps)} |", "| --- | --- |" + " :-: |" * len(steps)]
    rows = sorted((label.split("/") for label in found if label.split("/")[1] == kind), key=_row_order)
    for version, _, name in rows:
        outcome = found[f"{version}/{kind}/{name}"]
        lines.append(f"| {name} | {version} | {' | '.join(mark(outcome.get(step)) for step in steps)} |")
    return lines


def _row_order(parts: list[str]) -> tuple[str, int]:
    return parts[2].lower(), VERSIONS.index(parts[0])


def _causes(found: Outcomes, kind: str) -> list[str]:
    grouped: dict[tuple[str, str], dict[str, list[str]]] = {}
    for label, outcome in found.items():
        version, its_kind, name = label.split("/")
        for step, text in outcome.items() if its_kind == kind else ():
            if mark(text) == "✗":
                places = grouped.setdefault((name, _cause(kind, name, step, text)), {})
                places.setdefault(version, []).append(step)
    return [f"- **{name}** {_where(places)}: {cause}" for (name, cause), places in sorted(grouped.items())]


def _cause(kind: str, name: str, step: str, text: str) -> str:
    for pattern, cause in KNOWN:
        if re.search(pattern, f"{kind}/{name} {step}: {text}"):
            return cause
    return cleaned(text).replace("|", "\\|").replace("<", "&lt;")


def _where(places: dict[str, list[str]]) -> str:
    steps = {tuple(items) for items in places.values()}
    if len(steps) == 1:
        return f"{', '.join(places)} ({', '.join(steps.pop())})"
    return "; ".join(f"{version} ({', '.join(items)})" for version, items in places.items())


def try_all(versions: Iterable[str] = VERSIONS) -> Outcomes:
    """Try every binding of these versions."""
    found: Outcomes = {}
    for case, result in run_all(case for version in versions for case in cases(version)):
        found[case.label] = {step: cleaned(text) for step, text in result["outcome"].items()}
        print(f"{case.label}: {state(found[case.label])}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    found = try_all()
    FOUND.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(render(found), encoding="utf-8")


if __name__ == "__main__":
    main()

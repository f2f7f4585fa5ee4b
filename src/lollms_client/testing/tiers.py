"""Computes the tiers of all bindings in this package: `python -m lollms_client.testing.tiers`."""

from __future__ import annotations

import argparse
import ast
import functools
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import msgspec

from lollms_client.python_source import parse
from lollms_client.registry import BindingEntry, Registry
from lollms_client.testing.report import TIERS, Report, badge_svg
from lollms_client.testing.running import check_binding
from lollms_client.testing.tier_records import (
    FILE,
    PACKAGE,
    TierRecord,
    TierTable,
    content_hash,
    files_hash,
    packaged,
    rules_hash,
)

SUITES = tuple(suite for tier, suites in TIERS.items() if tier != "platinum" for suite in suites)
_SHARED = ("families", "engines")  # packages whose code makes a binding what it is


def bundled() -> dict[str, BindingEntry]:
    """The bindings in this package, by modality and name."""
    entries = Registry(environment={"LOLLMS_HOME": os.devnull}).list()
    return {f"{item.binding_type}.{item.name}": item for item in entries if item.source == "built-in"}


def used_files(folder: Path, binding_type: str) -> list[str]:
    """The files of this package that a binding's code imports from families and engines, and its base."""
    found: set[Path] = {PACKAGE / f"lollms_{binding_type}_binding.py"}
    waiting = [file for file in sorted(folder.rglob("*.py")) if "__pycache__" not in file.parts]
    while waiting:
        for path in _imported(waiting.pop()):
            if path not in found:
                found.add(path)
                waiting.append(path)
    return sorted(path.relative_to(PACKAGE).as_posix() for path in found)


@functools.cache
def _imported(file: Path) -> frozenset[Path]:
    """The files of families and engines that one file imports, at its top or later."""
    found: set[Path] = set()
    try:
        tree = parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError):  # the binding's own file: the rules tell what is wrong with it
        return frozenset()
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            found.update(_files_of(name))
    return frozenset(found)


@functools.cache
def _files_of(module: str) -> tuple[Path, ...]:
    parts = module.split(".")
    if parts[0] != "lollms_client" or len(parts) < 3 or parts[1] not in _SHARED:
        return ()
    places = [PACKAGE.joinpath(*parts[1:length]) for length in range(3, len(parts) + 1)]
    files = (file for place in places for file in (place.with_suffix(".py"), place / "__init__.py"))
    return tuple(file for file in files if file.is_file())


def fresh_record(entry: BindingEntry, tier: str) -> tuple[TierRecord, list[str]]:
    """A record of a tier as everything stands now, and the files that it is about."""
    files = used_files(entry.folder, entry.binding_type)
    code = files_hash(files)
    version = entry.manifest.version if entry.manifest is not None else ""
    record = TierRecord(
        tier=tier, version=version, content=content_hash(entry.folder), rules=rules_hash(), code=code, uses=code[:12]
    )
    return record, files


def stale(table: TierTable) -> list[str]:
    """The bindings whose record is missing, or is of other files, or of other rules."""
    entries = bundled()
    found = [name for name, entry in entries.items() if not _is_fresh(table.bindings.get(name), entry)]
    return found + [name for name in table.bindings if name not in entries]


def _is_fresh(record: TierRecord | None, entry: BindingEntry) -> bool:
    return record is not None and fresh_record(entry, record.tier)[0] == record


def compute(names: Sequence[str], table: TierTable) -> Iterator[tuple[str, Report]]:
    """Check these bindings, several at once; the table holds the new tiers and is written after each of them."""
    entries = bundled()
    for gone in [name for name in table.bindings if name not in entries]:
        del table.bindings[gone]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        tasks = {pool.submit(check_binding, entries[name].folder, SUITES): name for name in names if name in entries}
        for task in as_completed(tasks):
            name, report = tasks[task], task.result()
            table.bindings[name], files = fresh_record(entries[name], report.tier)
            table.groups[table.bindings[name].uses] = files
            write(table)
            yield name, report


def write(table: TierTable, file: Path = FILE) -> None:
    """Write the table, in an order that makes small differences small."""
    used = {record.uses for record in table.bindings.values()}
    ordered = TierTable(
        bindings=dict(sorted(table.bindings.items())),
        groups={name: files for name, files in sorted(table.groups.items()) if name in used},
    )
    file.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")


def main(words: Sequence[str] | None = None) -> int:
    """Compute what is stale; 1 where `--check` finds something stale."""
    parser = argparse.ArgumentParser(prog="python -m lollms_client.testing.tiers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="MODALITY.NAME", help="these only, stale or not")
    parser.add_argument("--all", action="store_true", help="all, stale or not")
    parser.add_argument("--check", action="store_true", help="compute nothing; list what is stale")
    parser.add_argument("--badges", metavar="FOLDER", help="write a badge of each binding there")
    given = parser.parse_args(words)
    table = packaged()
    wanted = given.names or (list(bundled()) if given.all else stale(table))
    if given.check:
        sys.stdout.writelines(f"{name} is stale; run: make tiers\n" for name in wanted)
        return 1 if wanted else 0
    for name, report in compute(wanted, table):
        short = ", ".join(item.code for item in report.findings if item.state in ("failed", "unproven"))
        sys.stdout.write(f"{name}: {report.tier or 'none'}{f' ({short})' if short else ''}\n")
        sys.stdout.flush()
    if given.badges:
        write_badges(table, Path(given.badges))
    return 0


def write_badges(table: TierTable, folder: Path) -> None:
    """Write the badge of each binding as `MODALITY.NAME.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, record in table.bindings.items():
        (folder / f"{name}.svg").write_text(badge_svg(record.tier), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

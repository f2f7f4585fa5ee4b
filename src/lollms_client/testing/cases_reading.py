"""Reads a binding's `wire_cases.yaml` (or the folder `wire_cases`) and the packs that it uses; faults name the line."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.errors import BadManifest
from lollms_client.manifest import yaml_nodes
from lollms_client.manifest.values import near_names
from lollms_client.manifest.yaml_nodes import Node, YamlProblem
from lollms_client.testing.cases import (
    CLIENT_CALLS,
    Case,
    CaseFile,
    CaseReply,
    CaseRequest,
    CaseSet,
    Exchange,
    PlacedCase,
)
from lollms_client.testing.signatures import DOCUMENTED

FILE_NAME = "wire_cases.yaml"
FOLDER_NAME = "wire_cases"
SHORTEST_REASON = 10  # letters of a reason for leaving a case out
_PACKS = Path(__file__).parent / "packs"
_BODIES = {
    CaseReply: ("json", "text", "events", "lines", "media", "base64", "file"),
    CaseRequest: ("json", "text", "form", "base64", "file"),
}
_STEP = re.compile(r"\.([\w-]+)|\[(\d+|\.\.\.)\]")


def has_cases(folder: Path) -> bool:
    """Whether a binding's folder holds cases."""
    return bool(case_files(folder))


def case_files(folder: Path) -> list[Path]:
    """The files with cases of a binding's folder."""
    single = [folder / FILE_NAME] if (folder / FILE_NAME).is_file() else []
    return single + sorted((folder / FOLDER_NAME).glob("*.yaml"))


def read_cases(folder: Path, binding_type: str, capabilities: Collection[str]) -> CaseSet:
    """All cases of a binding. Of a pack those are left out that need a capability which is not there.

    Raises BadManifest with file and line for whatever is wrong.
    """
    cases: list[PlacedCase] = []
    left_out: dict[str, str] = {}
    recorded: list[Mapping[str, str]] = []
    for file in case_files(folder):
        content, root = _file(file)
        if content.recorded:
            recorded.append(content.recorded)
        cases += _placed(content, root, file, content)
        unused = set(content.without)
        for pack in content.uses:
            for placed in _of_pack(pack, content, file, root):
                if placed.case.name in content.without:
                    left_out[placed.title] = content.without[placed.case.name]
                    unused.discard(placed.case.name)
                elif set(placed.case.needs) <= set(capabilities):
                    cases.append(placed)
        _check_without(content, unused, file, root)
    for placed in cases:
        _check_call(placed, binding_type)
    _check_names(cases)
    return CaseSet(tuple(cases), left_out, tuple(recorded))


def pack_names() -> list[str]:
    """The packs that ship with the kit."""
    return sorted(file.stem for file in _PACKS.glob("*.yaml"))


def _of_pack(name: str, user: CaseFile, file: Path, root: Node | None) -> list[PlacedCase]:
    path = _PACKS / f"{name}.yaml"
    if name not in pack_names():
        near = near_names(name, pack_names())
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(pack_names())}"
        raise _fault(file, _line(root, "$.uses"), f"there is no pack {name!r}; {hint}")
    content, tree = _pack(path)
    return _placed(content, tree, path, user, name)


@functools.lru_cache(maxsize=64)
def _pack(path: Path) -> tuple[CaseFile, Node | None]:
    return _file(path)


def _placed(content: CaseFile, root: Node | None, file: Path, user: CaseFile, pack: str = "") -> list[PlacedCase]:
    found: list[PlacedCase] = []
    for index, case in enumerate(content.cases):
        settings = {**content.settings, **user.settings, **case.settings}
        variables = {**content.variables, **case.variables, **user.variables}
        line = _line(root, f"$.cases[{index}]")
        found.append(PlacedCase(case, pack or file.name, line, file.parent, settings, variables))
    return found


# --- one file ---


def _file(file: Path) -> tuple[CaseFile, Node | None]:
    try:
        root = yaml_nodes.read_file(file)
    except YamlProblem as problem:
        raise _fault(file, problem.line, f"{problem.rule}; {problem.cure}") from None
    if root is None:
        return CaseFile(), None
    if not isinstance(root, yaml_nodes.Mapping):
        raise _fault(file, root.line, "the file must be a mapping with `cases:`")
    _check_keys(root, CaseFile, file)
    try:
        content = msgspec.convert(yaml_nodes.plain(root), CaseFile)
    except msgspec.ValidationError as error:
        words, _, path = str(error).partition(" - at `")
        raise _fault(
            file, _line(root, path.rstrip("`")), f"{words} (at {path.rstrip('`').removeprefix('$.')})"
        ) from None
    for index, case in enumerate(content.cases):
        _check_case(case, file, root, f"$.cases[{index}]")
    return content, root


_CHILDREN: dict[type, dict[str, type]] = {
    CaseFile: {"cases": Case}, Case: {"exchanges": Exchange}, Exchange: {"request": CaseRequest, "reply": CaseReply},
}  # fmt: skip


def _check_keys(node: Node, kind: type, file: Path) -> None:
    """Raise for a key that the structure does not have, with the nearest that it has."""
    if not isinstance(node, yaml_nodes.Mapping):
        return
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    for key, line in node.lines.items():
        if key not in known:
            near = near_names(key, known)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
            raise _fault(file, line, f"the key {key!r} is not known here; {hint}")
    for key, child in _CHILDREN.get(kind, {}).items():
        value = node.values.get(key)
        items = value.items if isinstance(value, yaml_nodes.Sequence) else [value] if value is not None else []
        for item in items:
            _check_keys(item, child, file)


def _check_case(case: Case, file: Path, root: Node, path: str) -> None:
    line = _line(root, path)
    if not case.name.strip():
        raise _fault(file, line, "the case has no name")
    ends = [name for name in ("result", "error") if getattr(case, name) not in (None, msgspec.UNSET)]
    if len(ends) > 1 or (case.error is not None and case.media is not None):
        raise _fault(file, line, f"{case.name!r} states an error and a result; a call has one end")
    if not ends and case.media is None:
        raise _fault(file, line, f"{case.name!r} states no end; write `result:`, `error:` or `media:`")
    for index, exchange in enumerate(case.exchanges):
        for part, kind in (("request", CaseRequest), ("reply", CaseReply)):
            there = _bodies(getattr(exchange, part), _BODIES[kind])
            if len(there) > 1:
                where = _line(root, f"{path}.exchanges[{index}].{part}")
                raise _fault(file, where, f"the {part} has several bodies ({', '.join(there)}); keep one")


def _bodies(value: Any, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if getattr(value, name) is not None and getattr(value, name) is not msgspec.UNSET]


def _check_call(placed: PlacedCase, binding_type: str) -> None:
    known = [
        *CLIENT_CALLS.get(binding_type, ()), "models", *DOCUMENTED.get(binding_type, {}),
        "list_models", "listModels", "set_settings",
    ]  # fmt: skip
    call = placed.case.call
    if call not in known:
        near = near_names(call, known)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
        file = placed.folder / placed.source
        raise _fault(file, placed.line, f"{call!r} is no call of the modality {binding_type}; {hint}")


def _check_names(cases: list[PlacedCase]) -> None:
    seen: set[str] = set()
    for placed in cases:
        if placed.title in seen:
            raise _fault(placed.folder / placed.source, placed.line, f"two cases are called {placed.case.name!r}")
        seen.add(placed.title)


def _check_without(content: CaseFile, unused: Collection[str], file: Path, root: Node | None) -> None:
    line = _line(root, "$.without")
    for name in unused:
        raise _fault(file, line, f"none of the packs in `uses` has a case {name!r}")
    for name, reason in content.without.items():
        if len(reason.strip()) < SHORTEST_REASON:
            raise _fault(file, line, f"say in a sentence why {name!r} is left out")


# --- lines ---


def _line(root: Node | None, path: str) -> int:
    """The line of a place such as `$.cases[3].reply`, or of the nearest thing around it."""
    node, line = root, root.line if root is not None else 1
    for name, index in _STEP.findall(path):
        if isinstance(node, yaml_nodes.Mapping) and name in node.values:
            line, node = node.lines[name], node.values[name]
        elif isinstance(node, yaml_nodes.Sequence) and index.isdigit() and int(index) < len(node.items):
            node = node.items[int(index)]
            line = node.line
        else:
            break
    return line


def _fault(file: Path, line: int, text: str) -> BadManifest:
    shown = f"{file.parent.name}/{file.name}"
    return BadManifest(f"{shown}, line {line}: {text}", file=str(file), line=line)


__all__ = ["FILE_NAME", "FOLDER_NAME", "case_files", "has_cases", "pack_names", "read_cases"]

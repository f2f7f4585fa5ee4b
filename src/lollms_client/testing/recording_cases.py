"""Records a binding's calls of its real service as wire cases; refuses to write where a secret remains."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from lollms_client.errors import BadManifest, BadSetting, LollmsError, Rejected
from lollms_client.manifest import yaml_nodes
from lollms_client.testing.cases_reading import FILE_NAME, FOLDER_NAME, read_cases
from lollms_client.testing.evidence import in_fresh_process
from lollms_client.testing.subject import Subject, find_subject

LIMIT = 1800.0  # seconds for all calls
_RECORDED_NAME = "recorded.yaml"


class Recorded(NamedTuple):
    """What was written where, and which calls did not end well."""

    file: Path
    cases: tuple[str, ...]
    failures: tuple[str, ...]


class _Outcome(msgspec.Struct, kw_only=True):
    problem: str = ""
    host: str = ""
    settings: dict[str, Any] = {}
    cases: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    failures: list[str] = []
    remaining: list[str] = []


def record_binding(binding: str | Path, given: Mapping[str, Any] | None = None) -> Recorded:
    """Call a binding with the user's settings (`given` over environment over saved ones) and write its wire cases.

    The calls are those of its own cases that end well, else a few small ones; they may cost money. They are written
    to wire_cases.yaml, or to wire_cases/recorded.yaml where that was written by hand; media lie beside. Raises
    BadSetting where the binding cannot be called, Rejected where a secret could not be taken out: then nothing is
    written.
    """
    subject = find_subject(binding)
    if subject.problem is not None:
        raise subject.problem
    words = [str(subject.folder), subject.name, subject.binding_type]
    report, ended = in_fresh_process(
        "lollms_client.testing.recording_probe", words, LIMIT, given=msgspec.json.encode(dict(given or {}))
    )
    try:
        outcome = msgspec.json.decode(report, type=_Outcome)
    except msgspec.MsgspecError as error:
        raise BadSetting(f"the recording came to no end: {ended or 'it left no findings'}") from error
    _check(subject, outcome)
    return _written(subject, outcome)


def _check(subject: Subject, outcome: _Outcome) -> None:
    if outcome.problem:
        raise BadSetting(f"{subject.name} cannot be recorded: {outcome.problem}", binding=subject.name)
    if outcome.remaining:
        raise Rejected(
            f"nothing was written, since not all secrets could be taken out: {'; '.join(outcome.remaining)}",
            binding=subject.name,
        )
    if not outcome.cases:
        said = "; ".join(outcome.failures) or "there is nothing to call"
        raise BadSetting(f"no call of {subject.name} ended well, so nothing was written: {said}", binding=subject.name)


def _written(subject: Subject, outcome: _Outcome) -> Recorded:
    file = target_file(subject.folder)
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    content: dict[str, Any] = {"recorded": {"date": date, "host": outcome.host}}
    if outcome.settings:
        content["settings"] = outcome.settings
    content["cases"] = outcome.cases
    text = cases_text(content)
    before = file.read_bytes() if file.is_file() else None
    file.parent.mkdir(exist_ok=True)
    for name, data in outcome.files.items():
        (file.parent / name).write_bytes(data)
    file.write_text(text, encoding="utf-8")
    try:
        read_cases(subject.folder, subject.binding_type, subject.manifest.capabilities)
    except LollmsError:
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
        raise
    return Recorded(file, tuple(str(case["name"]) for case in outcome.cases), tuple(outcome.failures))


def target_file(folder: Path) -> Path:
    """Where a recording goes: wire_cases.yaml, unless somebody wrote that by hand."""
    plain = folder / FILE_NAME
    if not plain.is_file() or _was_recorded(plain):
        return plain
    return folder / FOLDER_NAME / _RECORDED_NAME


def _was_recorded(file: Path) -> bool:
    try:
        root = yaml_nodes.read_file(file)
    except yaml_nodes.YamlProblem as problem:
        raise BadManifest(f"{file.name}, line {problem.line}: {problem.rule}; {problem.cure}", file=str(file)) from None
    return isinstance(root, yaml_nodes.Mapping) and "recorded" in root.values


_HEAD = """\
# Recorded by `lollms check --record`: calls of the real service, replayed by `lollms check` without it.
# Secrets were taken out; read it through before you publish it.
"""


class _Dumper(yaml.SafeDumper):
    """Writes blocks, long texts over several lines, and nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = (
        "|"
        if "\n" in text and text.strip() == text and all(line == line.rstrip() for line in text.split("\n"))
        else None
    )
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text_node)


def cases_text(content: Mapping[str, Any]) -> str:
    """Cases as YAML that a person can read."""
    return _HEAD + yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)

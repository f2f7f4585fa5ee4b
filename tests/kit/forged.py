"""Bindings with one thing about them written by hand, for conditions of rules that no played binding turns round.

What a process would see is given as data: no process runs, and what rules say of it is the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lollms_client.testing.evidence import Changes, EngineEvidence, Evidence, Outcome
from lollms_client.testing.media_facts import MediaFacts, Observation
from lollms_client.testing.steady_evidence import SteadyEvidence
from lollms_client.testing.subject import Subject, find_subject
from tests.kit.broken_bindings import MAKE, RESULT, TOP, write_sample

SETTINGS = "input_parameters:\n"
CHECKS = SETTINGS + "  - {name: verify_ssl_certificate, type: bool, description: Check certificates., default: "
HANDED_ON = "        send(self.host, verify=kwargs.get('verify_ssl_certificate', True))\n"
UNDER_A_CONDITION = (
    "        self.checked = kwargs.get('verify_ssl_certificate')\n        if not self.checked:\n"
    "            context.verify_mode = ssl.CERT_NONE\n"
)


class Written(NamedTuple):
    """What is replaced in the files of the good sample, and which of them are taken away."""

    rule: str
    replaced: dict[str, str] = {}
    without: str = ""


def _put(place: str, code: str) -> dict[str, str]:
    return {place: code + place}


WRITTEN: dict[str, Written] = {
    "whole_link": Written("M113", {"license: MIT": "license: MIT\nlinks: {home: 'https://example.com/voice'}"}),
    "link_to_files": Written("M113", {"license: MIT": "license: MIT\nlinks: {home: 'ftp://example.com/voice'}"}),
    "declared_package": Written("M115", {**_put(TOP, "import hypothesis\n"), "packaging>=24": "hypothesis>=6"}),
    "nothing_described": Written("M117", without="description.yaml"),
    "nothing_described_to_be_read": Written("M214", without="description.yaml"),
    "no_code_that_reads": Written("M214", without="__init__.py"),
    "dated": Written("M120", {"license: MIT": "license: MIT\nverified: [{how: docs, date: '2026-01-31'}]"}),
    "near_and_plain": Written("M211", {"https://speech.example.com": "http://localhost:9"}),
    "no_address_at_all": Written("M211", {'"https://speech.example.com"': '"//[open"'}),
    "no_code": Written("S201", without="__init__.py"),
    "twice_in_a_line": Written("S201", _put(RESULT, "        send(verify=False, check_hostname=False)\n")),
    "handed_on": Written("S201", {SETTINGS: CHECKS + "true}\n", **_put(MAKE, HANDED_ON)}),
    "handed_on_and_off": Written("S201", {SETTINGS: CHECKS + "false}\n", **_put(MAKE, HANDED_ON)}),
    "under_a_condition": Written("S201", {SETTINGS: CHECKS + "true}\n", **_put(MAKE, UNDER_A_CONDITION)}),
    "under_a_condition_and_off": Written("S201", {SETTINGS: CHECKS + "false}\n", **_put(MAKE, UNDER_A_CONDITION)}),
}  # fmt: skip

VALUE = Outcome(kind="value", type="bytes")
WARNED = Outcome(kind="value", type="bytes", settings=["tempo"])
REFUSED = Outcome(kind="typed", type="BadSetting", code="bad_setting", text="tempo is too fast", settings=["tempo"])
NAMELESS = Outcome(kind="typed", type="BadSetting", code="bad_setting", text="that is too fast")
UNSUPPORTED = Outcome(kind="typed", type="Unsupported", code="unsupported", text="there is nothing of the kind")
CANCELLED = Outcome(kind="typed", type="Cancelled", code="cancelled", text="it was cancelled")
FOREIGN = Outcome(kind="foreign", type="KeyError", text="'tempo'")
FOREIGN_OF_SETTING = Outcome(kind="foreign", type="KeyError", text="'tempo'", settings=["tempo"])
WORDLESS = Outcome(kind="error_dictionary", type="dict", usable=False)
DICTIONARY = Outcome(kind="error_dictionary", type="dict", text="tempo is too fast")
ENDS = (
    VALUE, WARNED, REFUSED, NAMELESS, UNSUPPORTED, CANCELLED, FOREIGN, FOREIGN_OF_SETTING, WORDLESS, DICTIONARY,
)  # fmt: skip


def _wrong(kind: str) -> dict[str, Outcome]:
    return {f"{kind}|tempo|{kind} {at}": end for at, end in enumerate(ENDS)}


def _ends() -> dict[str, Outcome]:
    """Every end, of calls that told steps and of calls that told none."""
    return {f"{word} {at}": end for word in ("stepped", "at once") for at, end in enumerate(ENDS)}


STEPS = {title: 4 for title in _ends() if title.startswith("stepped")}


def _engine(*, is_flow: bool = True, **facts: Any) -> Evidence:
    engine = EngineEvidence(**{"calls": {"a call": VALUE}, **facts})
    return Evidence(finished=True, local=True, is_flow=is_flow, is_engine=is_flow, called=True, engine=engine)


def _seen(asked: dict[str, Any], facts: MediaFacts, warned: list[str] | None = None) -> Observation:
    call = f"speech {asked} {warned} {facts}"
    return Observation(source="engine", call=call, asked=asked, warned=warned or [], media=[facts])


WAV = MediaFacts(declared="audio/wav", sniffed="audio/wav")
MISTAKEN = MediaFacts(declared="audio/mpeg", sniffed="audio/wav")
UNKNOWN = MediaFacts(declared="")
BROKEN_FILE = MediaFacts(declared="audio/wav", sniffed="audio/wav", problem="it ends too early")
OTHER = {"output_format": "mp3"}
SOUNDS = [
    _seen({"output_format": "wav"}, WAV), _seen({}, WAV), _seen({"output_format": "odd"}, WAV), _seen(OTHER, WAV),
    _seen(OTHER, UNKNOWN), _seen(OTHER, BROKEN_FILE), _seen(OTHER, WAV, ["output_format"]), _seen(OTHER, MISTAKEN),
]  # fmt: skip

# what a process would have seen, by the code of the rule that is asked
SEEN: list[tuple[str, Evidence]] = [
    ("C106", Evidence(imported=Changes(written=["/sample/__pycache__/sample.pyc", "/sample/notes.txt"]))),
    ("C106", Evidence(imported=Changes(written=["/sample/__pycache__/sample.pyc"]))),
    ("C217", _engine(missing={"a film": "install a decoder"})),
    ("C217", _engine(calls=_ends())),
    ("C218", _engine(together=list(ENDS))),
    ("E301", _engine(wrong={**_wrong("range"), **_wrong("option")})),
    ("E301", _engine(wrong=_wrong("range"), is_flow=False)),
    ("E302", _engine(wrong=_wrong("media"))),
    ("E302", _engine(wrong=_wrong("media"), is_flow=False)),
    ("E302", _engine()),
    ("E306", _engine()),
    ("E306", _engine(documented_wrong=_wrong("range"))),
    ("E306", _engine(documented_wrong=_wrong("range"), is_flow=False)),
    *(("E307", _engine(after_wrong=end)) for end in (*ENDS, None)),
    ("X301", _engine(cancelled=_ends(), steps=STEPS)),
    ("X302", _engine(cancelled=_ends(), steps=STEPS)),
    ("X302", _engine(cancelled=_ends(), steps=STEPS, is_flow=False)),
    ("X303", _engine(steps_after=dict.fromkeys(_ends(), 1), steps=STEPS)),
    ("X303", _engine(steps_after=dict.fromkeys(_ends(), 2), steps=STEPS)),
    ("X303", _engine(still_working=["a thread"])),
    ("X304", _engine(after_cancel=_ends())),
    *(("X305", _engine(tripped=end)) for end in (*ENDS, None)),
    ("X306", _engine(dropped=_ends(), steps=STEPS)),
    ("D111", Evidence(observations=SOUNDS)),
    ("L107", Evidence(called=False, not_called="there is no key")),
    ("L107", Evidence(called=False)),
    ("L107", Evidence(called=True, printed=["one"])),
]  # fmt: skip
PRINTED = Evidence(called=True, printed=["one"])
ANSWERED: list[tuple[str, SteadyEvidence]] = [
    ("C219", SteadyEvidence(finished=True, changed=["the directory"])),
    ("C220", SteadyEvidence(finished=True, remembered=["the question before"])),
    ("C221", SteadyEvidence(finished=True, mixed=["two answers"])),
    ("C221", SteadyEvidence(finished=False, ended="it ended with code 3", busy="two calls at once")),
    ("C222", SteadyEvidence(finished=True, is_flow=True, blocking=["time.sleep"])),
    ("C222", SteadyEvidence(finished=True, is_flow=False)),
    ("L107", SteadyEvidence(finished=True, printed=["one", "two"])),
    ("L108", SteadyEvidence(finished=True, is_flow=True, left={"tasks": ["a task"]})),
    ("L108", SteadyEvidence(finished=True, is_flow=False)),
]


def forged_subjects(folder: Path) -> Iterator[tuple[str, Subject]]:
    """Each binding with the code of the rule that is asked of it."""
    for name, written in WRITTEN.items():
        yield written.rule, _written(folder / name / "sample_voice", written)
    for at, (code, evidence) in enumerate(SEEN):
        yield code, _known_of(folder / f"seen {at}" / "sample_voice", evidence=evidence)
    for at, (code, steady) in enumerate(ANSWERED):
        subject = _known_of(folder / f"answered {at}" / "sample_voice", evidence=PRINTED, steady=steady)
        (subject.folder / "wire_cases.yaml").touch()
        yield code, subject
    for code, change in MANIFESTS:
        subject = _known_of(folder / f"manifest {code}" / "sample_voice")
        subject.__dict__["manifest"] = change(subject)
        yield code, subject
    nameless = _known_of(folder / "nameless" / "sample_voice")
    yield "M116", Subject(nameless.name, "", nameless.folder, None)
    yield "M214", Subject(nameless.name, "", nameless.folder, None)


# what a manifest may hold by other ways than through its file
MANIFESTS: tuple[tuple[str, Callable[[Subject], Any]], ...] = (
    ("M120", lambda subject: msgspec.structs.replace(subject.manifest, verified=("by hand",))),
    ("M213", lambda subject: msgspec.structs.replace(
        subject.manifest, warnings=("voice: 'carl' is none of the options", "voice: the default is no text"))),
)  # fmt: skip


def _written(folder: Path, written: Written) -> Subject:
    write_sample(folder)
    for old, new in written.replaced.items():
        found = [file for file in folder.iterdir() if old in file.read_text(encoding="utf-8")]
        assert found, old
        found[0].write_text(found[0].read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    if written.without:
        (folder / written.without).unlink()
        return Subject(folder.name, "tts", folder, None)
    return find_subject(folder)


def _known_of(folder: Path, **known: Any) -> Subject:
    """The good sample, of which that is known already."""
    subject = find_subject(write_sample(folder))
    subject.__dict__.update(known)
    return subject

"""Rules of the wire: what a binding sends, and what it makes of the replies, is as its cases state it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from urllib.parse import urlsplit

from lollms_client.errors import BadManifest
from lollms_client.manifest.reach import compare_reach, declared_reach, hosts_of_settings, reach_is_declared
from lollms_client.testing.cases_reading import FILE_NAME, has_cases
from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.subject import Subject
from lollms_client.testing.wire_coverage import missing_capabilities, missing_methods
from lollms_client.testing.wire_evidence import WireEvidence
from lollms_client.testing.wire_playing import CaseRun

HOW = (
    f"there are no wire cases; write {FILE_NAME} beside description.yaml (`uses:` names ready ones for known wires), "
    "or let `lollms check --record` write it"
)
# what Python's own platform and ctypes modules start
_OF_PYTHON = {"uname", "ldconfig", "gcc", "cc", "ld", "objdump", "lsb_release"}
MOST_SHOWN = 60  # differences of one rule


def _need_cases(subject: Subject) -> None:
    """Raise unless the binding has cases; a binding that works on this machine needs none."""
    if has_cases(subject.folder):
        return
    if subject.manifest.offline or subject.evidence.local:
        raise NotApplicable("it works on this machine, without a service")
    raise Unproven(HOW)


def _played(subject: Subject) -> WireEvidence:
    _need_cases(subject)
    _ = _cases_are_readable(subject)
    evidence = subject.wire
    if evidence.problem:
        raise Unproven(f"no case could be played: {evidence.problem}")
    if not evidence.runs:
        raise Unproven(HOW)
    return evidence


def _cases_are_readable(subject: Subject) -> bool:
    try:
        return bool(subject.cases.cases)
    except BadManifest as error:
        raise Unproven("the cases cannot be read, which W101 reports") from error


def _differences(subject: Subject, of: Callable[[CaseRun], list[str]]) -> Iterator[str]:
    """Each difference once, with the drivers under which it showed where it was not all of them."""
    runs = _played(subject).runs
    drivers = list(dict.fromkeys(run.driver for run in runs))
    found: dict[tuple[str, str], list[str]] = {}
    for run in runs:
        for text in of(run):
            found.setdefault((run.title, text), []).append(run.driver)
    for number, ((title, text), under) in enumerate(found.items()):
        if number == MOST_SHOWN:
            yield f"… and {len(found) - MOST_SHOWN} more"
            return
        note = "" if set(under) == set(drivers) else f" (only {' and '.join(dict.fromkeys(under))})"
        yield f"{title}: {text}{note}"


@rule(
    "W101",
    "the wire cases can be read and played",
    reason="A mistyped case proves nothing.",
    cure="Mend the named line; the page on wire cases lists all keys.",
)
def _readable(subject: Subject) -> Iterator[str]:
    _need_cases(subject)
    try:
        if not subject.cases.cases:
            yield f"{FILE_NAME} holds no case for this binding"
            return
    except BadManifest as error:
        yield str(error)
        return
    evidence = subject.wire
    if evidence.problem:
        yield evidence.problem
    elif not evidence.finished:
        yield f"the cases did not come to their end: {evidence.ended or 'without a word'}"


@rule(
    "W102",
    "requests are as stated",
    reason="A dropped parameter, a wrong path or a key in the wrong place only shows at the service, or never.",
    cure="Compare each named place with the service's documentation; mend the code, or the case where it is wrong.",
)
def _requests(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, lambda run: run.requests)


@rule(
    "W103",
    "nothing more is asked of the service",
    reason="Each request costs time, and often money.",
    cure="Leave the request out, or state it as an exchange of the case.",
)
def _extra(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, lambda run: [f"{shown} was asked and is not stated" for shown in run.extra])


@rule(
    "W104",
    "every stated exchange takes place",
    reason="A request that is never sent proves nothing of the rest of its case.",
    cure="Find out why the call ended before; or take the exchange out of the case.",
)
def _unused(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, lambda run: run.unused)


@rule(
    "W105",
    "results and errors are as stated",
    reason="What the service answered must reach the caller whole, and its errors under their own names.",
    cure="Read the named field of the reply; raise the error of lollms_client.errors that fits.",
)
def _results(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, lambda run: run.result)


@rule(
    "W106",
    "media decode and are as stated",
    reason="Applications show and play what they get.",
    cure="Give the bytes as the service sent them, decoded from base64 where they came so, with their type.",
)
def _media(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, lambda run: run.media)


@rule(
    "W107",
    "warnings are as stated",
    reason="A setting that is not honoured must be told, and one that is must not be complained of.",
    cure="Add a CallWarning where a setting is dropped or changed; name it in the case's `warnings`.",
)
def _warnings(subject: Subject) -> Iterator[str]:
    yield from _differences(subject, lambda run: run.warnings)


@rule(
    "W108",
    "all drivers give the same end",
    reason="An application that moves from blocking calls to asyncio must not get other results.",
    cure="Let nothing depend on the event loop, the thread or the clock; await only the verbs of the binding.",
)
def _agreement(subject: Subject) -> Iterator[str]:
    ends: dict[str, dict[str, str]] = {}
    for run in _played(subject).runs:
        ends.setdefault(run.title, {})[run.driver] = run.end
    for title, by_driver in ends.items():
        if len(set(by_driver.values())) > 1:
            first = next(iter(by_driver.values()))
            others = [driver for driver, end in by_driver.items() if end != first]
            yield f"{title}: the end under {' and '.join(others)} is not that under {next(iter(by_driver))}"


@rule(
    "W109",
    "each method that it offers has a case",
    reason="What no case tries is not proven.",
    cure="Write a case for it; `uses:` names ready ones for known wires.",
)
def _methods(subject: Subject) -> Iterator[str]:
    evidence = _played(subject)
    yield from missing_methods(subject.binding_type, subject.manifest, evidence.methods, subject.cases)


@rule(
    "W110",
    "each capability has a case",
    reason="Applications choose bindings by their capabilities.",
    cure="Write a case that uses it, or take it out of `capabilities`.",
)
def _capabilities(subject: Subject) -> Iterator[str]:
    _played(subject)
    yield from missing_capabilities(subject.manifest, subject.cases)


@rule(
    "W111",
    "nothing but the service is reached",
    reason="Nobody expects a binding to tell others of the calls that it makes.",
    cure="Remove telemetry and update checks, and clients that ignore the address that is set.",
)
def _elsewhere(subject: Subject) -> Iterator[str]:
    for place in dict.fromkeys(_played(subject).connections):
        yield f"it tried to reach {place}"


@rule(
    "W112",
    "the hosts that it reaches are declared",
    reason="Who installs a binding is told what it may reach.",
    cure="Name the hosts under `reach: {hosts: […]}` in description.yaml.",
)
def _hosts(subject: Subject) -> Iterator[str]:
    evidence, manifest = _played(subject), subject.manifest
    settings = {name: value for placed in subject.cases.cases for name, value in placed.settings.items()}
    seen = dict.fromkeys(urlsplit(url).hostname or "" for run in evidence.runs for url in run.urls)
    if not evidence.speaks_flows:
        defaults = {parameter.name: parameter.default for parameter in manifest.input_parameters}
        seen.update(dict.fromkeys(hosts_of_settings(defaults)))
    own = [host for host in seen if host not in ("", "127.0.0.1", "localhost", "::1")]
    if own and not reach_is_declared(manifest):
        yield f"reach: is not declared; it reaches {', '.join(own)}"
        return
    yield from (str(finding) for finding in compare_reach(manifest, own, settings=settings))


@rule(
    "W113",
    "the processes and files that calls take are declared",
    reason="Who installs a binding is told what it may start and write.",
    cure="Name them under `reach: {paths: […], processes: […]}` in description.yaml, or leave them out.",
)
def _processes(subject: Subject) -> Iterator[str]:
    evidence = _played(subject)
    programs = [words.split()[0] for words in evidence.processes if words.split()]
    programs = [name for name in programs if PurePath(name).name not in _OF_PYTHON]
    if declared_reach(subject.manifest, "processes") == ("*",):
        programs = []
    yield from (str(finding) for finding in compare_reach(subject.manifest, (), evidence.written, programs))


@rule(
    "W114",
    "calls change nothing global",
    reason="Other bindings and the application live in the same process.",
    cure="Leave directory, variables, locale, logging and sockets as they are; give a process that you start its own.",
)
def _global(subject: Subject) -> Iterator[str]:
    for name in _played(subject).changed:
        yield f"calls changed {name}"

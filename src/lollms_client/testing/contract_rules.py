"""Rules of the documented contract: methods, arguments, results, error dictionaries, threads and event loops."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from lollms_client.testing.evidence import Evidence, Outcome
from lollms_client.testing.rules import NotApplicable, Unproven, rule
from lollms_client.testing.signatures import MAIN
from lollms_client.testing.steady_evidence import steady_of
from lollms_client.testing.subject import Subject


def _loaded(subject: Subject) -> Evidence:
    evidence = subject.evidence
    if evidence.missing:
        raise Unproven(evidence.missing)
    if evidence.load_error:
        raise NotApplicable("the class cannot be loaded")
    return evidence


def _called(subject: Subject) -> Evidence:
    evidence = _loaded(subject)
    if evidence.ended:
        raise NotApplicable("the process did not come to its end")
    if evidence.not_called:
        raise Unproven(evidence.not_called)
    if not evidence.called:
        raise NotApplicable(evidence.make_error or "nothing was called")
    return evidence


@rule(
    "C201",
    "the modality's method is there",
    reason="Without it the binding can do nothing.",
    cure="Define the documented method (generate_audio, …) or the flow of its family.",
)
def _main_method(subject: Subject) -> Iterator[str]:
    if not set(MAIN[subject.binding_type]) & set(_loaded(subject).methods):
        yield f"the class defines none of {', '.join(MAIN[subject.binding_type])}"


@rule(
    "C202",
    "documented methods can be called as documented",
    reason="Applications call them so.",
    cure="Take the documented arguments first, in their order; give everything else a default; no async def.",
)
def _callable(subject: Subject) -> Iterator[str]:
    yield from _loaded(subject).signature_faults


@rule(
    "C203",
    "manifest and methods name the same parameters",
    reason="A form offers what the manifest names.",
    cure="Describe what the method takes; let the method take what is described.",
)
def _drift(subject: Subject) -> Iterator[str]:
    if _loaded(subject).is_flow:
        raise NotApplicable("it is written in flows; its parameters come out of typed requests")
    yield from _loaded(subject).drift


@rule(
    "C204",
    "it can be made with its mandatory settings",
    reason="A user who gives all that is asked for expects it to work.",
    cure="Make everything else optional; reach services in the methods, not in the constructor.",
)
def _made(subject: Subject) -> Iterator[str]:
    evidence = _loaded(subject)
    if evidence.make_error and evidence.make_code not in ("missing_dependency", "missing_asset"):
        yield evidence.make_error


@rule(
    "C205",
    "making it reaches nothing",
    reason="A binding is made when an application starts, often offline.",
    cure="Reach the service in the methods.",
)
def _made_quietly(subject: Subject) -> Iterator[str]:
    for address in sorted(set(_loaded(subject).made.connections)):
        yield f"the constructor tried to reach {address}"


@rule(
    "C206",
    "making it starts no process",
    reason="Servers and installers need the user's consent.",
    cure="Start them on first use.",
)
def _made_alone(subject: Subject) -> Iterator[str]:
    for words in _loaded(subject).made.processes:
        yield f"the constructor started {words}"


@rule(
    "C207",
    "making it changes nothing global",
    reason="Other bindings and the application live in the same process.",
    cure="Leave directories, variables, signals, locale, logging, random and sockets as they are.",
)
def _made_cleanly(subject: Subject) -> Iterator[str]:
    for name in _loaded(subject).made.state:
        yield f"the constructor changed {name}"


@rule(
    "C208",
    "results are of the documented type",
    reason="Applications write bytes to files and show text.",
    cure="Return bytes for media, str for text, a list for lists.",
)
def _types(subject: Subject) -> Iterator[str]:
    for name, end in _called(subject).calls.items():
        if end.kind == "value" and not end.usable:
            yield f"{name} gave a value of type {end.type}"


@rule(
    "C209",
    "a failure is not taken for a result",
    reason="With its service out of reach, a method must say so.",
    cure='Return {"status": "error", "message": …} or raise; never None, "" or b"".',
)
def _failures(subject: Subject) -> Iterator[str]:
    for name, end in _called(subject).calls.items():
        if end.kind == "value" and end.size == 0 and end.type in ("NoneType", "str", "bytes", "list", "dict"):
            yield f"{name} gave an empty {end.type}, though nothing could be reached"


@rule(
    "C210",
    "error dictionaries say what is wrong",
    reason="The message is what the user reads.",
    cure='Give "status": "error" (or False) and a "message" that is a text.',
)
def _dictionaries(subject: Subject) -> Iterator[str]:
    for name, end in _called(subject).calls.items():
        if end.kind == "error_dictionary" and not end.usable:
            yield f"{name} gave an error dictionary without a message"


@rule(
    "C211",
    "errors say what is wrong",
    reason="The message is what the user reads.",
    cure="Raise with a message.",
    required=False,
)
def _messages(subject: Subject) -> Iterator[str]:
    for name, end in _called(subject).calls.items():
        if end.kind in ("typed", "foreign") and not end.text.strip():
            yield f"{name} raised {end.type} without a word"


@rule(
    "C212",
    "families raise errors of the tree",
    reason="Programs decide by the class of an error what to do next.",
    cure="Raise the errors of lollms_client.errors in flows.",
)
def _tree(subject: Subject) -> Iterator[str]:
    evidence = _called(subject)
    if not evidence.is_flow:
        raise NotApplicable("documented methods may raise anything; the client makes errors of the tree of it")
    for name, end in evidence.calls.items():
        if end.kind == "foreign":
            yield f"{name} raised {end.type}: {end.text}"


@rule(
    "C213",
    "it works in threads",
    reason="Servers call bindings from many threads.",
    cure="Keep nothing that is bound to the thread it was made in.",
)
def _threads(subject: Subject) -> Iterator[str]:
    evidence = _called(subject)
    yield from _differences(evidence.calls, evidence.in_thread, "in a thread")


@rule(
    "C214",
    "it works inside a running event loop",
    reason="Applications with asyncio call documented methods, too.",
    cure="Do not call asyncio.run or run_until_complete in a method; write a flow instead.",
)
def _loops(subject: Subject) -> Iterator[str]:
    evidence = _called(subject)
    yield from _differences(evidence.calls, evidence.in_loop, "inside a running event loop")


def _differences(usual: dict[str, Outcome], other: dict[str, Outcome], where: str) -> Iterator[str]:
    for name, end in usual.items():
        there = other.get(name)
        if there is not None and (there.kind, there.type) != (end.kind, end.type):
            yield f"{name} ended as {_words(end)}, but {where} as {_words(there)}"


def _words(end: Outcome) -> str:
    return f"{end.type}: {end.text[:100]}" if end.kind in ("typed", "foreign") else f"a value of type {end.type}"


@rule(
    "C215",
    "both spellings of the list of models agree",
    reason="Older applications call listModels, newer list_models.",
    cure="Define one of them; the other follows.",
)
def _spellings(subject: Subject) -> Iterator[str]:
    ends = _called(subject).spellings
    if ends and (ends[0].kind, ends[0].type, ends[0].size) != (ends[1].kind, ends[1].type, ends[1].size):
        yield f"list_models ended as {_words(ends[0])}, listModels as {_words(ends[1])}"


@rule(
    "C216",
    "settings can be read and changed",
    reason="Applications show and save them.",
    cure="get_settings returns a dictionary; set_settings takes one and returns True.",
)
def _settings(subject: Subject) -> Iterator[str]:
    yield from _called(subject).settings_faults


@rule(
    "C219",
    "calls change nothing global",
    reason="Other bindings and the application live in the same process.",
    cure="Leave what is the application's as it is, also for a moment: directory, variables, locale, logging, "
    "warnings, streams, sockets, random (take a random.Random of your own); give a process that you start its own.",
)
def _calls_clean(subject: Subject) -> Iterator[str]:
    changed = list(_called(subject).changed_by_calls)
    with contextlib.suppress(NotApplicable):
        changed += steady_of(subject).changed
    for name in dict.fromkeys(changed):
        yield f"calls changed {name}"


@rule(
    "C220",
    "a call knows nothing of the calls before it",
    reason="A conversation is what the caller hands over; one user's words would show in another user's answer.",
    cure="Keep nothing of a call on the object, its class, the module, or in a default argument.",
)
def _forgets(subject: Subject) -> Iterator[str]:
    yield from steady_of(subject).remembered


@rule(
    "C221",
    "calls at once do not mix",
    reason="Servers call one object from many threads and tasks at the same time.",
    cure="Keep what belongs to one call in local variables, not in attributes.",
)
def _apart(subject: Subject) -> Iterator[str]:
    evidence = steady_of(subject)
    if not evidence.finished:
        yield f"the check did not come to its end ({evidence.ended}); it was at: {evidence.busy}"
    yield from evidence.mixed


@rule(
    "C222",
    "flows never hold up the event loop",
    reason="Everybody else on the loop waits as long: other calls, other users, the cancelling itself.",
    cure="Await the verbs: self.sleep, self.post, self.get, self.download; give blocking code to self.run.",
)
def _loop_goes_on(subject: Subject) -> Iterator[str]:
    evidence = steady_of(subject)
    if not evidence.is_flow:
        raise NotApplicable("its blocking code runs in a thread")
    yield from evidence.blocking

"""The process that makes the same calls with both clients, in a thread and in a worker process, and compares."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.async_client import AsyncLollmsClient
from lollms_client.client import LollmsClient
from lollms_client.registry import BindingEntry, Registry
from lollms_client.testing import probe, signatures
from lollms_client.testing.cases import PlacedCase
from lollms_client.testing.cases_reading import read_cases
from lollms_client.testing.engine_calls import Engine, call, call_async
from lollms_client.testing.engine_plan import SEED, Planned, plan
from lollms_client.testing.engine_probe import settings_of
from lollms_client.testing.engine_wrong import wrong_calls
from lollms_client.testing.equality_evidence import WAYS, Compared, EqualityEvidence
from lollms_client.testing.server import serving
from lollms_client.testing.watching import Watch
from lollms_client.testing.wire_playing import Subject, ended_asyncio, ended_blocking, prepared_at
from lollms_client.testing.wire_probe import subject_of
from lollms_client.testing.wire_results import End, end_of_error, end_of_value
from lollms_client.testing.wire_script import Script

_MOST_CASES = 3
_PASSING = ("id", "extra", "created", "cached_tokens", "cache_write_tokens")
_TIMES = 3  # that a call without a seed is made again
_PATIENCE = 20.0  # seconds for a call of a case
Arguments = Callable[[str], dict[str, Any]]  # of a client, by the way
Blocking = Callable[[LollmsClient], Any]
Awaited = Callable[[AsyncLollmsClient], Any]


def main(report: Path, folder: Path, name: str, binding_type: str) -> int:
    """Compare, and write the findings as JSON."""
    probe.preload()
    registry = Registry(bindings_dirs=(folder,))
    entry = registry.find(name, binding_type)
    evidence = EqualityEvidence()
    try:
        kind = registry.load(name, binding_type)
        is_engine = any(item.__name__ == "EngineBinding" for item in kind.__mro__)
        local = is_engine or (entry.manifest is not None and entry.manifest.offline)
        comparisons = _local(entry, kind, evidence) if local else _canned(registry, entry, Watch())
        for compared in comparisons:
            evidence.calls.append(compared)
            report.write_bytes(msgspec.json.encode(evidence))
    except errors.LollmsError as error:
        evidence.problem = str(error)
    evidence.finished = True
    report.write_bytes(msgspec.json.encode(evidence))
    return 0


def _compare(title: str, ends: dict[str, End], *, fails: bool) -> Compared:
    first = ends["blocking"]
    compared = Compared(title=title, first=_text(first)[:300], fails=fails)
    again = ends.get("again")
    compared.repeatable = again is None or _text(again) == _text(first)
    for way in WAYS[1:]:
        end = ends.get(way)
        if end is None:
            continue
        seen, wanted = (_text(end), _text(first)) if compared.repeatable else (_shape(end), _shape(first))
        if seen != wanted:
            compared.differs[way] = f"{_brief(first)} became {_brief(end)}"
    return compared


def _text(end: End) -> str:
    """The end as a text, without what no two calls have in common: ids, timings, and what a cache held."""
    value = end.value
    if isinstance(value, dict):
        end = msgspec.structs.replace(end, value=_lasting(value))
    return f"{end.comparable()} {(end.error or {}).get('message', '')}"


def _lasting(value: dict[str, Any]) -> dict[str, Any]:
    found = {name: item for name, item in value.items() if name not in _PASSING}
    return {
        name: _lasting(item) if isinstance(item, dict) and name == "usage" else item for name, item in found.items()
    }


def _shape(end: End) -> str:
    """What stays the same of a call that is not repeatable."""
    value = end.value
    names = sorted(value) if isinstance(value, dict) else type(value).__name__
    kinds = [media.mime_type for media in end.media]
    return f"{names} {kinds} {sorted(end.warnings)} {(end.error or {}).get('code')} {bool(end.foreign)}"


def _brief(end: End) -> str:
    if end.error is not None:
        return f"the error {end.error.get('type')} ({str(end.error.get('message'))[:120]})"
    return end.foreign[:160] or f"a result ({end.comparable()[:160]})"


def _ends(arguments: Arguments, blocking: Blocking, awaited: Awaited, times: int) -> dict[str, End]:
    """How a call ends in each way; `times` it is made again to see whether it is repeatable."""
    found: dict[str, End] = {}
    with LollmsClient(**arguments("blocking")) as client:
        found["blocking"] = _ended(lambda: blocking(client))
        for _ in range(times):  # chance may give the same once
            found["again"] = _ended(lambda: blocking(client))
            if _text(found["again"]) != _text(found["blocking"]):
                break
        found["thread"] = _threaded(lambda: _ended(lambda: blocking(client)))
    found["asyncio"] = _ended(lambda: asyncio.run(_in_loop(arguments("asyncio"), awaited)))
    with LollmsClient(**arguments("process")) as client:
        found["process"] = _ended(lambda: blocking(client))
    return found


def _threaded(make: Callable[[], End]) -> End:
    ends: list[End] = []
    thread = threading.Thread(target=lambda: ends.append(make()))
    thread.start()
    thread.join()
    return ends[0]


async def _in_loop(arguments: dict[str, Any], awaited: Awaited) -> Any:
    async with AsyncLollmsClient(**arguments) as client:
        return await awaited(client)


def _ended(make: Callable[[], Any]) -> End:
    try:
        return end_of_value(make())
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return end_of_error(error)


def _isolated(way: str) -> dict[str, Any]:
    return {"isolation": "process"} if way == "process" else {}


# --- what works on this machine ---


def _local(entry: BindingEntry, kind: type, evidence: EqualityEvidence) -> Iterator[Compared]:
    manifest = entry.manifest
    if manifest is None:
        return
    planned = plan(manifest, signatures.own_methods(kind, entry.binding_type))
    engine = Engine(entry.name, entry.binding_type, entry.folder, manifest, settings_of(manifest), planned)
    seen: set[str] = set()
    for item in planned:
        if item.call not in seen:
            seen.add(item.call)
            ends = _engine_ends(engine, item)
            if (ends["blocking"].error or {}).get("code") != "unsupported":
                yield _compare(item.title, ends, fails=False)
    for wrong in [item for item in wrong_calls(engine) if item.kind in ("media", "empty")][:2]:
        yield _compare(wrong.title, _engine_ends(engine, wrong.planned), fails=True)
    if planned and "seed" in planned[0].options:
        evidence.other_seed_differs = _seeds_differ(engine, planned[0])


def _engine_ends(engine: Engine, planned: Planned) -> dict[str, End]:
    def arguments(way: str) -> dict[str, Any]:
        return engine.arguments(**_isolated(way))

    times = 1 if "seed" in planned.options else _TIMES
    return _ends(arguments, lambda client: call(client, planned), lambda client: call_async(client, planned), times)


def _seeds_differ(engine: Engine, planned: Planned) -> bool:
    other = planned._replace(options={**planned.options, "seed": SEED + 1})
    with engine.client() as client:
        ends = [_ended(lambda: call(client, planned)), _ended(lambda: call(client, other))]
    return [media for end in ends[:1] for media in end.media] != [media for end in ends[1:] for media in end.media]


# --- services, by their wire cases ---


def _canned(registry: Registry, entry: BindingEntry, watch: Watch) -> Iterator[Compared]:
    os.environ["LOLLMS_HOME"] = str(Path.cwd() / "home")  # no saved settings of the user
    subject = subject_of(registry, entry, watch)
    cases = read_cases(entry.folder, entry.binding_type, subject.manifest.capabilities).cases
    for placed in _few(cases):
        compared = _case(subject, placed)
        if compared is not None:
            yield compared


def _few(cases: tuple[PlacedCase, ...]) -> list[PlacedCase]:
    """One case with a result for each of some methods, and one with an error."""
    found: dict[str, PlacedCase] = {}
    for placed in cases:
        found.setdefault(placed.case.call if placed.case.error is None else "an error", placed)
    last = found.pop("an error", None)
    return [*list(found.values())[:_MOST_CASES], *([last] if last else [])]


def _case(subject: Subject, placed: PlacedCase) -> Compared | None:
    """A case compared; None where its service cannot be led to the kit's server by settings alone."""
    scripts: list[Script] = []
    with serving(lambda line, request: scripts[-1].serve(line, request)) as server:
        subject.allow(server)
        prepared, filling = prepared_at(subject, placed, server, _PATIENCE)
        config = f"{subject.binding_type}_binding_config"
        isolated = {**prepared.client, config: {**prepared.client[config], "isolation": "process"}}
        ways: dict[str, Callable[[], End]] = {
            "blocking": lambda: ended_blocking(prepared), "again": lambda: ended_blocking(prepared),
            "thread": lambda: _threaded(lambda: ended_blocking(prepared)),
            "asyncio": lambda: ended_asyncio(prepared),
            "process": lambda: ended_blocking(prepared._replace(client=isolated)),
        }  # fmt: skip
        ends: dict[str, End] = {}
        for way, make in ways.items():
            scripts.append(Script(placed.case, filling, hosts_known=False))
            ends[way] = make()
            failed = ends["blocking"].error is not None or bool(ends["blocking"].foreign)
            if way == "blocking" and (scripts[-1].unused() or failed != (placed.case.error is not None)):
                return None  # it went elsewhere: another process would really go there
    return _compare(placed.title, ends, fails=placed.case.error is not None)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))

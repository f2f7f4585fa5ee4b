"""The process that imports, makes and calls a binding with made-up keys, and looks where these show."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.construction import create_binding
from lollms_client.manifest import Manifest
from lollms_client.registry import BindingEntry, Registry
from lollms_client.testing import calling, probe
from lollms_client.testing.attack_arena import arena
from lollms_client.testing.attack_clock import quick_clock, short_patience
from lollms_client.testing.attack_plan import chosen
from lollms_client.testing.cases import PlacedCase
from lollms_client.testing.cases_reading import has_cases, read_cases
from lollms_client.testing.secret_search import Search
from lollms_client.testing.server import Line, LoopbackServer, Received, serving
from lollms_client.testing.watching import Watch
from lollms_client.testing.wire_names import names_led_to
from lollms_client.testing.wire_playing import Subject
from lollms_client.testing.wire_probe import subject_of
from lollms_client.testing.wire_seam import led_to
from lollms_client.testing.wire_settings import leads_there, led_addresses

IMPORTED, MADE, CALLED, ANSWERED = "while it is imported", "while it is made", "in a call", "after an answer"
DUMPS = (
    "__getstate__", "__reduce__", "__rich_repr__", "_repr_html_", "to_dict", "as_dict", "asdict", "to_json", "as_json",
    "dump", "dumps", "state", "export",
)  # fmt: skip
MOST_CASES = 4
_ANSWER = b'{"id": "1", "status": "done", "text": "Hello", "data": [], "models": [], "choices": []}'


def main(report: Path, folder: Path, name: str, binding_type: str) -> int:
    """Search everything, and write what was found as JSON after each step."""
    probe.preload()
    os.environ["LOLLMS_HOME"] = str(Path.cwd() / "home")  # no saved settings of the user
    entry = Registry(bindings_dirs=(folder,)).find(name, binding_type)
    if entry.manifest is None:
        return 0
    search = Search(entry.manifest, Watch(), report)
    with contextlib.suppress(errors.LollmsError), quick_clock(), short_patience():
        _imported(search, folder, entry)
        subject = subject_of(Registry(bindings_dirs=(folder,)), entry, search.watch)
        _answered(search, subject, entry)
        if not entry.manifest.offline and has_cases(folder):
            _cases(search, subject)
    search.evidence.finished = True
    search.write()
    return 0


def _imported(search: Search, folder: Path, entry: BindingEntry) -> None:
    """Import the binding with its keys in the environment, where many look for them."""
    for parameter in search.manifest.input_parameters:
        if parameter.is_secret:
            os.environ.update(dict.fromkeys(parameter.env, search.values[parameter.name]))
    with search.step(IMPORTED):
        Registry(bindings_dirs=(folder,)).load(entry.name, entry.binding_type)


# --- made, and called ------------------------------------------------------------------------------------------------


def _answered(search: Search, subject: Subject, entry: BindingEntry) -> None:
    """Make the binding and call its methods, with a server that refuses first and then gives an answer."""
    replies = [(401, b'{"error": {"message": "no"}}'), (200, _ANSWER)]
    asked: list[Received] = []

    def serve(line: Line, request: Received) -> object:
        asked.append(request)
        status, body = replies[0]
        line.reply(body, status, {"Content-Type": "application/json"})
        return "close"

    with serving(serve) as server, led_to(server.url):
        subject.allow(server)
        with _led(subject, entry, server) as settings:
            made: list[LollmsBinding] = []
            with search.step(MADE):
                registry = Registry(bindings_dirs=(subject.folder,))
                made.append(create_binding(registry, entry.name, entry.binding_type, settings))
            if not made:
                return
            binding = made[0]
            _dumped(search, binding)
            while replies and not _is_local(binding, subject.manifest):
                with search.step(CALLED):
                    _call_all(search, binding)
                replies.pop(0)
    for request in asked:
        search.look("addresses", CALLED, f"{request.url} {request.target}")


@contextlib.contextmanager
def _led(subject: Subject, entry: BindingEntry, server: LoopbackServer) -> Iterator[dict[str, Any]]:
    settings = calling.settings_for(subject.manifest)
    if not subject.speaks_flows:
        settings.update(led_addresses(subject.manifest, settings, server))
    by_name = not subject.speaks_flows and not leads_there(settings, server)
    with names_led_to(server) if by_name else contextlib.nullcontext():
        yield settings


def _is_local(binding: LollmsBinding, manifest: Manifest) -> bool:
    """Whether a call is real work on this machine: other suites make those."""
    return manifest.offline or any(item.__name__ == "EngineBinding" for item in type(binding).__mro__)


def _call_all(search: Search, binding: LollmsBinding) -> None:
    for name, call in calling.calls_of(binding):
        calling.outcome_of(name, call)
    for text in calling.told:
        search.look("results and errors", CALLED, text)
    calling.told.clear()


def _dumped(search: Search, binding: LollmsBinding) -> None:
    """The object as debuggers, loggers and stores see it: its texts, and the dumps that its own class writes."""
    kinds = [
        kind for kind in type(binding).__mro__ if kind.__module__.split(".")[0] not in ("lollms_client", "builtins")
    ]
    own = {name for kind in kinds for name in vars(kind)}
    with search.step(MADE):
        for name in ("__repr__", "__str__", *(name for name in DUMPS if name in own)):
            with contextlib.suppress(Exception):
                search.look("the object", MADE, repr(getattr(binding, name)()))
        if binding.speaks_flows:
            kept = {name: value for name, value in vars(binding).items() if name not in _OF_THE_BASE}
            with contextlib.suppress(Exception):
                search.look("the object", MADE, repr(kept))


_OF_THE_BASE = ("config", "settings", "_settings", "manifest")


# --- answered --------------------------------------------------------------------------------------------------------


def _cases(search: Search, subject: Subject) -> None:
    """Play some of the cases, in which the service answers well."""
    cases = read_cases(subject.folder, subject.binding_type, subject.manifest.capabilities)
    for placed in chosen(cases.cases)[:MOST_CASES]:
        with contextlib.suppress(Exception), arena(subject, placed, search.watch.connections) as place:
            search.values = place.secrets
            with search.step(ANSWERED):
                place.prepare()
            for name in [name for name in search.values if _is_stated(placed, name)]:
                del search.values[name]
            for asked in place.service.asked:
                search.look("addresses", ANSWERED, asked.url)


def _is_stated(placed: PlacedCase, name: str) -> bool:
    """Whether the case itself says that the key stands in the address."""
    place = "${" + name + "}"
    return any(place in f"{item.request.path} {item.request.query}" for item in placed.case.exchanges)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))

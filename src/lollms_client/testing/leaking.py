"""Searches for secrets in all that a binding tells, and for what its calls leave behind."""

from __future__ import annotations

import base64
import contextlib
import gc
import inspect
import io
import logging
import sys
import tempfile
import threading
import tracemalloc
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from lollms_client.binding import LollmsBinding
from lollms_client.manifest import Manifest
from lollms_client.testing import calling
from lollms_client.testing.evidence import Evidence
from lollms_client.testing.kept_things import kept
from lollms_client.testing.own_frames import OwnCode
from lollms_client.testing.printed import Printed
from lollms_client.testing.process_state import application_state, changed_since
from lollms_client.testing.watching import Watch

ROUNDS = 6
KEPT = "kept in "  # begins the names of containers of the binding that grew with every round


def call_and_search(
    binding: LollmsBinding, manifest: Manifest, watch: Watch, evidence: Evidence, given: calling.Given = calling.LEAST
) -> None:
    """Call everything, and note in which channel the value of a secret setting shows."""
    evidence.secrets = [parameter.name for parameter in manifest.input_parameters if parameter.is_secret]
    written = len(watch.written)
    channels: dict[str, list[str]] = {"results and errors": calling.told}
    with _listening(channels):
        dice = calling.call_all(binding, evidence, given)
    evidence.printed = channels.pop("printed")
    evidence.changed_by_calls += channels.pop("changed") + dice.seeded
    channels["the object"] = [repr(binding), str(binding)]
    channels["the settings shown"] = [repr(_shown(binding))]
    channels["written files"] = [_content(path) for path in dict.fromkeys(watch.written[written:])]
    for channel, texts in channels.items():
        seen = [name for name in evidence.secrets if any(form in text for form in _forms(name) for text in texts)]
        if seen:
            evidence.leaks[channel] = seen


def _forms(name: str) -> list[str]:
    """A secret as it is, and what base64 makes of it wherever it stands in the text, as in `Basic` authorisation."""
    secret = calling.canary(name).encode()
    inside = [base64.b64encode(bytes(shift) + secret).decode()[4:] for shift in range(3)]
    return [secret.decode(), *(text.rstrip("=")[:-1] for text in inside)]


def _shown(binding: LollmsBinding) -> object:
    try:
        return binding.get_settings()
    except Exception as error:  # noqa: BLE001 (somebody else's code; a rule of its own reports it)
        return error


def _content(path: str) -> str:
    try:
        return Path(path).read_bytes()[:1_000_000].decode("utf-8", "replace")
    except OSError:
        return ""


@contextlib.contextmanager
def _listening(channels: dict[str, list[str]]) -> Iterator[None]:
    """Take down what is printed, logged and warned of inside."""
    text, records = Printed(), logging.StreamHandler(io.StringIO())
    streams, root = (sys.stdout, sys.stderr), logging.getLogger()
    level = root.level
    root.addHandler(records)
    root.setLevel(logging.DEBUG)
    sys.stdout = sys.stderr = text
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            before = application_state()
            yield
            channels["changed"] = changed_since(before)
    finally:
        sys.stdout, sys.stderr = streams
        root.removeHandler(records)
        root.setLevel(level)
    channels["the output"] = [text.getvalue()]
    channels["printed"] = text.pieces
    channels["the log"] = [records.stream.getvalue()]
    channels["warnings"] = [str(item.message) for item in warned]


def growth(binding: LollmsBinding, watch: Watch, given: calling.Given = calling.LEAST) -> dict[str, float]:
    """What stays behind after some more rounds of all calls: threads, open files, MiB, processes, files on the disk.

    "MiB a round" is the least by which the process grew in one of the last rounds: what native code leaks. What begins
    with KEPT names a container of the binding itself.
    """
    sizes: list[float] = []
    own = OwnCode(Path(inspect.getfile(type(binding))).parent)
    with _listening({}):
        _round(binding, given)
        written = len(watch.written)
        tracemalloc.start()
        before, holds = _held(watch, written), kept(binding, own)
        for _ in range(ROUNDS):
            _round(binding, given)
            sizes.append(_size())
        more = {KEPT + name: float(size - holds.get(name, 0)) for name, size in kept(binding, own).items()}
        after = _held(watch, written)
        tracemalloc.stop()
    each = [later - earlier for earlier, later in pairwise(sizes)][1:]
    growing = {name: size for name, size in more.items() if size >= ROUNDS}
    return {**{name: after[name] - before[name] for name in before}, **growing, "MiB a round": min(each)}


def _round(binding: LollmsBinding, given: calling.Given) -> None:
    for name, call in calling.calls_of(binding, given):
        calling.outcome_of(name, call)
    calling.told.clear()


def _held(watch: Watch, written: int) -> dict[str, float]:
    gc.collect()
    folder = Path("/proc/self/fd")
    files = len(list(folder.iterdir())) if folder.is_dir() else 0
    return {
        "threads": float(threading.active_count()),
        "open files": float(files),
        "MiB": tracemalloc.get_traced_memory()[0] / (1024 * 1024),
        "processes": float(_children()),
        "temporary files": float(sum(map(_is_temporary, set(watch.written[written:])))),
    }


def _size() -> float:
    """The memory that the process holds, in MiB; 0 where the system does not tell."""
    gc.collect()
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def _children() -> int:
    """Processes that this one started and that still run; 0 where the system does not tell."""
    found = 0
    for path in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has just ended; another one has its children now
            found += len(path.read_text(encoding="ascii").split())
    return found


def _is_temporary(path: str) -> bool:
    """Whether a written file lies in the folder for temporary files and is still there; not in the check's own."""
    place = Path(path).absolute()
    return place.is_relative_to(tempfile.gettempdir()) and not place.is_relative_to(Path.cwd()) and place.exists()

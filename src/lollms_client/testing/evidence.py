"""What a fresh process saw of a binding: the process is started here, its findings are read back as data."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from lollms_client.testing.media_facts import Observation

LIMIT = 240.0  # seconds for the whole process
PATIENCE = 50.0  # seconds within which a binding is imported, made and called without a network


class Outcome(msgspec.Struct, kw_only=True):
    """What one call gave. `kind`: value, error_dictionary, typed (an error of ours), foreign (any other exception)."""

    kind: str
    type: str = ""  # of the value or of the exception
    text: str = ""  # of the error; of a value only its beginning
    code: str = ""
    size: int = 0  # of the value: bytes, letters or items
    usable: bool = True  # an error dictionary has a message; a value has the documented type
    settings: list[str] = []  # of a value: those with a CallWarning; of an error: the one that it names


class Changes(msgspec.Struct, kw_only=True):
    """What importing did to the process and to the world."""

    connections: list[str] = []
    processes: list[str] = []
    written: list[str] = []
    state: list[str] = []  # names of what is global and was changed
    output: str = ""
    seconds: float = 0.0  # of processor time and sleep
    megabytes: float = 0.0  # by which the process grew


class EngineEvidence(msgspec.Struct, kw_only=True):
    """What calls of a binding that works on this machine gave, by the titles of the planned calls."""

    calls: dict[str, Outcome] = {}
    missing: dict[str, str] = {}  # calls whose packages or data are not here, with what to do
    steps: dict[str, int] = {}  # progress and parts that each call told
    together: list[Outcome] = []  # the main call from two threads at once
    cancelled: dict[str, Outcome] = {}  # cancelled in the middle
    steps_after: dict[str, int] = {}  # that came after the cancel
    after_cancel: dict[str, Outcome] = {}  # the next call
    tripped: Outcome | None = None  # with a token that was tripped before
    dropped: dict[str, Outcome] = {}  # the asyncio task cancelled, the stream closed
    still_working: list[str] = []  # threads that went on long after that
    wrong: dict[str, Outcome] = {}  # calls with something wrong, by what is wrong
    documented_wrong: dict[str, Outcome] = {}  # the same through documented methods
    after_wrong: Outcome | None = None  # a good call after them


class Evidence(msgspec.Struct, kw_only=True):
    """All findings about one binding."""

    finished: bool = False  # the process came to its end
    ended: str = ""  # how it ended otherwise
    imported: Changes = msgspec.field(default_factory=Changes)
    load_error: str = ""  # why the class could not be loaded
    missing: str = ""  # a package that is not installed
    is_flow: bool = False
    is_engine: bool = False
    local: bool = False  # a call is real work on this machine: an engine, or offline by its manifest
    not_called: str = ""  # why nothing could be called, and what to do about it
    engine: EngineEvidence = msgspec.field(default_factory=EngineEvidence)
    observations: list[Observation] = []  # results of calls, looked at
    methods: list[str] = []  # documented methods that the class defines itself
    signature_faults: list[str] = []
    drift: list[str] = []
    made: Changes = msgspec.field(default_factory=Changes)
    make_error: str = ""
    make_code: str = ""
    called: bool = False  # whether methods were called without a network
    calls: dict[str, Outcome] = {}
    in_loop: dict[str, Outcome] = {}
    in_thread: dict[str, Outcome] = {}
    spellings: list[Outcome] = []
    settings_faults: list[str] = []
    changed_by_calls: list[str] = []  # names of what is global and was not as before after all calls
    secrets: list[str] = []  # names of the secret settings
    leaks: dict[str, list[str]] = {}  # by channel, the secret settings whose value was seen there
    grown: dict[str, float] = {}  # threads, open files and MiB that further calls left behind
    printed: list[str] = []  # pieces of what calls wrote to the standard streams


def collect(folder: Path, name: str, binding_type: str) -> Evidence:
    """Start a fresh Python on the binding and read what it saw. It has no network: each connection is refused."""
    words = [str(folder), name, binding_type]
    report, ended = in_fresh_process("lollms_client.testing.probe", words, LIMIT, until=(PATIENCE, _got_on))
    try:
        evidence = msgspec.json.decode(report, type=Evidence)
    except msgspec.MsgspecError:
        return Evidence(ended=ended or "it left no findings")
    evidence.ended = ended
    return evidence


def _got_on(report: bytes) -> bool:
    """Whether the first calls are done, or the binding really works on this machine, which may take its time."""
    try:
        evidence = msgspec.json.decode(report, type=Evidence)
    except msgspec.MsgspecError:
        return False
    return evidence.called or evidence.local


def in_fresh_process(
    module: str,
    words: Sequence[str],
    limit: float,
    *,
    environment: Mapping[str, str] | None = None,
    given: bytes = b"",
    until: tuple[float, Callable[[bytes], bool]] | None = None,
) -> tuple[bytes, str]:
    """Run one of the kit's modules in a fresh Python, in an empty folder that is removed afterwards.

    It gets the path of its report, then `words`, and `given` on its standard input; `environment` is added to this
    process's. The report's bytes (empty without one), and how the process ended: "" where it ended well within
    `limit` seconds. `until` is a shorter limit for whoever does not get on by then, by what the report says so far.
    """
    with tempfile.TemporaryDirectory(prefix="lollms-check-") as place:
        report = Path(place) / "report.json"
        home = Path(place) / "work"
        home.mkdir()
        words = [sys.executable, "-m", module, str(report), *words]
        waits = _Waits(limit, report, *(until or (limit, bool)))
        code, said = _run(words, home, {**_environment(), **(environment or {})}, given, waits)
        if code is None:
            ended = f"it did not come to an end within {waits.waited:.0f} seconds"
        else:
            ended = "" if code == 0 else f"the process ended with code {code}: {_tail(said)}"
        return report.read_bytes() if report.is_file() else b"", ended


class _Waits:
    """How long a process is waited for."""

    def __init__(self, limit: float, report: Path, first: float, gets_on: Callable[[bytes], bool]) -> None:
        self.waited = min(first, limit)
        self._rest = limit - self.waited
        self._report = report
        self._gets_on = gets_on

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        try:
            return process.wait(self.waited)
        except subprocess.TimeoutExpired:
            so_far = self._report.read_bytes() if self._report.is_file() else b""
            if not self._rest or not self._gets_on(so_far):
                raise
        self.waited += self._rest
        return process.wait(self._rest)


def _run(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], given: bytes, waits: _Waits
) -> tuple[int | None, bytes]:
    """Run a process: its exit code (None where it had to be ended) and its error output.

    What it started and left behind is ended with it, and nobody waits for that.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as handed:
        handed.write(given)
        handed.seek(0)
        process = subprocess.Popen(  # noqa: S603 (our own module in our own interpreter)
            words, cwd=folder, env=environment, stdin=handed, stdout=subprocess.DEVNULL, stderr=said,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = waits.wait(process)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        said.seek(0)
        return code, said.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _tail(data: bytes) -> str:
    lines = data.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "without a word"


def _environment() -> dict[str, str]:
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "LOLLMS_AUTO_INSTALL": "0",
        "PYTHONWARNINGS": "default",
    }
    paths = [path for path in sys.path if path]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment

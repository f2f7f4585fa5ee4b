"""Watches a process from inside: connections (all refused), other processes, written files, output, global state."""

from __future__ import annotations

import io
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any, SupportsIndex

from lollms_client.testing.evidence import Changes
from lollms_client.testing.process_state import whole_state

_PROCESS_EVENTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty")


class Watch:
    """Sees what the process does from its making on. There can be one only, since audit hooks stay for good."""

    def __init__(self) -> None:
        self.connections: list[str] = []
        self.processes: list[str] = []
        self.written: list[str] = []
        self._allowed: set[tuple[str, int]] = set()
        sys.addaudithook(self._hear)

    def allow(self, address: tuple[str, int]) -> None:
        """Let connections to an address through: the kit's own server. All others stay refused."""
        self._allowed.add(address)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            address = arguments[1]
            if isinstance(address, tuple) and address[:2] not in self._allowed:
                self.connections.append(f"{address[0]}:{address[1]}")
                raise ConnectionRefusedError(111, "the check lets nothing out")
        elif event == "socket.getaddrinfo" and not self._names_allowed(arguments[0]):
            self.connections.append(str(arguments[0]))
            raise socket.gaierror(socket.EAI_NONAME, "the check lets nothing out")
        elif event in _PROCESS_EVENTS:
            self.processes.append(str(arguments[0] if arguments else event)[:200])
        elif event == "open" and len(arguments) > 2:
            self._opened(arguments[0], arguments[2])

    def _names_allowed(self, host: Any) -> bool:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        return name is None or any(name == allowed for allowed, _ in self._allowed)

    def _opened(self, path: Any, flags: Any) -> None:
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and isinstance(path, str) and path != os.devnull and not path.startswith("/dev/"):
            self.written.append(path)


class Stretch:
    """What changes between `with` and its end; `changes` holds it afterwards."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.changes = Changes()

    def __enter__(self) -> Stretch:
        self._counts = (len(self.watch.connections), len(self.watch.processes), len(self.watch.written))
        self._state = whole_state()
        self._streams = (sys.stdout, sys.stderr)
        self._text = io.StringIO()
        sys.stdout = sys.stderr = self._text
        self._slept, self._sleep = 0.0, time.sleep
        time.sleep = self._count_sleep
        self._memory, self._time = _memory(), time.process_time()
        return self

    def __exit__(self, *unused: object) -> None:
        seconds, memory = time.process_time() - self._time + self._slept, _memory()
        time.sleep = self._sleep
        replaced = sys.stdout is not self._text or sys.stderr is not self._text
        sys.stdout, sys.stderr = self._streams
        after = whole_state()
        connections, processes, written = self._counts
        state = [name for name, value in self._state.items() if after[name] != value]
        self.changes = Changes(
            connections=self.watch.connections[connections:],
            processes=self.watch.processes[processes:],
            written=self.watch.written[written:],
            state=state + ["the standard streams"] * replaced,
            output=self._text.getvalue()[:4000],
            seconds=seconds,
            megabytes=max(0.0, memory - self._memory),
        )

    def _count_sleep(self, seconds: SupportsIndex | float, /) -> None:
        self._slept += float(seconds)
        self._sleep(seconds)


def _memory() -> float:
    """The most memory that the process had so far, in MiB; 0 where the system does not tell.

    Linux's VmHWM begins anew with a program; getrusage begins with the memory of the process that started it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

"""What is global in a process: taken down at one moment, and compared with another one."""

from __future__ import annotations

import asyncio
import builtins
import decimal
import gc
import locale
import logging
import os
import random
import signal
import socket
import ssl
import sys
import threading
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

State = dict[str, Any]  # values by the names that findings give them

# what the calls of a binding, too, leave as it is; libraries that they load may start threads and draw random numbers
_OF_THE_APPLICATION = (
    "the working directory", "the environment variables", "the locale", "the root logger", "the logging of all levels",
    "the default time limit of sockets", "the recursion limit", "the socket class", "the signal handlers",
    "the exception hook", "the hooks of threads", "the search path of modules", "the filters of all warnings",
    "the mask of new files", "the garbage collector", "the decimal context", "the start method of processes",
    "the standard streams", "the built-in functions", "the checks of certificates", "the event loop", "the time zone",
)  # fmt: skip
# what is seen from another thread, in the middle of a call; the context of decimal numbers is each thread's own, and
# whoever catches warnings around a piece of code changes their filters for that long
_SEEN_FROM_OUTSIDE = tuple(
    name for name in _OF_THE_APPLICATION if name not in ("the decimal context", "the filters of all warnings")
)


def whole_state() -> State:
    """What belongs to the whole process and should not be changed by importing a binding."""
    return {
        **_of_the_system(),
        **_of_python(),
        "the state of random": random.getstate(),
        "the threads": {thread.name for thread in threading.enumerate()},
    }


def _of_the_system() -> State:
    return {
        "the working directory": str(Path.cwd()),
        "the environment variables": dict(os.environ),
        "the signal handlers": {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)},
        "the locale": locale.setlocale(locale.LC_ALL),
        "the mask of new files": _mask(),
        "the time zone": time.tzname,
        "the start method of processes": _start_method(),
        "the default time limit of sockets": socket.getdefaulttimeout(),
        "the socket class": (socket.socket, socket.create_connection, socket.getaddrinfo),
        "the checks of certificates": ssl._create_default_https_context,
    }


def _of_python() -> State:
    root, context = logging.getLogger(), decimal.getcontext()
    return {
        "the root logger": (root.level, list(root.handlers), list(root.filters)),
        "the logging of all levels": (root.manager.disable, logging.getLoggerClass(), logging.getLogRecordFactory()),
        "the recursion limit": sys.getrecursionlimit(),
        "the exception hook": sys.excepthook,
        "the hooks of threads": (threading.excepthook, sys.unraisablehook),
        "the search path of modules": [place for place in sys.path if "site-packages" not in place],
        "the filters of all warnings": [item for item in warnings.filters if item[1:4] == (None, Warning, None)],
        "the garbage collector": (gc.isenabled(), gc.get_threshold()),
        "the decimal context": (context.prec, context.rounding, context.Emin, context.Emax),
        "the standard streams": (sys.stdout, sys.stderr, sys.stdin),
        "the built-in functions": (builtins.open, builtins.print, builtins.input, builtins.__import__),
        "the event loop": (asyncio.run, asyncio.BaseEventLoop.run_forever, asyncio.BaseEventLoop.run_until_complete),
    }


def _mask() -> str:
    """The file mode creation mask, where it can be read without changing it for a moment."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii", errors="replace").splitlines() if status.is_file() else []
    return next((line for line in lines if line.startswith("Umask:")), "")


def _start_method() -> str:
    """How new processes are started; "" for the system's own way, whether it was chosen already or not."""
    module: ModuleType | None = sys.modules.get("multiprocessing")
    if module is None:
        return ""
    chosen = module.get_start_method(allow_none=True)
    return "" if chosen in (None, module.get_all_start_methods()[0]) else str(chosen)


def application_state() -> State:
    """What belongs to the application, by its name in findings."""
    state = {**_of_the_system(), **_of_python()}
    return {name: state[name] for name in _OF_THE_APPLICATION}


def changed_since(before: State) -> list[str]:
    """The names of what is no longer as `application_state` found it."""
    after = application_state()
    return [name for name, value in before.items() if after[name] != value]


def changed_meanwhile(before: State) -> list[str]:
    """The same in the middle of a call, seen from another thread."""
    after = application_state()
    return [name for name in _SEEN_FROM_OUTSIDE if after[name] != before[name]]


class Dice:
    """Tells whether somebody gives the generators of random numbers a seed, for everybody in the process.

    Each call of `throw` begins them anew in another way; who then leaves them twice in the same state has set it.
    """

    def __init__(self) -> None:
        self._throws = 0
        self._left: dict[tuple[str, str], Any] = {}  # by call and generator
        self.seeded: list[str] = []

    def throw(self) -> None:
        """Before a call."""
        self._throws += 1
        random.seed(self._throws * 7919)
        if (numpy := _numpy_random()) is not None:
            numpy.seed(self._throws * 7919 % 2**32)

    def look(self, call: str) -> None:
        """After a call of that name."""
        states: dict[str, Any] = {"the state of random": random.getstate()}
        if (numpy := _numpy_random()) is not None:
            kind, keys, *rest = numpy.get_state()
            states["the state of numpy.random"] = (kind, keys.tobytes(), *rest)
        for name, state in states.items():
            if self._left.get((call, name)) == state and name not in self.seeded:
                self.seeded.append(name)
            self._left[call, name] = state


def _numpy_random() -> Any:
    return sys.modules.get("numpy.random")

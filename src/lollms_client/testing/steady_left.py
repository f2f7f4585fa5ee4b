"""What calls leave behind: threads, open files, tasks, processes, files, and objects kept somewhere in the binding."""

from __future__ import annotations

import functools
import gc
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from lollms_client.testing.leaking import _children

SERVER = "lollms-check-server"
_pause = time.sleep
_clock = time.perf_counter
_PATIENCE = 1.5  # seconds in which threads and connections that are about to end may end


def threads() -> int:
    """The threads of this process, those of the kit's servers left out."""
    return sum(1 for thread in threading.enumerate() if not thread.name.startswith(SERVER))


def open_files() -> int:
    """The open files and connections, both ends; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def files_on_disk(written: list[str]) -> int:
    """The entries in the folder for temporary files, and further files that were written and are still there."""
    folder = Path(tempfile.gettempdir())
    inside = {str(path) for path in folder.rglob("*")}
    return len(inside | {path for path in set(written) if not path.startswith("/proc") and Path(path).exists()})


def held(written: list[str]) -> dict[str, int]:
    """Everything that can be counted at once."""
    return {
        "threads": threads(),
        "files or connections": open_files(),
        "processes": _children(),
        "files on the disk": files_on_disk(written),
    }


def settled(before: dict[str, int], written: list[str]) -> dict[str, int]:
    """The same, when what was about to end has ended."""
    end = _clock() + _PATIENCE
    while True:
        gc.collect()
        after = held(written)
        if all(after[name] <= count for name, count in before.items()) or _clock() > end:
            return after
        _pause(0.02)


def forget_bounded_caches() -> None:
    """Empty the caches of functions that have a bound: they fill up, and that is no leak."""
    for item in gc.get_objects():
        if not isinstance(item, functools._lru_cache_wrapper) or item.cache_parameters()["maxsize"] is None:
            continue
        if not str(item.__module__).startswith("lollms_client.drivers"):
            item.cache_clear()


def blocks() -> int:
    """How many pieces of memory Python holds, caches of its own left out."""
    forget_of_python()
    return sys.getallocatedblocks()


def forget_of_python() -> None:
    """Collect what is no longer used, and empty the cache of attributes, which holds names that were made up."""
    sys._clear_type_cache()
    gc.collect()


def is_of_the_kit(file: str) -> bool:
    """Whether a file is one of the kit's own, but for that which makes the arguments of calls."""
    of_the_kit = os.path.dirname(file) == os.path.dirname(__file__)  # noqa: PTH120 (many files, often)
    return of_the_kit and not is_of_the_arguments(file)


def is_of_the_arguments(file: str) -> bool:
    """Whether what that file makes is given to the binding."""
    return file.endswith("steady_arguments.py")

"""Starts a worker process: a group of its own, private pipes that nobody else inherits, its output apart."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lollms_client.isolation.frames import close_descriptor


class Pipes(NamedTuple):
    """This side's ends: frames to the worker, frames from it, its standard output and its error output."""

    to_worker: int
    from_worker: int
    output: int
    errors: int


class Spawned(NamedTuple):
    """A started process and the pipes to it."""

    process: subprocess.Popen[bytes]
    pipes: Pipes


def spawn(command: Sequence[str], environment: Mapping[str, str]) -> Spawned:
    """Start `command` with the numbers of its two pipes as last arguments. Raises OSError."""
    opened: list[int] = []
    try:
        for _ in range(4):
            opened.extend(os.pipe())
        theirs_in, ours_out, ours_in, theirs_out, output, their_output, errors, their_errors = opened
        process = _start([*command], theirs_in, theirs_out, their_output, their_errors, environment)
    except BaseException:
        for descriptor in opened:
            close_descriptor(descriptor)
        raise
    for descriptor in (theirs_in, theirs_out, their_output, their_errors):
        close_descriptor(descriptor)
    return Spawned(process, Pipes(ours_out, ours_in, output, errors))


def _start(
    command: list[str], pipe_in: int, pipe_out: int, output: int, errors: int, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL, "stdout": output, "stderr": errors, "env": dict(environment), "close_fds": True,
    }  # fmt: skip
    numbers = [pipe_in, pipe_out]
    if sys.platform == "win32":
        import msvcrt

        numbers = [msvcrt.get_osfhandle(item) for item in numbers]
        for handle in numbers:
            os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO()
        startup.lpAttributeList = {"handle_list": [*numbers]}
        options |= {"startupinfo": startup, "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    else:
        options |= {"pass_fds": (pipe_in, pipe_out), "start_new_session": True}
    return subprocess.Popen([*command, *map(str, numbers)], **options)  # noqa: S603 (our own command)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker that was not waited for yet, with all processes that it started in its group."""
    if process.returncode is not None:
        return
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def reap(process: subprocess.Popen[bytes], patience: float) -> int:
    """Wait for the end, kill what is left of the group, and give the exit code (minus the signal's number)."""
    if hasattr(os, "waitid"):
        _await_end(process, patience)
        kill_group(process)  # before its number is given back: what it started and left behind
        return process.wait()
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        kill_group(process)
        return process.wait()


def _await_end(process: subprocess.Popen[bytes], patience: float) -> None:
    """Wait until it is dead but still has its number, at most for `patience` seconds."""
    import time

    until = time.monotonic() + patience
    pause = 0.0005
    while time.monotonic() < until:
        try:
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                return
        except OSError:
            return
        time.sleep(pause)
        pause = min(0.05, pause * 2)


def end_words(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"it exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"it was ended by signal {-code}"
    meaning = {
        "SIGSEGV": " (a fault in native code)", "SIGBUS": " (a fault in native code)",
        "SIGABRT": " (native code gave up)", "SIGILL": " (native code for another processor)",
        "SIGFPE": " (a fault in native code)",
        "SIGKILL": " (as the system does where memory runs out)",
    }.get(name, "")  # fmt: skip
    return f"it was ended by {name}{meaning}"

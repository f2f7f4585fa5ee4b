"""Crashes, hanging calls, cancelling by kill, closing: contained, told, and forgotten by the next call."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lollms_client import AsyncLollmsClient, CancelToken, LollmsClient, errors
from tests.isolation.conftest import KEY, MakeClient, client_of

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups of POSIX systems")


def pid_of(client: LollmsClient) -> int:
    return int(getattr(client.llm, "process_id"))  # noqa: B009


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it comes true; the limit is only there so that a broken test ends."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def exists(pid: int) -> bool:
    """Whether a process lives (one that is dead and not waited for does not)."""
    status = Path(f"/proc/{pid}/stat")
    if Path("/proc/self").exists():
        try:
            return status.read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


CRASHES = {"segfault": ("SIGSEGV", "the last words"), "exit": ("code 3", ""), "kill": ("SIGKILL", "memory runs out")}


@pytest.mark.parametrize("how", CRASHES)
def test_a_crash_is_a_typed_error_and_the_next_call_works(how: str, make_client: MakeClient) -> None:
    client = make_client()
    before = pid_of(client)
    with pytest.raises(errors.ProcessDied) as caught:
        client.chat(f"{how}:")

    for words in CRASHES[how]:
        assert words in str(caught.value)
    assert caught.value.code == "process_died"
    assert not caught.value.retryable
    assert isinstance(caught.value, errors.EngineFailed)
    assert client.chat("echo:again").text == "again"
    assert pid_of(client) != before


@pytest.mark.parametrize("isolation", ["none", "process"])
def test_an_error_that_cannot_be_told_is_a_typed_error(isolation: str, make_client: MakeClient) -> None:
    client = make_client(isolation=isolation)
    with pytest.raises(errors.CallError, match="Speechless: no explanation"):
        client.embed("speechless")
    assert client.chat("echo:again").text == "again"


def test_a_documented_method_tells_a_crash_in_its_dictionary(make_client: MakeClient) -> None:
    answer = make_client().llm.generate_text("exit:")

    assert isinstance(answer, dict)
    assert (answer["status"], answer["code"], answer["exit_code"]) == ("error", "process_died", 3)


def test_a_process_killed_between_two_calls_is_not_noticed(make_client: MakeClient) -> None:
    client = make_client()
    for _ in range(3):
        os.kill(pid_of(client), signal.SIGTERM)
        assert client.chat("echo:fine").text == "fine"


def test_other_calls_of_a_crashed_process_fail_as_well(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    failed: list[errors.LollmsError] = []

    def wait() -> None:
        try:
            client.chat(f"hang:{tmp_path / 'begun'}")
        except errors.LollmsError as error:
            failed.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert eventually((tmp_path / "begun").exists)
    with pytest.raises(errors.ProcessDied):
        client.chat("exit:")
    thread.join()
    assert [type(error) for error in failed] == [errors.ProcessDied]


HANGING = ["hang", pytest.param("hold", marks=posix)]


@pytest.mark.parametrize("how", HANGING)
def test_what_does_not_listen_is_killed(how: str, make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(isolation_grace=0.2)
    token, file = CancelToken(), tmp_path / "begun"

    def trip() -> None:
        eventually(lambda: file.exists() and bool(file.read_text()))
        token.cancel("enough")

    thread = threading.Thread(target=trip)
    thread.start()
    with pytest.raises(errors.Cancelled, match="enough"):
        client.chat(f"{how}:{file}", cancel=token)
    thread.join()

    assert eventually(lambda: not exists(int(file.read_text())))
    assert client.chat("echo:again").text == "again"


def test_the_others_are_told_why(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(isolation_grace=0.2)
    failed: list[errors.LollmsError] = []

    def wait() -> None:
        try:
            client.chat(f"hang:{tmp_path / 'innocent'}")
        except errors.LollmsError as error:
            failed.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert eventually((tmp_path / "innocent").exists)
    with pytest.raises(errors.TimedOut) as caught:
        client.chat(f"hang:{tmp_path / 'begun'}", timeout=0.5)
    thread.join()

    assert caught.value.details["stage"] == "total"
    assert [type(error) for error in failed] == [errors.ProcessDied]
    assert failed[0].retryable
    assert "another call" in str(failed[0]) or "cancelled call did not end" in str(failed[0])


def test_what_listens_is_not_killed(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(isolation_grace=15)
    pid, painter = pid_of(client), int(getattr(client.tti, "process_id"))  # noqa: B009
    token = CancelToken()
    with pytest.raises(errors.Cancelled):
        client.image("slow", cancel=token, on_progress=lambda progress: token.cancel())
    stream = client.stream_chat(f"endless:{tmp_path / 'stopped'}")
    next(stream)
    stream.close()

    assert client.image("x").images
    assert client.chat("echo:again").text == "again"
    assert (tmp_path / "stopped").read_text() == "stopped"
    assert (pid_of(client), int(getattr(client.tti, "process_id"))) == (pid, painter)  # noqa: B009


def test_a_slow_reader_holds_an_endless_stream_back(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(isolation_grace=15)
    stream = client.stream_chat(f"endless:{tmp_path / 'stopped'}")
    parts = [next(stream) for _ in range(300)]
    stream.close()

    assert len(parts) == 300
    assert eventually((tmp_path / "stopped").exists)


def test_a_cancelled_task_frees_the_caller_at_once(bindings: Path, tmp_path: Path) -> None:
    file = tmp_path / "begun"

    async def main() -> str:
        config = {"isolation": "process", "isolation_grace": 0.2}
        async with AsyncLollmsClient(
            llm_binding_name="rough", llm_binding_config=config, bindings_dir=bindings
        ) as client:
            task = asyncio.create_task(client.chat(f"hang:{file}"))
            while not file.exists():
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return (await client.chat("echo:again")).text

    assert asyncio.run(main()) == "again"


def test_closing_ends_the_process_and_gives_its_memory_back(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(size=200, marker=str(tmp_path / "closed"))
    llm: Any = client.llm
    pid = pid_of(client)

    assert llm.loaded
    llm.close()
    assert not exists(pid)
    assert (tmp_path / "closed").read_text() == "closed"  # the binding's own close was called
    assert not llm.loaded
    assert llm.generate_text("echo:again") == "again"
    llm.unload()
    assert llm.process_id is None


def test_closing_cancels_the_calls_under_way(make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client()
    llm, failed = client.llm, list[errors.LollmsError]()

    def wait() -> None:
        try:
            client.chat(f"hang:{tmp_path / 'begun'}")
        except errors.LollmsError as error:
            failed.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert eventually((tmp_path / "begun").exists)
    llm.close()
    thread.join()
    assert [type(error) for error in failed] == [errors.Cancelled]


def test_what_the_binding_started_ends_with_it(make_client: MakeClient) -> None:
    client = make_client()
    started = int(client.chat("spawn:").text)

    assert exists(started)
    client.close()
    assert eventually(lambda: not exists(started))


def test_a_forgotten_binding_ends_its_process(bindings: Path) -> None:
    client = client_of(bindings)
    pid = pid_of(client)
    del client
    gc.collect()

    assert eventually(lambda: not exists(pid))


def test_an_idle_process_ends(make_client: MakeClient) -> None:
    client = make_client(isolation_idle=0.2)
    assert client.chat("echo:x").text == "x"
    llm: Any = client.llm

    assert eventually(lambda: llm.process_id is None)
    assert client.chat("echo:again").text == "again"


STARTS = {
    "raise": (errors.BindingLoadFailed, "cannot start with \\*\\*\\*"),
    "exit": (errors.ProcessDied, "code 7.*\\nabout to fall"),
}


@pytest.mark.parametrize("how", STARTS)
def test_a_binding_that_cannot_be_made_says_why(how: str, make_client: MakeClient) -> None:
    kind, words = STARTS[how]
    with pytest.raises(kind, match=words) as caught:
        make_client(broken_start=how).llm  # noqa: B018
    assert KEY not in str(caught.value) + str(caught.value.__cause__)


PARENT = """
import os, sys
sys.path[:0] = [sys.argv[1]]
from tests.isolation.conftest import client_of
from pathlib import Path
client = client_of(Path(sys.argv[2]))
started = client.chat("spawn:").text
print(client.llm.process_id, started, flush=True)
"""
ROOT = str(Path(__file__).parents[2])


@pytest.mark.parametrize("end", ["sys.stdin.read()", "os._exit(0)", "pass", "sys.exit(3)"])
def test_the_process_ends_with_its_parent(end: str, bindings: Path) -> None:
    code = PARENT + end
    parent = subprocess.Popen(
        [sys.executable, "-c", code, ROOT, str(bindings)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    if "stdin" in end:
        parent.kill()
    parent.communicate(timeout=120)

    assert len(pids) == 2
    assert eventually(lambda: not any(map(exists, pids)))


@posix
def test_ctrl_c_reaches_the_caller_alone(bindings: Path, tmp_path: Path) -> None:
    code = (
        PARENT
        + f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background may have had it ignored
try:
    client.llm.generate_text("hang:{tmp_path / "begun"}")
except KeyboardInterrupt:
    print("interrupted", client.chat("echo:again").text)
"""
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, ROOT, str(bindings)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert eventually((tmp_path / "begun").exists)
    os.killpg(parent.pid, signal.SIGINT)
    out, _ = parent.communicate(timeout=120)

    assert out.splitlines()[-1] == "interrupted again"


@posix
def test_a_forked_copy_gets_a_process_of_its_own(bindings: Path) -> None:
    code = (
        PARENT
        + """
mine = client.llm.process_id
sys.stdout.flush()
child = os.fork()
if child == 0:
    print("forked", client.chat("echo:x").text, client.llm.process_id != mine, flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent", client.chat("echo:y").text, client.llm.process_id == mine)
"""
    )
    done = subprocess.run([sys.executable, "-c", code, ROOT, str(bindings)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == ["forked x True", "parent y True"]
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="where the system shows another process's facts")
def test_secrets_are_neither_in_the_arguments_nor_in_the_environment(make_client: MakeClient) -> None:
    pid = pid_of(make_client())
    seen = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()

    assert b"lollms" in seen
    assert KEY.encode() not in seen

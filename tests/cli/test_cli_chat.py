"""`lollms chat`: one question, a pipe, a stream, a conversation."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.cli.conftest import Lollms

CHAT = [sys.executable, "-m", "lollms_client.cli", "chat"]


def test_one_question(lollms: Lollms) -> None:
    done = lollms("chat", "good", "day", "-b", "talker", "--temperature", "0.5", "--set", "mark=?")
    assert (done.code, done.out, done.err) == (0, "GOOD DAY? t=0.5\n", "")


def test_the_answer_as_json(lollms: Lollms) -> None:
    data = json.loads(lollms("chat", "hi", "-b", "talker", "--json").out)
    assert data["text"] == "HI! t=None"
    assert data["finish"] == "stop"


def test_the_question_may_be_piped(lollms: Lollms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("from the pipe\n"))
    assert lollms("chat", "-b", "talker").out == "FROM THE PIPE! t=None\n"
    monkeypatch.setattr(sys, "stdin", StringIO("the text"))
    assert lollms("chat", "sum up:", "-", "-b", "talker").out == "SUM UP:\n\nTHE TEXT! t=None\n"
    monkeypatch.setattr(sys, "stdin", StringIO(""))
    assert lollms("chat", "-b", "talker").code == 2


def _start(strangers: Path, tmp_path: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ, "LOLLMS_BINDINGS_PATH": str(strangers), "TALKER_GOES_ON": str(tmp_path / "go"),
        "LOLLMS_HOME": str(tmp_path / "home"),
    }  # fmt: skip
    return subprocess.Popen(
        [*CHAT, "wait", "-b", "talker"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts() -> None:
    """What is started in the background of a script ignores interrupts, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_words_are_shown_as_they_come(strangers: Path, tmp_path: Path) -> None:
    process = _start(strangers, tmp_path)
    assert process.stdout is not None
    assert process.stdout.read(6) == "first "
    assert process.poll() is None
    (tmp_path / "go").touch()
    rest, _ = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, "second\n")


def test_interrupting_ends_with_exit_code_130(strangers: Path, tmp_path: Path) -> None:
    process = _start(strangers, tmp_path)
    assert process.stdout is not None
    assert process.stdout.read(6) == "first "
    process.send_signal(signal.SIGINT)
    (tmp_path / "go").touch()
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in error
    assert "Traceback" not in error


def test_a_conversation_remembers_and_obeys_commands(lollms: Lollms, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "hello", "/set temperature 0.25", "again", "/set temperature 9", "/undo", "/retry", "/system be brief",
        "/save talk.md", "/save talk.json", "/save talk.exe", "/svae x", "/help", "fail", "/reset", "/retry", "/quit",
        "never said",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "stdin", StringIO("\n".join(lines) + "\n"))
    done = lollms("chat", "-i", "-b", "talker")
    assert done.code == 0
    said = done.out.splitlines()
    assert said[:3] == ["HELLO! t=None", "temperature: 0.25", "AGAIN! t=0.25"]
    assert "1 questions are remembered" in said
    assert said.count("HELLO! t=0.25") == 1
    assert "did you mean /save?" in done.out
    assert "nothing was asked yet" in said
    assert "never" not in done.out.lower()
    assert "temperature must be between 0 and 2, not 9.0" in said
    assert "the talker is tired" in done.err
    saved = Path("talk.md").read_text(encoding="utf-8")
    assert saved.index("hello") < saved.index("HELLO! t=0.25")
    assert "AGAIN" not in saved
    assert "be brief" in json.dumps(json.loads(Path("talk.json").read_text(encoding="utf-8")))


def test_a_real_model_answers_within_a_schema(lollms: Lollms) -> None:
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    Path("schema.json").write_text(json.dumps(schema), encoding="utf-8")
    done = lollms("chat", "Name a colour.", "--seed", "1", "--max-tokens", "30", "--schema", "schema.json")
    assert json.loads(done.out)["colour"] in ("red", "blue")
    assert lollms("chat", "x", "--schema", "nowhere.json").code == 2


def test_the_oldest_turns_are_forgotten_where_all_do_not_fit(lollms: Lollms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("one\ntwo\nall alone\n"))
    done = lollms("chat", "-i", "-b", "talker")
    assert done.out.splitlines() == ["ONE! t=None", "TWO! t=None", "ALL ALONE! t=None"]
    assert done.err.count("the oldest question and answer were forgotten") == 2


def test_a_cut_answer_is_noted(lollms: Lollms) -> None:
    done = lollms("chat", "Tell a long story.", "--seed", "1", "--max-tokens", "3", "--no-stream")
    assert done.code == 0
    assert len(done.out.split()) <= 3
    assert "--max-tokens" in done.err

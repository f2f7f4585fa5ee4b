"""Options follow from manifests; what is wrong is said in a line, with the cure and the right exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lollms_client.cli.command_table import COMMANDS
from tests.cli.conftest import KEY, Lollms


def test_help_names_every_command(lollms: Lollms) -> None:
    done = lollms("--help")
    assert done.code == 0
    for name in COMMANDS:
        assert f"  {name} " in done.out
    assert lollms().out == done.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(lollms: Lollms, name: str) -> None:
    done = lollms(name, "--help")
    assert done.code == 0
    assert done.out.startswith(f"usage: lollms {name}")
    assert lollms("help", name).out == done.out


def test_help_and_list_import_no_binding_no_engine_and_no_http_client(strangers: Path) -> None:
    code = (
        "import sys; from lollms_client.cli import main\n"
        "for words in (['--help'], ['list'], ['list', '--json']): assert main(words) == 0\n"
        "heavy = ('numpy', 'av', 'PIL', 'xllamacpp', 'pyreqwest', 'asyncio', 'talker')\n"
        "print([name for name in sys.modules if name.split('.')[0] in heavy "
        "or '_bindings.' in name or 'lollms_client.engines' in name], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_parameters_of_the_manifest_are_options_with_types(lollms: Lollms) -> None:
    words = ["a", "boat", "--width", "100", "--fancy_frame", "--layers", "x,y", "--weights", '{"sky": 0.5}']
    done = lollms("image", "-b", "painter", *words, "--parameter-output", "o", "--style=wild", "-o", "p.png")
    assert done.code == 0, done.err
    told = json.loads(Path("p.png").read_bytes()[8:])
    assert told == {
        "prompt": "a boat", "width": 100, "fancy_frame": True, "layers": ["x", "y"], "weights": {"sky": 0.5},
        "output": "o", "style": "wild",
    }  # fmt: skip


def test_options_may_stand_between_the_words_of_a_prompt(lollms: Lollms) -> None:
    assert lollms("image", "a", "--width", "32", "boat", "-b", "painter", "-o", "p.png").code == 0
    assert json.loads(Path("p.png").read_bytes()[8:]) == {"prompt": "a boat", "width": 32}


def test_help_of_a_parameter_tells_range_options_and_default(lollms: Lollms) -> None:
    text = " ".join(lollms("image", "-b", "painter", "--help").out.split())
    assert "parameters of Painter" in text
    assert "Width (between 16 and 512 px; default 64)" in text
    assert "--style plain|wild A style (default plain)" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["imagine", "x"], "did you mean `lollms image`?"),
        (["image", "x", "-b", "painter", "--widht", "3"], "did you mean --width?"),
        (["image", "x", "-b", "painter", "--width", "wide"], "--width: must be a whole number, not 'wide'"),
        (["image", "x", "-b", "painter", "--width", "3"], "must be between 16 and 512 px, not 3"),
        (["image", "x", "-b", "painter", "--style", "wld"], "did you mean 'wild'?"),
        (["image", "x", "-b", "paniter"], "did you mean 'painter'?"),
        (["image", "x", "-b", "talker"], "there is one for llm (text)"),
        (["image", "x", "--set", "colour"], "--set takes NAME=VALUE, not 'colour'"),
        (["chat", "x", "-b", "talker", "--set", "marc=!"], "did you mean 'mark'?"),
        (["chat", "x", "-b", "talker", "--set", "mark=#"], "must be one of '!', '?', not '#'"),
        (["chat", "x", "-b", "broken"], "enormous"),
        (["show", "talkr"], "did you mean talker?"),
        (["list", "music"], "invalid choice: 'music'"),
        (["transcribe", "nowhere.wav"], "no such file: nowhere.wav"),
        (["speak", "x", "--file", "y"], "give a text or --file, not both"),
        (["speak", "x", "--timeout", "-1"], "--timeout: must be a number of seconds above 0"),
        (["music", "x", "-o", "tune.exe"], "writes no .exe files; it writes wav, mp3"),
        (["list", "--config", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["models", "espeak", "-b", "talker"], "give the binding once"),
        (["config", "get"], "needs BINDING.NAME"),
        (["config", "get", "talker"], "names no setting"),
        (["config", "get", "talker.marc"], "did you mean 'mark'?"),
    ],
)
def test_wrong_usage_is_told_in_short_with_exit_code_2(lollms: Lollms, words: list[str], said: str) -> None:
    done = lollms(*words)
    assert done.code == 2
    assert said in done.err
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= 2


def test_a_missing_key_names_its_variable_with_exit_code_3(lollms: Lollms) -> None:
    done = lollms("speak", "hello", "-b", "keyed")
    assert done.code == 3
    assert "KEYED_SERVICE_KEY" in done.err
    assert "lollms config set tts.keyed.service_key" in done.err


def test_a_missing_package_names_the_command_with_exit_code_3(lollms: Lollms) -> None:
    done = lollms("music", "x", "-b", "hungry")
    assert done.code == 3
    assert "no-such-package-of-ours>=9" in done.err
    assert "lollms install hungry" in done.err


def test_a_failed_call_has_exit_code_1_and_json_for_programs(lollms: Lollms) -> None:
    done = lollms("chat", "fail", "-b", "talker")
    assert (done.code, done.out) == (1, "")
    assert "the talker is tired" in done.err
    error = json.loads(lollms("chat", "fail", "-b", "talker", "--json").err)
    assert error["status"] == "error"
    assert error["code"]


@pytest.mark.parametrize("flags", [[], ["--json"], ["--debug"]])
def test_a_secret_is_masked_wherever_it_came_from(
    lollms: Lollms, monkeypatch: pytest.MonkeyPatch, flags: list[str]
) -> None:
    monkeypatch.setenv("KEYED_SERVICE_KEY", KEY)
    from_environment = lollms("speak", "x", "-b", "keyed", *flags)
    from_option = lollms("speak", "x", "-b", "keyed", "--set", f"service_key={KEY}", *flags)
    for done in (from_environment, from_option):
        assert done.code == 1
        assert "the service refused the key ***" in done.err
        assert KEY not in done.out + done.err


def test_debug_shows_where_an_error_comes_from(lollms: Lollms) -> None:
    assert "Traceback" in lollms("chat", "fail", "-b", "talker", "--debug").err
    assert "Traceback" in lollms("show", "nobody", "--debug").err


@pytest.mark.parametrize("name", ["new", "check", "install", "uninstall", "config", "chat", "show", "list", "demo"])
def test_every_command_shows_where_an_error_comes_from(lollms: Lollms, name: str) -> None:
    assert "--debug" in lollms(name, "--help").out


def test_a_time_limit_is_named_as_the_option_that_sets_it(lollms: Lollms) -> None:
    words = ["chat", "hi", "-b", "mock", "--set", "latency=60", "--timeout", "0.05"]
    done = lollms(*words)
    assert done.code == 1
    assert "raise `--timeout` or try again later" in done.err
    assert "raise `--timeout`" in json.loads(lollms(*words, "--json").err)["message"]


@pytest.mark.parametrize("limit", ["abc", "-1", "0", "nan"])
def test_a_time_limit_is_a_number_of_seconds(lollms: Lollms, limit: str) -> None:
    done = lollms("chat", "hi", "-b", "mock", f"--timeout={limit}")
    assert done.code == 2
    assert f"--timeout: must be a number of seconds above 0, not {limit!r}" in done.err


def test_every_error_is_json_where_json_is_asked_for(lollms: Lollms, tmp_path: Path) -> None:
    done = lollms("embed", "hi", "-b", "mock", "-o", str(tmp_path), "--json")
    assert done.code != 0
    assert json.loads(done.err)["status"] == "error"


def test_version(lollms: Lollms) -> None:
    from lollms_client import __version__

    assert lollms("--version").out == f"lollms_client {__version__}\n"

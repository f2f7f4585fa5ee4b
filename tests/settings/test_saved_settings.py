"""What is saved is found again, in a file of the user alone; secrets go to the keyring; nothing is ever lost."""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.settings.settings_samples import (
    ALL,
    CANARY,
    VOICE,
    MemoryKeyring,
    home,
    manifest,
    resolve,
)  # fmt: skip

from lollms_client.errors import BadSetting
from lollms_client.settings import (
    forget_setting,
    read_saved,
    resolve_settings,
    save_setting,
    saved_file,
)


def test_what_is_saved_is_found_again(tmp_path: Path) -> None:
    environment = home(tmp_path)

    where = save_setting(ALL, "voice", "de", environment=environment)
    save_setting(ALL, "speed", "1.5", environment=environment)
    save_setting(ALL, "words", ["a", "b"], environment=environment)

    file = saved_file(environment)
    assert where == str(file)
    assert file.stat().st_mode & 0o777 == 0o600
    settings = resolve_settings(ALL, environment=environment, keyring=False)
    assert (settings["voice"], settings["speed"], settings["words"]) == ("de", 1.5, ["a", "b"])
    assert settings.sources["speed"] == "saved"
    assert list(file.parent.iterdir()) == [file]


def test_other_bindings_do_not_see_it(tmp_path: Path) -> None:
    environment = home(tmp_path)
    save_setting(ALL, "voice", "de", environment=environment)

    for other in (manifest(VOICE, name="other"), manifest(VOICE, binding_type="llm")):
        assert resolve_settings(other, environment=environment, keyring=False)["voice"] == "en"


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    environment = home(tmp_path)
    save_setting(ALL, "voice", "de", environment=environment)
    save_setting(ALL, "speed", 2, environment=environment)

    assert forget_setting(ALL, "voice", environment=environment)
    assert not forget_setting(ALL, "voice", environment=environment)
    settings = resolve_settings(ALL, environment=environment, keyring=False)
    assert (settings["voice"], settings["speed"]) == ("en", 2.0)


COMMENTED = """\
# what I like
auto_install: false   # never
tts:
  acme:
    voice: fr  # in the morning
    # the rest
    words:
      - a
  other: {x: 1}
"""


def test_comments_and_foreign_sections_survive(tmp_path: Path) -> None:
    environment = home(tmp_path)
    file = saved_file(environment)
    file.parent.mkdir()
    file.write_text(COMMENTED)

    save_setting(ALL, "voice", "de", environment=environment)
    save_setting(ALL, "count", 3, environment=environment)
    save_setting(manifest(VOICE, name="third"), "voice", "fr", environment=environment)
    save_setting(manifest(VOICE, binding_type="llm"), "voice", "fr", environment=environment)

    text = file.read_text()
    for comment in ("# what I like", "# never", "# in the morning", "# the rest"):
        assert comment in text
    assert read_saved(file) == {
        "auto_install": False,
        "tts": {"acme": {"voice": "de", "count": 3, "words": ["a"]}, "other": {"x": 1}, "third": {"voice": "fr"}},
        "llm": {"acme": {"voice": "fr"}},
    }


@pytest.mark.parametrize(
    "text", ["tts: {acme: {voice: fr}}\n", "tts:\n  acme: {voice: fr}\n", "tts:\n", "tts:\n  acme:\n", ""]
)
def test_any_way_of_writing_can_be_changed(text: str, tmp_path: Path) -> None:
    environment = home(tmp_path)
    file = saved_file(environment)
    file.parent.mkdir()
    file.write_text(text)

    save_setting(ALL, "voice", "de", environment=environment)
    save_setting(ALL, "count", 3, environment=environment)

    assert read_saved(file) == {"tts": {"acme": {"voice": "de", "count": 3}}}
    assert forget_setting(ALL, "count", environment=environment)
    assert read_saved(file) == {"tts": {"acme": {"voice": "de"}}}


words = st.sampled_from(["tts", "llm", "acme", "other", "voice", "count", "a b", "x: y", "# z", "1"])
leaves = st.none() | st.integers() | st.text(alphabet="ab #:'-\n\"{", max_size=6) | st.lists(st.integers(), max_size=2)
sections = st.dictionaries(words, st.none() | st.dictionaries(words, st.none() | st.dictionaries(words, leaves)))


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=sections, flow=st.sampled_from([True, False, None]), value=st.integers(), indent=st.sampled_from([2, 4]))
def test_saving_changes_what_it_should_and_nothing_else(
    data: dict[str, Any], flow: bool | None, value: int, indent: int, tmp_path: Path
) -> None:
    environment = home(tmp_path)
    file = saved_file(environment)
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(data, default_flow_style=flow, indent=indent))
    expected: dict[str, Any] = copy.deepcopy(data)
    if expected.get("tts") is None:
        expected["tts"] = {}
    if expected["tts"].get("acme") is None:
        expected["tts"]["acme"] = {}
    expected["tts"]["acme"]["count"] = value

    save_setting(ALL, "count", value, environment=environment)

    assert read_saved(file) == expected
    assert forget_setting(ALL, "count", environment=environment)
    del expected["tts"]["acme"]["count"]
    assert read_saved(file) == expected


@pytest.mark.parametrize(
    ("text", "line"), [("tts: [\n", 2), ("tts:\n  acme: 1\n  acme: 2\n", 3), ("- a\n", 1), ("tts: !!set {a}\n", 1)]
)
def test_a_broken_file_is_named_with_its_line_and_never_lost(text: str, line: int, tmp_path: Path) -> None:
    environment = home(tmp_path)
    file = saved_file(environment)
    file.parent.mkdir()
    file.write_text(text)

    def changes() -> list[Any]:
        return [
            lambda: resolve_settings(ALL, environment=environment),
            lambda: save_setting(ALL, "voice", "de", environment=environment),
            lambda: forget_setting(ALL, "voice", environment=environment),
        ]

    for change in changes():
        with pytest.raises(BadSetting) as caught:
            change()
        assert caught.value.details["line"] == line
        assert str(file) in str(caught.value)
        assert f"line {line}" in str(caught.value)
    assert file.read_text() == text


def test_forgetting_what_was_never_saved_writes_nothing(tmp_path: Path) -> None:
    assert not forget_setting(ALL, "voice", environment=home(tmp_path))
    assert not saved_file(home(tmp_path)).exists()


def test_the_users_own_file_is_read_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path))
    assert read_saved() == {}
    (tmp_path / "config.yaml").write_text("")
    assert read_saved() == {}
    (tmp_path / "config.yaml").write_text("tts: {acme: {voice: de}}\n")

    assert read_saved() == {"tts": {"acme": {"voice": "de"}}}
    assert resolve_settings(ALL, keyring=False)["voice"] == "de"


@pytest.mark.parametrize(("text", "place"), [("tts: loud\n", "tts"), ("tts:\n  acme: loud\n", r"tts\.acme")])
def test_a_section_of_another_kind_is_refused_and_kept(text: str, place: str, tmp_path: Path) -> None:
    environment = home(tmp_path)
    file = saved_file(environment)
    file.parent.mkdir()
    file.write_text(text)

    with pytest.raises(BadSetting, match=f": {place} must be a mapping"):
        resolve_settings(ALL, environment=environment)
    with pytest.raises(BadSetting, match="must be a mapping"):
        save_setting(ALL, "voice", "de", environment=environment)
    assert file.read_text() == text


def test_wrong_values_and_names_are_not_saved(tmp_path: Path) -> None:
    environment = home(tmp_path)

    for name, value in (("voice", "it"), ("speed", 9), ("vioce", "de")):
        with pytest.raises(BadSetting):
            save_setting(ALL, name, value, environment=environment)
    assert not saved_file(environment).exists()


def test_secrets_go_to_the_keyring_and_never_into_the_file(keyring: MemoryKeyring, tmp_path: Path) -> None:
    environment = home(tmp_path)

    where = save_setting(ALL, "service_key", CANARY, environment=environment)

    assert "keyring" in where
    assert not saved_file(environment).exists()
    settings = resolve_settings(ALL, environment=environment)
    assert (settings.plain()["service_key"], settings.sources["service_key"]) == (CANARY, "keyring")
    assert forget_setting(ALL, "service_key", environment=environment)
    assert not forget_setting(ALL, "service_key", environment=environment)
    assert resolve_settings(ALL, environment=environment)["service_key"] is None


def test_without_a_keyring_a_secret_is_refused_with_advice(keyring: MemoryKeyring, tmp_path: Path) -> None:
    keyring.locked = True

    with pytest.raises(BadSetting, match="ACME_KEY") as caught:
        save_setting(ALL, "service_key", CANARY, environment=home(tmp_path))

    assert CANARY not in str(caught.value)
    assert not saved_file(home(tmp_path)).exists()


def test_without_the_library_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "keyring" else find(name, *rest)
    )

    assert resolve(keyring=True)["service_key"] is None
    with pytest.raises(BadSetting, match=r"lollms_client\[keyring\].*ACME_KEY"):
        save_setting(ALL, "service_key", CANARY, environment=home(tmp_path))
    assert not forget_setting(ALL, "service_key", environment=home(tmp_path))


def test_an_empty_secret_in_the_keyring_is_none(keyring: MemoryKeyring) -> None:
    keyring.held[("lollms_client/tts/acme", "service_key")] = ""

    assert resolve(keyring=True).sources["service_key"] == "default"


def test_a_secret_that_the_user_wrote_into_the_file_is_used(tmp_path: Path) -> None:
    environment = home(tmp_path)
    file = saved_file(environment)
    file.parent.mkdir()
    file.write_text(f"tts:\n  acme:\n    service_key: {CANARY}\n")

    assert resolve_settings(ALL, environment=environment).plain()["service_key"] == CANARY


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    environment = home(tmp_path)
    file = saved_file(environment)
    file.parent.mkdir()
    real = tmp_path / "real.yaml"
    real.write_text("tts: {}\n")
    file.symlink_to(real)

    save_setting(ALL, "voice", "de", environment=environment)

    assert file.is_symlink()
    assert read_saved(real) == {"tts": {"acme": {"voice": "de"}}}

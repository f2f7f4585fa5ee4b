"""Settings come from the most specific source, in the manifest's types and bounds; secrets are never shown."""

from __future__ import annotations

import copy
import importlib.util
import json
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lollms_client.errors import BadSetting, LollmsError, MissingKey
from lollms_client.manifest import Manifest, Parameter
from lollms_client.manifest.values import fit
from lollms_client.secret import Secret
from lollms_client.settings import (
    Settings,
    forget_setting,
    read_saved,
    resolve_settings,
    save_setting,
    saved_file,
    validate_parameters,
)

CANARY = "sk-canary-0123456789"


def manifest(*parameters: Parameter, **others: Any) -> Manifest:
    facts: dict[str, Any] = {"name": "acme", "folder": Path("acme"), "path": Path("acme/description.yaml")}
    return Manifest(**{**facts, "binding_type": "tts", **others}, input_parameters=parameters)


VOICE = Parameter(name="voice", default="en", options=("en", "de", "fr"))
SPEED = Parameter(name="speed", type="float", default=1.0, min=0.5, max=2.0)
COUNT = Parameter(name="count", type="int")
FINE = Parameter(name="fine", type="bool", default=False)
WORDS = Parameter(name="words", type="list")
MORE = Parameter(name="more", type="dict")
KEY = Parameter(name="service_key", is_secret=True, env=("ACME_KEY", "OLD_ACME_KEY"))
ALL = manifest(VOICE, SPEED, COUNT, FINE, WORDS, MORE, KEY)


def resolve(given: dict[str, Any] | None = None, of: Manifest = ALL, **options: Any) -> Settings:
    return resolve_settings(of, given, **{"environment": {}, "saved": {}, "keyring": False, **options})


class MemoryKeyring(types.ModuleType):
    """A keyring in memory that stands for the library."""

    class errors:
        class KeyringError(Exception):
            pass

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__("keyring")
        self.held: dict[tuple[str, str], str] = {}
        self.locked = locked

    def _check(self) -> None:
        if self.locked:
            raise self.errors.KeyringError("locked")

    def get_password(self, service: str, name: str) -> str | None:
        self._check()
        return self.held.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self._check()
        self.held[(service, name)] = value

    def delete_password(self, service: str, name: str) -> None:
        self._check()
        del self.held[(service, name)]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    made = MemoryKeyring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    made.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
    return made


def test_defaults_stand_where_nothing_is_given() -> None:
    settings = resolve()

    assert dict(settings) == {
        "voice": "en", "speed": 1.0, "count": None, "fine": False, "words": None, "more": None, "service_key": None,
    }  # fmt: skip
    assert set(settings.sources.values()) == {"default"}
    assert settings.plain() == {"voice": "en", "speed": 1.0, "fine": False}
    assert settings.manifest is ALL


def test_the_most_specific_source_wins(keyring: MemoryKeyring) -> None:
    keyring.held[("lollms_client/tts/acme", "service_key")] = "from-keyring"
    environment = {"LOLLMS_ACME_VOICE": "de", "LOLLMS_ACME_SPEED": "1.5", "ACME_KEY": "from-environment"}
    saved = {"voice": "fr", "speed": 0.5, "count": 3, "service_key": "from-saved"}

    def outcome(given: dict[str, Any], variables: dict[str, str], section: dict[str, Any]) -> tuple[Any, ...]:
        settings = resolve_settings(ALL, given, environment=variables, saved=section)
        return (*(settings.plain()[name] for name in ("voice", "service_key")), settings.sources["service_key"])

    assert outcome({"voice": "en", "service_key": "given"}, environment, saved) == ("en", "given", "argument")
    assert outcome({}, environment, saved) == ("de", "from-environment", "environment")
    assert outcome({}, {}, saved) == ("fr", "from-saved", "saved")
    assert outcome({}, {}, {}) == ("en", "from-keyring", "keyring")
    settings = resolve_settings(ALL, {"speed": 2}, environment=environment, saved=saved)
    assert settings.sources == {
        "voice": "environment", "speed": "argument", "count": "saved", "fine": "default", "words": "default",
        "more": "default", "service_key": "environment",
    }  # fmt: skip


def test_none_and_empty_variables_count_as_not_given() -> None:
    settings = resolve({"voice": None}, environment={"LOLLMS_ACME_VOICE": "", "ACME_KEY": ""}, saved={"voice": None})

    assert settings["voice"] == "en"
    assert settings["service_key"] is None


def test_the_first_variable_that_is_set_is_taken() -> None:
    assert resolve(environment={"OLD_ACME_KEY": "older"}).plain()["service_key"] == "older"
    assert resolve(environment={"OLD_ACME_KEY": "older", "ACME_KEY": "newer"}).plain()["service_key"] == "newer"
    own = manifest(Parameter(name="base-url"), name="mÿ-acme")
    assert resolve(of=own, environment={"LOLLMS_M__ACME_BASE_URL": "x"})["base-url"] == "x"


def test_the_process_environment_is_asked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_ACME_VOICE", "de")

    assert resolve_settings(ALL, {}, saved={}, keyring=False)["voice"] == "de"


def test_a_keyring_that_is_locked_or_not_wanted_is_passed_over(keyring: MemoryKeyring) -> None:
    keyring.held[("lollms_client/tts/acme", "service_key")] = "from-keyring"

    assert resolve(keyring=False)["service_key"] is None
    keyring.held[("lollms_client/tts/acme", "voice")] = "de"
    assert resolve(keyring=True)["voice"] == "en"
    keyring.locked = True
    assert resolve(keyring=True)["service_key"] is None


FITS: list[tuple[str, Any, Any]] = [
    ("str", "x", "x"), ("str", 5, "5"), ("str", Path("a") / "b", str(Path("a") / "b")),
    ("int", 5, 5), ("int", "5", 5), ("int", " -7 ", -7), ("int", 5.0, 5),
    ("float", 1, 1.0), ("float", "2.5", 2.5), ("float", "1e3", 1000.0),
    ("bool", True, True), ("bool", "yes", True), ("bool", "On", True), ("bool", "1", True), ("bool", "false", False),
    ("bool", "no", False), ("bool", "0", False), ("bool", "OFF", False),
    ("list", [1], [1]), ("list", ("a",), ["a"]), ("list", "a, b,", ["a", "b"]), ("list", "[1, 2]", [1, 2]),
    ("list", {"b", "a"}, ["a", "b"]), ("dict", {"a": 1}, {"a": 1}), ("dict", '{"a": 1}', {"a": 1}),
]  # fmt: skip
MISFITS: list[tuple[str, Any]] = [
    ("str", True), ("str", ["x"]), ("str", b"x"), ("int", True), ("int", "5.5"), ("int", 5.5), ("int", "five"),
    ("int", float("inf")), ("int", "9" * 5000), ("int", []), ("float", True), ("float", "fast"), ("float", "nan"),
    ("float", float("inf")), ("float", "1_0"), ("float", 10**400), ("bool", 1), ("bool", "maybe"), ("bool", []),
    ("list", 5), ("list", b"x"), ("list", "[1,"), ("list", {"a": 1}), ("dict", "a=1"), ("dict", "{1"), ("dict", [1]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "expected"), FITS)
def test_values_fit_their_type_or_are_made_to(kind: Any, value: Any, expected: Any) -> None:
    found = resolve({"x": value}, of=manifest(Parameter(name="x", type=kind)))["x"]

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("kind", "value"), MISFITS)
def test_values_that_would_lose_something_are_refused(kind: Any, value: Any) -> None:
    with pytest.raises(BadSetting) as caught:
        resolve({"x": value}, of=manifest(Parameter(name="x", type=kind)))

    assert "'x' of acme" in str(caught.value)
    assert caught.value.details["setting"] == "x"
    assert caught.value.details["binding"] == "acme"
    assert len(str(caught.value)) < 300


@given(kind=st.sampled_from(["str", "int", "float", "bool", "list", "dict"]), text=st.text(max_size=20))
def test_any_text_fits_or_is_a_value_error(kind: str, text: str) -> None:
    kinds = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
    try:
        value = fit(kind, text)
    except ValueError:
        assert kind != "str"
    else:
        assert type(value) is kinds[kind]


BOUNDS: list[tuple[dict[str, Any], str]] = [
    ({"speed": 0.4}, "between 0.5 and 2"), ({"speed": "3"}, "between 0.5 and 2"), ({"voice": "it"}, "of 'en', 'de'"),
    ({"voice": "ende"}, "did you mean"), ({"voice": ""}, "one of"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "part"), BOUNDS)
def test_options_and_ranges_hold(given: dict[str, Any], part: str) -> None:
    with pytest.raises(BadSetting, match=part):
        resolve(given)


def test_ranges_are_open_where_one_end_is_missing_and_name_the_unit() -> None:
    low = manifest(Parameter(name="x", type="int", min=1, unit="seconds"), Parameter(name="y", type="float", max=2))

    assert dict(resolve({"x": 10**9, "y": -1e9}, of=low)) == {"x": 10**9, "y": -1e9}
    with pytest.raises(BadSetting, match="at least 1 seconds, not 0"):
        resolve({"x": 0}, of=low)
    with pytest.raises(BadSetting, match=r"at most 2, not 2\.5"):
        resolve({"y": 2.5}, of=low)


def test_each_item_of_a_list_is_an_option() -> None:
    chosen = manifest(Parameter(name="x", type="list", options=("a", "b")))

    assert resolve({"x": ["a", "b"]}, of=chosen)["x"] == ["a", "b"]
    with pytest.raises(BadSetting):
        resolve({"x": ["a", "c"]}, of=chosen)


def test_true_is_not_the_option_one() -> None:
    with pytest.raises(BadSetting):
        resolve({"x": "1.0"}, of=manifest(Parameter(name="x", options=("1", "2"))))


def test_a_default_of_a_secret_is_a_secret_and_counts() -> None:
    settings = resolve(of=manifest(Parameter(name="service_key", is_secret=True, mandatory=True, default=CANARY)))

    assert isinstance(settings["service_key"], Secret)
    assert settings.sources["service_key"] == "default"


def test_ordinary_values_are_shown_as_they_are() -> None:
    with pytest.raises(BadSetting, match="'much too fast'"):
        resolve({"speed": "much too fast"})


def test_a_wrong_value_says_where_it_came_from() -> None:
    with pytest.raises(BadSetting, match="environment variable LOLLMS_ACME_SPEED"):
        resolve(environment={"LOLLMS_ACME_SPEED": "fast"})
    with pytest.raises(BadSetting, match="saved configuration"):
        resolve(saved={"speed": "fast"})
    with pytest.raises(BadSetting, match="argument"):
        resolve({"speed": "fast"})


def test_unknown_names_are_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(BadSetting, match="no setting 'vioce'; did you mean 'voice'") as caught:
        resolve({"vioce": "en"})
    assert caught.value.details["nearest"] == "voice"

    with pytest.raises(BadSetting, match="it knows voice, speed"):
        resolve({"zzzzzzz": 1})
    with pytest.raises(BadSetting, match="it knows none"):
        resolve({"zzzzzzz": 1}, of=manifest())


def test_unknown_names_that_are_none_do_not_matter() -> None:
    assert "vioce" not in resolve({"vioce": None})


def test_a_derived_manifest_lets_unknown_names_pass() -> None:
    settings = resolve({"else": 5, "other_key": CANARY}, of=manifest(VOICE, path=None))

    assert settings["else"] == 5
    assert settings.sources["else"] == "argument"
    assert isinstance(settings["other_key"], Secret)
    assert settings.plain()["other_key"] == CANARY
    assert resolve({"other": "words"}, of=manifest(VOICE, path=None))["other"] == "words"
    assert resolve(saved={"else": 5}, of=manifest(VOICE, path=None)).warnings == ()
    unknown = "canary-of-an-unknown-key"
    with pytest.raises(BadSetting) as caught:
        resolve({"voice": unknown, "other_key": unknown}, of=manifest(VOICE, path=None))
    assert unknown not in str(caught.value)


def test_a_name_that_the_code_reads_passes_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text(
        "from lollms_client.lollms_tts_binding import LollmsTTSBinding as B\n"
        "class A(B):\n    def __init__(self, **kwargs):\n        self.x = kwargs.get('pitch', 3)\n"
    )
    of = manifest(VOICE, folder=tmp_path)

    settings = resolve({"pitch": 4}, of=of)

    assert settings["pitch"] == 4
    assert any("pitch" in warning for warning in settings.warnings)
    with pytest.raises(BadSetting):
        resolve({"patch": 4}, of=of)


def test_unknown_saved_names_are_only_warned_of() -> None:
    settings = resolve(saved={"vioce": "de"})

    assert "vioce" not in settings
    assert any("vioce" in warning and "'voice'" in warning for warning in settings.warnings)


def test_what_is_mandatory_must_be_given_somewhere() -> None:
    key = Parameter(name="service_key", is_secret=True, mandatory=True, env=("ACME_KEY",))
    host = Parameter(name="host", mandatory=True)

    with pytest.raises(MissingKey) as missing:
        resolve(of=manifest(key))
    for part in ("acme", "service_key", "ACME_KEY", "argument", "lollms config set tts.acme.service_key"):
        assert part in str(missing.value)
    with pytest.raises(MissingKey):
        resolve({"service_key": ""}, of=manifest(key))
    with pytest.raises(BadSetting, match="LOLLMS_ACME_HOST"):
        resolve(of=manifest(host))
    assert resolve({"service_key": "k", "host": "h"}, of=manifest(key, host)).plain() == {
        "service_key": "k",
        "host": "h",
    }
    assert resolve(of=manifest(Parameter(name="host", mandatory=True, default="h")))["host"] == "h"


def test_secrets_are_shown_nowhere() -> None:
    settings = resolve({"service_key": CANARY, "count": 1})

    assert isinstance(settings["service_key"], Secret)
    assert settings["service_key"].reveal() == CANARY
    shown = [repr(settings), str(settings), str(dict(settings)), json.dumps(dict(settings), default=str)]
    assert not any(CANARY in text for text in shown)
    assert CANARY.encode() not in pickle.dumps(dict(settings))
    assert settings.plain()["service_key"] == CANARY


@pytest.mark.parametrize("value", [5, [CANARY], {"a": CANARY}, CANARY.encode()])
def test_a_secret_of_another_type_is_refused_without_being_shown(value: Any) -> None:
    with pytest.raises(BadSetting) as caught:
        resolve({"service_key": value})

    assert CANARY not in str(caught.value) + json.dumps(caught.value.as_dict())


def test_a_secret_given_as_such_is_kept_and_one_in_the_wrong_place_is_masked() -> None:
    assert resolve({"service_key": Secret(CANARY)}).plain()["service_key"] == CANARY
    other = "another-canary-98765"
    with pytest.raises(BadSetting) as caught:
        resolve({"voice": other, "service_key": other})
    assert other not in str(caught.value)


def test_a_secret_for_an_ordinary_setting_is_its_text() -> None:
    assert resolve({"voice": Secret("de")})["voice"] == "de"
    with pytest.raises(BadSetting):
        resolve({"count": Secret("5")})


def test_settings_cannot_be_changed_but_replaced() -> None:
    settings = resolve({"voice": "de"}, environment={"LOLLMS_ACME_COUNT": "4"})

    with pytest.raises(TypeError):
        settings["voice"] = "fr"  # type: ignore[index]
    changed = settings.replace(speed=1.5)
    assert (changed["voice"], changed["speed"], changed["count"]) == ("de", 1.5, 4)
    assert (settings["speed"], settings.sources["speed"]) == (1.0, "default")
    assert changed.sources["speed"] == "argument"
    assert changed.sources["count"] == "environment"
    assert changed.replace(voice=None)["voice"] == "en"
    with pytest.raises(BadSetting):
        settings.replace(speed=9)


def test_the_manifests_defaults_are_left_alone() -> None:
    of = manifest(
        Parameter(name="words", type="list", default=["a"]), Parameter(name="more", type="dict", default={"a": 1})
    )
    settings = resolve(of=of)
    settings["words"].append("b")
    settings["more"]["b"] = 2

    assert (resolve(of=of)["words"], resolve(of=of)["more"]) == (["a"], {"a": 1})


def test_the_callers_dictionary_is_left_alone() -> None:
    given = {"words": ["a"], "voice": "de"}
    settings = resolve(given)
    settings.plain()["voice"] = "x"

    assert given == {"words": ["a"], "voice": "de"}
    assert settings["voice"] == "de"


# --- parameters of methods


TEXT = Parameter(name="text", mandatory=True, description="the words")
METHODS = manifest(method_parameters={"generate_audio": (SPEED, Parameter(name="voice", options=("en", "de")), TEXT)})


def test_method_parameters_follow_the_same_rules() -> None:
    given = {"speed": "1.5", "voice": None, "text": "x"}

    assert validate_parameters(METHODS, "generate_audio", given) == {"speed": 1.5, "text": "x"}
    assert validate_parameters(METHODS, "list_voices", {"anything": 1, "nothing": None}) == {"anything": 1}
    for wrong in ({"speed": 9}, {"voice": "fr"}, {"speed": True}):
        with pytest.raises(BadSetting, match="acme"):
            validate_parameters(METHODS, "generate_audio", {"text": "x", **wrong})
    with pytest.raises(
        BadSetting, match="generate_audio of acme has no parameter 'sped'; did you mean 'speed'"
    ) as near:
        validate_parameters(METHODS, "generate_audio", {"text": "x", "sped": 1})
    assert near.value.details["nearest"] == "speed"
    with pytest.raises(BadSetting, match="it knows speed, voice, text"):
        validate_parameters(METHODS, "generate_audio", {"text": "x", "qqqq": 1})
    with pytest.raises(BadSetting, match="needs the parameter 'text': the words"):
        validate_parameters(METHODS, "generate_audio", {})
    derived = msgspec.structs.replace(METHODS, path=None)
    assert validate_parameters(derived, "generate_audio", {"text": "x", "sped": 1}) == {"text": "x", "sped": 1}
    easy = manifest(method_parameters={"chat": (Parameter(name="text", mandatory=True, default="x"),)})
    assert validate_parameters(easy, "chat", {}) == {}


# --- the saved configuration


def home(folder: Path) -> dict[str, str]:
    return {"LOLLMS_HOME": str(folder / "home")}


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


def test_errors_of_settings_are_errors_of_ours() -> None:
    with pytest.raises(LollmsError) as caught:
        resolve({"speed": "fast"})

    assert caught.value.as_dict()["code"] == "bad_setting"

"""Settings come from the most specific source, in the manifest's types and bounds; secrets are never shown."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.settings.settings_samples import (
    ALL,
    CANARY,
    SPEED,
    VOICE,
    MemoryKeyring,
    manifest,
    resolve,
)  # fmt: skip

from lollms_client.errors import BadSetting, LollmsError, MissingKey
from lollms_client.manifest import Parameter
from lollms_client.manifest.values import fit
from lollms_client.secret import Secret
from lollms_client.settings import (
    resolve_settings,
    validate_parameters,
)


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


def test_errors_of_settings_are_errors_of_ours() -> None:
    with pytest.raises(LollmsError) as caught:
        resolve({"speed": "fast"})

    assert caught.value.as_dict()["code"] == "bad_setting"

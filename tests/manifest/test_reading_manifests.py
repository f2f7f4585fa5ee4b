"""Manifests of every era are read; what is wrong is said with file, line, rule and cure."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from tests.manifest.manifest_examples import (
    BAD,
    BEYOND,
    BROKEN,
    GOOD,
    GUIDE,
    TOLERATED,
    VALIDATOR,
    WARNED,
    as_data,
    one_parameter,
    read,
    write,
)  # fmt: skip

from lollms_client.errors import BadManifest
from lollms_client.manifest import Parameter, load_manifest, manifest_schema
from lollms_client.manifest.parameter_rules import KEYS
from lollms_client.manifest.published_schema import FILE, schema_text
from lollms_client.manifest.reading import FIELDS, SETTINGS_SECTIONS


def test_a_manifest_of_the_guide_is_read_whole(tmp_path: Path) -> None:
    manifest = read(tmp_path / "my_service", GUIDE)

    assert (manifest.name, manifest.title, manifest.author) == ("my_service", "My service", "Somebody")
    assert manifest.path == tmp_path / "my_service" / "description.yaml"
    assert manifest.folder == tmp_path / "my_service"
    assert manifest.binding_type == ""
    assert [item.name for item in manifest.input_parameters] == ["service_key", "model_name"]
    key, model = manifest.input_parameters
    assert key.is_secret
    assert not model.is_secret
    assert model.options == ("small", "large")
    assert model.default == "large"
    assert list(manifest.method_parameters) == ["generate_image", "edit_image"]
    width, hd = manifest.method("generate_image")
    assert (width.type, width.default, hd.type, hd.default) == ("int", 512, "bool", False)
    strength = manifest.method("edit_image")[0]
    assert strength.default == 1.0
    assert isinstance(strength.default, float)
    assert manifest.method("unheard_of") == ()
    assert manifest.warnings == ()


FULL = """\
title: Full
binding_type: ttm
version: 1.10
license: Apache-2.0
offline: true
capabilities: [generate, seed]
requirements: ["numpy>=1.26", "av>=14,<20; python_version > '3.8'", "x @ git+https://example.org/x.git"]
licenses: [{name: engine, license: MIT}]
assets: [{name: weights}]
verified: [{how: real engine, date: 2026-11-22}]
limits: [slow]
links: {home: https://example.org}
reach: {hosts: [example.org]}
service: {base_url: https://example.org/v1}
commands:
  - name: refresh
    params: [{name: x}]
x-note: free
generate_music_parameters:
  - {name: seconds, type: float, description: d, default: 30, min: 1, max: 600, step: 0.5, unit: s}
  - {name: key, type: str, description: of the piece, default: C, options: [C, D]}
input_parameters:
  - {name: token, type: str, description: d, env: [A_TOKEN, B_TOKEN], mandatory: true}
"""


def test_all_that_is_of_ours_is_read(tmp_path: Path) -> None:
    manifest = read(tmp_path / "full", FULL)

    assert manifest.binding_type == "ttm"
    assert manifest.version == "1.10"
    assert manifest.offline
    assert manifest.capabilities == ("generate", "seed")
    assert len(manifest.requirements) == 3
    assert manifest.verified == ({"how": "real engine", "date": "2026-11-22"},)
    assert manifest.commands == ({"name": "refresh", "parameters": [{"name": "x"}]},)
    assert manifest.extra == {"x-note": "free"}
    seconds, key = manifest.method("generate_music")
    assert (seconds.min, seconds.max, seconds.step, seconds.unit) == (1, 600, 0.5, "s")
    assert not key.is_secret
    token = manifest.input_parameters[0]
    assert token.is_secret
    assert token.mandatory
    assert token.env == ("A_TOKEN", "B_TOKEN")
    assert manifest.warnings == ()
    assert json.loads(json.dumps(manifest.as_dict()))["service"] == {"base_url": "https://example.org/v1"}


def test_later_eras_are_read_too(tmp_path: Path) -> None:
    text = """\
binding_name: other_name
title: Later
creation_date: 2026-01-12
last_update_date: 2026-02-01
global_input_parameters:
  - {name: host_address, type: str, description: d, mandatory: true, value: "http://localhost"}
  - {name: service_key, type: str, description: d, mandatory: false, default: null}
model_input_parameters:
  - {name: ctx_size, type: int, description: d, default: null, mandatory: false}
  - {name: host_address, type: str, description: again}
actions:
  - name: list_tuned_models
    params: []
presets: [1]
"""
    manifest = read(tmp_path / "later", text)

    assert [item.name for item in manifest.input_parameters] == ["host_address", "service_key", "ctx_size"]
    assert manifest.input_parameters[0].default == "http://localhost"
    assert manifest.input_parameters[0].mandatory
    assert manifest.input_parameters[0].description == "d"
    assert manifest.input_parameters[1].is_secret
    assert manifest.commands[0]["name"] == "list_tuned_models"
    assert manifest.name == "later"
    assert manifest.extra["binding_name"] == "other_name"
    assert ["'value'" in manifest.warnings[0], "host_address" in manifest.warnings[1]] == [True, True]
    assert len(manifest.warnings) == 2


@pytest.mark.parametrize("name", GOOD)
def test_good_manifests_load_in_silence_and_fit_the_schema(name: str, tmp_path: Path) -> None:
    manifest = read(tmp_path, GOOD[name])

    assert manifest.warnings == ()
    assert list(VALIDATOR.iter_errors(as_data(GOOD[name]))) == []


@pytest.mark.parametrize("name", TOLERATED)
def test_other_spellings_load_with_a_warning_and_the_schema_marks_them(name: str, tmp_path: Path) -> None:
    text, line, part = TOLERATED[name]

    warnings = read(tmp_path, text).warnings

    assert len(warnings) == 1
    assert warnings[0].startswith(f"line {line}: ")
    assert part in warnings[0]
    assert not VALIDATOR.is_valid(as_data(text))


@pytest.mark.parametrize("name", WARNED)
def test_odd_defaults_are_warned_of(name: str, tmp_path: Path) -> None:
    text, line, part = WARNED[name]

    warnings = read(tmp_path, text).warnings

    assert len(warnings) == 1
    assert warnings[0].startswith(f"line {line}: ")
    assert part in warnings[0]


@pytest.mark.parametrize("name", [*BAD, *BEYOND, *BROKEN])
def test_wrong_manifests_say_file_line_rule_and_cure(name: str, tmp_path: Path) -> None:
    text, line, part = {**BAD, **BEYOND, **BROKEN}[name]
    file = write(tmp_path / "folder", text)

    with pytest.raises(BadManifest) as caught:
        load_manifest(file)

    details = caught.value.details
    assert details["line"] == line
    assert part in details["rule"]
    assert details["file"] == str(file)
    assert details["cure"]
    for fact in (str(file), f"line {line}", details["rule"], details["cure"]):
        assert fact in str(caught.value)


@pytest.mark.parametrize("name", BAD)
def test_the_schema_refuses_what_the_reader_refuses(name: str) -> None:
    assert not VALIDATOR.is_valid(as_data(BAD[name][0]))


@pytest.mark.parametrize("name", sorted(set(BEYOND) - {"nothing"}))
def test_some_rules_are_beyond_the_schema(name: str) -> None:
    assert VALIDATOR.is_valid(as_data(BEYOND[name][0]))


def test_the_published_schema_is_the_one_that_the_rules_make() -> None:
    assert FILE.read_text(encoding="utf-8") == schema_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_the_schema_describes_every_key_for_editors() -> None:
    schema = manifest_schema()
    quiet = [name for name, rule in schema["properties"].items() if rule is True]

    assert all("description" in rule for name, rule in schema["properties"].items() if name not in quiet)
    assert "Manifest" in schema["title"]
    assert {"name", "type", "env", "step"} <= set(schema["$defs"]["parameter"]["properties"])


@pytest.mark.parametrize("place", ["missing", "folder without", "is a folder"])
def test_a_manifest_that_cannot_be_read_is_a_bad_manifest(place: str, tmp_path: Path) -> None:
    if place == "is a folder":
        (tmp_path / "description.yaml").mkdir()
    target = tmp_path / "nowhere.yaml" if place == "missing" else tmp_path

    with pytest.raises(BadManifest) as caught:
        load_manifest(target)

    assert caught.value.details["line"] == 1


def test_a_folder_and_its_file_give_the_same(tmp_path: Path) -> None:
    file = write(tmp_path, GUIDE)

    assert load_manifest(tmp_path) == load_manifest(str(file))


def test_utf_16_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "title: Zoë\n".encode("utf-16")).title == "Zoë"


def test_anchors_and_merges_are_followed(tmp_path: Path) -> None:
    text = """\
x-base: &base {type: int, description: d, min: 1}
generate_image_parameters:
  - {<<: *base, name: width}
  - {name: height, min: 7, <<: *base}
"""
    width, height = read(tmp_path, text).method("generate_image")

    assert (width.type, width.min, height.min) == ("int", 1, 7)


@pytest.mark.parametrize("nothing", ["null", "~", ""])
def test_a_key_without_a_value_is_as_good_as_none(nothing: str, tmp_path: Path) -> None:
    text = "".join(f"{key}: {nothing}\n" for key in (*FIELDS, *SETTINGS_SECTIONS, "generate_image_parameters"))
    parameter = "\n    ".join(f"{key}: {nothing}" for key in KEYS if key not in ("name", "type"))

    assert read(tmp_path / "a", text) == msgspec.structs.replace(
        read(tmp_path / "a", "{}\n"), method_parameters={"generate_image": ()}
    )
    assert read(tmp_path / "a", one_parameter("name: a", "type: int", parameter)).input_parameters == (
        Parameter(name="a", type="int"),
    )


def test_texts_are_kept_as_they_are_written(tmp_path: Path) -> None:
    manifest = read(tmp_path, "title: 007\nversion: 1.10\nauthor: yes\ndescription: 2026-11-22\nlicense: 0x10\n")

    assert (manifest.title, manifest.version, manifest.author) == ("007", "1.10", "yes")
    assert (manifest.description, manifest.license) == ("2026-11-22", "0x10")


def test_binding_types_have_other_words(tmp_path: Path) -> None:
    words = {"LLM": "llm", "text-to-image": "tti", "Text To Speech": "tts", "ttv_binding": "ttv", "music": "ttm"}

    assert {
        word: read(tmp_path / kind, f"binding_type: {word}\n").binding_type for word, kind in words.items()
    } == words


def test_the_title_defaults_to_the_folder(tmp_path: Path) -> None:
    assert read(tmp_path / "my_new_binding", "author: x\n").title == "my new binding"


def test_requirements_as_pipmaster_takes_them(tmp_path: Path) -> None:
    text = "requirements: {numpy: '>=1', pillow: '11.0', x: {vcs: git+https://e.org/x}, y: {condition: '<2'}, z: }\n"

    assert read(tmp_path, text).requirements == ("numpy>=1", "pillow==11.0", "x @ git+https://e.org/x", "y<2", "z")


def test_settings_become_a_json_schema(tmp_path: Path) -> None:
    text = """\
title: S
input_parameters:
  - {name: api_key, type: str, description: d, default: abcdefgh, mandatory: true}
  - {name: size, type: int, default: 2, min: 1, max: 3, unit: px, step: 1}
  - {name: mode, type: str, options: [a, b], mandatory: true, env: [MODE]}
  - {name: parts, type: list}
generate_image_parameters:
  - {name: hd, type: bool, mandatory: true}
"""
    manifest = read(tmp_path, text)
    schema = manifest.settings_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    key = schema["properties"]["api_key"]
    assert (key["writeOnly"], key["format"]) == (True, "password")
    assert "default" not in key
    assert "abcdefgh" not in json.dumps(schema) + json.dumps(manifest.as_dict())
    assert schema["required"] == ["mode"]
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({"mode": "a", "size": 3, "parts": []})
    for wrong in ({}, {"mode": "c"}, {"mode": "a", "size": 4}, {"mode": "a", "size": "3"}, {"mode": "a", "sise": 2}):
        assert not validator.is_valid(wrong)
    assert schema["properties"]["size"]["default"] == 2
    assert schema["properties"]["size"]["x-unit"] == "px"
    method = jsonschema.Draft202012Validator(manifest.method_schema("generate_image"))
    assert method.is_valid({"hd": True})
    assert not method.is_valid({"hd": 1})
    assert not method.is_valid({})
    assert jsonschema.Draft202012Validator(manifest.method_schema("chat")).is_valid({"anything": 1})

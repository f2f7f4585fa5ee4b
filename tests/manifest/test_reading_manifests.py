"""Manifests of every era are read; what is wrong is said with file, line, rule and cure; nothing else ever escapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lollms_client.errors import BadManifest
from lollms_client.manifest import Manifest, Parameter, load_manifest, manifest_schema
from lollms_client.manifest.parameter_rules import KEYS
from lollms_client.manifest.published_schema import FILE, schema_text
from lollms_client.manifest.reading import FIELDS, SETTINGS_SECTIONS
from lollms_client.manifest.yaml_nodes import plain, read_text

VALIDATOR = jsonschema.Draft202012Validator(manifest_schema())


def write(folder: Path, text: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "description.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def read(folder: Path, text: str | bytes) -> Manifest:
    return load_manifest(write(folder, text))


def one_parameter(*lines: str, section: str = "input_parameters") -> str:
    """A manifest with one parameter, whose first key stands in line 2."""
    first, *others = lines
    return "\n".join([f"{section}:", f"  - {first}", *(f"    {line}" for line in others)]) + "\n"


GUIDE = """\
title: My service
author: Somebody
description: What it does
input_parameters:
  - name: service_key
    type: str
    description: The key
    default: ""
  - name: model_name
    type: str
    description: The model
    default: large
    options: [small, large]
generate_image_parameters:
  - name: width
    type: int
    description: Width
    default: 512
  - name: hd
    type: bool
    description: Fine
    default: false
edit_image_parameters:
  - {name: strength, type: float, description: How much, default: 1}
"""


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


def test_all_that_is_of_ours_is_read(tmp_path: Path) -> None:
    text = """\
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
    manifest = read(tmp_path / "full", text)

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


# what both the published schema and the reader take without a word
GOOD = {
    "almost nothing": "title: x\n",
    "empty sections": "title: x\ninput_parameters:\ngenerate_image_parameters: []\nlimits:\n",
    "a guide manifest": GUIDE,
    "list default": one_parameter("name: words", "type: list", "default: [a, b]", "options: [a, b, c]"),
    "dict default": one_parameter("name: words", "type: dict", "default: {a: 1}"),
    "bounds": one_parameter("name: size", "type: int", "min: 1", "max: 8", "step: 1", "default: 4"),
    "float without point": one_parameter("name: size", "type: float", "default: 4"),
    "null default": one_parameter("name: size", "type: int", "default: null"),
    "empty text default": one_parameter("name: model", "type: str", 'default: ""', "options: [a]"),
    "one variable": one_parameter("name: size", "type: int", "env: SIZE"),
    "hidden text": one_parameter("name: pin", "type: str", "is_secret: true"),
    "requirements of no version": "requirements: [numpy, pillow]\n",
    "requirements as mapping": "requirements: {numpy: '>=1', pillow: '11.0', x: null}\n",
    "licence words": "licenses: [MIT, {name: x}]\n",
    "links as list": "links: [https://example.org]\n",
    "old sections": one_parameter("name: a", "type: str", section="global_input_parameters"),
    "quiet keys": "icon: x.png\nadvisory: be careful\nx-anything: {a: [1]}\n",
    "byte order mark": "\ufefftitle: x\n",
}

# what loads with a warning in the line given, and what the schema marks for the author
TOLERATED = {
    "unknown key": ("title: x\ninputparameters: []\n", 2, "input_parameters"),
    "unknown key of a parameter": (one_parameter("name: a", "type: str", "defalt: x"), 4, "default"),
    "no type": (one_parameter("name: a"), 2, "str is assumed"),
    "other word for a type": (one_parameter("name: a", "type: string"), 3, "'str'"),
    "type in capitals": (one_parameter("name: a", "type: INT"), 3, "'int'"),
    "number as text": (one_parameter("name: a", "type: int", 'default: "5"'), 4, "is read as 5"),
    "text as number": (one_parameter("name: a", "type: str", "default: 7"), 4, "is read as '7'"),
    "yes as text": (one_parameter("name: a", "type: str", "default: no"), 4, "is read as 'no'"),
    "one for true": (one_parameter("name: a", "type: bool", "default: 1"), 4, "is read as True"),
    "word for a flag": (one_parameter("name: a", "type: str", 'mandatory: "yes"'), 4, "is read as true"),
    "empty default of a number": (one_parameter("name: a", "type: int", 'default: ""'), 4, "none is assumed"),
    "modality in capitals": ("title: x\nbinding_type: TTS\n", 2, "is read as 'tts'"),
    "parameters by name": ("title: x\ninput_parameters:\n  a: {type: int}\n", 3, "list of parameters"),
    "another word for a key": (one_parameter("name: a", "type: int", "required: true"), 4, "is read as 'mandatory'"),
    "a name that YAML takes for a flag": (one_parameter("name: off", "type: int"), 2, "'off'"),
    "text for a list": (one_parameter("name: a", "type: list", "default: a, b"), 4, "is read as"),
}

# what the schema cannot say and the reader warns of
WARNED = {
    "default outside options": (one_parameter("name: a", "type: str", "default: x", "options: [y]"), 4, "options"),
    "default of a secret": (one_parameter("name: api_key", "type: str", "default: sk-123456789"), 4, "secret"),
}

# what both refuse: text, line, part of the rule
BAD: dict[str, tuple[str, int, str]] = {
    "a list": ("- title\n", 1, "not a mapping"),
    "a text": ("just words\n", 1, "not a mapping"),
    "title is a list": ("author: a\ntitle: [x]\n", 2, "title must be a text"),
    "unknown modality": ("title: x\n\nbinding_type: smell\n", 3, "none of the six"),
    "parameters are text": ("input_parameters: many\n", 1, "must be a list"),
    "parameters by name": ("title: x\ninput_parameters:\n  voice: en\n", 3, "must be a list"),
    "parameter is text": ("input_parameters:\n  - voice\n", 2, "is a mapping"),
    "no name": (one_parameter("type: str"), 2, "has no name"),
    "empty name": (one_parameter("name:", "type: str"), 2, "not a parameter name"),
    "name with a space": (one_parameter("name: my voice", "type: str"), 2, "not a parameter name"),
    "name in another line is empty": ("input_parameters:\n  - type: str\n    name: ''\n", 3, "not a parameter name"),
    "type is a list": (one_parameter("name: a", "type: [str]"), 3, "['str'] is not a type"),
    "name is a list": (one_parameter("name: [a]", "type: str"), 2, "not a parameter name"),
    "unknown type": (one_parameter("name: a", "type: strr"), 3, "is not a type"),
    "default of another type": (one_parameter("name: a", "type: int", "default: many"), 4, "not a whole number"),
    "fraction for a whole number": (one_parameter("name: a", "type: int", "default: 1.5"), 4, "not a whole number"),
    "true for a number": (one_parameter("name: a", "type: float", "default: true"), 4, "not a number"),
    "default list for text": (one_parameter("name: a", "type: str", "default: [x]"), 4, "is not text"),
    "options are text": (one_parameter("name: a", "type: str", "options: x"), 4, "options is a list"),
    "option of another type": (one_parameter("name: a", "type: int", "options:", "  - 1", "  - two"), 6, "not a whole"),
    "empty option": (one_parameter("name: a", "type: str", "options:", "  - x", "  -"), 6, "is empty"),
    "secret number": (one_parameter("name: pin", "type: int", "is_secret: true"), 2, "of type str"),
    "flag of another kind": (one_parameter("name: a", "type: str", "is_secret: maybe"), 4, "true or false"),
    "mandatory list": (one_parameter("name: a", "type: str", "mandatory: [1]"), 4, "true or false"),
    "min is text": (one_parameter("name: a", "type: int", "min: low"), 4, "min must be a number"),
    "min is true": (one_parameter("name: a", "type: int", "min: true"), 4, "min must be a number"),
    "min of a text": (one_parameter("name: a", "type: str", "min: 1"), 4, "belongs to numbers"),
    "step of nothing": (one_parameter("name: a", "type: int", "step: 0"), 4, "more than 0"),
    "variable with a space": (one_parameter("name: a", "type: str", "env: MY KEY"), 4, "environment variable"),
    "requirement with a space": ("requirements:\n  - numpy\n  - not a package\n", 3, "not a requirement"),
    "requirement that is an option": ("requirements: ['--index-url=x']\n", 1, "not a requirement"),
    "requirement that is a number": ("requirements:\n  - numpy\n  - 1.5\n", 3, "not a requirement"),
    "requirement that is a flag": ("requirements: no\n", 1, "not a requirement"),
    "empty requirement": ("requirements:\n  -\n", 2, "empty item"),
    "capabilities by name": ("capabilities: {a: 1}\n", 1, "list of texts"),
    "offline is a word": ("offline: perhaps\n", 1, "true or false"),
    "reach is a list": ("reach: [x]\n", 1, "must be a mapping"),
    "service is text": ("service: x\n", 1, "must be a mapping"),
    "licences by name": ("licenses: {a: b}\n", 1, "must be a list"),
    "assets are text": ("assets: x\n", 1, "must be a list"),
    "command without a name": ("commands:\n  - title: x\n", 2, "has no name"),
    "link to a list": ("links:\n  home: [x]\n", 2, "must be a text"),
}

# what is right for the schema and wrong all the same
BEYOND: dict[str, tuple[str, int, str]] = {
    "nothing": ("# only a comment\n", 1, "empty"),
    "a name twice": ("input_parameters:\n  - {name: a, type: str}\n  - {name: a, type: str}\n", 3, "stands twice"),
    "min above max": (one_parameter("name: a", "type: int", "min: 5", "max: 1"), 5, "greater than max"),
    "default below min": (one_parameter("name: a", "type: int", "min: 5", "default: 1"), 5, "at least 5"),
    "default above max": (one_parameter("name: a", "type: float", "max: 5", "default: 6"), 5, "at most 5"),
    "endless min": (one_parameter("name: a", "type: float", "min: -.inf"), 4, "must be a number"),
    "endless default": (one_parameter("name: a", "type: float", "default: .nan"), 4, "not a number"),
}

# what is no YAML, or none that may be read
BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "open bracket": ("title: x\nlimits: [a, b\n", 3, "not valid YAML"),
    "tab": ("limits:\n\t- x\n", 2, "not valid YAML"),
    "colon in a text": ("title: x\ndescription: a: b\n", 2, "not valid YAML"),
    "key twice": ("title: x\nauthor: y\ntitle: z\n", 3, "stands twice"),
    "Python object": ("title: !!python/object/apply:os.system [ls]\n", 1, "tag"),
    "unknown anchor": ("title: x\nauthor: *who\n", 2, "anchor"),
    "endless": ("title: x\nextra: &a\n  b: *a\n", 3, "holds itself"),
    "two documents": ("title: x\n---\ntitle: y\n", 2, "several documents"),
    "list as key": ("title: x\n? [a]\n: b\n", 2, "key is a list"),
    "bad merge": ("title: x\n<<: 3\n", 2, "<<"),
    "other encoding": ("title: x\nauthor: Zoë\n".encode("latin-1"), 2, "not UTF-8"),
    "control character": ("title: x\nauthor: \x07\n", 2, "control character"),
    "wrong number": ("title: x\nn: !!int twelve\n", 2, "not a valid int"),
    "very deep": ("title: x\na: " + "[" * 100_000, 2, "nested deeper"),
    "very large": ("title: " + "x" * 1_000_001, 1, "larger than"),
    "exploding": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [{','.join('*' + a for _ in range(10))}]\n"
        for a, b in zip("abcdefg", "bcdefgh", strict=True)), 5, "more than",
    ),
}  # fmt: skip


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


def as_data(text: str) -> Any:
    node = read_text(text.removeprefix("\ufeff"))
    return plain(node) if node else None


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


keys = st.sampled_from(
    ["title", "input_parameters", "name", "type", "default", "options", "min", "requirements", "x", "<<"]
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["str", "int", "list"])
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(max_size=4), inner, max_size=5),
    max_leaves=25,
)
quick = hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def outcome(folder: Path, text: str | bytes) -> None:
    """Whatever a file holds, the answer is a manifest or an error that knows its line."""
    manifest, details = None, {}
    try:
        manifest = read(folder, text)
    except BadManifest as error:
        details = error.details
    if manifest is None:
        assert details["line"] >= 1
        assert details["cure"]
    else:
        json.dumps(manifest.as_dict())
        jsonschema.Draft202012Validator.check_schema(manifest.settings_schema())


@quick
@given(tree=trees)
def test_any_tree_is_a_manifest_or_a_bad_manifest(tree: Any, tmp_path: Path) -> None:
    outcome(tmp_path, yaml.safe_dump(tree, allow_unicode=True))


@quick
@given(
    parameter=st.dictionaries(keys, trees, max_size=6), section=st.sampled_from(["input_parameters", "a_parameters"])
)
def test_any_parameter_is_read_or_refused(parameter: dict[str, Any], section: str, tmp_path: Path) -> None:
    outcome(tmp_path, yaml.safe_dump({section: [{"name": "a", "type": "int", **parameter}]}, allow_unicode=True))


near_keys = st.sampled_from([*KEYS, "value", "title"])
near_values = st.one_of(
    st.sampled_from(["str", "int", "float", "bool", "list", "dict", "a", "", "yes", "API_KEY"]),
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.5]),
    st.lists(st.sampled_from(["a", "", 1, 2.5, True, None]), max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=1),
)
near_parameters = st.builds(
    lambda kind, rest: {"name": "a", "type": kind, **rest},
    st.sampled_from(["str", "int", "float", "bool", "list", "dict"]),
    st.dictionaries(near_keys, near_values, max_size=3),
)
near_manifests = st.dictionaries(
    st.sampled_from([*FIELDS, "input_parameters", "embed_parameters", "global_input_parameters", "icon", "x-y", "z"]),
    near_values | st.lists(near_parameters, max_size=2) | st.lists(near_values, max_size=2),
    max_size=4,
)
UNSAYABLE = ("stands twice", "greater than max", "at least", "at most", "between", "the option", "a secret is of type")


@hypothesis_settings(quick, max_examples=120)
@given(data=near_manifests)
def test_schema_and_reader_agree(data: dict[str, Any], tmp_path: Path) -> None:
    fits = VALIDATOR.is_valid(data)
    warnings: tuple[str, ...] = ()
    rule = ""
    try:
        warnings = read(tmp_path, yaml.safe_dump(data)).warnings
    except BadManifest as error:
        rule = str(error.details["rule"])

    if fits:
        assert rule == "" or any(words in rule for words in UNSAYABLE), rule
    else:
        assert rule or warnings


@quick
@given(data=st.binary(max_size=60) | st.text(alphabet="ab:- \n[]{}&*!|>'\"#%@?,<0.", max_size=60).map(str.encode))
@example(data=b"&a : *a")
@example(data=b"? \n? ")
@example(data=b"a: !!float 1__0.")
@example(data=b"- !!binary x")
@example(data=b"\xff\xfe\x00\xd8")
@example(data=b"a: .")
@example(data=b"a: 0o9")
@example(data=b"a: 190:20:30.15")
def test_any_bytes_are_a_manifest_or_a_bad_manifest(data: bytes, tmp_path: Path) -> None:
    outcome(tmp_path, data)

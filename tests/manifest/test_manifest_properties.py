"""Whatever a file holds, reading it ends in a manifest or in an error with a line; schema and reader agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.manifest.manifest_examples import VALIDATOR, read

from lollms_client.errors import BadManifest
from lollms_client.manifest.parameter_rules import KEYS
from lollms_client.manifest.reading import FIELDS

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

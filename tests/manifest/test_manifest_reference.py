"""What the reference page shows works as it says."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest

from lollms_client.manifest import binding_type_of, load_manifest, manifest_schema
from lollms_client.manifest.model import PACKAGE_FOLDER
from lollms_client.manifest.parameter_rules import KEYS
from lollms_client.manifest.reading import FIELDS
from lollms_client.manifest.yaml_nodes import Mapping, plain, read_file

PAGE = (Path(__file__).parents[2] / "docs" / "reference-manifest.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_manifest_loads_in_silence(tmp_path: Path) -> None:
    text = next(text for language, text in BLOCKS if language == "yaml")
    (tmp_path / "description.yaml").write_text(text)

    manifest = load_manifest(tmp_path)

    assert manifest.warnings == ()
    assert manifest.binding_type == "tti"
    assert manifest.input_parameters[0].is_secret


def test_the_example_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for code in (text for language, text in BLOCKS if language == "python"):
        exec(compile(code, "reference-manifest.md", "exec"), {})


BUILT_IN = sorted(PACKAGE_FOLDER.glob("*_bindings/*/description.yaml"))


@pytest.mark.parametrize("file", BUILT_IN, ids=lambda file: file.parent.name)
def test_the_bundled_manifests_are_examples(file: Path) -> None:
    data = plain(read_file(file) or Mapping(1))

    assert load_manifest(file).warnings == ()
    assert [error.message for error in jsonschema.Draft202012Validator(manifest_schema()).iter_errors(data)] == []
    assert load_manifest(file).binding_type == binding_type_of(file.parent) == file.parent.parent.name[:3]


@pytest.mark.parametrize("key", sorted({*FIELDS, *KEYS}))
def test_every_key_is_described(key: str) -> None:
    assert f"`{key}`" in PAGE

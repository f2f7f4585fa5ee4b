"""What the reference page shows works as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lollms_client.manifest import load_manifest
from lollms_client.manifest.parameter_rules import KEYS
from lollms_client.manifest.reading import FIELDS

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


@pytest.mark.parametrize("key", sorted({*FIELDS, *KEYS}))
def test_every_key_is_described(key: str) -> None:
    assert f"`{key}`" in PAGE

"""The site builds strictly, holds a page for each binding and the public classes, and leads to every page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lollms_client import LollmsClient
from lollms_client.cli.binding_page import EXAMPLES, binding_page, needed_settings, page_name
from lollms_client.cli.reference import built_in_manifests
from lollms_client.manifest.model import Manifest
from tests.docs.pages import ROOT, blocks, pages

MANIFESTS = [pytest.param(item, id=f"{item.binding_type}.{item.name}") for item in built_in_manifests()]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(place)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


def test_each_binding_has_a_page_with_its_settings(site: Path) -> None:
    manifests = built_in_manifests()
    assert {manifest.binding_type for manifest in manifests} == {"llm", "tti", "stt", "tts", "ttv", "ttm"}
    for manifest in manifests:
        page = (site / page_name(manifest)).with_suffix("") / "index.html"
        text = page.read_text(encoding="utf-8")
        for parameter in manifest.input_parameters:
            assert f"<code>{parameter.name}</code>" in text, f"{page}: {parameter.name}"


def test_the_table_of_bindings_leads_to_the_pages(site: Path) -> None:
    text = (site / "bindings" / "index.html").read_text(encoding="utf-8")
    assert 'href="tts/espeak/"' in text
    assert 'href="llm/openai/"' in text


def test_the_reference_shows_classes_with_their_fields_and_methods(site: Path) -> None:
    types = (site / "api" / "types" / "index.html").read_text(encoding="utf-8")
    assert "part of output_tokens" in types  # a comment beside a field
    client = (site / "api" / "client" / "index.html").read_text(encoding="utf-8")
    assert 'id="lollmsclientstream_chat"' in client
    errors = (site / "api" / "errors" / "index.html").read_text(encoding="utf-8")
    assert "<code>rate_limited</code>" in errors


def test_every_page_can_be_reached() -> None:
    configuration = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r": (\S+\.md)$", configuration, re.MULTILINE)
    written = {page.removeprefix("docs/") for page in pages() if page.startswith("docs/")}
    assert sorted(written) == sorted(listed), "name the page under nav in mkdocs.yml"


def test_the_hook_is_named_in_the_configuration() -> None:
    configuration = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert [(ROOT / hook).exists() for hook in configuration["hooks"]] == [True]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_the_example_of_a_page_chooses_the_binding(manifest: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    for parameter in manifest.input_parameters:
        if parameter.is_secret and parameter.env:
            monkeypatch.setenv(parameter.env[0], "key-for-tests")
    shown = list(blocks(page_name(manifest), binding_page(manifest)))
    program = next(block.text for block in shown if block.language == "python")
    beginning = program.removesuffix(EXAMPLES[manifest.binding_type].program + "\n")
    assert beginning != program
    names: dict[str, LollmsClient] = {}
    exec(beginning, names)
    made = names["client"].binding(manifest.binding_type)
    assert made.binding_name == manifest.name
    compile(program, manifest.name, "exec")
    for name, value in needed_settings(manifest).items():
        assert f"--set {name}={value}" in shown[-1].text

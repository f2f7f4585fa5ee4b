"""Tiers are what was computed, of what stands there now; what was changed since has none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lollms_client.cli import main
from lollms_client.client_core import OFFLINE_BINDINGS
from lollms_client.registry import BindingEntry
from lollms_client.testing import check_binding
from lollms_client.testing.report import TIERS
from lollms_client.testing.tier_records import content_hash, packaged, tier_of
from lollms_client.testing.tiers import bundled, fresh_record, stale, used_files, write, write_badges
from lollms_client.testing.tiers import main as tiers_main
from tests.kit.broken_bindings import BROKEN, write_sample

ORDER = ["", *TIERS]
SAMPLE = sorted(packaged().bindings) if os.environ.get("LOLLMS_TEST_ALL_TIERS") else ["tts.espeak", "ttm.composer"]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("LOLLMS_HOME", str(folder))
    return folder


def _listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> object:
    assert main(["list", "tts", "--json", "--bindings-dir", str(folder)]) == 0
    found = {item["name"]: item for item in json.loads(capsys.readouterr().out)["bindings"]}
    return found["sample_voice"]["tier"]


def test_what_changed_since_it_was_checked_claims_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    old = stale(packaged())
    for name, entry in bundled().items():
        record = packaged().bindings.get(name)
        assert tier_of(name, entry.folder) == (None if record is None or name in old else record.tier)
    assert tiers_main(["--check"]) == (1 if old else 0)
    assert capsys.readouterr().out.count("run: make tiers") == len(old)


@pytest.mark.parametrize("name", SAMPLE)
def test_the_table_claims_no_more_than_is_computed(name: str) -> None:
    claimed = packaged().bindings[name].tier
    report = check_binding(bundled()[name].folder)
    assert ORDER.index(report.tier) >= ORDER.index(claimed), report.text()


def test_all_are_at_least_silver_and_the_offline_six_and_the_openai_family_gold() -> None:
    tiers = {name: ORDER.index(record.tier) for name, record in packaged().bindings.items()}
    assert set(tiers) == set(bundled())
    assert {name for name, at in tiers.items() if at < ORDER.index("silver")} == set()
    six = {f"{kind}.{name}" for kind, name in OFFLINE_BINDINGS.items()}
    family = {name for name, entry in bundled().items() if _is_on_the_wire_of_openai(entry)}
    assert "llm.openai" in family
    assert {name for name in six | family if tiers[name] < ORDER.index("gold")} == set()


def _is_on_the_wire_of_openai(entry: BindingEntry) -> bool:
    files = used_files(entry.folder, entry.binding_type)
    return any(name.startswith("families/openai_compatible/") for name in files)


def test_a_check_is_remembered_until_the_folder_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_sample(tmp_path / "sample_voice")
    assert _listed(folder, capsys) is None
    assert main(["check", str(folder)]) == 0
    capsys.readouterr()
    assert _listed(folder, capsys) == "bronze"
    assert main(["show", "sample_voice", "--bindings-dir", str(folder)]) == 0
    assert "bronze" in capsys.readouterr().out
    code = folder / "__init__.py"
    code.write_text(code.read_text() + "\n")
    assert _listed(folder, capsys) is None


def test_a_failed_check_is_remembered_as_no_tier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_sample(tmp_path / "sample_voice", BROKEN["prints_on_import"])
    assert main(["check", str(folder)]) == 1
    capsys.readouterr()
    assert _listed(folder, capsys) == ""


def test_a_tier_can_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_sample(tmp_path / "sample_voice")
    assert main(["check", str(folder), "--tier", "bronze", "--all"]) == 0
    out = capsys.readouterr().out
    assert "tier: bronze" in out
    assert "M101" in out
    assert "W1" not in out  # what only a higher tier asks for is left out
    assert main(["check", str(folder), "--tier", "silver"]) == 1  # nothing is wrong with it, but it has no wire cases
    assert "tier: bronze" in capsys.readouterr().out
    assert _listed(folder, capsys) is None  # part of a check is not kept


def test_a_broken_record_is_no_tier(tmp_path: Path, place: Path) -> None:
    folder = write_sample(tmp_path / "sample_voice")
    (place / "tiers").mkdir(parents=True)
    for text in ("", "{", '{"tier": 7}', "[]"):
        (place / "tiers" / "tts.sample_voice.json").write_text(text)
        assert tier_of("tts.sample_voice", folder) is None


def test_the_hash_knows_every_file_but_not_what_python_leaves(tmp_path: Path) -> None:
    folder = write_sample(tmp_path / "sample_voice")
    before = content_hash(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    assert content_hash(folder) == before
    (folder / "voices.json").write_text("[]")
    after = content_hash(folder)
    assert after != before
    (folder / "voices.json").rename(folder / "names.json")
    assert content_hash(folder) not in (before, after)


def test_lines_end_alike_on_every_system(tmp_path: Path) -> None:
    one, other = write_sample(tmp_path / "one"), write_sample(tmp_path / "other")
    for file in other.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert content_hash(one) == content_hash(other)


def test_a_record_is_of_the_family_too() -> None:
    files = used_files(bundled()["tts.espeak"].folder, "tts")
    assert "families/engine.py" in files
    assert "engines/espeak/voices.py" in files
    assert not any(name.startswith("engines/scene") for name in files)


def test_a_changed_or_missing_record_is_stale() -> None:
    table = packaged()
    name = "tts.espeak"
    record, files = fresh_record(bundled()[name], "gold")
    groups = {**table.groups, record.uses: files}
    kept = type(table)(bindings={**table.bindings, name: record}, groups=groups)
    assert name not in stale(kept)
    record.content = "0" * 32
    assert name in stale(kept)
    del kept.bindings[name]
    assert name in stale(kept)


def test_the_table_is_written_in_order_without_what_nobody_uses(tmp_path: Path) -> None:
    table = packaged()
    turned = type(table)(
        bindings=dict(reversed(table.bindings.items())), groups={**table.groups, "unused": ["errors.py"]}
    )
    write(turned, tmp_path / "tiers.json")
    written = json.loads((tmp_path / "tiers.json").read_text())
    assert list(written["bindings"]) == sorted(table.bindings)
    assert written["bindings"]["tts.espeak"]["tier"] == table.bindings["tts.espeak"].tier
    assert "unused" not in written["groups"]


def test_badges_say_the_tier(tmp_path: Path) -> None:
    write_badges(packaged(), tmp_path)
    assert len(packaged().bindings) == len(bundled())
    for name, record in packaged().bindings.items():
        picture = ElementTree.fromstring((tmp_path / f"{name}.svg").read_text())
        assert picture.attrib["aria-label"] == f"lollms check: {record.tier or 'none'}"

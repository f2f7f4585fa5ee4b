"""Bindings are found in every place, the most specific winning; none is imported; a broken one hides no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.registry.binding_folders import make_binding, source

from lollms_client.errors import BadSetting, UnknownBinding
from lollms_client.manifest import BINDING_TYPES
from lollms_client.registry import BindingEntry, Registry

TRAP = "raise SystemExit('this code must not run')"


def entry(registry: Registry, name: str, kind: str = "tts") -> BindingEntry:
    return registry.find(name, kind)


def names(registry: Registry, kind: str | None = None) -> list[str]:
    return [item.name for item in registry.list(kind) if item.source != "built-in"]


def test_the_built_in_bindings_are_listed(home: Path) -> None:
    found = {(item.binding_type, item.name): item for item in Registry().list()}

    assert ("tts", "espeak") in found
    assert found["tts", "espeak"].source == "built-in"
    assert found["tts", "espeak"].module == "lollms_client.tts_bindings.espeak"
    assert Registry().problems() == []


def test_bindings_of_any_type_lie_in_the_home_folder(home: Path) -> None:
    for kind in BINDING_TYPES:
        make_binding(home / "lollms_bindings", f"my_{kind}", source(kind, before=TRAP))

    registry = Registry()

    for kind in BINDING_TYPES:
        assert names(registry, kind) == [f"my_{kind}"]
        found = entry(registry, f"my_{kind}", kind)
        assert found.source == "home"
        assert found.title == "Mine"
        assert found.manifest is not None
        assert found.manifest.binding_type == kind
        assert found.folder == home / "lollms_bindings" / f"my_{kind}"
    assert len(names(registry)) == 6


def test_listing_follows_modality_and_name(home: Path) -> None:
    for name, kind in (("b", "ttm"), ("a", "ttm"), ("z", "llm")):
        make_binding(home / "lollms_bindings", name, source(kind))

    assert names(Registry()) == ["z", "a", "b"]


def test_the_manifest_decides_on_the_type(home: Path) -> None:
    make_binding(home / "lollms_bindings", "mine", source("tts"), "binding_type: ttm\n")

    assert names(Registry(), "ttm") == ["mine"]


PLACES = ["argument", "environment", "home", "entry point", "built-in"]


def test_the_most_specific_place_wins_and_says_so(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, variable, site = tmp_path / "given", tmp_path / "variable", tmp_path / "site"
    for folder in (given, variable, home / "lollms_bindings", site / "acme_pack"):
        make_binding(folder, "espeak")
    (site / "acme_pack" / "__init__.py").write_text(TRAP)
    distribution(site, "acme-dist", "anything = acme_pack")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("LOLLMS_BINDINGS_PATH", os.pathsep.join(["", str(variable)]))

    found = entry(Registry([given]), "espeak")

    assert found.source == "argument"
    assert [place.source.split(":")[0] for place in found.shadows] == PLACES[1:]
    assert found.shadows[2].source == "entry point: acme_dist"
    assert str(found.shadows[0]) == f"environment ({variable / 'espeak'})"
    assert [item.name for item in Registry([given]).list("tts")].count("espeak") == 1
    assert entry(Registry(), "espeak").source == "environment"
    assert entry(Registry(environment={"LOLLMS_HOME": str(home)}), "espeak").source == "home"
    without_home = Registry(environment={"LOLLMS_HOME": str(tmp_path / "none")})
    assert entry(without_home, "espeak").source == "entry point: acme_dist"


def test_the_same_name_in_two_modalities_is_two_bindings(home: Path) -> None:
    make_binding(home / "lollms_bindings", "acme", source("tts"))
    make_binding(home / "lollms_bindings" / "tti_bindings", "acme", source("tti"))

    assert [(item.binding_type, item.shadows) for item in Registry().list() if item.name == "acme"] == [
        ("tti", ()),
        ("tts", ()),
    ]


def test_a_folder_may_be_the_binding_or_hold_bindings_or_hold_modalities(home: Path, tmp_path: Path) -> None:
    single = make_binding(tmp_path, "single")
    make_binding(tmp_path / "many", "one")
    make_binding(tmp_path / "sorted" / "tts_bindings", "two")
    make_binding(tmp_path / "sorted" / "tti_bindings", "three", source("tti"))
    (tmp_path / "sorted" / "tts_bindings" / "__init__.py").write_text("")
    make_binding(tmp_path / "sorted" / "mcp_bindings", "tools")

    registry = Registry([single, str(tmp_path / "many"), tmp_path / "sorted"])

    assert names(registry) == ["three", "one", "single", "two"]
    assert entry(registry, "single").folder == single


def test_a_single_folder_may_be_given_as_such(home: Path, tmp_path: Path) -> None:
    make_binding(tmp_path / "many", "one")

    assert names(Registry(tmp_path / "many")) == ["one"]
    assert names(Registry(str(tmp_path / "many"))) == ["one"]


def test_a_folder_for_one_modality(home: Path, tmp_path: Path) -> None:
    make_binding(tmp_path / "voices", "mine")
    make_binding(tmp_path / "voices", "painter", source("tti"))
    make_binding(tmp_path / "voices", "untold", "BindingName = 'A'\nA = make()\n")
    make_binding(home / "lollms_bindings", "mine")

    registry = Registry(typed_dirs={"tts": tmp_path / "voices", "llm": ""})

    assert names(registry) == ["mine", "untold"]
    assert entry(registry, "mine").source == "argument"
    assert entry(registry, "untold").binding_type == "tts"
    with pytest.raises(BadSetting):
        Registry(typed_dirs={"smell": tmp_path})


def test_ordinary_packages_and_hidden_folders_are_passed_over(home: Path, tmp_path: Path) -> None:
    for name in ("ordinary", ".hidden", "_private", "__pycache__"):
        make_binding(tmp_path / "many", name, "x = 1\n" if name == "ordinary" else None, None)
    (tmp_path / "many" / "no_code").mkdir()
    (tmp_path / "many" / "a_file").write_text("x")
    make_binding(tmp_path / "many", "speaks_of_it", "# what LollmsTTSBinding wants\nx = 1\n", None)
    make_binding(tmp_path / "many", "good")

    registry = Registry([tmp_path / "many"])

    assert names(registry) == ["good"]
    assert registry.problems() == []


def test_a_binding_without_a_manifest_is_derived(home: Path) -> None:
    make_binding(home / "lollms_bindings", "bare", source("ttm", before=TRAP), None)

    found = entry(Registry(), "bare", "ttm")

    assert found.manifest is not None
    assert found.manifest.derived
    assert found.manifest.description == "Says nothing."
    assert found.manifest.warnings
    assert names(Registry()) == ["bare"]


BROKEN = {
    "bad_yaml": ("title: [x\n", None, "description.yaml", 2, "tts"),
    "bad_rule": ("title: x\nbinding_type: smell\n", None, "description.yaml", 2, "tts"),
    "bad_code": ("title: x\n", source() + "def f(:\n", "__init__.py", 7, "tts"),
    "bad_code_alone": (None, source("tti") + "def f(:\n", "__init__.py", 7, "tti"),
    "no_modality_alone": (None, "BindingName = 'A'\nclass A: ...\n", "description.yaml", 1, ""),
    "no_modality": ("title: x\n", "BindingName = 'A'\nclass A: ...\n", "description.yaml", 1, ""),
}


def test_broken_bindings_are_problems_and_hide_no_other(home: Path) -> None:
    place = home / "lollms_bindings"
    for name, (manifest, code, *_) in BROKEN.items():
        make_binding(place, name, code, manifest)
    make_binding(place, "no_code")
    (place / "no_code" / "__init__.py").unlink()
    make_binding(place, "good")

    for registry in (Registry(), Registry()):  # the second one reads the cache
        problems = {item.name: item for item in registry.problems()}
        assert set(problems) == {*BROKEN, "no_code"}
        for name, (_, _, file, line, kind) in BROKEN.items():
            problem = problems[name]
            assert problem.file == str(place / name / file)
            assert problem.line == line
            assert problem.rule
            assert problem.cure
            assert problem.binding_type == kind
            assert problem.as_dict()["line"] == line
            assert problem.source == "home"
        assert problems["no_code"].file == str(place / "no_code" / "__init__.py")
        assert "good" in names(registry, "tts")
        assert entry(registry, "bad_yaml").problem is not None
        assert entry(registry, "bad_yaml").manifest is None
        assert entry(registry, "bad_code").title == "x"
        assert entry(registry, "bad_code").manifest is not None


def test_places_that_do_not_exist_are_problems_only_where_they_were_named(home: Path, tmp_path: Path) -> None:
    registry = Registry([tmp_path / "nowhere"], environment={"LOLLMS_BINDINGS_PATH": str(tmp_path / "no")})

    assert [problem.file for problem in registry.problems()] == [str(tmp_path / "nowhere")]
    assert "does not exist" in registry.problems()[0].rule or "exists" in registry.problems()[0].rule


def test_unknown_names_bring_near_ones(home: Path) -> None:
    with pytest.raises(UnknownBinding, match="did you mean 'espeak'") as caught:
        Registry().find("e-speak", "tts")
    assert caught.value.details["nearest"] == ["espeak"]
    assert caught.value.details["binding"] == "e-speak"


def test_a_name_of_another_modality_is_pointed_out(home: Path) -> None:
    with pytest.raises(UnknownBinding, match=r"there is one for tts \(text to speech\)") as caught:
        Registry().find("espeak", "llm")
    assert caught.value.details["other_types"] == ["tts"]


def test_a_name_far_from_all_lists_the_known(home: Path) -> None:
    with pytest.raises(UnknownBinding, match=r"known are: .*espeak"):
        Registry().find("qqqqqqqq", "tts")


def test_a_name_whose_modality_is_unknown_says_why(home: Path) -> None:
    make_binding(home / "lollms_bindings", "mute", "BindingName = 'A'\nclass A: ...\n")

    with pytest.raises(UnknownBinding, match="modality of the binding 'mute'"):
        Registry().find("mute", "tts")


def test_unknown_modalities_are_refused(home: Path) -> None:
    for call in (lambda: Registry().list("smell"), lambda: Registry().find("espeak", "smell")):
        with pytest.raises(BadSetting, match="llm, tti"):
            call()


def test_what_changes_on_disk_is_seen(home: Path) -> None:
    registry = Registry()
    assert names(registry) == []

    folder = make_binding(home / "lollms_bindings", "mine")
    assert entry(registry, "mine").title == "Mine"
    assert names(registry) == ["mine"]
    (folder / "description.yaml").write_text("title: Changed now\n")
    assert [item.title for item in registry.list("tts") if item.name == "mine"] == ["Changed now"]
    (folder / "description.yaml").write_text("title: [\n")
    assert len(registry.problems()) == 1
    (folder / "description.yaml").unlink()
    (folder / "__init__.py").unlink()
    assert names(registry) == []


# --- the cache


def cache_file(home: Path) -> Path:
    return home / "cache" / "manifests.msgpack"


def test_manifests_are_read_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_binding(home / "lollms_bindings", "mine", manifest="title: Kept\ninput_parameters: [{name: a, type: int}]\n")
    make_binding(home / "lollms_bindings", "odd", manifest="title: [\n")
    make_binding(home / "lollms_bindings", "plain", "x = 1\n", None)
    first = Registry()
    assert names(first) == ["mine", "odd"]
    monkeypatch.setattr("lollms_client.manifest.reading.load_manifest", None)
    monkeypatch.setattr("lollms_client.manifest.derivation.derive_manifest", None)

    again = Registry()

    assert names(again) == ["mine", "odd"]
    assert entry(again, "mine").manifest == entry(first, "mine").manifest
    assert str(entry(again, "odd").problem) == str(entry(first, "odd").problem)


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\x92\x01\x81", b"\x92\x91\x01\x80"])
def test_a_damaged_cache_is_as_good_as_none(damage: bytes, home: Path) -> None:
    make_binding(home / "lollms_bindings", "mine")
    cache_file(home).write_bytes(damage)

    assert names(Registry()) == ["mine"]
    assert names(Registry()) == ["mine"]


def test_a_home_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    make_binding(tmp_path / "many", "mine")

    registry = Registry([tmp_path / "many"], environment={"LOLLMS_HOME": str(tmp_path / "file")})

    assert names(registry) == ["mine"]


def test_values_that_cannot_be_cached_are_a_problem_and_no_crash(home: Path) -> None:
    make_binding(home / "lollms_bindings", "huge", manifest=f"title: x\nx-number: {10**30}\n")
    make_binding(home / "lollms_bindings", "mine")

    registry = Registry()

    assert names(registry, "tts") == ["huge", "mine"]
    assert [item.name for item in registry.problems()] == ["huge"]


def test_several_processes_at_once_agree(home: Path) -> None:
    for number in range(20):
        make_binding(home / "lollms_bindings", f"b{number}")
    code = "from lollms_client.registry import Registry; print(sum(e.source == 'home' for e in Registry().list()))"

    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]

    assert [process.communicate()[0].strip() for process in running] == ["20"] * 3
    assert sorted(item.name for item in cache_file(home).parent.iterdir()) == ["manifests.msgpack"]


# --- installed packages


def distribution(site: Path, name: str, *lines: str, extra: str = "") -> None:
    folder = site / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    text = "[console_scripts]\nx = y:z\n\n[lollms_client.bindings]\n" + "\n".join(lines) + "\n" + extra
    (folder / "entry_points.txt").write_text(text)


def test_installed_packages_offer_bindings(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    make_binding(site, "acme_voice", source(before=TRAP))
    make_binding(site / "acme_many" / "inner", "first", source(before=TRAP))
    make_binding(site / "acme_many" / "inner", "second", source("tti", before=TRAP))
    for folder in (site / "acme_many", site / "acme_many" / "inner"):
        (folder / "__init__.py").write_text(TRAP)
    distribution(
        site, "acme.dist", "voice = acme_voice", "many=acme_many.inner:Anything", "lost = acme_lost.x",
        extra="[other]\nno = acme_voice\n",
    )  # fmt: skip
    monkeypatch.syspath_prepend(str(site))

    registry = Registry()

    assert names(registry) == ["second", "first", "voice"]
    found = entry(registry, "voice")
    assert found.source == "entry point: acme.dist"
    assert found.module == "acme_voice"
    assert entry(registry, "first").module == "acme_many.inner.first"
    assert not {"acme_voice", "acme_many", "acme_many.inner"} & set(sys.modules)
    assert [(problem.name, problem.source) for problem in registry.problems()] == [("lost", "entry point: acme.dist")]
    assert "acme_lost.x" in str(registry.problems()[0].error)


def test_the_first_distribution_of_a_name_counts(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, site in enumerate((tmp_path / "new", tmp_path / "old")):
        make_binding(site, "acme_voice", manifest=f"title: number {number}\n")
        distribution(site, "acme-dist", f"voice{number} = acme_voice")
    monkeypatch.syspath_prepend(str(tmp_path / "old"))
    monkeypatch.syspath_prepend(str(tmp_path / "new"))

    assert names(Registry()) == ["voice0"]


def test_listing_imports_no_binding_and_prints_nothing(home: Path) -> None:
    make_binding(home / "lollms_bindings", "mine", source(before="print('loud')"))
    code = (
        "import sys\nfrom lollms_client.registry import Registry\nRegistry().list()\n"
        "heavy = {'yaml', 'requests', 'pipmaster', 'ascii_colors', 'numpy', 'importlib.metadata'}\n"
        "loaded = heavy & set(sys.modules)\n"
        "loaded |= {name for name in sys.modules if '_bindings.' in name}\n"
        "print(sorted(loaded))"
    )
    Registry().list()  # fills the cache

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (done.stdout.strip(), done.stderr) == ("[]", "")

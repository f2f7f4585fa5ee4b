"""Loading imports a binding as a proper module, once; every failure names the binding, the cause and the cure."""

from __future__ import annotations

import importlib
import inspect
import pickle
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.registry.binding_folders import make_binding, source

from lollms_client.errors import BadManifest, BindingLoadFailed, MissingDependency, UnknownBinding
from lollms_client.lollms_tts_binding import LollmsTTSBinding
from lollms_client.registry import Registry
from lollms_client.secret import Secret

CANARY = "sk-canary-for-loading-1"


@pytest.fixture
def place(home: Path) -> Path:
    return home / "lollms_bindings"


def load(name: str = "mine", kind: str = "tts") -> Any:
    return Registry().load(name, kind)


def test_a_binding_is_loaded_as_a_proper_module(place: Path) -> None:
    code = (
        "from pathlib import Path\nfrom .logic import WORD\nfrom . import logic\n"
        "HERE = Path(__file__).parent\nSELF = __import__('sys').modules[__name__]\n"
    )
    folder = make_binding(place, "mine", source(before=code), logic="WORD = 'related'\n")

    kind = load()

    module = sys.modules[kind.__module__]
    assert issubclass(kind, LollmsTTSBinding)
    assert module.WORD == "related"
    assert folder == module.HERE
    assert module.SELF is module
    assert module.__file__ == str(folder / "__init__.py")
    assert list(module.__path__) == [str(folder)]
    assert inspect.getfile(kind) == str(folder / "__init__.py")
    assert "class Mine" in inspect.getsource(kind)
    assert importlib.import_module(kind.__module__) is module
    assert importlib.import_module(f"{kind.__module__}.logic").WORD == "related"
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert kind.__module__.startswith("lollms_bindings.tts_mine_")


def test_a_binding_is_loaded_once(place: Path) -> None:
    make_binding(place, "mine", source(before="import builtins\nbuiltins.times = getattr(builtins, 'times', 0) + 1\n"))
    import builtins

    found: list[type] = []
    threads = [threading.Thread(target=lambda: found.append(load())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert builtins.__dict__.pop("times") == 1


def test_bindings_of_one_name_in_two_places_do_not_mix(place: Path, tmp_path: Path) -> None:
    make_binding(place, "mine", source(inside="where = 'home'"))
    make_binding(tmp_path / "given", "mine", source(inside="where = 'given'"))

    assert load().where == "home"
    other: Any = Registry([tmp_path / "given"]).load("mine", "tts")
    assert other.where == "given"
    assert load().where == "home"


def test_a_given_folder_wins_over_a_built_in_when_loading_too(tmp_path: Path, home: Path) -> None:
    make_binding(tmp_path / "given", "espeak", source(name="Other"))

    assert Registry([tmp_path / "given"]).load("espeak", "tts").__name__ == "Other"


def test_built_in_bindings_load_under_their_real_name(home: Path) -> None:
    kind = load("espeak")

    assert kind.__module__.startswith("lollms_client.tts_bindings.espeak")


def test_bindings_of_an_installed_package_load_under_their_real_name(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    make_binding(site / "acme_pack", "voice", source(before="from ..common import WORD\n"))
    (site / "acme_pack" / "__init__.py").write_text("")
    (site / "acme_pack" / "common.py").write_text("WORD = 'x'\n")
    information = site / "acme_pack-1.0.dist-info"
    information.mkdir()
    (information / "entry_points.txt").write_text("[lollms_client.bindings]\nany = acme_pack\n")
    monkeypatch.syspath_prepend(str(site))

    assert load("voice").__module__ == "acme_pack.voice"


def test_siblings_in_lollms_bindings_can_import_each_other(place: Path) -> None:
    make_binding(place, "shared_code", "WORD = 'shared'\n", None)
    make_binding(place, "mine", source(before="from lollms_bindings.shared_code import WORD\n", inside="word = WORD"))

    assert load().word == "shared"


def test_the_namespace_is_made_once_and_holds_folders_of_its_name_only(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "lollms_bindings", raising=False)  # other tests load bindings from folders too
    for name in ("mine", "second"):
        make_binding(place, name)
    make_binding(tmp_path / "given", "third")

    load()
    namespace = sys.modules["lollms_bindings"]
    load("second")
    Registry([tmp_path / "given"]).load("third", "tts")

    assert sys.modules["lollms_bindings"] is namespace
    assert list(namespace.__path__) == [str(place)]


def test_a_package_of_that_name_that_is_there_is_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = ModuleType("lollms_bindings")
    monkeypatch.setitem(sys.modules, "lollms_bindings", theirs)
    make_binding(place, "mine")

    assert load().__name__ == "Mine"
    assert sys.modules["lollms_bindings"] is theirs


def test_dataclasses_and_slots_work_while_the_module_is_imported(place: Path) -> None:
    code = (
        "from __future__ import annotations\nimport dataclasses\n"
        "@dataclasses.dataclass(slots=True)\nclass D:\n    x: int\n"
    )
    make_binding(place, "mine", code + source())

    assert load()


FAILURES: dict[str, tuple[str, str, int]] = {
    "raises": (source(before="x = 1\nraise RuntimeError('no luck')"), "raised RuntimeError: no luck", 2),
    "exits": (source(before="import sys\nsys.exit('bye')"), "called sys.exit: bye", 2),
    "exits silently": (source(before="raise SystemExit"), "called sys.exit", 1),
    "runs into another error": (source(before="\n\n{}['x']"), "raised KeyError", 3),
    "wrong name": (source().replace('"Mine"', '"Other"'), "no class of that name", 1),
    "no class": (
        'BindingName = "Mine"\nMine = 5\nimport lollms_client.lollms_tts_binding as LollmsTTSBinding\n',
        "no",
        1,
    ),
    "name of no kind": (source().replace('"Mine"', "5"), "BindingName is 5", 1),
    "another base": (
        source() + "class Other: ...\nBindingName = 'Other'\n",
        "does not derive from LollmsTTSBinding",
        1,
    ),
    "imports a wrong name": (
        source(before="from lollms_client.lollms_tts_binding import Lollms5"),
        "raised ImportError",
        1,
    ),
    "imports a lost part of its own": (source(before="\nfrom .lost import x"), "raised ModuleNotFoundError", 2),
}


@pytest.mark.parametrize("name", FAILURES)
def test_code_that_fails_is_named_with_cause_and_cure(name: str, place: Path) -> None:
    code, part, line = FAILURES[name]
    folder = make_binding(place, "mine", code, "title: x\nbinding_type: tts\n")

    with pytest.raises(BindingLoadFailed) as caught:
        load()

    error = caught.value
    assert "'mine'" in str(error)
    assert part in str(error)
    assert error.details["cure"] in str(error)
    assert error.details["binding"] == "mine"
    assert error.details["file"] == str(folder / "__init__.py")
    assert error.details["line"] == line
    assert "mine" in Registry().find("mine", "tts").name


def test_what_failed_is_removed_and_can_be_tried_again(place: Path) -> None:
    code = source(before="from .logic import x\nraise RuntimeError")
    folder = make_binding(place, "mine", code, logic="x = 1\n")
    with pytest.raises(BindingLoadFailed):
        load()
    assert not [name for name in sys.modules if name.startswith("lollms_bindings.tts_mine")]

    (folder / "__init__.py").write_text(source())

    assert load().__name__ == "Mine"


def test_the_cause_is_chained(place: Path) -> None:
    make_binding(place, "mine", source(before="raise RuntimeError('deep')"))

    with pytest.raises(BindingLoadFailed) as caught:
        load()

    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_error_in_another_module_of_the_folder_names_that_module(place: Path) -> None:
    folder = make_binding(place, "mine", source(before="from . import logic"), logic="\n\n1 / 0\n")

    with pytest.raises(BindingLoadFailed) as caught:
        load()

    assert caught.value.details["file"] == str(folder / "logic.py")
    assert caught.value.details["line"] == 3


def test_a_syntax_error_in_another_module_names_file_and_line(place: Path) -> None:
    folder = make_binding(place, "mine", source(before="from . import logic"), logic="x = 1\ndef f(:\n")

    with pytest.raises(BindingLoadFailed) as caught:
        load()

    assert caught.value.details["file"] == str(folder / "logic.py")
    assert caught.value.details["line"] == 2


def test_a_syntax_error_in_the_binding_names_file_and_line(place: Path) -> None:
    folder = make_binding(place, "mine", source() + "def f(:\n")

    with pytest.raises(BindingLoadFailed, match="line 7") as caught:
        load()

    assert caught.value.details["file"] == str(folder / "__init__.py")


def test_a_bad_manifest_stops_loading_with_its_line(place: Path) -> None:
    make_binding(place, "mine", manifest="title: x\nlimits: {\n")

    with pytest.raises(BadManifest, match=r"description\.yaml, line"):
        load()


def test_unknown_bindings_are_unknown_to_load_too(home: Path) -> None:
    with pytest.raises(UnknownBinding):
        load("nobody")


def test_a_missing_module_names_the_command_that_installs_it(place: Path) -> None:
    make_binding(place, "mine", source(before="import acme_sdk.models"))

    with pytest.raises(MissingDependency) as caught:
        load()

    assert "lollms install mine" in str(caught.value)
    assert "acme_sdk" in str(caught.value)
    assert caught.value.details["packages"] == ["acme_sdk"]
    assert "pip install acme_sdk" in str(caught.value)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_module_of_another_name_than_its_package_is_known(place: Path) -> None:
    make_binding(place, "mine", source(before="raise ModuleNotFoundError('No module', name='PIL.Image')"))
    make_binding(place, "declared", source(before="raise ModuleNotFoundError('No', name='msgspec.x')"),
                 "title: x\nrequirements: ['msgspec>=0.1']\n")  # fmt: skip

    with pytest.raises(MissingDependency) as caught:
        load()
    assert caught.value.details["packages"] == ["pillow"]
    with pytest.raises(MissingDependency) as caught:
        load("declared")
    assert caught.value.details["packages"] == ["msgspec>=0.1"]
    assert "pip install" not in str(caught.value)


def test_missing_requirements_are_named_before_any_code_runs(place: Path) -> None:
    manifest = "title: x\nrequirements: ['acme-sdk>=2', pyyaml]\n"
    make_binding(place, "mine", source(before="raise RuntimeError"), manifest)

    with pytest.raises(MissingDependency) as caught:
        load()

    assert caught.value.details["packages"] == ["acme-sdk>=2"]
    assert caught.value.details["command"] == "lollms install mine"


def test_without_binding_name_the_only_class_is_taken_with_a_warning(place: Path) -> None:
    code = source().replace("BindingName", "Something") + "class Better(Mine): ...\n"
    make_binding(place, "mine", code)

    with pytest.warns(UserWarning, match="no BindingName; its class Better is used"):
        kind = load()

    assert kind.__name__ == "Better"


def test_without_binding_name_several_classes_are_an_error(place: Path) -> None:
    code = source().replace("BindingName", "Something") + "class Second(LollmsTTSBinding): ...\n"
    make_binding(place, "mine", code, "binding_type: tts\n")

    with pytest.raises(BindingLoadFailed, match="Mine, Second"):
        load()


def test_binding_name_may_be_the_class_itself(place: Path) -> None:
    code = source().replace('BindingName = "Mine"\n', "") + "BindingName = Mine\n"
    make_binding(place, "mine", code)

    assert load().__name__ == "Mine"


def test_a_class_of_another_module_may_be_named(place: Path) -> None:
    make_binding(place, "mine", "from .logic import Mine\nBindingName = 'Mine'\n", logic=source())

    assert load().__name__ == "Mine"


def test_an_error_that_shows_a_secret_is_masked(place: Path) -> None:
    Secret(CANARY)
    half = len(CANARY) // 2
    made = f"key = '{CANARY[:half]}' + '{CANARY[half:]}'\nraise RuntimeError('bad key ' + key)"
    make_binding(place, "mine", source(before=made))

    with pytest.raises(BindingLoadFailed) as caught:
        load()

    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert "bad key ***" in str(caught.value)


def test_what_a_binding_prints_while_it_is_imported_is_masked(place: Path) -> None:
    make_binding(place, "mine", source(before="from ascii_colors import ASCIIColors\nASCIIColors.info(acme_key)"))
    code = (
        f"import builtins\nfrom lollms_client.secret import Secret\nbuiltins.acme_key = {CANARY!r}\n"
        "Secret(acme_key)\nfrom lollms_client.registry import Registry\nRegistry().load('mine', 'tts')\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0
    assert CANARY not in done.stdout + done.stderr
    assert "***" in done.stdout + done.stderr


def test_interrupting_is_not_caught(place: Path) -> None:
    make_binding(place, "mine", source(before="raise KeyboardInterrupt"))

    with pytest.raises(KeyboardInterrupt):
        load()
    assert not [name for name in sys.modules if name.startswith("lollms_bindings.tts_mine")]

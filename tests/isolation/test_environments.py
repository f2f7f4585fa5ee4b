"""Environments of bindings' own: made of hashed requirements by uv, found again, never half made."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lollms_client
from lollms_client import LollmsClient, errors
from lollms_client.home import lollms_home
from tests.isolation.wheelhouse import fill_wheelhouse, make_wheel

CODE = """
import importlib.metadata, importlib.util, sys
import tiny_value
from lollms_client.lollms_llm_binding import LollmsLLMBinding

BindingName = "Settled"


class Settled(LollmsLLMBinding):
    def generate_text(self, prompt, **kwargs):
        return f"{prompt} {tiny_value.VALUE}"

    def surroundings(self):
        return {
            "prefix": sys.prefix,
            "version": importlib.metadata.version("lollms_client"),
            "pytest": importlib.util.find_spec("pytest") is not None,
        }
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = fill_wheelhouse(tmp_path_factory.mktemp("wheels"))
    make_wheel(folder, "tiny_value", "1.0", "one")
    make_wheel(folder, "tiny_value", "2.0", "two")
    return folder


@pytest.fixture(autouse=True)
def no_index(wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOLLMS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def write(folder: Path, requirement: str) -> Path:
    place = folder / "settled"
    place.mkdir(parents=True, exist_ok=True)
    (place / "__init__.py").write_text(CODE)
    (place / "description.yaml").write_text(f"title: Settled\nbinding_type: llm\nrequirements: ['{requirement}']\n")
    return folder


def client_of(folder: Path, **settings: Any) -> LollmsClient:
    config = {"isolation": "environment", **settings}
    return LollmsClient(llm_binding_name="settled", llm_binding_config=config, bindings_dir=folder)


def test_a_binding_gets_its_packages_and_no_others(own_home: Path, tmp_path: Path) -> None:
    folder = write(tmp_path, "tiny_value>=1")
    with client_of(folder) as client:
        assert client.chat("value:").text == "value: two"
        seen = getattr(client.llm, "surroundings")()  # noqa: B009
    places = [item for item in (own_home / "environments").iterdir() if not item.name.startswith(".")]
    lock = next((own_home / "locks").iterdir()).read_text()
    program = places[0] / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ask = "import lollms_client.errors, importlib.util as u; print(lollms_client.__file__, u.find_spec('pytest'))"
    seen_there = subprocess.run([str(program), "-c", ask], capture_output=True, text=True, check=True).stdout

    assert seen_there.split() == [str(lollms_client.__file__), "None"]
    assert [Path(seen["prefix"])] == places
    assert (seen["version"], seen["pytest"]) == (lollms_client.__version__, False)
    assert "tiny-value==2.0" in lock
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "lollms" not in lock
    with pytest.raises(ImportError):
        __import__("tiny_value")


def test_an_environment_is_found_again_without_uv(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, "tiny_value==1.0")
    with client_of(folder) as client:
        assert client.chat("a").text == "a one"

    def refuse(variables: object) -> str:
        raise AssertionError("uv was asked for")

    monkeypatch.setattr("lollms_client.isolation.uv.find_uv", refuse)
    with client_of(folder) as client:
        assert client.chat("b").text == "b one"


def test_a_package_whose_hash_differs_is_refused(own_home: Path, tmp_path: Path, wheels: Path) -> None:
    made = make_wheel(wheels, "tiny_value", "3.0", "three")
    folder = write(tmp_path, "tiny_value==3.0")
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    with client_of(folder) as client:
        assert client.chat("a").text == "a three"
    lock = next((own_home / "locks").iterdir())
    assert digest in lock.read_text()
    lock.write_text(lock.read_text().replace(digest, "0" * 64))
    with pytest.raises(errors.MissingDependency, match=r"(?s)could not install its packages.*[Hh]ash"):
        client_of(folder).llm  # noqa: B018
    assert len([item for item in (own_home / "environments").iterdir() if not item.name.startswith(".")]) == 1


def test_a_lock_beside_the_manifest_wins(own_home: Path, tmp_path: Path, wheels: Path) -> None:
    folder = write(tmp_path, "tiny_value>=1")
    digest = hashlib.sha256((wheels / "tiny_value-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    lock = folder / "settled" / "requirements.lock"
    lock.write_text(f"# made by hand\ntiny-value==1.0 \\\n    --hash=sha256:{digest}\n")
    with client_of(folder) as client:
        assert client.chat("a").text == "a one"

    lock.write_text("# no hash\ntiny-value==1.0\n")
    with pytest.raises(errors.BadManifest, match=r"requirements\.lock, line 2: .*generate-hashes"):
        client_of(folder).llm  # noqa: B018


MAKE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.isolation.test_environments import client_of
with client_of(Path(sys.argv[2])) as client:
    print(client.chat("x").text)
"""


def test_two_processes_make_one_environment(own_home: Path, tmp_path: Path) -> None:
    folder = write(tmp_path, "tiny_value<2")
    command = [sys.executable, "-c", MAKE, str(Path(__file__).parents[2]), str(folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    assert [process.communicate()[0] for process in both] == ["x one\n", "x one\n"]
    assert len([item for item in (own_home / "environments").iterdir() if not item.name.startswith(".")]) == 1


def test_what_is_missing_is_named(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.MissingDependency, match=r"(?s)could not find the packages that it needs.*no-such"):
        client_of(write(tmp_path / "a", "no-such-thing==1.0")).llm  # noqa: B018
    with pytest.raises(errors.BadManifest, match="names an address"):
        client_of(write(tmp_path / "b", "acme @ https://example.org/acme.whl")).llm  # noqa: B018
    with pytest.raises(errors.BadSetting, match="is no Python that runs"):
        client_of(write(tmp_path / "c", "tiny_value"), isolation_python=__file__).llm  # noqa: B018
    monkeypatch.delenv("UV_NO_INDEX")
    monkeypatch.delenv("UV_FIND_LINKS")
    for name, value in (("UV_OFFLINE", "1"), ("UV_DEFAULT_INDEX", "http://me:word@127.0.0.1:9/simple")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            patch.setenv("UV_HTTP_RETRIES", "0")
            with pytest.raises(errors.MissingDependency, match="there is no network") as caught:
                client_of(write(tmp_path / "d", "acme-missing==77")).llm  # noqa: B018
            assert "word" not in str(caught.value)


def test_uv_must_be_there(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    with pytest.raises(errors.MissingDependency, match="pip install uv"):
        client_of(write(tmp_path, "tiny_value")).llm  # noqa: B018


def test_the_home_of_the_tests_is_left_alone() -> None:
    assert not (lollms_home() / "environments").exists()

"""Environments of bindings' own: named by what is in them, made whole or not at all, shared, never changed."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lollms_client.assets_lock import FileLock
from lollms_client.errors import BadSetting, EngineFailed
from lollms_client.home import lollms_home
from lollms_client.isolation.locking import environment_lock
from lollms_client.isolation.uv import Uv
from lollms_client.manifest.model import PACKAGE_FOLDER
from lollms_client.settings.reserved import Isolation

if TYPE_CHECKING:
    from lollms_client.registry import BindingEntry

_OLDEST = (3, 11)
_LOCK_NAME = "lollms-lock.txt"  # the lock, inside the environment that was made of it
PLACE_VARIABLE = "LOLLMS_CLIENT_PLACE"  # tells programs that a worker starts which installation is the running one
_FINDER = """import os
import sys
from importlib.util import spec_from_file_location


class LollmsClientFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "lollms_client":
            return None
        place = os.environ.get({variable!r}) or {place!r}
        return spec_from_file_location(name, place + "/__init__.py", submodule_search_locations=[place])


sys.meta_path.append(LollmsClientFinder)
"""
_log = logging.getLogger("lollms_client.isolation")


def prepared_python(entry: BindingEntry, isolation: Isolation, variables: Mapping[str, str]) -> Path:
    """The program of the environment's Python; the environment is made where it is not there yet.

    Raises MissingDependency where uv, a package or the network is missing, BadManifest, BadSetting.
    """
    uv = Uv(entry.name, variables)
    python, version = _python(uv, isolation.python, entry.name)
    lock = environment_lock(entry, uv, python, version, isolation.allow_builds)
    folder = lollms_home() / "environments" / _name(lock, version)
    if not (folder / _LOCK_NAME).is_file():
        with _locked(folder):
            if not (folder / _LOCK_NAME).is_file():
                _log.info("making the environment of the binding %s", entry.name)
                _make(folder, uv, python, lock, isolation.allow_builds)
    return _program(folder)


def _python(uv: Uv, wanted: str, binding: str) -> tuple[str, str]:
    """The program of the base Python, and what tells it apart from others."""
    if not wanted:
        return sys.executable, _identity(sys.implementation.name, sys.version_info[:2])
    program = wanted if Path(wanted).is_file() else uv.find_python(wanted)
    words = _answer(program)
    if len(words) != 3:
        raise BadSetting(
            f"the setting 'isolation_python' of {binding} names {wanted!r}, which is no Python that runs",
            binding=binding, setting="isolation_python",
        )  # fmt: skip
    found = (int(words[1]), int(words[2]))
    if found < _OLDEST:
        raise BadSetting(
            f"the setting 'isolation_python' of {binding} names Python {found[0]}.{found[1]}; 3.11 or newer is needed",
            binding=binding, setting="isolation_python",
        )  # fmt: skip
    return program, _identity(words[0], found)


def _answer(program: str) -> list[str]:
    ask = "import sys; print(sys.implementation.name, *sys.version_info[:2])"
    try:
        done = subprocess.run([program, "-I", "-c", ask], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return []
    return done.stdout.split() if done.returncode == 0 else []


def _identity(implementation: str, version: tuple[int, ...]) -> str:
    return f"{implementation}-{version[0]}.{version[1]}-{sys.platform}-{platform.machine()}"


def _name(lock: str, version: str) -> str:
    return hashlib.sha256(f"{version}\n{lock}".encode()).hexdigest()[:24]


def _program(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time makes an environment; the others wait for it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    while not lock.try_acquire():
        time.sleep(0.1)
    try:
        yield
    finally:
        lock.release()


def _make(folder: Path, uv: Uv, python: str, lock: str, builds: bool) -> None:
    """Make it beside its place, and move it there when it is whole."""
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        inside = part / "environment"
        uv.make(inside, python)
        lock_file = part / _LOCK_NAME
        lock_file.write_text(lock, encoding="utf-8")
        uv.install(_program(inside), lock_file, builds)
        _tell_of_package(inside)
        os.replace(lock_file, inside / _LOCK_NAME)  # noqa: PTH105 (a move)
        if folder.exists():  # what an interrupted removal left
            shutil.rmtree(folder)
        inside.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _tell_of_package(folder: Path) -> None:
    """Install this package: it runs from where it lies, as an editable one does, and nothing beside it is seen."""
    from lollms_client import __version__

    patterns = ("Lib/site-packages",) if sys.platform == "win32" else ("lib/python*/site-packages",)
    sites = [site for pattern in patterns for site in folder.glob(pattern)]
    if not sites:
        raise EngineFailed(f"the environment {folder} has no place for packages")
    facts = sites[0] / f"lollms_client-{__version__}.dist-info"
    facts.mkdir(exist_ok=True)
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: lollms_client\nVersion: {__version__}\n", encoding="utf-8"
    )
    (facts / "INSTALLER").write_text("lollms_client\n", encoding="utf-8")
    (facts / "RECORD").write_text("", encoding="utf-8")
    finder = _FINDER.format(place=str(PACKAGE_FOLDER), variable=PLACE_VARIABLE)
    (sites[0] / "_lollms_client_place.py").write_text(finder, encoding="utf-8")
    (sites[0] / "_lollms_client_place.pth").write_text("import _lollms_client_place\n", encoding="utf-8")

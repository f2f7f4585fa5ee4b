"""The Python environments that bindings in the wild run in: packages of their time, apart from the project's own."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from tests.compatibility.wheels import cache_folder, uv

FOLDER = Path(__file__).parent
# by version of the public package: the list of packages that its bindings are tried with
LISTS = {"1.6.2": "earlier", "1.14.24": "later", "1.18.0": "later", "1.21.1": "later"}
# bindings whose vendor's SDK moved on under the same name: they are tried with the one that they were written for
EXCEPTIONS = {("llm", "mistral"): "earlier"}


def environment_of(version: str, binding_type: str, name: str) -> str:
    """Which list of packages a binding is tried with."""
    return EXCEPTIONS.get((binding_type, name), LISTS[version])


def python_of(name: str) -> Path:
    """The interpreter of the environment with that list of packages, which is made where it is not there yet."""
    packages = FOLDER / f"packages-{name}.txt"
    key = hashlib.sha256(packages.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache_folder() / "environments" / f"{name}-{key}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / ".complete").exists():
        uv("venv", "--clear", "--python", sys.executable, str(folder))
        uv("pip", "install", "--require-hashes", "--python", str(python), "-r", str(packages))
        (folder / ".complete").touch()
    return python

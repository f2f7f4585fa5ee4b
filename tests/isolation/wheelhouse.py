"""A folder of wheels instead of an index: the installed packages that lollms_client needs, and small ones of ours."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_NOT_OF_THE_WHEEL = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD", "uv_cache.json", "uv_build.json")


def fill_wheelhouse(folder: Path) -> Path:
    """Wheels of everything that lollms_client requires, packed again from where it is installed."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting, done = ["lollms_client"], set[str]()
    while waiting:
        name = waiting.pop()
        if canonicalize_name(name) in done:
            continue
        done.add(canonicalize_name(name))
        found = distribution(name)
        for text in found.requires or []:
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                waiting.append(wanted.name)
        if name != "lollms_client":
            _repack(found, folder)
    return folder


def _repack(found: Distribution, folder: Path) -> None:
    files = {
        str(file): Path(str(file.locate())).read_bytes()
        for file in found.files or []
        if not str(file).startswith("..") and file.suffix != ".pyc" and file.name not in _NOT_OF_THE_WHEEL
    }
    info = next(name.partition("/")[0] for name in files if name.partition("/")[0].endswith(".dist-info"))
    tag = next(
        line.partition(":")[2].strip()
        for line in files[f"{info}/WHEEL"].decode().splitlines()
        if line.startswith("Tag:")
    )
    _write(folder / f"{info.removesuffix('.dist-info')}-{tag}.whl", info, files)


def make_wheel(folder: Path, name: str, version: str, value: str, requires: str = "") -> Path:
    """A package of one module that holds VALUE."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    files = {
        f"{name}.py": f"VALUE = {value!r}\n".encode(),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    return _write(folder / f"{name}-{version}-py3-none-any.whl", info, files)


def _write(file: Path, info: str, files: dict[str, bytes]) -> Path:
    rows = []
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(data)}")
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return file

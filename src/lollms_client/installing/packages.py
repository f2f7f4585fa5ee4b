"""The packages of a third party's binding: built ones only, pinned with hashes where uv is there."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lollms_client.errors import MissingDependency
from lollms_client.installing.objections import Objection
from lollms_client.isolation.locking import hashes_of
from lollms_client.isolation.uv import Uv, find_uv
from lollms_client.manifest import Manifest
from lollms_client.requirements import missing_requirements, requirements_of
from lollms_client.secret import redact

_LONGEST_TOLD = 1500


def bad_requirements(manifest: Manifest) -> Iterator[Objection]:
    """Requirements that would run their code while they are installed, or that no index answers for."""
    for text in requirements_of(manifest):
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            yield Objection(kind="", path="", why=f"the requirement {text!r} cannot be understood")
            continue
        if wanted.url is not None and not wanted.url.split("#")[0].lower().endswith(".whl"):
            yield Objection(kind="builds", path="", why=f"the requirement {text!r} is built from source")


def install_packages(manifest: Manifest, allowed: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Install what is missing; gives what was installed (name==version) with the hashes that were accepted.

    What is installed already keeps its version. Raises MissingDependency where that is not possible.
    """
    missing = missing_requirements(manifest)
    if not missing:
        return {}
    builds = "builds" in allowed
    try:
        find_uv(os.environ)
    except MissingDependency:
        found = _install_with_pip(manifest, missing, builds)
    else:
        found = _install_with_uv(manifest, missing, builds)
    importlib.invalidate_caches()
    left = missing_requirements(manifest)
    if left:
        raise MissingDependency(
            f"the packages of {manifest.name} could not be installed: {', '.join(left)}", packages=list(left)
        )
    return found


def _install_with_uv(manifest: Manifest, missing: tuple[str, ...], builds: bool) -> dict[str, tuple[str, ...]]:
    uv = Uv(manifest.name, os.environ)
    here = [(canonicalize_name(item.name), item.version) for item in importlib.metadata.distributions() if item.name]
    lock = uv.compile(missing, here, sys.executable, builds)
    with tempfile.TemporaryDirectory(prefix="lollms-install-") as folder:
        file = Path(folder, "requirements.txt")
        file.write_text(lock, encoding="utf-8")
        words = ["pip", "install", "--require-hashes", "--requirement", str(file), "--python", sys.executable]
        uv.run([*words, *([] if builds else ["--only-binary", ":all:"])], "install its packages")
    known = {f"{name}=={version}" for name, version in here}
    return {name: hashes for name, hashes in hashes_of(lock).items() if name not in known}


def _install_with_pip(manifest: Manifest, missing: tuple[str, ...], builds: bool) -> dict[str, tuple[str, ...]]:
    if importlib.util.find_spec("pip") is None and shutil.which("pip") is None:
        raise MissingDependency(
            f"the binding {manifest.name} needs {', '.join(missing)}, and neither uv nor pip is here to install them",
            packages=list(missing),
        )
    words = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    words += [] if builds else ["--only-binary=:all:"]
    with tempfile.TemporaryDirectory(prefix="lollms-install-") as folder:
        report = Path(folder, "report.json")
        command = [*words, "--report", str(report), *missing]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
        if done.returncode != 0:
            said = redact(done.stderr.strip())[-_LONGEST_TOLD:]
            raise MissingDependency(
                f"pip could not install the packages of {manifest.name}:\n{said}", packages=list(missing)
            )
        return _reported(report)


def _reported(report: Path) -> dict[str, tuple[str, ...]]:
    """What pip says that it installed, with the hashes of the files that it took."""
    import json

    found: dict[str, tuple[str, ...]] = {}
    for item in json.loads(report.read_text(encoding="utf-8"))["install"]:
        hashes = item["download_info"].get("archive_info", {}).get("hashes", {})
        facts = item["metadata"]
        name = f"{canonicalize_name(facts['name'])}=={facts['version']}"
        found[name] = tuple(f"{kind}:{digest}" for kind, digest in hashes.items())
    return found

"""The public package of several versions as test data: fetched once, checked against its hash, kept in a cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WHEELS = {
    "1.6.2": "d637ee6628881ec31e69ae3e22fa03f97ff93bd2b6daad72f211bd8002a74d68",
    "1.14.24": "b2ee39c0b156e2e147f00685a5d94ed42b23cb51ff1b3ebefd9a6a7d6c12dc01",
    "1.18.0": "c7cddcdde6e1d72d2a17ef0f5c37fbb574be5cd29ba0748f912112145dfbadc2",
    "1.21.1": "34d937257c9a5ddc2153bbcc3668b95005115f4bb47f5b04c90c41abf4605809",
}
VERSIONS = tuple(WHEELS)


class CannotFetch(RuntimeError):
    """The package index did not give what the tests need."""


def cache_folder() -> Path:
    """Where test data lies between runs: `$LOLLMS_TEST_CACHE`, else a folder of the user's cache."""
    given = os.environ.get("LOLLMS_TEST_CACHE", "")
    return Path(given) if given else Path.home() / ".cache" / "lollms-tests"


def unpacked(version: str) -> Path:
    """The folder `lollms_client` of that version, as the wheel holds it; never to be put on the import path."""
    folder = cache_folder() / "wheels" / version
    package = folder / "lollms_client"
    if not (folder / ".complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = folder / "requirement.txt"
        wanted.write_text(f"lollms-client=={version} --hash=sha256:{WHEELS[version]}\n", encoding="utf-8")
        uv("pip", "install", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(folder), "-r",
           str(wanted))  # fmt: skip
        (folder / ".complete").touch()
    return package


def uv(*arguments: str) -> None:
    """Run uv, which the environment of the tests holds. Raises CannotFetch with what it said."""
    command = [sys.executable, "-m", "uv", *arguments, "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise CannotFetch(
            f"`uv {' '.join(arguments)}` failed: {done.stderr.strip()[-800:]}; these tests need a package index "
            "(PyPI or a mirror that uv is configured for): make it reachable, then run them again"
        )

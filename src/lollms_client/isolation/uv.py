"""uv, which finds, checks and installs the packages of an environment of a binding's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lollms_client.errors import MissingDependency
from lollms_client.secret import redact

_LONGEST_TOLD = 1500
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_OFFLINE = re.compile(
    r"dns error|could not connect|connection refused|failed to fetch|network (is )?unreachable|error sending request"
    r"|name resolution|network (connectivity )?(is|was) disabled|timed out",
    re.IGNORECASE,
)
_OURS = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT")


class Uv:
    """Runs uv for one binding. `variables` are the environment variables, which may name indexes and proxies."""

    def __init__(self, binding: str, variables: Mapping[str, str]) -> None:
        self._binding = binding
        self._variables = {name: value for name, value in variables.items() if name not in _OURS}
        self._path = variables

    def compile(self, requirements: Iterable[str], pins: Iterable[tuple[str, str]], python: str, builds: bool) -> str:
        """A lock with hashes and without addresses for requirements, where `pins` hold the versions of some."""
        with tempfile.TemporaryDirectory(prefix="lollms-lock-") as folder:
            wanted, held = Path(folder, "requirements.in"), Path(folder, "constraints.txt")
            wanted.write_text("\n".join(requirements) + "\n", encoding="utf-8")
            held.write_text("".join(f"{name}=={version}\n" for name, version in pins), encoding="utf-8")
            words = ["pip", "compile", str(wanted), "--constraint", str(held), "--generate-hashes", "--no-header"]
            words += ["--no-annotate", "--no-emit-package", "lollms-client", "--python", python]
            return self.run([*words, *_binary(builds)], "find the packages that it needs", folder)

    def make(self, folder: Path, python: str) -> None:
        """An empty environment."""
        self.run(["venv", "--relocatable", "--no-project", "--python", python, str(folder)], "make its environment")

    def install(self, environment_python: Path, lock: Path, builds: bool) -> None:
        """Install exactly what a lock says; a package whose hash differs is refused."""
        words = ["pip", "sync", str(lock), "--require-hashes", "--python", str(environment_python)]
        self.run([*words, *_binary(builds)], "install its packages")

    def find_python(self, wanted: str) -> str:
        """The program of a Python of that version or at that path."""
        return self.run(["python", "find", "--no-project", wanted], f"find Python {wanted}").strip()

    def run(self, words: Sequence[str], purpose: str, folder: str | None = None) -> str:
        """What uv prints. Raises MissingDependency where it fails."""
        command = [find_uv(self._path), *words, "--quiet" if words[0] != "python" else "--no-progress"]
        done = subprocess.run(  # noqa: S603 (uv with our own words)
            command, capture_output=True, text=True, encoding="utf-8", errors="replace", env=self._variables,
            cwd=folder or tempfile.gettempdir(), stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            return done.stdout
        raise self._failure(purpose, done.stderr or done.stdout)

    def _failure(self, purpose: str, said: str) -> MissingDependency:
        words = redact(_CREDENTIALS.sub("", said.strip()))[-_LONGEST_TOLD:]
        offline = "; it seems that there is no network, which the first start needs" if _OFFLINE.search(words) else ""
        return MissingDependency(
            f"uv could not {purpose} for the isolated binding {self._binding}{offline}. It said:\n{words}",
            binding=self._binding, command="uv",
        )  # fmt: skip


def _binary(builds: bool) -> list[str]:
    return [] if builds else ["--only-binary", ":all:"]


def find_uv(variables: Mapping[str, str]) -> str:
    """The program uv: beside this Python, on the path, or where its installer lays it. Raises MissingDependency."""
    places = [str(Path(sys.executable).parent), variables.get("PATH", ""), "~/.local/bin", "~/.cargo/bin"]
    for place in places:
        found = shutil.which("uv", path=os.path.expanduser(place) if place else None)  # noqa: PTH111 (a path list)
        if place and found:
            return found
    raise MissingDependency(
        "isolation: environment needs the program uv, which is not here: run `pip install uv` (or see "
        "https://docs.astral.sh/uv), or use isolation: process",
        packages=["uv"], command="pip install uv",
    )  # fmt: skip

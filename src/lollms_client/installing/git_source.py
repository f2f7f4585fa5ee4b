"""A git repository's files at one commit: fetched bare and read blob by blob, so that no hook or filter runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lollms_client.errors import BadSetting, MissingDependency, NotFound, Unavailable
from lollms_client.installing.sources import Source
from lollms_client.installing.staging import Stage
from lollms_client.secret import redact

_SECONDS = 600
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_LONGEST_TOLD = 800
# nothing of a user's or a repository's configuration that could run something while fetching
_SAFE = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.allow=never", "protocol.https.allow=always",
    "protocol.ssh.allow=always", "protocol.file.allow=always", "fetch.recurseSubmodules=false",
    "submodule.recurse=false", "transfer.fsckObjects=true", "gc.auto=0", "maintenance.auto=false",
)  # fmt: skip


class _Entry(NamedTuple):
    mode: str
    kind: str
    blob: str
    path: str


def fetch_git(source: Source, stage: Stage) -> str:
    """Fill the stage with the files of the wanted commit, and give its name. Raises Unavailable, NotFound."""
    program = shutil.which("git")
    if program is None:
        raise MissingDependency(
            "the program git is not here, and this source needs it: install git, or give a folder, a wheel or a zip",
            packages=["git"], command="git",
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="lollms-git-", ignore_cleanup_errors=True) as folder:
        git = _Git(program, Path(folder), source)
        commit = git.fetch()
        for entry in git.entries(commit):
            _add(git, entry, source, stage)
    return commit


def _add(git: _Git, entry: _Entry, source: Source, stage: Stage) -> None:
    path = entry.path
    if source.subdirectory:
        path = path.removeprefix(source.subdirectory + "/")
    if not stage.wants(path):
        return
    if entry.kind == "commit":
        return  # a submodule: it is not fetched
    if entry.mode == "120000":
        stage.object("links", path, "it is a link; it would be left out")
        return
    stage.add(path, int(entry.mode, 8) & 0o7777, git.content(entry.blob))


class _Git:
    """Git in a repository of ours that is thrown away."""

    def __init__(self, program: str, folder: Path, source: Source) -> None:
        self._folder = folder
        self._source = source
        settings = [word for setting in _SAFE for word in ("-c", setting)]
        self._command = [program, "--git-dir", str(folder / "repository"), *settings]
        unwanted = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS", "GIT_EXTERNAL_DIFF")
        self._variables = {name: value for name, value in os.environ.items() if name not in unwanted}
        self._variables |= {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}

    def fetch(self) -> str:
        """The wanted commit, fetched."""
        self._run("init", "--bare", "--quiet", "--template=", str(self._folder / "repository"))
        ref = self._source.ref or "HEAD"
        shallow = ("--depth", "1") if not _COMMIT.fullmatch(ref) else ()
        try:
            self._fetch(*shallow, "--", self._source.address, ref)
            commit = self._run("rev-parse", "--verify", "FETCH_HEAD^{commit}").decode().strip()
        except NotFound:
            commit = self._fetch_everything(ref)
        if _COMMIT.fullmatch(ref) and commit != ref:
            raise Unavailable(f"{self._source.shown} gave the commit {commit}, not the one that was asked for")
        return commit

    def _fetch_everything(self, ref: str) -> str:
        """For a commit that the server does not give by its name, and for short names of commits."""
        self._fetch("--", self._source.address, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        try:
            return self._run("rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
        except NotFound as error:
            what = "nothing is committed there yet" if ref == "HEAD" else f"it has no branch, tag or commit {ref!r}"
            raise NotFound(f"git could not fetch {self._source.shown}: {what}") from error

    def _fetch(self, *words: str) -> None:
        self._run("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", *words)

    def entries(self, commit: str) -> Iterator[_Entry]:
        """The files of the commit, below the wanted folder."""
        inner = self._source.subdirectory
        words = ["ls-tree", "-r", "-z", "--full-tree", commit, *(["--", f"{inner}/"] if inner else [])]
        listed = self._run(*words)
        if inner and not listed:
            raise BadSetting(f"{self._source.shown}: the repository has no folder {inner!r}", setting="source")
        for line in listed.split(b"\0"):
            if line:
                facts, _, path = line.partition(b"\t")
                mode, kind, blob = facts.decode().split()
                yield _Entry(mode, kind, blob, path.decode("utf-8", "surrogateescape"))

    def content(self, blob: str) -> Iterator[bytes]:
        """A file's content as it is stored."""
        yield self._run("cat-file", "blob", blob)

    def _run(self, *words: str) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 (git with our own words; what the user gave stands after `--`)
                [*self._command, *words], capture_output=True, stdin=subprocess.DEVNULL, env=self._variables,
                cwd=self._folder, timeout=_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{self._source.shown} did not answer within {_SECONDS} s") from error
        if done.returncode == 0:
            return done.stdout
        said = redact(_CREDENTIALS.sub("", done.stderr.decode("utf-8", "replace").strip()))[-_LONGEST_TOLD:]
        missing = re.search(
            r"couldn't find remote ref|not our ref|unknown revision|Needed a single revision|bad revi", said
        )
        text = f"git could not fetch {self._source.shown}: {said}"
        raise (NotFound(text) if missing else Unavailable(text))

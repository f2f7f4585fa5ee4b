"""Brings a source's files into a stage without running anything of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lollms_client.errors import BadSetting
from lollms_client.installing.sources import Source
from lollms_client.installing.staging import Stage

_PIECE = 1 << 20


class Fetched(NamedTuple):
    """What is known of the fetched files: the commit of a git source, else ""."""

    commit: str = ""


def fetch(source: Source, stage: Stage) -> Fetched:
    """Fill the stage. Raises InstallRefused, MissingDependency (no git), Unavailable."""
    if source.kind == "folder":
        _fetch_folder(Path(source.address), stage)
        return Fetched()
    if source.kind == "git":
        from lollms_client.installing.git_source import fetch_git

        return Fetched(fetch_git(source, stage))
    from lollms_client.installing.archives import fetch_archive

    fetch_archive(Path(source.address), stage, wheel=source.kind == "wheel")
    return Fetched()


def _fetch_folder(folder: Path, stage: Stage) -> None:
    for path, name in _walk(folder, "", stage):
        try:
            status = path.lstat()
        except OSError as error:
            raise BadSetting(f"{path} cannot be read: {error.strerror}", setting="source") from error
        if stat.S_ISLNK(status.st_mode):
            _add_link(folder, path, name, stage)
        elif stat.S_ISREG(status.st_mode):
            stage.add(name, status.st_mode, read_pieces(path))
        else:
            raise stage.refusal(name, "it is neither a file nor a folder")


def _walk(folder: Path, before: str, stage: Stage) -> Iterator[tuple[Path, str]]:
    """Everything but plain folders, which are walked; links are not followed."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise BadSetting(f"{folder} cannot be read: {error.strerror}", setting="source") from error
    for entry in entries:
        name = f"{before}{entry.name}"
        if not stage.wants(name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), name + "/", stage)
        else:
            yield Path(entry.path), name


def _add_link(root: Path, path: Path, name: str, stage: Stage) -> None:
    target = path.resolve()
    if not target.is_relative_to(root.resolve()) or not target.is_file():
        raise stage.refusal(name, "it is a link that leads out of the folder, or to no file")
    stage.object("links", name, "it is a link; the file to which it leads would be copied")
    stage.add(name, target.stat().st_mode, read_pieces(target))


def read_pieces(path: Path) -> Iterator[bytes]:
    """The content of a file in pieces."""
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece

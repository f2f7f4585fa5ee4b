"""The places where bindings may lie, most specific first, found without importing anything."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lollms_client.home import lollms_home
from lollms_client.manifest.model import BINDING_TYPES, PACKAGE_FOLDER

PACKAGE = "lollms_client"
PATH_VARIABLE = "LOLLMS_BINDINGS_PATH"
ENTRY_POINT_GROUP = "lollms_client.bindings"
_GROUP_BYTES = ENTRY_POINT_GROUP.encode()
BUILT_IN = "built-in"


class SearchPlace(NamedTuple):
    """A folder that is a binding, or holds bindings or folders of them by modality."""

    folder: Path
    source: str
    binding_type: str = ""  # what its bindings are, where neither manifest nor class says so
    only_type: bool = False  # whether bindings of other modalities in it are passed over
    module: str = ""  # its dotted name, where it is part of an installed package
    name: str = ""  # the binding's name, if the folder is one


def search_places(
    bindings_dirs: Sequence[Path | str], typed_dirs: Mapping[str, Path | str], environment: Mapping[str, str] | None
) -> list[SearchPlace]:
    """Every place, the most specific first: arguments, environment, home, entry points, built-in."""
    variables = os.environ if environment is None else environment
    places = [
        SearchPlace(Path(folder).expanduser(), "argument", binding_type, True)
        for binding_type, folder in typed_dirs.items()
        if folder
    ]
    places += [SearchPlace(Path(folder).expanduser(), "argument") for folder in bindings_dirs]
    for text in variables.get(PATH_VARIABLE, "").split(os.pathsep):
        if text.strip():
            places.append(SearchPlace(Path(text.strip()).expanduser(), "environment"))
    places.append(SearchPlace(lollms_home(environment) / "lollms_bindings", "home"))
    places += entry_point_places()
    places += [
        SearchPlace(PACKAGE_FOLDER / f"{item}_bindings", BUILT_IN, item, True, f"{PACKAGE}.{item}_bindings")
        for item in BINDING_TYPES
    ]
    return places


def entry_point_places() -> list[SearchPlace]:
    """The packages that installed distributions name in the entry-point group, located without importing them."""
    places = []
    for distribution, name, value in entry_points():
        module = value.partition(":")[0].partition("[")[0].strip()
        for folder in _package_folders(module) or [Path(module)]:
            places.append(SearchPlace(folder, f"entry point: {distribution}", module=module, name=name))
    return places


def entry_points() -> Iterator[tuple[str, str, str]]:
    """Distribution, name and value of each entry point of the group, the first distribution of a name winning.

    Reads the metadata folders on the import path itself, which takes a fraction of the time of `importlib.metadata`.
    """
    seen: set[str] = set()
    for place in dict.fromkeys(sys.path):
        try:
            with os.scandir(place or ".") as items:
                found = sorted(
                    (item.name, item.path) for item in items if item.name.endswith((".dist-info", ".egg-info"))
                )
        except OSError:
            continue
        for folder, path in found:
            distribution = folder.rpartition(".")[0].partition("-")[0]
            key = distribution.lower().replace("_", "-").replace(".", "-")
            if key in seen:
                continue
            seen.add(key)
            try:
                with open(f"{path}/entry_points.txt", "rb") as stream:  # noqa: PTH123 - pathlib takes thrice the time
                    data = stream.read()
            except OSError:
                continue
            if _GROUP_BYTES in data:
                found_here = _group(data.decode("utf-8", "replace"))
                yield from ((distribution, name, value) for name, value in found_here)


def _group(text: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            inside = line == f"[{ENTRY_POINT_GROUP}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()


def _package_folders(module: str) -> list[Path]:
    """The folders of a package or a package inside it; only the outermost is looked up, and nothing is imported."""
    outermost, *inner = module.split(".")
    try:
        spec = importlib.util.find_spec(outermost)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    folders = [Path(item).joinpath(*inner) for item in spec.submodule_search_locations or []]
    return [folder for folder in folders if folder.is_dir()]

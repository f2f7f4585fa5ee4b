"""Looks through staged files for code that would run by itself, and for the bindings among them."""

from __future__ import annotations

import ast
import configparser
import contextlib
import email.parser
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.errors import BadManifest, LollmsError
from lollms_client.installing.objections import Objection
from lollms_client.installing.staging import DEVICES
from lollms_client.manifest import Manifest, binding_type_of, derive_manifest, load_manifest
from lollms_client.manifest.reading import FILE_NAME
from lollms_client.python_source import parse
from lollms_client.requirements import requirements_of

_STARTUP = ("sitecustomize", "usercustomize")
_INSTALL_GROUPS = ("distutils.", "setuptools.", "egg_info.", "pip.", "hatch")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_DOWNLOADED = re.compile(r"-(main|master|v?\d[\w.]*|[0-9a-f]{7,64})$")
_DEEPEST = 6


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A binding among the staged files."""

    name: str
    binding_type: str
    folder: Path
    manifest: Manifest


def startup_and_install_code(root: Path) -> Iterator[Objection]:
    """Every file that Python or an installer would run without being asked."""
    for path in sorted(root.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(root).as_posix()
        stem = path.name.partition(".")[0].lower()
        if (
            path.suffix.lower() == ".pth"
            or stem in _STARTUP
            or any(part.lower() in _STARTUP for part in name.split("/"))
        ):
            yield Objection(kind="startup-code", path=name, why="it would run whenever Python starts")
        elif path.name.lower() == "setup.py":
            yield Objection(kind="install-code", path=name, why="it is code that runs while it is installed")
        elif path.name in ("pyproject.toml", "setup.cfg", "entry_points.txt"):
            yield from _hooks(path, name)
        elif ".data/" in name and re.search(r"\.data/(scripts|data|headers|platlib|purelib)/", name):
            yield Objection(kind="install-code", path=name, why="a wheel lays it outside of its packages")


def _hooks(path: Path, name: str) -> Iterator[Objection]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = _toml_hooks(tomllib.loads(text)) if path.suffix == ".toml" else _ini_hooks(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, configparser.Error):
        found = "it cannot be read"
    if found:
        yield Objection(kind="install-code", path=name, why=found)


def _toml_hooks(data: dict[str, Any]) -> str:
    build = data.get("build-system") or {}
    tool = data.get("tool") or {}
    if build.get("backend-path"):
        return "its build backend is code of its own (backend-path)"
    hatch = ((tool.get("hatch") or {}).get("build") or {}) if isinstance(tool, dict) else {}
    if "hooks" in hatch or any("hooks" in (target or {}) for target in (hatch.get("targets") or {}).values()):
        return "it has build hooks"
    if "cmdclass" in ((tool.get("setuptools") or {}) if isinstance(tool, dict) else {}):
        return "it has build commands of its own (cmdclass)"
    return ""


def _ini_hooks(text: str) -> str:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",), allow_no_value=True)
    parser.read_string(text)
    for section in parser.sections():
        if section.startswith(_INSTALL_GROUPS):
            return f"its entry points [{section}] run while something is installed"
        if "cmdclass" in parser[section]:
            return "it has build commands of its own (cmdclass)"
    return ""


def find_bindings(root: Path, source_name: str) -> list[Candidate]:
    """The bindings among the files; one at the top is called like the source. Raises BadManifest."""
    found = list(_candidates(root, root, source_name))
    if len(found) == 1 and found[0].folder.parent == root and len(list(root.iterdir())) == 1:
        name = _DOWNLOADED.sub("", found[0].name)  # archives of repositories have the branch or version in the name
        return [renamed(found[0], name)] if _NAME.fullmatch(name) else found
    return found


def renamed(item: Candidate, name: str) -> Candidate:
    """The binding under another name ("" for its own). Raises BadManifest where it cannot be one."""
    found = name or item.name
    if not _NAME.fullmatch(found) or found.partition(".")[0].lower() in DEVICES:
        raise BadManifest(
            f"{found!r} cannot be the name of a binding: use letters, digits and _; --name gives another one",
            binding=found, rule="the name of a binding is an identifier", cure="use --name",
        )  # fmt: skip
    return msgspec.structs.replace(item, name=found, manifest=msgspec.structs.replace(item.manifest, name=found))


def _candidates(root: Path, folder: Path, top_name: str) -> Iterator[Candidate]:
    if (folder / "__init__.py").is_file():
        candidate = _candidate(folder, top_name if folder == root else folder.name)
        if candidate is not None:
            yield candidate
            return
    if len(folder.relative_to(root).parts) >= _DEEPEST:
        return
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and not inner.name.startswith(".") and not inner.name.endswith((".dist-info", ".egg-info")):
            yield from _candidates(root, inner, top_name)


def _candidate(folder: Path, name: str) -> Candidate | None:
    has_manifest = (folder / FILE_NAME).is_file()
    try:
        manifest = load_manifest(folder) if has_manifest else derive_manifest(folder)
        binding_type = manifest.binding_type or binding_type_of(folder)
    except BadManifest:
        raise
    except (LollmsError, OSError, SyntaxError):
        return None
    if not has_manifest and (not binding_type or "BindingName" not in _source(folder)):
        return None
    if not binding_type:
        raise BadManifest(
            f"the modality of {name} is unknown: its class derives from no base class of lollms_client; "
            "its author should write `binding_type: tts` (or another) into its description.yaml",
            binding=name, rule="a binding has a modality", cure="write binding_type into its description.yaml",
        )  # fmt: skip
    manifest = msgspec.structs.replace(manifest, name=name, binding_type=binding_type)
    return Candidate(name=name, binding_type=binding_type, folder=folder, manifest=manifest)


def outside_imports(folder: Path) -> list[str]:
    """Where the code of a binding imports from around its folder, which is not installed with it."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder)
        try:
            tree = parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found += [
            f"{name.as_posix()}, line {node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level > len(name.parts)
        ]
    return found


def unreadable_code(folder: Path) -> list[str]:
    """The files of a binding that are no Python, with the line and what is wrong."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        try:
            parse(path.read_bytes())
        except SyntaxError as error:
            found.append(f"{name}, line {error.lineno or 1}: {error.msg}")
        except (ValueError, RecursionError, MemoryError) as error:
            found.append(f"{name}: {error or 'it is too deep'}")
    return found


def packages_not_named(root: Path, manifest: Manifest) -> list[str]:
    """What the metadata of a wheel requires without a condition of extras, and the manifest does not name."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    known = {"lollms-client"}
    for text in requirements_of(manifest):
        with contextlib.suppress(InvalidRequirement):
            known.add(canonicalize_name(Requirement(text).name))
    found = []
    for file in sorted(root.glob("*.dist-info/METADATA")):
        headers = email.parser.BytesHeaderParser().parsebytes(file.read_bytes())
        for text in map(str, headers.get_all("Requires-Dist") or ()):
            with contextlib.suppress(InvalidRequirement):
                wanted = Requirement(text)
                applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
                if applies and canonicalize_name(wanted.name) not in known:
                    found.append(str(wanted))
    return found


def _source(folder: Path) -> str:
    return (folder / "__init__.py").read_text(encoding="utf-8", errors="replace")

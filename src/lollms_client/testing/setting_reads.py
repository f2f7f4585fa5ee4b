"""Finds in source which settings a binding reads: in its folder's own code, and in the families that it builds on."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lollms_client.python_source import parse
from lollms_client.testing.tier_records import PACKAGE
from lollms_client.testing.tiers import used_files

Tree = tuple[Path, ast.Module]
_HOLDERS = {"settings", "_settings", "config", "_config"}  # attributes that hold all settings at once
_MAKERS = ("__init__", "__new__")  # whose keyword arguments are the settings
_HARMLESS = {"print", "len", "repr", "str", "bool", "isinstance", "type", "id", "super", "info", "debug", "warning"}
_READS = ("get", "pop", "setdefault")
_DATA = (".yaml", ".yml", ".json", ".toml", ".txt")
_NO_DATA = ("description.yaml", "wire_cases.yaml", "quality.yaml")
_LARGEST = 500_000  # bytes of a data file that is searched
_BASES = ("binding.py", "plain.py", "plain_llm.py")  # what every binding stands on
# what a class on a documented base may leave to it: applications read these of any binding
_CARRIED = {"model_name", "host_address", "service_key"}
_WORD = re.compile(r"\w+")
_PLACE = re.compile(r"\{(\w+)[}!:.\[]")


class OutOfSight(Exception):
    """The code hands all settings at once to something that cannot be looked into; the text says where."""


def words_read(folder: Path, binding_type: str, trees: Sequence[Tree], raw: Mapping[str, Any]) -> set[str]:
    """Every word by which a setting could be read: in the folder's code and data, and in our families.

    `raw` is the manifest as it stands in its file. Raises OutOfSight where all settings go elsewhere at once.
    """
    defined = {name for _, tree in trees for name in _defined(tree)}
    ours = used_files(folder, binding_type)
    found = set() if any(name.startswith("families/") for name in ours) else set(_CARRIED)
    for file, tree in trees:
        unseen: list[ast.ClassDef | ast.expr] = [*_foreign_bases(tree, trees), *_handed_on(tree, defined)]
        for node in unseen:
            raise OutOfSight(f"{file.name}, line {node.lineno}")
        found |= _texts(tree) | _names_used(tree)
    for name in ours:
        shared = name.startswith(("families/", "engines/"))
        found |= _texts_of_ours(PACKAGE / name) | _data_words((PACKAGE / name).parent) if shared else _asked(name)
    for name in _BASES:
        found |= _asked(name)
    data = {key: value for key, value in raw.items() if not str(key).endswith("parameters") and key != "description"}
    places = _PLACE.findall(repr(raw.get("input_parameters")))  # of one setting in another's default
    return found.union(_WORD.findall(repr(data)), places, _data_words(folder))


# --- words -----------------------------------------------------------------------------------------------------------


def _texts(tree: ast.Module) -> set[str]:
    """Texts that stand alone in the code, places of formats, fields of classes: no docstrings, no keys of requests."""
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            silent.update(id(key) for key, value in pairs if not isinstance(value, ast.Constant))
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            silent.add(id(node.slice))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found |= {getattr(item.target, "id", "") for item in node.body if isinstance(item, ast.AnnAssign)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            found.add(node.value)
            found.update(_PLACE.findall(node.value))
    return found


def _names_used(tree: ast.Module) -> set[str]:
    """Arguments that their function uses, and attributes that are read of the object or of its settings."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and _is_own(node.value):
            found.add(node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = {item.arg for item in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
            used = {item.id for item in ast.walk(node) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load)}
            found |= given & used
    return found


def _is_own(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _HOLDERS
    return isinstance(node, ast.Name) and node.id in ("self", "cls", *_HOLDERS)


@functools.lru_cache(maxsize=256)
def _data_words(folder: Path) -> frozenset[str]:
    """The words in the data files beside code."""
    found: set[str] = set()
    for file in folder.iterdir():
        if file.suffix in _DATA and file.name not in _NO_DATA and file.is_file() and file.stat().st_size < _LARGEST:
            found.update(_WORD.findall(file.read_text(encoding="utf-8", errors="replace")))
    return frozenset(found)


@functools.lru_cache(maxsize=256)
def _texts_of_ours(path: Path) -> frozenset[str]:
    return frozenset(_texts(parse(path.read_bytes())))


@functools.lru_cache(maxsize=32)
def _asked(name: str) -> frozenset[str]:
    """The settings that one of our base modules asks for by their names."""
    return frozenset(
        node.args[0].value
        for node in ast.walk(parse((PACKAGE / name).read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _READS
        and _is_own(node.func.value) and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    )  # fmt: skip


# --- what cannot be seen ---------------------------------------------------------------------------------------------


def _foreign_bases(tree: ast.Module, trees: Sequence[Tree]) -> Iterator[ast.ClassDef]:
    """Classes that derive from one of somebody else's package, which may read what it likes."""
    near = {"lollms_client", *sys.stdlib_module_names, *(file.stem for file, _ in trees)}
    foreign = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        if not getattr(node, "level", 0) and (getattr(node, "module", None) or alias.name).split(".")[0] not in near
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            roots = {item.id for base in node.bases for item in ast.walk(base) if isinstance(item, ast.Name)}
            if roots & foreign and any(isinstance(item, ast.FunctionDef) for item in node.body):
                yield node


def _handed_on(tree: ast.Module, defined: set[str]) -> Iterator[ast.expr]:
    """Where all settings are used as a whole, or asked for by a name that is only computed."""
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    holders = set(_HOLDERS)
    for function in (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))):
        own: set[str] = set()
        if function.name in _MAKERS and function.args.kwarg is not None:
            own.add(function.args.kwarg.arg)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and _is_all(node.value, own, holders):
                holders |= {item.attr for item in node.targets if isinstance(item, ast.Attribute)}
                own |= {item.id for item in node.targets if isinstance(item, ast.Name)}
        for node in ast.walk(function):
            if isinstance(node, ast.expr) and _is_holder(node, own, holders) and not _is_seen(node, parents, defined):
                yield node


def _is_holder(node: ast.expr, own: set[str], holders: set[str]) -> bool:
    """Whether an expression is all settings."""
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return False
    if isinstance(node, ast.Name):
        return node.id in own
    return isinstance(node, ast.Attribute) and node.attr in holders and getattr(node.value, "id", "") == "self"


def _is_all(node: ast.expr, own: set[str], holders: set[str]) -> bool:
    """Whether an expression is all settings, or a copy of them."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "dict" and len(node.args) == 1:
        return _is_holder(node.args[0], own, holders)
    return _is_holder(node, own, holders)


def _is_seen(node: ast.expr, parents: Mapping[int, ast.AST], defined: set[str]) -> bool:
    """Whether what is done with all settings shows which of them are read."""
    parent = parents.get(id(node))
    if isinstance(parent, ast.Attribute):
        call = parents.get(id(parent))
        if not isinstance(call, ast.Call) or parent.attr in ("update", "clear"):
            return True
        return parent.attr in _READS and bool(call.args) and isinstance(call.args[0], (ast.Name, ast.Constant))
    if isinstance(parent, ast.Subscript):
        return isinstance(parent.slice, (ast.Name, ast.Constant))
    if isinstance(parent, ast.keyword):
        return _is_known(parents.get(id(parent)), defined | {"__init__", "__new__"})
    if isinstance(parent, ast.Call):
        return _is_known(parent, defined | _HARMLESS | {"dict"})
    return isinstance(parent, (ast.Compare, ast.BoolOp, ast.IfExp, ast.If, ast.Assign))


def _defined(tree: ast.Module) -> Iterator[str]:
    """The functions and classes whose code is looked into: the folder's own, and ours."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lollms_client."):
            yield from (alias.asname or alias.name for alias in node.names)


def _is_known(call: ast.AST | None, names: set[str]) -> bool:
    function = getattr(call, "func", None)
    return getattr(function, "id", None) in names or getattr(function, "attr", None) in names

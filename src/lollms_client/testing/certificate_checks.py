"""Finds in source where a binding leaves certificates unchecked, and on which settings that hangs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_NO_CHECK = {"_create_unverified_context", "_create_unverified_https_context", "_create_stdlib_context", "CERT_NONE"}
_SWITCHES = {"verify", "verify_ssl", "check_hostname", "assert_hostname", "ssl_verify", "verify_certs", "validate_cert"}
_SILENCED = {"disable_warnings", "InsecureRequestWarning"}
_LAX = {"PROTOCOL_TLS", "PROTOCOL_SSLv23", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1", "PROTOCOL_TLSv1_2"}
_LAX_WORDS = {"--insecure", "--no-check-certificate"}
_VARIABLES = {"PYTHONHTTPSVERIFY", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_TLS_REJECT_UNAUTHORIZED"}
_LEAVES = (ast.Return, ast.Raise, ast.Continue)
Reads = Mapping[str, set[str]]  # which settings are behind a name of the code


class Unchecked(NamedTuple):
    """One place where certificates are not checked: what stands there, and the settings that decide whether it runs.

    `off` are settings whose value is handed on itself, so that it is what leaves certificates unchecked.
    """

    line: int
    what: str
    decided_by: frozenset[str]
    off: frozenset[str] = frozenset()


def unchecked(tree: ast.Module, settings: Iterable[str]) -> Iterator[Unchecked]:
    """Every place in one file; `settings` are the names of all settings."""
    reads = _reads(tree, set(settings))
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    constants = _false_names(tree)
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    aiohttp = any("aiohttp" in ast.unparse(node) for node in imports)
    for node in ast.walk(tree):
        what = _switched_off(node, constants, aiohttp=aiohttp) or _named(node, tree)
        handed = [(name, value) for name, value in _handed(node) if _behind(value, reads)]
        if what and not handed:
            yield Unchecked(getattr(node, "lineno", 0), what, frozenset(_deciding(node, parents, reads)))
        for name, value in handed:
            yield Unchecked(value.lineno, f"{name}={ast.unparse(value)}", frozenset(), frozenset(_behind(value, reads)))


# --- places ----------------------------------------------------------------------------------------------------------


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a node gives values to: keywords of a call, attributes, keys."""
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Attribute) and not _is_self(target):
                yield target.attr, node.value
            elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield str(target.slice.value), node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value


def _is_self(target: ast.Attribute) -> bool:
    return isinstance(target.value, ast.Name) and target.value.id == "self"


def _switched_off(node: ast.AST, constants: set[str], *, aiohttp: bool) -> str:
    for name, value in _pairs(node):
        off = _is_false(value, constants)
        if (name in _SWITCHES and off) or (name == "ssl" and aiohttp and off):
            return f"{name}={ast.unparse(value)}"
        if name == "cert_reqs" and isinstance(value, ast.Constant) and value.value in ("CERT_NONE", "NONE", 0):
            return f"{name}={ast.unparse(value)}"
        if name in _VARIABLES and isinstance(value, ast.Constant) and value.value in ("", "0"):
            return f"{name}={value.value!r}"
    return ""


def _named(node: ast.AST, tree: ast.Module) -> str:
    """What its very name says: contexts that check nothing, warnings that are silenced, flags of other programs."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    if name in _NO_CHECK or name in _SILENCED:
        return name
    if isinstance(node, ast.ImportFrom):
        return next((alias.name for alias in node.names if alias.name in _NO_CHECK and alias.asname), "")
    if isinstance(node, ast.Call) and _last(node.func) == "SSLContext":
        given = {_last(item) for item in node.args}
        required = any(_last(item) in ("CERT_REQUIRED", "CERT_OPTIONAL") for item in ast.walk(tree))
        return "SSLContext without CERT_REQUIRED" if (not given or given & _LAX) and not required else ""
    if isinstance(node, ast.List | ast.Tuple):
        words = {item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)}
        found = words & (_LAX_WORDS | ({"-k"} if "curl" in words else set()))
        return " ".join(sorted(found))
    return ""


def _handed(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Switches that are given something other than a constant."""
    for name, value in _pairs(node):
        if name in _SWITCHES and not isinstance(value, ast.Constant):
            yield name, value


def _is_false(value: ast.expr, constants: set[str]) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is False or value.value == 0
    if isinstance(value, ast.Call) and _last(value.func) == "get" and len(value.args) == 2:
        return _is_false(value.args[1], constants) and _is_constant_text(value.args[0])
    return isinstance(value, ast.Name | ast.Attribute) and _last(value) in constants


def _is_constant_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _false_names(tree: ast.Module) -> set[str]:
    """Names that are only ever bound to False."""
    bound: dict[str, set[bool]] = {}
    for node in ast.walk(tree):
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.expr):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                bound.setdefault(_last(target), set()).add(isinstance(value, ast.Constant) and value.value is False)
    return {name for name, values in bound.items() if values == {True} and name}


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


# --- what it hangs on ------------------------------------------------------------------------------------------------


def _reads(tree: ast.Module, settings: set[str]) -> dict[str, set[str]]:
    """Which settings are behind each name, attribute and parameter, through assignments and calls."""
    found: dict[str, set[str]] = {name: {name} for name in settings}
    parameters = {
        node.name: [item.arg for item in node.args.args if item.arg not in ("self", "cls")]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for _ in range(3):  # as many steps from the setting to the place
        for node in ast.walk(tree):
            for name, value in _bindings(node, parameters):
                behind = _behind(value, found)
                if name and behind:
                    found.setdefault(name, set()).update(behind)
    return found


def _bindings(node: ast.AST, parameters: Mapping[str, list[str]]) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((_last(target), node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield _last(node.target), node.value
    elif isinstance(node, ast.Call) and _last(node.func) in parameters:
        yield from zip(parameters[_last(node.func)], node.args, strict=False)
        yield from ((item.arg, item.value) for item in node.keywords if item.arg)
    elif isinstance(node, ast.FunctionDef):  # what a property or a function gives
        yield from ((node.name, item.value) for item in ast.walk(node) if isinstance(item, ast.Return) and item.value)


def _behind(value: ast.AST, reads: Reads) -> set[str]:
    """The settings that an expression reads."""
    found: set[str] = set()
    for node in ast.walk(value):
        words = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else _last(node)
        found |= reads.get(words, set()) if words else set()
    return found


def _deciding(node: ast.AST, parents: Mapping[int, ast.AST], reads: Reads) -> Iterator[str]:
    """The settings in the conditions that a place stands under, or that leave its function before it."""
    at: ast.AST | None = node
    while at is not None:
        above = parents.get(id(at))
        if isinstance(above, ast.If | ast.IfExp | ast.While) and at is not above.test:
            yield from _behind(above.test, reads)
        elif isinstance(above, ast.BoolOp):
            for item in above.values:
                yield from _behind(item, reads) if item is not at else ()
        body = getattr(above, "body", None)
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) and isinstance(body, list) and at in body:
            for earlier in body[: body.index(at)]:
                if isinstance(earlier, ast.If) and isinstance(earlier.body[-1], _LEAVES):
                    yield from _behind(earlier.test, reads)
        at = above

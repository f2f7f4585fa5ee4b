"""The packages that a binding asks pipmaster for while it is imported, found by parsing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lollms_client.manifest.class_source import ModuleSource, parse_module, read_source, top_level
from lollms_client.manifest.field_rules import REQUIREMENT

PIPMASTER = "pipmaster"
ONE_PACKAGE = ("install", "install_if_missing", "install_or_update")
MANY_PACKAGES = (
    "ensure_packages", "install_multiple", "install_multiple_if_not_installed", "install_or_update_multiple",
    "async_ensure_packages", "async_install_multiple",
)  # fmt: skip
ONE_VERSION = ("install_version",)


def required_by_calls(folder: Path | str) -> tuple[str, ...]:
    """The requirements in pipmaster calls at module level of `__init__.py`, as pip writes them; () if unreadable."""
    file = Path(folder) / "__init__.py"
    try:
        if PIPMASTER not in read_source(file):
            return ()
        module = parse_module(file)
    except (OSError, SyntaxError):
        return ()
    found = [text for call in _calls(module) for text in _requirements_of(module, call)]
    return tuple(dict.fromkeys(text for text in found if REQUIREMENT.fullmatch(text)))


def _calls(module: ModuleSource) -> Iterator[ast.Call]:
    for statement in top_level(module.tree.body):
        if isinstance(statement, ast.Expr | ast.Assign | ast.Return) and statement.value is not None:
            expressions: list[ast.AST] = [statement.value]
        elif isinstance(statement, ast.If | ast.While):
            expressions = [statement.test]
        else:
            continue
        for node in (inner for expression in expressions for inner in ast.walk(expression)):
            if isinstance(node, ast.Call) and _called(module, node.func):
                yield node


def _called(module: ModuleSource, function: ast.expr) -> str:
    """The name of the pipmaster function that is called, or ""."""
    if isinstance(function, ast.Name):
        source, name = module.names.get(function.id, ("", ""))
        known = name if source.split(".")[0] == PIPMASTER else ""
    elif isinstance(function, ast.Attribute):
        known = function.attr if _is_manager(module, function.value) else ""
    else:
        known = ""
    return known if known in (*ONE_PACKAGE, *MANY_PACKAGES, *ONE_VERSION) else ""


def _is_manager(module: ModuleSource, value: ast.expr) -> bool:
    """Whether an expression is the module pipmaster, a PackageManager() of it, or a name that holds one."""
    if isinstance(value, ast.Call):
        targets = {keyword.arg for keyword in value.keywords}
        return not targets & {"venv_path", "python_executable"} and not value.args and _is_manager(module, value.func)
    if isinstance(value, ast.Attribute):
        return _is_manager(module, value.value)
    if not isinstance(value, ast.Name):
        return False
    if module.names.get(value.id, ("", ""))[0].split(".")[0] == PIPMASTER:
        return True
    for statement in top_level(module.tree.body):
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            if value.id in names and _is_manager(module, statement.value):
                return True
    return False


def _requirements_of(module: ModuleSource, call: ast.Call) -> list[str]:
    name = _called(module, call.func)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    first = (
        call.args[0] if call.args else keywords.get("requirements", keywords.get("packages", keywords.get("package")))
    )
    asked = _value(module, first)
    if name == "install_if_missing" and isinstance(asked, str):
        second = call.args[1] if len(call.args) > 1 else keywords.get("version_specifier")
        specifier = _value(module, second)
        return [asked + (specifier if isinstance(specifier, str) else "")]
    if name in ONE_VERSION and isinstance(asked, str):
        version = _value(module, call.args[1] if len(call.args) > 1 else keywords.get("version"))
        return [f"{asked}=={version}" if isinstance(version, str) else asked]
    return requirement_texts(asked)


def requirement_texts(asked: Any) -> list[str]:
    """What pipmaster takes (a text, a list, a mapping of name to version or of details) as pip's texts."""
    if isinstance(asked, str):
        return [asked.strip()] if asked.strip() else []
    if isinstance(asked, dict):
        return [_with_version(str(name), wanted) for name, wanted in asked.items()]
    if isinstance(asked, list | tuple | set):
        return [item.strip() for item in asked if isinstance(item, str) and item.strip()]
    return []


def _with_version(name: str, wanted: Any) -> str:
    if isinstance(wanted, dict):
        if wanted.get("vcs"):
            return f"{name} @ {wanted['vcs']}"
        wanted = wanted.get("condition") or wanted.get("version") or wanted.get("specifier")
    if not isinstance(wanted, str) or not wanted.strip():
        return name
    return f"{name}=={wanted}" if wanted[0].isdigit() else f"{name}{wanted.strip()}"


def _value(module: ModuleSource, node: ast.expr | None) -> Any:
    if isinstance(node, ast.Name):
        assigned = [
            statement.value
            for statement in top_level(module.tree.body)
            if isinstance(statement, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == node.id for target in statement.targets)
        ]
        node = assigned[0] if len(assigned) == 1 else None
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None

"""Keeps third-party code that asks pipmaster to install while it is imported to the user's policy, unchanged."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from lollms_client.import_watch import after_import
from lollms_client.manifest.requirement_calls import PIPMASTER, requirement_texts
from lollms_client.requirements.checking import missing_dependency, unsatisfied

# the binding whose code runs in this thread under the policy; "" where installing is permitted or nobody asks
_guarded: ContextVar[str] = ContextVar("lollms_guarded_binding", default="")

_INSTALLING = (
    "install", "install_if_missing", "install_multiple", "install_multiple_if_not_installed", "install_or_update",
    "install_or_update_multiple", "install_version", "ensure_packages",
)  # fmt: skip
_REFUSED = (
    "install_edit",
    "install_requirements",
    "ensure_requirements",
    "uninstall",
    "uninstall_multiple",
    "_run_command",
)
_HARMLESS = (["show"], ["list"], ["freeze"], ["check"], ["--version"])
_MANAGERS = ("PackageManager", "UvPackageManager", "AsyncPackageManager")


@contextmanager
def install_policy(binding: str, *, allowed: bool) -> Iterator[None]:
    """While this stands, pipmaster calls of this thread return quietly where the packages are there already.

    Where they are not, they raise MissingDependency naming the packages and `lollms install`; or, if the user opted in
    (`allowed`), they do what they say.
    """
    if allowed:
        yield
        return
    after_import(PIPMASTER, _guard_module)
    token = _guarded.set(binding)
    try:
        yield
    finally:
        _guarded.reset(token)


@contextmanager
def permitted() -> Iterator[None]:
    """Lift the policy in this thread, for installing that the user agreed to."""
    token = _guarded.set("")
    try:
        yield
    finally:
        _guarded.reset(token)


def _guard_module(module: ModuleType) -> None:
    """Wrap the methods of pipmaster's managers, and its functions, which call them. Doing it twice changes nothing."""
    names = (*_INSTALLING, *_REFUSED)
    for class_name in _MANAGERS:
        manager = getattr(module, class_name, None)
        for name in names if isinstance(manager, type) else ():
            _wrap(manager, name, has_manager=True)
    for holder in (module, sys.modules.get(f"{PIPMASTER}.convenience")):
        for name in names:
            _wrap(holder, name, has_manager=False)


def _wrap(holder: Any, name: str, *, has_manager: bool) -> None:
    original = getattr(holder, "__dict__", {}).get(name)
    if not inspect.isfunction(original) or hasattr(original, "__wrapped__"):
        return
    asynchronous = inspect.iscoroutinefunction(original)

    @functools.wraps(original)
    def guarded(*arguments: Any, **options: Any) -> Any:
        manager, given = (arguments[0], arguments[1:]) if has_manager else (None, arguments)
        if _is_satisfied(name, manager, given, options):
            return _true() if asynchronous else True
        return original(*arguments, **options)

    setattr(holder, name, guarded)


def _is_satisfied(name: str, manager: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Whether nothing is left to do under the policy, which raises where something is; False where it does not hold."""
    binding = _guarded.get()
    if not binding or options.get("dry_run"):
        return False
    if name == "_run_command" and arguments and list(arguments[0])[:1] in _HARMLESS:
        return False
    asked = _asked(name, arguments, options)
    missing = _missing(manager, asked)
    if name in _REFUSED or missing:
        raise missing_dependency(binding, missing or asked, cause="its code asked pipmaster for it")
    return True


async def _true() -> bool:
    return True


def _asked(name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> list[str]:
    named = [
        options[key] for key in ("requirements", "packages", "package", "path", "requirements_file") if key in options
    ]
    first = arguments[0] if arguments else (named[0] if named else "")
    if name == "_run_command":
        return [str(item) for item in first if not str(item).startswith("-")][1:] if isinstance(first, list) else []
    second = arguments[1] if len(arguments) > 1 else None
    if name == "install_if_missing":
        specifier = options.get("version_specifier") or second or ""
        return [f"{first}{specifier}"]
    if name == "install_version":
        return [f"{first}=={options.get('version') or second}"]
    return requirement_texts(first)


def _missing(manager: Any, asked: list[str]) -> list[str]:
    """Those not installed in the environment that the manager works on."""
    executable = getattr(manager, "target_python_executable", sys.executable)
    if executable == sys.executable and not getattr(manager, "environment_path", None):
        return list(unsatisfied(asked))
    if not hasattr(manager, "is_installed"):
        return asked
    return [text for text in asked if not _installed_there(manager, text)]


def _installed_there(manager: Any, requirement: str) -> bool:
    """Whether an environment of the binding's own, which pipmaster asks, satisfies a requirement."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        return False
    return bool(manager.is_installed(wanted.name, str(wanted.specifier) or None))

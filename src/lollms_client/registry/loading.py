"""Imports a binding's module, properly registered, and finds its class; every failure names binding, cause and cure."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import inspect
import sys
import threading
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from lollms_client.errors import BindingLoadFailed, LollmsError
from lollms_client.manifest.derivation import syntax_failure
from lollms_client.python_source import parse
from lollms_client.registry.entries import BindingEntry
from lollms_client.requirements.checking import missing_dependency, requirements_of
from lollms_client.secret import clean_cause, words_of

NAMESPACE = "lollms_bindings"
# modules whose package bears another name, among those that bindings import
PACKAGES_OF_MODULES = {
    "PIL": "pillow", "bs4": "beautifulsoup4", "cv2": "opencv-python", "dotenv": "python-dotenv", "fitz": "pymupdf",
    "huggingface_hub": "huggingface-hub", "sklearn": "scikit-learn", "yaml": "pyyaml",
}  # fmt: skip
_locks: dict[str, threading.RLock] = {}
_locks_guard = threading.Lock()


def load_class(entry: BindingEntry, environment: Mapping[str, str] | None = None) -> type:
    """The class of a binding, imported once per process and place.

    Raises the entry's own problem, MissingDependency naming `lollms install`, or BindingLoadFailed.
    """
    return _class_of(load_module(entry, environment), entry)


def load_module(entry: BindingEntry, environment: Mapping[str, str] | None = None) -> ModuleType:
    """The module of a binding, imported once per process and place. Raises as `load_class` does."""
    if entry.problem is not None:
        raise type(entry.problem)(entry.problem.message, **entry.problem.details)  # a new one: it gets a traceback
    name = module_name(entry)
    with _lock(name):
        module = sys.modules.get(name)
        if module is None or not _is_ours(module, entry):
            module = _import(entry, name, environment)
        return module


def _lock(name: str) -> threading.RLock:
    with _locks_guard:
        return _locks.setdefault(name, threading.RLock())


def module_name(entry: BindingEntry) -> str:
    """The dotted name in `sys.modules`: the real one inside a package, else one that no other folder has."""
    if entry.module:
        return entry.module
    place = hashlib.sha256(str(entry.folder).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    safe = "".join(letter if letter.isalnum() else "_" for letter in entry.name)
    return f"{NAMESPACE}.{entry.binding_type}_{safe}_{place}"


def _is_ours(module: ModuleType, entry: BindingEntry) -> bool:
    file = getattr(module, "__file__", None)
    return (file is not None and Path(file).parent == entry.folder) or bool(entry.module)


def _import(entry: BindingEntry, name: str, environment: Mapping[str, str] | None) -> ModuleType:
    from lollms_client.console import guard_console
    from lollms_client.requirements.installing import ensure_requirements
    from lollms_client.requirements.opting_in import auto_install_allowed
    from lollms_client.requirements.pipmaster_policy import install_policy

    allowed = auto_install_allowed(environment)
    if entry.manifest is not None:
        ensure_requirements(entry.manifest, auto_install=allowed)
    guard_console()
    before = set(sys.modules)
    try:
        with install_policy(entry.name, allowed=allowed):
            return importlib.import_module(name) if entry.module else _import_folder(entry.folder, name)
    except (KeyboardInterrupt, GeneratorExit, LollmsError):
        _forget(name, before)
        raise
    except BaseException as error:  # noqa: BLE001 - the edge to a third party's code, which may raise anything
        _forget(name, before)
        raise _failure(entry, error) from clean_cause(error)


def _import_folder(folder: Path, name: str) -> ModuleType:
    """Import a folder as a package; it stands in sys.modules before its code runs."""
    _namespace(folder)
    file = folder / "__init__.py"
    loader = _BindingLoader(name, str(file))
    spec = importlib.util.spec_from_file_location(name, file, loader=loader, submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return sys.modules[name]


class _BindingLoader(SourceFileLoader):
    """Loads a binding also where only its test block (`if __name__ == "__main__":`), which does not run, is wrong."""

    def source_to_code(self, data: Any, path: Any, **options: Any) -> Any:  # type: ignore[override]
        """The module's code; without the test block where Python refuses it."""
        try:
            return super().source_to_code(data, path)
        except SyntaxError:
            tree = parse(data, path)
            kept = [statement for statement in tree.body if not _is_test_block(statement)]
            if len(kept) == len(tree.body):
                raise
            tree.body = kept
            return compile(tree, path, "exec", dont_inherit=True)


def _is_test_block(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If) or not isinstance(statement.test, ast.Compare) or statement.orelse:
        return False
    sides = [statement.test.left, *statement.test.comparators]
    names = {side.id for side in sides if isinstance(side, ast.Name)}
    words = {side.value for side in sides if isinstance(side, ast.Constant)}
    return names == {"__name__"} and words == {"__main__"}


def _namespace(folder: Path) -> None:
    """The parent package of bindings in folders; from folders of that name siblings can be imported, too."""
    parent = sys.modules.get(NAMESPACE)
    if parent is None:
        parent = ModuleType(NAMESPACE, "Bindings loaded from folders.")
        parent.__path__ = []
        sys.modules[NAMESPACE] = parent
    path: Any = getattr(parent, "__path__", [])
    place = str(folder.parent)
    if folder.parent.name == NAMESPACE and isinstance(path, list) and place not in path:
        path.append(place)


def _forget(name: str, before: set[str]) -> None:
    """Remove a module that failed, with its submodules, so that the next attempt begins anew."""
    for item in [item for item in sys.modules if item == name or item.startswith(name + ".")]:
        if item not in before:
            del sys.modules[item]


def _failure(entry: BindingEntry, error: BaseException) -> LollmsError:
    if isinstance(error, SyntaxError):
        return syntax_failure(entry.name, entry.folder / "__init__.py", error)
    if isinstance(error, ModuleNotFoundError) and error.name and not _is_own_module(entry, error.name):
        return _missing_module(entry, error)
    file, line = _place(entry, error)
    what = "called sys.exit" if isinstance(error, SystemExit) else f"raised {type(error).__name__}"
    said = words_of(error)
    cure = f"correct {file}, line {line}, or ask its author"
    return BindingLoadFailed(
        f"the binding {entry.name!r} could not be loaded: its code {what}{': ' + said if said else ''}; {cure}",
        binding=entry.name, file=file, line=line, rule="importing a binding succeeds", cure=cure,
    )  # fmt: skip


def _is_own_module(entry: BindingEntry, name: str) -> bool:
    """Whether a module that was not found should have been the binding's own, or lollms_client's."""
    return name.split(".")[0] in (NAMESPACE, "lollms_client") or name.startswith(module_name(entry) + ".")


def _missing_module(entry: BindingEntry, error: ModuleNotFoundError) -> LollmsError:
    """The error for a module that is not installed: the requirement it belongs to, or else its likely package."""
    module = (error.name or "").split(".")[0]
    package = PACKAGES_OF_MODULES.get(module, module)
    requirements = requirements_of(entry.manifest) if entry.manifest else ()
    declared = [item for item in requirements if _normal(item).startswith((_normal(package), _normal(module)))]
    if declared:
        return missing_dependency(entry.name, declared, cause=str(error))
    cause = f"{error}; its requirements do not declare it: add it there, or run `pip install {package}`"
    return missing_dependency(entry.name, [package], cause=cause)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _place(entry: BindingEntry, error: BaseException) -> tuple[str, int]:
    """The innermost line of the binding's own code on the way to the error."""
    file, line = str(entry.folder / "__init__.py"), 1
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if Path(name).is_relative_to(entry.folder):
            file, line = name, trace.tb_lineno
        trace = trace.tb_next
    return file, line


def _class_of(module: ModuleType, entry: BindingEntry) -> type:
    base = importlib.import_module(f"lollms_client.lollms_{entry.binding_type}_binding")
    base_class: type = getattr(base, f"Lollms{entry.binding_type.upper()}Binding")
    name = getattr(module, "BindingName", None)
    if name is None:
        return _only_class(module, entry, base_class)
    found = name if inspect.isclass(name) else getattr(module, name, None) if isinstance(name, str) else None
    if not inspect.isclass(found):
        raise _bad_class(entry, f"BindingName is {name!r}, and the module has no class of that name")
    if not issubclass(found, base_class):
        raise _bad_class(entry, f"the class {found.__name__} does not derive from {base_class.__name__}")
    return found


def _only_class(module: ModuleType, entry: BindingEntry, base: type) -> type:
    """The one class that the module itself defines on the base, where BindingName is missing."""
    found = [
        item
        for item in vars(module).values()
        if inspect.isclass(item) and issubclass(item, base) and item is not base and _defined_in(module, item)
    ]
    found = [
        item
        for item in dict.fromkeys(found)
        if not any(other is not item and issubclass(other, item) for other in found)
    ]
    if len(found) != 1:
        names = ", ".join(sorted(item.__name__ for item in found)) or "none"
        raise _bad_class(entry, f"BindingName is missing, and the classes that could be meant are: {names}")
    import warnings

    warnings.warn(
        f"the binding {entry.name!r} has no BindingName; its class {found[0].__name__} is used",
        UserWarning,
        stacklevel=4,
    )
    return found[0]


def _defined_in(module: ModuleType, item: type) -> bool:
    return item.__module__ == module.__name__ or item.__module__.startswith(module.__name__ + ".")


def _bad_class(entry: BindingEntry, why: str) -> BindingLoadFailed:
    base = f"Lollms{entry.binding_type.upper()}Binding"
    cure = f'derive the class from {base} and write `BindingName = "ItsName"` into __init__.py'
    return BindingLoadFailed(
        f"the binding {entry.name!r} could not be loaded: {why}; {cure}",
        binding=entry.name, file=str(entry.folder / "__init__.py"), line=1, rule=why, cure=cure,
    )  # fmt: skip

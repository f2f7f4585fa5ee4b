"""Does something right after a module is first imported, without importing it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

Action = Callable[[ModuleType], None]
_lock = threading.RLock()


def after_import(name: str, action: Action) -> None:
    """Call `action` with a top-level module now, if it is imported, else as soon as its import is done.

    The same action is registered once.
    """
    with _lock:
        module = sys.modules.get(name)
        initializing = module is not None and getattr(module.__spec__, "_initializing", False)
        if module is not None and not initializing:
            action(module)
            return
        for finder in sys.meta_path:
            if isinstance(finder, _WatchingFinder) and finder.name == name:
                if action not in finder.actions:
                    finder.actions.append(action)
                return
        sys.meta_path.insert(0, _WatchingFinder(name, action))


class _WatchingFinder(MetaPathFinder):
    """Finds one module as the others would, and has its loader call the actions."""

    def __init__(self, name: str, action: Action) -> None:
        self.name = name
        self.actions = [action]

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        spec.loader = _WatchingLoader(spec.loader, self)
        return spec


class _WatchingLoader(Loader):
    """Loads as the loader that it holds, then calls the actions and leaves no trace of itself."""

    def __init__(self, inner: Any, finder: _WatchingFinder) -> None:
        self.inner = inner
        self.finder = finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self.inner.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self.inner
        if module.__spec__ is not None:
            module.__spec__.loader = self.inner
        self.inner.exec_module(module)
        with _lock:
            if self.finder in sys.meta_path:
                sys.meta_path.remove(self.finder)
        for action in self.finder.actions:
            action(module)

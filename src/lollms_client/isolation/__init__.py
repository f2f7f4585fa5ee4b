"""Bindings in worker processes: the same calls and results, memory given back, crashes contained, cancel by kill."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lollms_client import errors
from lollms_client.binding import Construction, LollmsBinding
from lollms_client.isolation.process import WorkerProcess
from lollms_client.isolation.proxy import make_proxy
from lollms_client.isolation.room import WorkerRoom
from lollms_client.isolation.values import Packer
from lollms_client.manifest.model import PACKAGE_FOLDER

if TYPE_CHECKING:
    from lollms_client.registry import BindingEntry
    from lollms_client.settings import Settings
    from lollms_client.settings.reserved import Isolation

__all__ = ["isolated_binding"]

_START = "import sys; sys.path.insert(0, sys.argv[1]); from lollms_client.isolation.child import main; main()"
# in an environment of its own: this package by its place alone, so that nothing that lies beside it is found
_START_APART = (
    "import sys; from importlib.util import module_from_spec as make, spec_from_file_location as find; "
    "place = sys.argv[1] + '/lollms_client'; "
    "spec = find('lollms_client', place + '/__init__.py', submodule_search_locations=[place]); "
    "sys.modules['lollms_client'] = package = make(spec); spec.loader.exec_module(package); "
    "from lollms_client.isolation.child import main; main()"
)


def isolated_binding(
    entry: BindingEntry, settings: Settings, isolation: Isolation, environment: Mapping[str, str] | None = None
) -> LollmsBinding:
    """The binding of an entry, made in a worker process.

    Raises what making it there raises: the entry's own problem, BindingLoadFailed, MissingDependency; ProcessDied
    where the process ends while it is being made.
    """
    if entry.problem is not None:
        raise type(entry.problem)(entry.problem.message, **entry.problem.details)
    manifest = entry.manifest
    assert manifest is not None
    base = _base_class(entry.binding_type)
    holder: list[Any] = []  # the binding's own settings, once it stands: a later process gets what was set meanwhile

    def start() -> WorkerProcess:
        now = holder[0]()._settings if holder and holder[0]() is not None else settings
        return _start(entry, now, isolation, environment)

    room = WorkerRoom(start, isolation)
    try:
        process = room.enter()
    except BaseException:
        room.kill("it was not made")
        raise
    binding = make_proxy(base, Construction(entry.name, manifest, settings), room, process.facts)
    import weakref

    holder.append(weakref.ref(binding))
    return binding


def _base_class(binding_type: str) -> type[LollmsBinding]:
    module = import_module(f"lollms_client.lollms_{binding_type}_binding")
    base: type[LollmsBinding] = getattr(module, f"Lollms{binding_type.upper()}Binding")
    return base


def _start(
    entry: BindingEntry, settings: Settings, isolation: Isolation, environment: Mapping[str, str] | None
) -> WorkerProcess:
    """Start a worker process, and tell it which binding to make. Secrets go through the pipe alone."""
    variables = {**os.environ, **(environment or {})}
    apart = isolation.kind == "environment"
    if apart:
        from lollms_client.isolation.environment import PLACE_VARIABLE, prepared_python

        own_python = prepared_python(entry, isolation, variables)
        variables[PLACE_VARIABLE] = str(PACKAGE_FOLDER)
        command = [str(own_python), "-I", "-X", "utf8", "-c", _START_APART, str(PACKAGE_FOLDER.parent)]
    else:
        python = sys.executable
        if not python:
            raise errors.EngineFailed("this Python does not know its own program, which a worker process needs")
        command = [python, "-X", "utf8", "-c", _START, str(PACKAGE_FOLDER.parent)]
    first = {
        "name": entry.name,
        "binding_type": entry.binding_type,
        "folder": str(entry.folder),
        "module": "" if apart and not entry.module.startswith("lollms_client.") else entry.module,
        "source": entry.source,
        "settings": Packer(reveal=True).pack({name: value for name, value in settings.items() if value is not None}),
        "named": sorted(name for name, source in settings.sources.items() if source != "default"),
        "path": None if apart else [str(item) for item in sys.path],
        "log_level": _log_level(),
        "enforce_reach": isolation.enforce_reach,
    }
    return WorkerProcess(entry.name, command, variables, ["make", first])


def _log_level() -> int:
    logging = sys.modules.get("logging")
    return logging.getLogger().getEffectiveLevel() if logging is not None else 30

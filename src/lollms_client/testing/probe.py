"""The process that meets a binding: imports it, makes it, calls it without a network, and writes down what happened."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import msgspec

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.construction import create_binding
from lollms_client.registry import BindingEntry, Registry
from lollms_client.testing import calling, leaking, signatures
from lollms_client.testing.engine_probe import STAGES
from lollms_client.testing.evidence import Evidence
from lollms_client.testing.process_state import application_state, changed_since
from lollms_client.testing.watching import Stretch, Watch


def main(report: Path, folder: Path, name: str, binding_type: str) -> int:
    """Collect the evidence about one binding and write it as JSON, after each stage anew."""
    preload()
    registry = Registry(bindings_dirs=(folder,))
    entry = registry.find(name, binding_type)
    watch = Watch()
    evidence = Evidence()
    before: dict[str, Any] = {}
    for stage in (_import, _make_and_call, *STAGES):
        before = application_state() if stage is STAGES[0] and evidence.local else before
        go_on = stage(evidence, watch, registry, entry)
        if before:
            evidence.changed_by_calls = list(dict.fromkeys(evidence.changed_by_calls + changed_since(before)))
        report.write_bytes(msgspec.json.encode(evidence))
        if not go_on:
            break
    evidence.finished = True
    report.write_bytes(msgspec.json.encode(evidence))
    return 0


def preload() -> None:
    """Import what every binding finds there anyway, so that it is not counted as the binding's."""
    import asyncio  # noqa: F401
    import logging  # noqa: F401

    import ascii_colors  # noqa: F401
    import pipmaster  # noqa: F401

    import lollms_client.client
    import lollms_client.drivers.blocking
    import lollms_client.drivers.shared
    import lollms_client.requirements.checking
    import lollms_client.requirements.installing  # noqa: F401
    from lollms_client.console import guard_console
    from lollms_client.testing.calling import base_of

    with contextlib.suppress(ImportError):
        import httpx  # noqa: F401 (importing it draws a random number, which is no fault of who imports it)
    guard_console()
    for kind in ("llm", "tti", "stt", "tts", "ttv", "ttm"):
        base_of(kind)


def _import(evidence: Evidence, watch: Watch, registry: Registry, entry: BindingEntry) -> bool:
    stretch = Stretch(watch)
    try:
        with stretch:
            kind = registry.load(entry.name, entry.binding_type)
    except errors.MissingDependency as error:
        evidence.missing = str(error)
        return False
    except errors.LollmsError as error:
        evidence.load_error = str(error)
        return False
    finally:
        evidence.imported = stretch.changes
    evidence.is_flow = bool(getattr(kind, "speaks_flows", False))
    evidence.is_engine = any(item.__name__ == "EngineBinding" for item in kind.__mro__)
    evidence.methods = signatures.own_methods(kind, entry.binding_type)
    evidence.signature_faults = list(signatures.faults(kind, entry.binding_type))
    if entry.manifest is not None and not evidence.is_flow:
        evidence.drift = list(signatures.drift(kind, entry.manifest))
    return True


def _make_and_call(evidence: Evidence, watch: Watch, registry: Registry, entry: BindingEntry) -> bool:
    if entry.manifest is None:
        return False
    settings = calling.settings_for(entry.manifest)
    stretch = Stretch(watch)
    binding: LollmsBinding | None = None
    try:
        with stretch:
            binding = create_binding(registry, entry.name, entry.binding_type, settings)
    except errors.LollmsError as error:
        evidence.make_error, evidence.make_code = str(error), error.code
    evidence.made = stretch.changes
    if binding is None:
        return False
    evidence.local = entry.manifest.offline or evidence.is_engine
    if evidence.local:
        return True
    before = application_state()
    leaking.call_and_search(binding, entry.manifest, watch, evidence)
    evidence.grown = leaking.growth(binding, watch)
    evidence.changed_by_calls += changed_since(before)
    evidence.called = True
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))

"""The stages in which a local binding is called: a try, documented methods, cancelling, mistakes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from lollms_client import errors
from lollms_client.manifest import Manifest
from lollms_client.registry import BindingEntry, Registry
from lollms_client.settings import resolve_settings
from lollms_client.testing import calling, engine_calls, engine_cancelling, engine_wrong, leaking
from lollms_client.testing.engine_calls import Engine
from lollms_client.testing.engine_plan import plan, small_options, spoken
from lollms_client.testing.evidence import Evidence
from lollms_client.testing.signatures import DOCUMENTED
from lollms_client.testing.watching import Watch

Stage = Callable[[Evidence, Watch, Registry, BindingEntry], bool]


def _engine(evidence: Evidence, entry: BindingEntry) -> Engine:
    assert entry.manifest is not None
    settings = settings_of(entry.manifest)
    planned = plan(entry.manifest, evidence.methods)
    return Engine(entry.name, entry.binding_type, entry.folder, entry.manifest, settings, planned)


def settings_of(manifest: Manifest) -> dict[str, Any]:
    """Settings for real calls: what a check makes up for mandatory settings is no model, no folder and no file."""
    made_up = {item.name for item in manifest.input_parameters if item.mandatory and not item.is_secret}
    return {name: value for name, value in calling.settings_for(manifest).items() if name not in made_up}


def _try(evidence: Evidence, watch: Watch, registry: Registry, entry: BindingEntry) -> bool:
    if not evidence.local or entry.manifest is None:
        return False
    engine = _engine(evidence, entry)
    try:
        resolve_settings(entry.manifest, engine.settings)
    except errors.ConfigurationError as error:
        evidence.not_called = f"{error} (save it with `lollms config set`, then check again)"
        return False
    engine_calls.try_out(engine, evidence, watch.connections)
    return not evidence.not_called


def _documented(evidence: Evidence, watch: Watch, registry: Registry, entry: BindingEntry) -> bool:
    engine = _engine(evidence, entry)
    with contextlib.closing(engine.client()) as client:
        binding = client.binding(entry.binding_type)
        given = _given(engine)
        leaking.call_and_search(binding, engine.manifest, watch, evidence, given)
        evidence.grown = leaking.growth(binding, watch, given)
    evidence.called = True
    return True


def _given(engine: Engine) -> calling.Given:
    methods = DOCUMENTED[engine.binding_type]
    keywords = {method: small_options(engine.manifest, method) for method in methods}
    return calling.Given(keywords, bytes(spoken()))


def _cancel(evidence: Evidence, watch: Watch, registry: Registry, entry: BindingEntry) -> bool:
    engine = _engine(evidence, entry)
    engine_calls.at_once(engine, evidence)
    engine_cancelling.cancel_calls(engine, evidence.engine)
    return True


def _mistakes(evidence: Evidence, watch: Watch, registry: Registry, entry: BindingEntry) -> bool:
    engine_wrong.call_wrongly(_engine(evidence, entry), evidence.engine)
    return True


STAGES: tuple[Stage, ...] = (_try, _documented, _cancel, _mistakes)

"""The process that calls a real service with the user's settings: few small calls, never beyond the limit."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lollms_client import errors
from lollms_client.client import LollmsClient
from lollms_client.manifest import Manifest
from lollms_client.registry import BindingEntry, Registry
from lollms_client.secret import redact
from lollms_client.testing import probe, signatures
from lollms_client.testing.engine_calls import call, ended
from lollms_client.testing.engine_plan import Planned
from lollms_client.testing.evidence import Outcome
from lollms_client.testing.live_costs import Terms, most_cost, real_cost
from lollms_client.testing.live_evidence import LiveEvidence
from lollms_client.testing.live_plan import live_plan
from lollms_client.testing.media_facts import observe

_WRONG = "a-key-that-is-wrong-5d81f0c3"


def main(report: Path, folder: Path, name: str, binding_type: str) -> int:
    """Make the calls and write the evidence as JSON, after each call anew."""
    probe.preload()
    terms = msgspec.json.decode(sys.stdin.buffer.read(), type=Terms)
    registry = Registry(bindings_dirs=(folder,))
    evidence = LiveEvidence()
    try:
        _call_all(registry.find(name, binding_type), registry, terms, evidence, report)
    except errors.LollmsError as error:
        evidence.problem = redact(str(error))
    evidence.finished = True
    report.write_bytes(msgspec.json.encode(evidence))
    return 0


class _Service(NamedTuple):
    entry: BindingEntry
    manifest: Manifest
    terms: Terms
    evidence: LiveEvidence

    def client(self, **settings: object) -> LollmsClient:
        kind = self.entry.binding_type
        chosen: Any = {
            f"{kind}_binding_name": self.entry.name,
            f"{kind}_binding_config": {**self.terms.settings, **settings},
        }
        return LollmsClient(bindings_dir=self.entry.folder, config={}, **chosen)

    def most(self, planned: Planned) -> float | None:
        return 0.0 if self.manifest.offline else most_cost(planned, self.terms.prices)

    def refusal(self, planned: Planned) -> str:
        """Why a call must not be made; empty where it may."""
        most, spent, limit = self.most(planned), self.evidence.spent, self.terms.limit
        if most is None:
            return "" if self.terms.unknown_ok else "nobody knows what it costs"
        if spent + most <= limit:
            return ""
        return f"${spent:.4f} are spent, and it may cost ${most:.4f}: more than ${limit:g}"


def _call_all(entry: BindingEntry, registry: Registry, terms: Terms, evidence: LiveEvidence, report: Path) -> None:
    manifest = entry.manifest
    if manifest is None:
        raise entry.problem or errors.BadManifest(f"{entry.name} has no usable manifest")
    kind = registry.load(entry.name, entry.binding_type)
    service = _Service(entry, manifest, terms, evidence)
    planned_calls = live_plan(manifest, signatures.own_methods(kind, entry.binding_type))
    with service.client() as client:
        client.binding(entry.binding_type)
        for planned in planned_calls:
            _call(service, client, planned)
            report.write_bytes(msgspec.json.encode(evidence))
    if planned_calls:
        _call_with_wrong_key(service, planned_calls[-1])


def _call(service: _Service, client: LollmsClient, planned: Planned) -> None:
    evidence = service.evidence
    if refusal := service.refusal(planned):
        evidence.left_out[planned.title] = refusal
        return
    end, result = ended(partial(call, client, planned))
    if end.code == "unsupported":
        return
    evidence.calls[planned.title] = _clean(end)
    cost = service.most(planned)
    if end.kind == "value" and not service.manifest.offline:
        cost = real_cost(planned, getattr(result, "usage", None), service.terms.prices)
    if cost is None:
        evidence.unknown.append(planned.title)
    else:
        evidence.spent += cost
    if end.kind == "value":
        evidence.observations.append(observe("live", planned.call, planned.options, result))


def _call_with_wrong_key(service: _Service, planned: Planned) -> None:
    """One call with a key that is wrong. A service that takes any key may charge for it."""
    secret = next((item.name for item in service.manifest.input_parameters if item.is_secret), "")
    if not secret or service.refusal(planned):
        return
    more: dict[str, object] = {"max_retries": 0} if service.manifest.setting("max_retries") is not None else {}
    with service.client(**{secret: _WRONG}, **more) as client:
        end = ended(partial(call, client, planned))[0]
    service.evidence.wrong_key = _clean(end)
    if end.kind == "value":
        service.evidence.spent += service.most(planned) or 0.0


def _clean(end: Outcome) -> Outcome:
    """No secret leaves the process."""
    end.text = redact(end.text)
    return end


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))

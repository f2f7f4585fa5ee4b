"""The process that plays a binding's wire cases against the kit's server, and writes down what differed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from lollms_client import errors
from lollms_client.registry import BindingEntry, Registry
from lollms_client.testing import probe, signatures
from lollms_client.testing.cases_reading import read_cases
from lollms_client.testing.process_state import application_state, changed_since
from lollms_client.testing.watching import Watch
from lollms_client.testing.wire_evidence import WireEvidence
from lollms_client.testing.wire_playing import DRIVERS, Subject, play
from lollms_client.testing.wire_settings import own_variables


def main(report: Path, folder: Path, name: str, binding_type: str) -> int:
    """Play every case under every driver that fits, and write the findings as JSON."""
    probe.preload()
    os.environ["LOLLMS_HOME"] = str(Path.cwd() / "home")  # no saved settings of the user
    registry = Registry(bindings_dirs=(folder,))
    entry = registry.find(name, binding_type)
    watch = Watch()
    evidence = WireEvidence(folder=str(Path.cwd()))
    try:
        subject = subject_of(registry, entry, watch)
        evidence.speaks_flows = subject.speaks_flows
        evidence.methods = signatures.own_methods(registry.load(name, binding_type), binding_type)
        before = application_state()
        _play_all(subject, evidence, report)
        evidence.changed = changed_since(before)
    except errors.LollmsError as error:
        evidence.problem = str(error)
    evidence.connections = watch.connections
    evidence.processes = watch.processes
    evidence.written = list(dict.fromkeys(watch.written))
    evidence.finished = True
    report.write_bytes(msgspec.json.encode(evidence))
    return 0


def subject_of(registry: Registry, entry: BindingEntry, watch: Watch) -> Subject:
    """The binding, loaded, with the environment's settings and proxies taken away. Raises what loading raises."""
    if entry.manifest is None:
        raise entry.problem or errors.BadManifest(f"{entry.name} has no usable manifest")
    for variable in own_variables(entry.manifest):
        os.environ.pop(variable, None)
    for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[variable]
    os.environ["NO_PROXY"] = "*"  # nor those of the system
    kind = registry.load(entry.name, entry.binding_type)
    flows = bool(getattr(kind, "speaks_flows", False))
    return Subject(
        entry.folder, entry.name, entry.binding_type, entry.manifest, flows, lambda server: watch.allow(server.address)
    )


def _play_all(subject: Subject, evidence: WireEvidence, report: Path) -> None:
    cases = read_cases(subject.folder, subject.binding_type, subject.manifest.capabilities)
    drivers = DRIVERS if subject.speaks_flows else DRIVERS[1:]
    for placed in cases.cases:
        for driver in drivers:
            evidence.runs.append(play(subject, placed, driver))
            report.write_bytes(msgspec.json.encode(evidence))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))

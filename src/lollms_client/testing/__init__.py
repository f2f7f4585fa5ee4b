"""The kit: proves by machine that a binding keeps the contract. `lollms check` runs it, and so does pytest."""

from __future__ import annotations

from lollms_client.testing.recordings import Recording, recording, replaying
from lollms_client.testing.report import Finding, Report
from lollms_client.testing.running import check_binding
from lollms_client.testing.suite import BindingSuite, self_test

__all__ = ["BindingSuite", "Finding", "Recording", "Report", "check_binding", "recording", "replaying", "self_test"]

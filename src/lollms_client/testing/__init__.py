"""The kit: proves by machine that a binding keeps the contract. `lollms check` runs it, and so does pytest."""

from __future__ import annotations

from lollms_client.testing.report import Finding, Report
from lollms_client.testing.running import check_binding
from lollms_client.testing.suite import BindingSuite, self_test

__all__ = ["BindingSuite", "Finding", "Report", "check_binding", "self_test"]

"""How many threads a model should compute with on this machine."""

from __future__ import annotations

import math
import os
from pathlib import Path


def default_threads() -> int:
    """All cores that this process may use but one: a busy core slows llama.cpp down far more than a missing one."""
    return max(1, usable_cores() - 1)


def usable_cores(limits: Path = Path("/sys/fs/cgroup")) -> int:
    """Cores that the system lets this process use: affinity and, in a container, its share of processor time."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        cores = os.cpu_count() or 1
    quota = _quota(limits)
    return max(1, cores if quota is None else min(cores, math.ceil(quota)))


def _quota(limits: Path) -> float | None:
    """Processor time a second of wall time that a Linux container may use, None without a limit."""
    try:
        if (limits / "cpu.max").exists():
            quota, period = (limits / "cpu.max").read_text().split()[:2]
        else:
            quota = (limits / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (limits / "cpu/cpu.cfs_period_us").read_text().strip()
        return int(quota) / int(period) if quota not in ("max", "-1") else None
    except (OSError, ValueError, ZeroDivisionError):
        return None

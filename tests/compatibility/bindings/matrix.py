"""Runs bindings in the wild, each in a process of its own, against the fake services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .cases import Case, settings_of
from .certificate import write_certificate
from .environments import environment_of, python_of

ROOT = Path(__file__).parents[3]
TIME_LIMIT = 120  # seconds for one binding


def run(case: Case, certificates: tuple[Path, Path], environment: str = "") -> dict[str, Any]:
    """What came of each step with one binding: `outcome`, and the files that it `left` in the working folder.

    `environment` names the list of packages to try it with, by default the one of its time.
    """
    python = python_of(environment or environment_of(case.version, case.type, case.name))
    authority, certificate = certificates
    with tempfile.TemporaryDirectory(prefix="lollms-wild-", ignore_cleanup_errors=True) as home:
        report = Path(home) / "report.json"
        task = {"type": case.type, "name": case.name, "folder": str(case.folder), "settings": settings_of(case),
                "certificate": str(certificate), "report": str(report)}  # fmt: skip
        variables = {
            "PATH": os.environ.get("PATH", ""), "HOME": home, "LOLLMS_HOME": f"{home}/lollms",
            "SSL_CERT_FILE": str(authority), "REQUESTS_CA_BUNDLE": str(authority), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))), "PYTHONIOENCODING": "utf-8",
            "NO_COLOR": "1", "WILD_TRACE": os.environ.get("WILD_TRACE", ""), "GRPC_VERBOSITY": "NONE",
        }  # fmt: skip
        try:
            done = subprocess.run(
                [str(python), "-m", "tests.compatibility.bindings.child"],
                input=json.dumps(task), env=variables, capture_output=True, text=True, timeout=TIME_LIMIT,
                cwd=home, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            done = None
        if done is not None and os.environ.get("WILD_TRACE"):
            print(done.stdout[-6000:], done.stderr[-20000:], file=sys.stderr)
        if not report.exists():
            said = done.stderr.strip()[-300:] if done is not None else ""
            return {"outcome": {"load": f"the process ended: {said}"}, "left": []}
        found: dict[str, Any] = json.loads(report.read_text("utf-8"))
        return found


def run_all(cases: Iterable[Case], workers: int = 2, environment: str = "") -> Iterator[tuple[Case, dict[str, Any]]]:
    """The results, in the order of the cases."""
    with tempfile.TemporaryDirectory(prefix="lollms-wild-") as folder:
        certificates = write_certificate(Path(folder))
        with ThreadPoolExecutor(workers) as pool:
            chosen = list(cases)
            yield from zip(chosen, pool.map(lambda case: run(case, certificates, environment), chosen), strict=True)

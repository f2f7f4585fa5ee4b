"""Times listing 10, 100 and 1,000 bindings, parsed and cached, each in a new process: CPU milliseconds and ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 5
CODE = """
import sys
from pathlib import Path
from time import process_time
from lollms_client.registry import Registry
registry = Registry([Path(sys.argv[1])])
start = process_time()
entries = registry.list()
listed = process_time()
titles = [entry.manifest.title for entry in entries if entry.manifest is not None]
read = process_time()
assert len(titles) >= int(sys.argv[2]), len(titles)
print((listed - start) * 1e3, (read - start) * 1e3)
"""
PARAMETER = "  - {name: setting_%d, type: float, description: How much of it is wanted, default: 1.0, min: 0, max: 9}\n"
CLASS = """from lollms_client.lollms_tts_binding import LollmsTTSBinding
BindingName = "Voice"
class Voice(LollmsTTSBinding):
    def generate_audio(self, text, voice=None, **kwargs):
        return b""
"""


def make_bindings(folder: Path, count: int) -> None:
    """Folders as authors write them: a manifest of twelve parameters and a short class."""
    manifest = "title: A voice\nauthor: Somebody\ndescription: Speaks\ninput_parameters:\n"
    manifest += "".join(PARAMETER % number for number in range(8)) + "generate_audio_parameters:\n"
    manifest += "".join(PARAMETER % number for number in range(8, 12))
    for number in range(count):
        binding = folder / f"voice_{number:04}"
        binding.mkdir(parents=True)
        (binding / "description.yaml").write_text(manifest)
        (binding / "__init__.py").write_text(CLASS)


def measure(folder: Path, home: Path, count: int) -> tuple[float, float]:
    """Milliseconds for one listing, and for a listing whose manifests are all looked at."""
    command = [sys.executable, "-c", CODE, str(folder), str(count)]
    done = subprocess.run(
        command, env={**os.environ, "LOLLMS_HOME": str(home)}, capture_output=True, text=True, check=True
    )
    listed, read = map(float, done.stdout.split())
    return listed, read


def main() -> None:
    print(f"{'bindings':>8}  {'parsed ms':>10}  {'cached ms':>10}  {'with manifests':>14}  {'cached/parsed':>13}")
    with tempfile.TemporaryDirectory() as name:
        for count in (10, 100, 1000):
            folder, home = Path(name, f"many_{count}"), Path(name, f"home_{count}")
            make_bindings(folder, count)
            parsed, _ = measure(folder, home, count)
            rounds = [measure(folder, home, count) for _ in range(ROUNDS)]
            cached = statistics.median(listed for listed, _ in rounds)
            read = statistics.median(read for _, read in rounds)
            print(f"{count:>8}  {parsed:>10.1f}  {cached:>10.1f}  {read:>14.1f}  {cached / parsed:>13.3f}")


if __name__ == "__main__":
    main()

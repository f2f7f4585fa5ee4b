"""The package works with the folder of compatibility, and the modules of old names, taken away."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import lollms_client

OLD_NAMES = ("lollms_utilities.py", "lollms_mcp_binding.py", "lollms_tools_binding.py", "lollms_base_binding.py")
SMOKE = """
import lollms_client
from lollms_client import LollmsClient, LollmsDiscussion, errors
from lollms_client.lollms_llm_binding import LollmsLLMBinding

assert lollms_client.__file__.startswith({place!r}), lollms_client.__file__
client = LollmsClient(llm_binding_name="mock")
assert len(client.list_bindings()) > 50
assert client.chat("Hello").text

class Mine(LollmsLLMBinding):
    def generate_text(self, prompt, streaming_callback=None, **kwargs):
        for word in ("a", "b"):
            streaming_callback(word)
        return "ab"

    def list_models(self):
        return ["m"]

talk = LollmsDiscussion.from_messages([{{"role": "user", "content": "hi"}}])
assert Mine().chat(talk) == "ab"
for wrong in (lambda: client.generate_images, lambda: LollmsClient(tools_binding_name="x")):
    try:
        wrong()
    except (AttributeError, errors.BadSetting):
        continue
    raise SystemExit("a part that is not there answered")
print("it works")
"""


def test_the_rest_does_without_it(tmp_path: Path) -> None:
    source = Path(lollms_client.__file__).parent
    package = tmp_path / "lollms_client"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "compatibility", "lollms_artefact"))
    for name in OLD_NAMES:
        (package / name).unlink()
    code = SMOKE.format(place=str(tmp_path))
    # -S leaves out what leads to the installed package; its dependencies are given by hand
    places = [str(tmp_path), *(place for place in sys.path if place.endswith("site-packages"))]
    start = f"import sys; sys.path[:0] = {places!r}"
    done = subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", f"{start}\n{code}"],
        capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "it works", done.stderr


def _imported(tree: ast.Module) -> set[str]:
    """The modules that a module imports while it runs."""
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        waiting.extend(ast.iter_child_nodes(node))
    return found


def test_nothing_imports_it_but_the_old_names() -> None:
    source = Path(lollms_client.__file__).parent
    allowed = {source / name for name in OLD_NAMES}
    files = list(source.rglob("*.py"))
    assert allowed < set(files)
    for file in files:
        inside = file.is_relative_to(source / "compatibility") or file.is_relative_to(source / "lollms_artefact")
        if not inside and file not in allowed:
            modules = _imported(ast.parse(file.read_text("utf-8")))
            assert not any(name.startswith("lollms_client.compatibility") for name in modules), file

"""The shape of the code: short modules that state their job, short functions, and importing that costs nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lollms_client

SOURCE = Path(lollms_client.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_and_functions_are_short(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.body[0].lineno + 1 > 40]
    assert long == []


def test_importing_is_silent_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import lollms_client; "
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('lollms_client')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"msgspec", "yaml", "aiohttp", "httpx2", "numpy", "asyncio", "ssl", "http", "pipmaster", "ascii_colors"}
    assert heavy.isdisjoint(ast.literal_eval(done.stdout))
    assert done.stderr == ""


def test_making_a_client_opens_nothing_and_loads_no_engine() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*arguments): raise AssertionError('a socket was opened')\n"
        "socket.socket.connect = refuse\n"
        "from lollms_client import LollmsClient\n"
        "client = LollmsClient(); client.list_bindings(); client.tts; client.ttm\n"
        "print([name for name in ('numpy', 'av', 'xllamacpp', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_everything_exported_can_be_had() -> None:
    for name in lollms_client.__all__:
        assert getattr(lollms_client, name) is not None
    assert set(lollms_client.__all__) <= set(dir(lollms_client))
    with pytest.raises(AttributeError, match="nothing_such"):
        lollms_client.nothing_such  # noqa: B018


def test_the_version_stands_in_one_place() -> None:
    import tomllib

    project = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == lollms_client.__version__

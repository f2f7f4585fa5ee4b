"""Isolation by setting alone: from every place that settings come from, for every kind of binding and caller."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lollms_client import LollmsClient, errors
from lollms_client.cli import main
from lollms_client.home import lollms_home
from lollms_client.manifest import Manifest, Parameter
from lollms_client.settings.reserved import RESERVED_NAMES, split_isolation
from tests.isolation.conftest import MakeClient


def process_of(client: LollmsClient) -> int | None:
    return getattr(client.llm, "process_id", None)


def test_a_configuration_file_is_enough(bindings: Path, tmp_path: Path) -> None:
    file = tmp_path / "lollms.yaml"
    file.write_text(f"llm: {{binding: rough, isolation: process}}\nbindings_dir: {bindings}\n")

    with LollmsClient(config=file) as client:
        assert process_of(client) not in (None, os.getpid())
        assert client.chat("echo:x").text == "x"


def test_a_variable_is_enough(bindings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOLLMS_ROUGH_ISOLATION", "process")
    with LollmsClient(llm_binding_name="rough", bindings_dir=bindings) as client:
        assert process_of(client) is not None


def test_a_saved_setting_is_enough(bindings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--bindings-dir", str(bindings)]
    file = lollms_home() / "config.yaml"
    try:
        assert main(["config", "set", "rough.isolation", "process", *place]) == 0
        assert main(["config", "get", "rough.isolation", *place]) == 0
        assert main(["config", "set", "rough.isolation", "sideways", *place]) == 2
        assert main(["show", "rough", *place]) == 0
        with LollmsClient(llm_binding_name="rough", bindings_dir=bindings) as client:
            assert process_of(client) is not None
            assert client.llm.get_settings().keys().isdisjoint(RESERVED_NAMES)
        assert main(["config", "unset", "rough.isolation", *place]) == 0
    finally:
        file.unlink(missing_ok=True)
    out = capsys.readouterr().out
    assert "isolation: str, one of none, process, environment, default none" in out
    assert "process\n" in out


def test_the_command_line_takes_it(bindings: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "lollms_client.cli", "image", "x", "-b", "painter", "--set", "isolation=process"]
    words += ["--bindings-dir", str(bindings), "-o", str(tmp_path / "a.png"), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(done.stdout)


def test_the_offline_engines_run_there_too() -> None:
    isolated = {"isolation": "process"}
    with LollmsClient(tti_binding_config=isolated, ttm_binding_config=isolated) as client, LollmsClient() as here:
        options: dict[str, Any] = {"width": 64, "height": 64, "seed": 5}
        assert client.image("a red house", **options).images == here.image("a red house", **options).images
        assert client.models("ttm") == here.models("ttm")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"isolation": "container"}, "must be one of 'none', 'process', 'environment'"),
    ({"isolation": "process", "isolation_grace": -1}, "at least 0"),
    ({"isolation": "process", "isolation_python": "3.12"}, "needs isolation: environment"),
]


@pytest.mark.parametrize(("settings", "words"), WRONG, ids=str)
def test_wrong_values_are_refused(settings: dict[str, Any], words: str, bindings: Path) -> None:
    client = LollmsClient(llm_binding_name="rough", llm_binding_config=settings, bindings_dir=bindings)
    with pytest.raises(errors.BadSetting, match=words):
        client.llm  # noqa: B018


def test_a_manifest_may_use_the_name_for_itself() -> None:
    own = Parameter(name="isolation", type="str", description="Of walls.")
    manifest = Manifest(name="house", folder=Path("x"), path=Path("x/y"), input_parameters=(own,))

    isolation, rest = split_isolation(manifest, {"isolation": "thick", "isolation_grace": 1})
    assert (isolation.kind, isolation.grace, rest) == ("none", 1.0, {"isolation": "thick"})


def test_jobs_work_from_there(tmp_path: Path) -> None:
    place = tmp_path / "slow"
    place.mkdir()
    (place / "description.yaml").write_text("title: Slow\nbinding_type: ttv\n")
    (place / "__init__.py").write_text(
        "from lollms_client.families.jobs import JobBinding\n"
        "from lollms_client.lollms_ttv_binding import LollmsTTVBinding\n"
        "from lollms_client.types import Media, Progress, VideoResult\n"
        "from lollms_client.types.job import JobStatus\n"
        "BindingName = 'Slow'\n"
        "class Slow(JobBinding, LollmsTTVBinding):\n"
        "    speaks_flows = True\n"
        "    poll_first = 0.01\n"
        "    asked = 0\n"
        "    async def submit(self, request):\n"
        "        return self.handle(request, 'job-1', prompt=request.prompt)\n"
        "    async def check(self, handle):\n"
        "        self.asked += 1\n"
        "        done = self.asked > 2\n"
        "        return JobStatus(state='done' if done else 'running', progress=Progress(stage=f'{self.asked}'))\n"
        "    async def collect(self, handle):\n"
        "        return VideoResult(video=Media(handle.state['prompt'].encode(), 'video/mp4'))\n"
        "    async def cancel_job(self, handle):\n"
        "        self.asked = 0\n"
    )
    told: list[str] = []
    with LollmsClient(
        ttv_binding_name="slow", ttv_binding_config={"isolation": "process"}, bindings_dir=tmp_path
    ) as client:
        handle = client.jobs.submit("video", "a cat")
        assert client.jobs.check(handle).state == "running"
        assert client.jobs.collect(handle.as_json(), on_progress=lambda p: told.append(p.stage)).video == b"a cat"
        client.jobs.cancel(handle)
        assert client.video("a dog").video == b"a dog"
    assert told[-1] == "3"


def test_what_is_not_declared_is_refused_where_that_is_asked_for(
    make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    client = make_client(isolation_enforce_reach=True, marker=str(tmp_path / "named-by-a-setting"))
    llm: Any = client.llm
    asked = llm.try_to_reach(str(Path("~").expanduser() / "allowed" / "x"), str(tmp_path / "named-by-a-setting"))

    assert asked == {
        "connect 203.0.113.7": "PermissionError",
        "resolve other.example": "PermissionError",
        "resolve api.allowed.example": "allowed",
        "start": "PermissionError",
        "write beside itself": "PermissionError",
        "read the home folder": "PermissionError",
        "read an allowed place": "allowed",
        "write a temporary file": "allowed",
        "write what a setting names": "allowed",
    }
    assert llm.generate_text("echo:fine") == "fine"

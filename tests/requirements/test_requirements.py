"""What is missing is told exactly, installed only after the plan was shown and agreed to, and checked afterwards."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lollms_client.errors import BadSetting, MissingDependency
from lollms_client.manifest import Manifest
from lollms_client.requirements import (
    InstallPlan,
    auto_install_allowed,
    ensure_requirements,
    install_policy,
    install_requirements,
    missing_requirements,
    plan_install,
    requirements_of,
)

HERE = importlib.metadata.version("msgspec")


def manifest(*requirements: str, **facts: Any) -> Manifest:
    return Manifest(name="acme", folder=Path("nowhere"), requirements=requirements, **facts)


SATISFIED = [
    "msgspec", f"msgspec=={HERE}", "msgspec>=0.1,<99", "MsgSpec", "PyYAML", "pyyaml ; python_version > '3'",
    "acme-sdk ; python_version < '3'", "acme-sdk ; sys_platform == 'nowhere'", "acme-sdk ; extra == 'more'",
]  # fmt: skip
MISSING = [
    "acme-sdk", "acme_sdk>=1", "msgspec<0.1", "msgspec==99", f"msgspec!={HERE}", "acme-sdk @ git+https://example.org/x",
    "msgspec>=99 ; python_version > '3'", "not a requirement", "",
]  # fmt: skip


@pytest.mark.parametrize("text", SATISFIED)
def test_what_is_installed_is_not_missing(text: str) -> None:
    assert missing_requirements(manifest(text)) == ()


@pytest.mark.parametrize("text", MISSING)
def test_what_is_not_installed_in_its_version_is_missing(text: str) -> None:
    assert missing_requirements(manifest("msgspec", text)) == (text,)


def installed(site: Path, name: str, version: str, *requires: str) -> None:
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {item}" for item in requires]
    (folder / "METADATA").write_text("\n".join(lines) + "\n")


def test_extras_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(
        tmp_path, "acme", "2.0b1",
        'msgspec; extra == "good"', 'acme-lost>=1; extra == "bad"', 'acme[bad]; extra == "all"',
        'acme[self]; extra == "self"',
    )  # fmt: skip
    monkeypatch.syspath_prepend(str(tmp_path))

    assert missing_requirements(manifest("acme>=2.0b1", "acme[good]", "acme[self]")) == ()
    assert missing_requirements(manifest("acme[bad]", "acme[good,bad]", "acme[all]")) == (
        "acme[bad]", "acme[good,bad]", "acme[all]",
    )  # fmt: skip


def test_calls_count_where_the_manifest_declares_nothing(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("import pipmaster as pm\npm.ensure_packages(['acme-sdk', 'msgspec'])\n")

    silent = Manifest(name="acme", folder=tmp_path)
    outspoken = Manifest(name="acme", folder=tmp_path, requirements=("msgspec",))

    assert requirements_of(silent) == ("acme-sdk", "msgspec")
    assert missing_requirements(silent) == ("acme-sdk",)
    assert missing_requirements(outspoken) == ()


def test_the_plan_says_what_will_be_done() -> None:
    plan = plan_install(
        manifest(
            "acme-sdk>=2", "msgspec",
            licenses=({"name": "acme", "license": "GPL-3.0"},), reach={"hosts": ["acme.example"]},
        )
    )  # fmt: skip

    assert plan.packages == ("acme-sdk>=2",)
    assert plan.satisfied == ("msgspec",)
    text = plan.summary()
    for part in ("acme-sdk>=2", "msgspec (already there)", sys.prefix, "GPL-3.0", "acme.example"):
        assert part in text
    assert "nothing to install" in plan_install(manifest("msgspec")).summary()


class Machine:
    """Stands for pip: notes what is asked for, and installs it into a folder on the import path."""

    def __init__(self, site: Path, *, works: bool = True) -> None:
        self.site, self.works = site, works
        self.commands: list[list[str]] = []

    def run(self, manager: Any, command: list[str], **options: Any) -> tuple[bool, str]:
        self.commands.append([*manager.pip_command_base, *command])
        for package in command if self.works and not options.get("dry_run") else ():
            if package.startswith("acme") and "install" in command:
                installed(self.site, package.partition(">")[0], "2.0")
        return self.works, ""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    import pipmaster

    made = Machine(tmp_path / "site")
    made.site.mkdir()
    monkeypatch.syspath_prepend(str(made.site))
    monkeypatch.setattr(pipmaster.PackageManager, "_run_command", lambda *given, **options: made.run(*given, **options))
    return made


def test_installing_shows_the_plan_and_does_it(machine: Machine) -> None:
    shown: list[InstallPlan] = []

    def agree(plan: InstallPlan) -> bool:
        shown.append(plan)
        return True

    done = install_requirements(manifest("acme-sdk>=2", "msgspec"), confirm=agree)

    assert shown == [done]
    assert done.packages == ("acme-sdk>=2",)
    assert len(machine.commands) == 1
    assert machine.commands[0][-1] == "acme-sdk>=2"
    assert "install" in machine.commands[0]
    assert missing_requirements(manifest("acme-sdk>=2")) == ()
    install_requirements(manifest("acme-sdk>=2", "msgspec"), confirm=agree)
    assert len(shown) == len(machine.commands) == 1


def test_packages_are_built_here_only_where_that_is_allowed(machine: Machine) -> None:
    install_requirements(manifest("acme-sdk>=2"), confirm=None)
    install_requirements(manifest("acme-other"), confirm=None, allow_builds=True)
    assert ["--only-binary=:all:" in command for command in machine.commands] == [True, False]
    machine.works = False
    with pytest.raises(MissingDependency, match="--allow-builds"):
        install_requirements(manifest("other-sdk"), confirm=None)


def test_nothing_is_installed_against_the_users_will(machine: Machine) -> None:
    with pytest.raises(MissingDependency, match="declined"):
        install_requirements(manifest("acme-sdk"), confirm=lambda plan: False)
    assert machine.commands == []


def test_installing_that_fails_is_an_error(machine: Machine) -> None:
    machine.works = False

    with pytest.raises(MissingDependency, match="could not be installed: acme-sdk"):
        install_requirements(manifest("acme-sdk"), confirm=None)


def test_success_without_effect_is_an_error_too(machine: Machine) -> None:
    with pytest.raises(MissingDependency, match="other-sdk"):
        install_requirements(manifest("other-sdk"), confirm=None)


def test_an_environment_without_pip_is_served_by_uv(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "pip" else find(name, *rest))
    monkeypatch.setattr("shutil.which", lambda name: "/somewhere/uv" if name == "uv" else None)

    install_requirements(manifest("acme-sdk>=2"), confirm=None)

    assert machine.commands == [
        ["/somewhere/uv", "pip", "install", "--python", sys.executable, "--only-binary=:all:", "acme-sdk>=2"]
    ]  # fmt: skip
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(MissingDependency, match="pip or uv"):
        install_requirements(manifest("acme-other"), confirm=None)


def test_requirements_are_ensured_only_by_who_opted_in(machine: Machine) -> None:
    needs = manifest("acme-sdk>=2")

    ensure_requirements(manifest("msgspec"), environment={"LOLLMS_HOME": "nowhere"})
    with pytest.raises(MissingDependency, match="lollms install acme") as caught:
        ensure_requirements(needs, environment={"LOLLMS_HOME": "nowhere"})
    assert caught.value.details == {
        "binding": "acme", "packages": ["acme-sdk>=2"], "command": "lollms install acme",
    }  # fmt: skip
    with pytest.raises(MissingDependency):
        ensure_requirements(needs, auto_install=False, environment={"LOLLMS_AUTO_INSTALL": "1"})
    assert machine.commands == []
    ensure_requirements(needs, environment={"LOLLMS_AUTO_INSTALL": "1", "LOLLMS_HOME": "nowhere"})
    assert len(machine.commands) == 1


WISHES = [
    ({}, "", False), ({"LOLLMS_AUTO_INSTALL": "1"}, "", True), ({"LOLLMS_AUTO_INSTALL": "true"}, "", True),
    ({"LOLLMS_AUTO_INSTALL": "0"}, "auto_install: true\n", False),
    ({"LOLLMS_AUTO_INSTALL": ""}, "auto_install: on\n", True),
    ({}, "auto_install: true\n", True), ({}, "auto_install: false\n", False), ({}, "tts: {}\n", False),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "text", "expected"), WISHES)
def test_opting_in(variables: dict[str, str], text: str, expected: bool, tmp_path: Path) -> None:
    if text:
        (tmp_path / "config.yaml").write_text(text)

    assert auto_install_allowed({**variables, "LOLLMS_HOME": str(tmp_path)}) is expected


@pytest.mark.parametrize(
    ("variable", "text"), [("maybe", ""), ("", "auto_install: maybe\n"), ("", "auto_install: [\n")]
)
def test_opting_in_by_halves_is_an_error(variable: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(text)

    with pytest.raises(BadSetting, match=r"auto_install|LOLLMS_AUTO_INSTALL|valid YAML"):
        auto_install_allowed({"LOLLMS_AUTO_INSTALL": variable, "LOLLMS_HOME": str(tmp_path)})


def test_the_policy_asks_a_bindings_own_environment(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    import pipmaster

    def version(manager: Any, package_name: str, version_specifier: str | None = None) -> bool:
        return package_name == "there" and version_specifier in (None, ">=1")

    monkeypatch.setattr(pipmaster.PackageManager, "is_installed", version)
    other = pipmaster.PackageManager(python_executable=os.path.join("other", "python"))  # noqa: PTH118

    with install_policy("acme", allowed=False):
        assert other.ensure_packages(["there>=1"]) is True
        with pytest.raises(MissingDependency) as caught:
            other.ensure_packages(["there>=1", "msgspec"])
    assert caught.value.details["packages"] == ["msgspec"]


def test_a_manager_that_cannot_tell_what_is_there_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import pipmaster

    monkeypatch.setattr("shutil.which", lambda name: "/somewhere/uv")
    other = pipmaster.get_uv_manager(str(tmp_path))

    with install_policy("acme", allowed=False), pytest.raises(MissingDependency) as caught:
        other.install_multiple(["msgspec", "acme-sdk"])
    assert caught.value.details["packages"] == ["msgspec", "acme-sdk"]


def test_what_the_user_agreed_to_passes_the_policy_and_nothing_after_it(machine: Machine) -> None:
    import pipmaster

    with install_policy("acme", allowed=False):
        install_requirements(manifest("acme-sdk"), confirm=lambda plan: True)
        with pytest.raises(MissingDependency):
            pipmaster.install("acme-other")
    assert len(machine.commands) == 1


def test_asking_is_not_installing(machine: Machine) -> None:
    import pipmaster

    with install_policy("acme", allowed=False):
        pipmaster.get_package_info("acme-sdk")
        pipmaster.install("acme-sdk", dry_run=True)
    assert [command[-2:] for command in machine.commands] == [["show", "acme-sdk"], ["--upgrade", "acme-sdk"]]


def test_async_pipmaster_is_under_the_policy_too(machine: Machine) -> None:
    import asyncio

    import pipmaster

    async def ask(*packages: str) -> bool:
        with install_policy("acme", allowed=False):
            return bool(await pipmaster.async_ensure_packages(list(packages)))

    assert asyncio.run(ask("msgspec"))
    with pytest.raises(MissingDependency):
        asyncio.run(ask("acme-sdk"))


def test_guarding_pipmaster_imports_nothing() -> None:
    code = (
        "import sys\nfrom lollms_client.requirements import install_policy\n"
        "with install_policy('acme', allowed=False):\n    print('pipmaster' in sys.modules, end=' ')\n"
        "    import pipmaster\n"
        "    try:\n        pipmaster.install('acme-sdk')\n"
        "    except Exception as error:\n        print(type(error).__name__)\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "MissingDependency"]

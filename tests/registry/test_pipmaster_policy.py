"""What a binding asks pipmaster for while it is imported follows the user's policy."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.registry.binding_folders import make_binding, source

from lollms_client.errors import BadSetting, MissingDependency
from lollms_client.registry import Registry


@pytest.fixture
def place(home: Path) -> Path:
    return home / "lollms_bindings"


def load(name: str = "mine", kind: str = "tts") -> Any:
    return Registry().load(name, kind)


@pytest.mark.parametrize(
    "call",
    [
        "import pipmaster as pm\npm.ensure_packages(['acme-sdk>=2', 'pyyaml'])",
        "import pipmaster\npipmaster.ensure_packages({'acme-sdk': '>=2'})",
        "from pipmaster import install_if_missing as i\ni('acme-sdk', version_specifier='>=2')",
        "from pipmaster import PackageManager\nPackageManager().install('acme-sdk>=2')",
        "import pipmaster as pm\npm.get_pip_manager().install_multiple(packages=['acme-sdk>=2'])",
        "import pipmaster as pm\npm.install_multiple_if_not_installed(['acme-sdk>=2'])",
        "import pipmaster as pm\npm.install_or_update('acme-sdk>=2')",
        "import pipmaster as pm\ngetattr(pm, 'ensure_' + 'packages')(['acme-sdk>=2'])",
        "import pipmaster as pm\npm.install_version('acme-sdk', '2')",
    ],
)
def test_packages_that_pipmaster_is_asked_for_are_named_and_not_installed(call: str, place: Path) -> None:
    make_binding(place, "mine", source(before=call), "binding_type: tts\nrequirements: [pyyaml]\n")

    with pytest.raises(MissingDependency, match="lollms install mine") as caught:
        load()

    assert [item.replace("==2", ">=2") for item in caught.value.details["packages"]] == ["acme-sdk>=2"]


def test_packages_that_are_there_pass_quietly(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    call = (
        "import pipmaster as pm\nfrom pipmaster import ensure_packages, PackageManager\n"
        "assert pm.ensure_packages(['pyyaml', 'msgspec>=0.1']) is True\nassert ensure_packages('pyyaml')\n"
        "assert pm.ensure_packages({'pyyaml': None, 'msgspec': {'condition': '>=0.1'}})\n"
        "assert pm.install('pyyaml')\nassert PackageManager().install_if_missing('msgspec', '>=0.1')\n"
        "assert pm.is_installed('pyyaml')\nassert not pm.is_installed('acme-sdk')\n"
    )
    make_binding(place, "mine", source(before=call))

    assert load()
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    "call",
    ["pm.uninstall('pyyaml')", "pm.install_edit('x')", "pm.install_requirements('x')", "pm.ensure_requirements('x')"],
)
def test_what_changes_the_environment_otherwise_is_refused(call: str, place: Path) -> None:
    make_binding(place, "mine", source(before=f"import pipmaster as pm\n{call}"))

    with pytest.raises(MissingDependency):
        load()


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pipmaster would have run."""
    import pipmaster

    ran: list[list[str]] = []

    def run(manager: Any, command: list[str], **options: Any) -> tuple[bool, str]:
        ran.append(command)
        return True, ""

    monkeypatch.setattr(pipmaster.PackageManager, "_run_command", run)
    return ran


def test_the_policy_holds_only_in_the_thread_that_imports_and_while_it_does(
    place: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import pipmaster

    importing, installed = threading.Event(), threading.Event()
    meeting = ModuleType("acme_meeting")
    meeting.__dict__.update(importing=importing, installed=installed)
    monkeypatch.setitem(sys.modules, "acme_meeting", meeting)
    wait = "import acme_meeting\nacme_meeting.importing.set()\nassert acme_meeting.installed.wait(30)\n"
    make_binding(place, "mine", source(before=wait), "binding_type: tts\n")
    loading = threading.Thread(target=load)
    loading.start()
    assert importing.wait(30)

    pipmaster.install("acme-other", verbose=True)
    installed.set()
    loading.join()

    assert commands == [["install", "--upgrade", "acme-other"]]
    load()
    pipmaster.install("acme-sdk", verbose=True)
    assert commands[1:] == [["install", "--upgrade", "acme-sdk"]]


@pytest.mark.parametrize("by", ["variable", "file"])
def test_who_opted_in_lets_bindings_install(
    by: str, place: Path, home: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if by == "variable":
        monkeypatch.setenv("LOLLMS_AUTO_INSTALL", "1")
    else:
        (home / "config.yaml").write_text("auto_install: true\n")
    call = "import pipmaster as pm\npm.ensure_packages(['acme-sdk'], verbose=True)"
    make_binding(place, "mine", source(before=call), "binding_type: tts\nrequirements: [pyyaml]\n")

    assert load()
    assert [command[-1] for command in commands] == ["acme-sdk"]


def test_a_wrong_wish_to_opt_in_is_an_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_binding(place, "mine")
    monkeypatch.setenv("LOLLMS_AUTO_INSTALL", "perhaps")

    with pytest.raises(BadSetting, match="LOLLMS_AUTO_INSTALL"):
        load()

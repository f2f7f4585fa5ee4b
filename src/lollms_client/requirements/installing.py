"""Installs what a binding needs, through pipmaster, after showing what will be done."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from lollms_client.errors import MissingDependency
from lollms_client.manifest.model import Manifest
from lollms_client.requirements.checking import missing_dependency, missing_requirements, requirements_of
from lollms_client.requirements.opting_in import auto_install_allowed
from lollms_client.requirements.pipmaster_policy import permitted

Confirm = Callable[["InstallPlan"], bool]


class InstallPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What installing a binding will do."""

    binding: str
    packages: tuple[str, ...]  # to be installed
    satisfied: tuple[str, ...]  # installed already
    environment: str  # the Python environment that changes
    reach: dict[str, Any] = {}  # what the binding says it may reach once it runs
    licenses: tuple[dict[str, Any], ...] = ()

    def summary(self) -> str:
        """The plan in a few lines, for a person to agree to."""
        if not self.packages:
            return f"{self.binding}: nothing to install"
        lines = [f"{self.binding}: install into {self.environment}"]
        lines += [f"  + {package}" for package in self.packages]
        lines += [f"  = {package} (already there)" for package in self.satisfied]
        lines += [f"  licence of {item.get('name')}: {item.get('license')}" for item in self.licenses]
        lines += [f"  may reach {kind}: {places}" for kind, places in self.reach.items()]
        return "\n".join(lines)


def plan_install(manifest: Manifest) -> InstallPlan:
    """What `install_requirements` would do; nothing is installed."""
    missing = missing_requirements(manifest)
    return InstallPlan(
        binding=manifest.name,
        packages=missing,
        satisfied=tuple(item for item in requirements_of(manifest) if item not in missing),
        environment=sys.prefix,
        reach=manifest.reach,
        licenses=manifest.licenses,
    )


def install_requirements(manifest: Manifest, *, confirm: Confirm | None, allow_builds: bool = False) -> InstallPlan:
    """Install what is missing, if `confirm` (given the plan) agrees; `None` for an agreement given before.

    Packages are taken as they were built; `allow_builds` takes such as are built from source here, too, which runs
    their code. Returns the plan that was carried out; one without packages where nothing was missing. Raises
    MissingDependency where the answer was no, or where installing failed.
    """
    plan = plan_install(manifest)
    if not plan.packages:
        return plan
    if confirm is not None and not confirm(plan):
        raise missing_dependency(manifest.name, plan.packages, cause="installing was declined")
    with permitted():
        succeeded = _install(plan.packages, allow_builds=allow_builds)
    importlib.invalidate_caches()
    left = missing_requirements(manifest)
    if not succeeded or left:
        raise MissingDependency(
            f"the packages of the binding {manifest.name!r} could not be installed: "
            f"{', '.join(left or plan.packages)}; "
            f"see the output above (pip or uv is needed{'' if allow_builds else _BUILDS}), "
            f"or install them yourself into {sys.prefix}",
            binding=manifest.name, packages=list(left or plan.packages), command=f"lollms install {manifest.name}",
        )  # fmt: skip
    return plan


_BUILDS = "; packages that are only there as source need --allow-builds, which runs their code"


def _install(packages: tuple[str, ...], *, allow_builds: bool) -> bool:
    import pipmaster

    options: dict[str, Any] = {"packages": list(packages), "upgrade": False}
    built = [] if allow_builds else ["--only-binary=:all:"]
    if importlib.util.find_spec("pip") is not None:
        return bool(pipmaster.get_pip_manager().install_multiple(**options, extra_args=built))
    uv = shutil.which("uv")  # environments that uv made hold no pip
    if uv is None:
        return False
    manager = pipmaster.PackageManager(python_executable=sys.executable, pip_command_base=[uv, "pip"])
    return bool(manager.install_multiple(**options, extra_args=["--python", sys.executable, *built]))


def ensure_requirements(
    manifest: Manifest, *, auto_install: bool | None = None, environment: Mapping[str, str] | None = None
) -> None:
    """Raise MissingDependency if something is missing; install it instead where the user opted in.

    `auto_install=None` asks LOLLMS_AUTO_INSTALL and the saved configuration.
    """
    missing = missing_requirements(manifest)
    if not missing:
        return
    allowed = auto_install_allowed(environment) if auto_install is None else auto_install
    if not allowed:
        raise missing_dependency(manifest.name, missing)
    install_requirements(manifest, confirm=None)

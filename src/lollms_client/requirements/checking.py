"""Which of a binding's requirements are not satisfied by the packages installed here."""

from __future__ import annotations

from collections.abc import Iterable

from lollms_client.errors import MissingDependency
from lollms_client.manifest.model import Manifest


def requirements_of(manifest: Manifest) -> tuple[str, ...]:
    """What the manifest declares, or else what the code asks pipmaster for while it is imported."""
    if manifest.requirements:
        return manifest.requirements
    from lollms_client.manifest.requirement_calls import required_by_calls

    return required_by_calls(manifest.folder)


def missing_requirements(manifest: Manifest) -> tuple[str, ...]:
    """The requirements of a binding that are not installed here, or in another version; () if all is there."""
    return unsatisfied(requirements_of(manifest))


def unsatisfied(requirements: Iterable[str]) -> tuple[str, ...]:
    """Those of some requirements (as pip writes them) that the packages installed here do not satisfy."""
    return tuple(text for text in requirements if not is_satisfied(text))


def is_satisfied(requirement: str, _seen: frozenset[str] = frozenset()) -> bool:
    """Whether a requirement is installed in its version; one whose marker does not apply here is satisfied.

    The extras that it names must be installed too. What is not a requirement is never satisfied.
    """
    from importlib.metadata import PackageNotFoundError, distribution

    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        return False
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return True
    try:
        installed = distribution(wanted.name)
    except (PackageNotFoundError, ValueError):
        return False
    if not wanted.specifier.contains(installed.version or "0", prereleases=True):
        return False
    extras = [extra for extra in wanted.extras if f"{wanted.name}[{extra}]" not in _seen]
    seen = _seen | {f"{wanted.name}[{extra}]" for extra in extras}
    for text in (installed.requires or []) if extras else []:
        inner = Requirement(text)
        applies = inner.marker is not None and not inner.marker.evaluate({"extra": ""})
        if applies and any(inner.marker.evaluate({"extra": extra}) for extra in extras if inner.marker):
            inner.marker = None
            if not is_satisfied(str(inner), seen):
                return False
    return True


def missing_dependency(binding: str, packages: Iterable[str], *, cause: str = "") -> MissingDependency:
    """The error for packages that are missing; it names them and the command that installs them."""
    packages = list(packages)
    names = ", ".join(packages) or "a package"
    command = f"lollms install {binding}"
    because = f" ({cause})" if cause else ""
    return MissingDependency(
        f"the binding {binding!r} needs {names}, not installed here{because}: run `{command}`, "
        "or set LOLLMS_AUTO_INSTALL=1 to let bindings install what they need",
        binding=binding, packages=packages, command=command,
    )  # fmt: skip

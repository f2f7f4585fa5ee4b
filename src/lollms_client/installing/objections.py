"""What is wrong with something that is to be installed: what only the user may allow, and what nobody may."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from lollms_client.errors import ConfigurationError

# what the user may allow, and why it is refused otherwise
KINDS = {
    "startup-code": "a .pth file, sitecustomize or usercustomize runs whenever Python starts",
    "install-code": "setup.py, build hooks and such run while something is installed",
    "links": "a link may lead to files outside of what is installed",
    "setuid": "a file with such permission bits runs as somebody else",
    "shadowing": "a binding of this name is part of lollms_client or of an installed package, and would be hidden",
    "builds": "packages that are built from source run their code while they are installed",
}


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """One thing. `kind` is a key of KINDS, or "" where nobody may allow it."""

    kind: str
    path: str
    why: str

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        cure = f" (--allow {self.kind} takes it all the same)" if self.kind else ""
        return f"{place}{self.why}{cure}"


class InstallRefused(ConfigurationError):
    """What was to be installed breaks a rule of safety; nothing was installed. `objections` are in the details."""

    code = "install_refused"


def refuse(objections: Iterable[Objection], allowed: Collection[str], source: str) -> None:
    """Raise InstallRefused for what is not allowed."""
    left = [item for item in objections if not item.kind or item.kind not in allowed]
    if left:
        lines = "\n".join(f"  {item}" for item in left)
        raise InstallRefused(
            f"{source} is not installed:\n{lines}", source=source, objections=[str(item) for item in left]
        )


def refusal(source: str, path: str, why: str) -> InstallRefused:
    """The error for one thing that nobody may allow."""
    objection = Objection(kind="", path=path, why=why)
    return InstallRefused(f"{source} is not installed:\n  {objection}", source=source, objections=[str(objection)])

"""The lock of a binding's own environment: names, versions and hashes of its packages, found once and kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lollms_client.errors import BadManifest
from lollms_client.home import lollms_home
from lollms_client.isolation.uv import Uv
from lollms_client.requirements import requirements_of

if TYPE_CHECKING:
    from lollms_client.registry import BindingEntry

LOCK_FILE = "requirements.lock"
PACKAGE = "lollms-client"
# where this package runs without being installed, so that nothing tells its requirements
_USUAL = ("aiohttp", "ascii_colors", "msgspec", "packaging", "pipmaster", "pyyaml")
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^\]]*\])?==([^\s;\\]+)")


def own_requirements(entry: BindingEntry) -> list[str]:
    """What the binding needs beside this package. Raises BadManifest for what no hash can stand for."""
    assert entry.manifest is not None
    found: list[str] = []
    for text in requirements_of(entry.manifest):
        try:
            wanted = Requirement(text)
        except InvalidRequirement as error:
            raise _refused(entry, f"{text!r} is not a requirement") from error
        if wanted.url is not None:
            raise _refused(entry, f"{text!r} names an address: a package of its own environment needs a version")
        if canonicalize_name(wanted.name) == PACKAGE:
            found += package_requirements(frozenset(wanted.extras))
        else:
            found.append(text)
    return list(dict.fromkeys(found))


def _refused(entry: BindingEntry, why: str) -> BadManifest:
    cure = f"write it as package>=1.2, or lay a {LOCK_FILE} with hashes beside the manifest"
    return BadManifest(
        f"no environment can be made for {entry.name}: the requirement {why}; {cure}",
        binding=entry.name, rule=why, cure=cure, file=str(entry.folder),
    )  # fmt: skip


def package_requirements(extras: frozenset[str] = frozenset()) -> list[str]:
    """What this package itself needs, with some of its extras."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        listed = requires(PACKAGE) or []
    except PackageNotFoundError:
        return list(_USUAL)
    found: list[str] = []
    for text in listed:
        wanted = Requirement(text)
        if not any(_applies(wanted, extra) for extra in extras or {""}):
            continue
        wanted.marker = None
        if canonicalize_name(wanted.name) == PACKAGE:
            found += package_requirements(frozenset(wanted.extras) - extras)
        else:
            found.append(str(wanted))
    return found


def _applies(wanted: Requirement, extra: str) -> bool:
    return wanted.marker is None or wanted.marker.evaluate({"extra": extra})


def environment_lock(entry: BindingEntry, uv: Uv, python: str, version: str, builds: bool) -> str:
    """The whole lock as text: from a `requirements.lock` beside the manifest, from an earlier time, or found now.

    Raises MissingDependency where the packages cannot be found, BadManifest for a lock without hashes.
    """
    core = package_requirements()
    beside = entry.folder / LOCK_FILE
    given = _checked(entry, beside) if beside.is_file() else ""
    wanted = [] if given else own_requirements(entry)
    kept = _kept_file(entry, [version, given, *core, *wanted])
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    lock = uv.compile([*core, *wanted], pins(given), python, builds=builds)
    if given:
        lock = given.rstrip("\n") + "\n" + _without(lock, {name for name, _ in pins(given)})
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{hashlib.sha256(lock.encode()).hexdigest()[:8]}.part")
    part.write_text(lock, encoding="utf-8")
    part.replace(kept)
    return lock


def _kept_file(entry: BindingEntry, facts: Iterable[str]) -> Path:
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
    return lollms_home() / "locks" / f"{entry.binding_type}.{entry.name}-{digest}.txt"


def _checked(entry: BindingEntry, file: Path) -> str:
    """A lock that lies beside a manifest, if each of its packages has a version and a hash."""
    text = file.read_text(encoding="utf-8")
    for line, block in blocks(text):
        if not _PIN.match(block) or "--hash=" not in block:
            rule = "each package of a lock has an exact version and a hash"
            cure = f"make it with `uv pip compile --generate-hashes requirements.in -o {LOCK_FILE}`"
            raise BadManifest(
                f"{file}, line {line}: {rule}; {cure}", binding=entry.name, file=str(file), line=line, rule=rule,
                cure=cure,
            )  # fmt: skip
    return text


def blocks(lock: str) -> Iterator[tuple[int, str]]:
    """Each package of a lock with the line on which it begins; lines that end in a backslash go on."""
    started, block = 0, ""
    for number, line in enumerate(lock.splitlines(), 1):
        text = line.split(" #")[0].strip() if not line.lstrip().startswith("#") else ""
        if not block and not text:
            continue
        started = started if block else number
        block += text.removesuffix("\\") + " "
        if not text.endswith("\\"):
            yield started, block.strip()
            block = ""
    if block.strip():
        yield started, block.strip()


def pins(lock: str) -> list[tuple[str, str]]:
    """Names, as the index writes them, and versions."""
    found: list[tuple[str, str]] = []
    for _, block in blocks(lock):
        match = _PIN.match(block)
        if match is not None:
            found.append((canonicalize_name(match[1]), match[3]))
    return found


def _without(lock: str, names: set[str]) -> str:
    kept = []
    for _, block in blocks(lock):
        match = _PIN.match(block)
        if match is not None and canonicalize_name(match[1]) not in names:
            kept.append(block)
    return "\n".join(kept) + "\n"


def hashes_of(lock: str) -> Mapping[str, tuple[str, ...]]:
    """The hashes of each package, as `sha256:…`."""
    found: dict[str, tuple[str, ...]] = {}
    for _, block in blocks(lock):
        match = _PIN.match(block)
        if match is not None:
            found[f"{canonicalize_name(match[1])}=={match[3]}"] = tuple(re.findall(r"--hash=(\S+)", block))
    return found

"""Rules of the manifest as a whole: what it says of the binding, its author, licences, links and needs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from lollms_client.testing.rules import NotApplicable, rule
from lollms_client.testing.signatures import DOCUMENTED
from lollms_client.testing.subject import Subject

_WORDS = re.compile(r"\b(CHANGE ME|TODO|FIXME|lorem ipsum)\b", re.IGNORECASE)
_COMMON_METHODS = {"list_models", "set_settings", "get_settings"}


@rule(
    "M101",
    "the manifest can be read",
    reason="A manifest that cannot be read hides the binding from every list.",
    cure="Correct the line that is named.",
)
def _readable(subject: Subject) -> Iterator[str]:
    if subject.problem is not None:
        yield str(subject.problem)


@rule(
    "M102",
    "there is a description.yaml",
    reason="Without one, settings are guessed from the code and forms stay bare.",
    cure="Write description.yaml beside __init__.py; `lollms new` writes one with comments.",
)
def _exists(subject: Subject) -> Iterator[str]:
    if not (subject.folder / "description.yaml").is_file():
        yield "there is no description.yaml"


@rule(
    "M103",
    "title, author and description are stated",
    reason="People choose a binding by them.",
    cure="Add the key with a text of your own.",
)
def _stated(subject: Subject) -> Iterator[str]:
    for key in ("title", "author", "description"):
        if _there(subject) and not str(subject.raw.get(key) or "").strip():
            yield f"{key} is missing"


@rule(
    "M104",
    "version, binding_type and license are stated",
    reason="They say what changed, where it belongs, and what a user may do with it.",
    cure='Add version: "1.0.0", binding_type: tts (or another), license: Apache-2.0 (or another).',
    required=False,
)
def _stated_too(subject: Subject) -> Iterator[str]:
    for key in ("version", "binding_type", "license"):
        if _there(subject) and not str(subject.raw.get(key) or "").strip():
            yield f"{key} is missing"


@rule(
    "M105",
    "the version is a version",
    reason="Tools compare versions; they can do so only in the common form.",
    cure='Write it as in version: "1.2.0".',
)
def _version(subject: Subject) -> Iterator[str]:
    from packaging.version import InvalidVersion, Version

    try:
        Version(subject.manifest.version or "1")
    except InvalidVersion:
        yield f"{subject.manifest.version!r} is no version"


@rule(
    "M106",
    "the description says something",
    reason="It is all that a user reads before choosing.",
    cure="Say in a sentence what it is, what it is not, and its limits.",
    required=False,
)
def _description(subject: Subject) -> Iterator[str]:
    if len(subject.manifest.description.strip()) < 20:
        yield "the description is shorter than 20 letters"


@rule(
    "M107",
    "the folder's name can be typed",
    reason="The folder's name is the name in commands, settings and variables.",
    cure="Use lower-case letters, digits and underscores.",
)
def _folder_name(subject: Subject) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", subject.folder.name):
        yield f"the folder is called {subject.folder.name!r}"


@rule(
    "M108",
    "the class is of the stated modality",
    reason="A binding listed under a wrong modality is called wrongly.",
    cure="Correct binding_type, or derive the class from the base of that modality.",
)
def _modality(subject: Subject) -> Iterator[str]:
    from lollms_client.manifest import binding_type_of

    stated, found = subject.manifest.binding_type, binding_type_of(subject.folder)
    if stated and found and stated != found:
        yield f"binding_type is {stated}, the class is a {found} binding"


@rule("M109", "no key is mistyped", reason="A mistyped key is kept and does nothing.", cure="Correct the key's name.")
def _mistyped(subject: Subject) -> Iterator[str]:
    yield from (text for text in subject.manifest.warnings if "did you mean" in text)


@rule(
    "M110",
    "nothing is understood by guessing",
    reason="What is guessed today may be read differently by others.",
    cure="Write it in the canonical form.",
    required=False,
)
def _guessed(subject: Subject) -> Iterator[str]:
    yield from (text for text in subject.manifest.warnings if "did you mean" not in text)


@rule(
    "M111",
    "licences are SPDX expressions",
    reason="Programs that check licences know only these.",
    cure="Use an identifier of the SPDX list, such as MIT or Apache-2.0.",
    required=False,
)
def _licence(subject: Subject) -> Iterator[str]:
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if subject.manifest.license:
        try:
            canonicalize_license_expression(subject.manifest.license)
        except InvalidLicenseExpression:
            yield f"license {subject.manifest.license!r} is no SPDX expression"


@rule(
    "M112",
    "licences of engines and weights are complete",
    reason="A name without a licence tells a user nothing.",
    cure="Give name, license and url; `license: not stated` where its author states none.",
)
def _licences(subject: Subject) -> Iterator[str]:
    for item in subject.manifest.licenses:
        for key in ("name", "license"):
            if not str(item.get(key) or "").strip():
                yield f"licenses: {item.get('name', 'one')} has no {key}"


@rule("M113", "links are addresses", reason="They are shown as links.", cure="Write the whole address with https://.")
def _links(subject: Subject) -> Iterator[str]:
    addresses = [
        *subject.manifest.links.items(),
        *((str(i.get("name")), i["url"]) for i in subject.manifest.licenses if i.get("url")),
    ]
    for name, address in addresses:
        parts = urlsplit(str(address))
        if parts.scheme not in ("http", "https") or "." not in (parts.hostname or ""):
            yield f"{name}: {address!r} is no web address"


@rule(
    "M114",
    "requirements have a lowest version",
    reason="The newest version that was tried is the oldest that is known to work.",
    cure='Write "name>=1.2".',
    required=False,
)
def _bounds(subject: Subject) -> Iterator[str]:
    from packaging.requirements import InvalidRequirement, Requirement

    for text in subject.manifest.requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue  # read by an older form, which M110 tells
        if (
            not any(item.operator in (">=", "==", "~=", "===", ">") for item in requirement.specifier)
            and not requirement.url
        ):
            yield f"{text!r} has no lowest version"


@rule(
    "M115",
    "imported packages are required",
    reason="On a fresh machine the first import fails otherwise.",
    cure="Add the package to requirements.",
)
def _imports(subject: Subject) -> Iterator[str]:
    declared = {_normal(text) for text in (*subject.manifest.requirements, *subject.derived.requirements)}
    for name in sorted(_imported(subject) - set(sys.stdlib_module_names) - _GIVEN):
        known = {_normal(name), *map(_normal, _packages_of(name))}
        if not known & declared:
            yield f"{name} is imported and stands in no requirement"


_GIVEN = {
    "lollms_client",
    "lollms_bindings",
    "aiohttp",
    "ascii_colors",
    "msgspec",
    "packaging",
    "pipmaster",
    "yaml",
    "truststore",
}


def _normal(text: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", text.strip())[0].lower().replace("_", "-").replace(".", "-")


def _packages_of(module: str) -> tuple[str, ...]:
    from importlib.metadata import packages_distributions

    from lollms_client.registry.loading import PACKAGES_OF_MODULES

    return (*packages_distributions().get(module, ()), PACKAGES_OF_MODULES.get(module, module))


def _imported(subject: Subject) -> set[str]:
    found: set[str] = set()
    own = {file.stem for file, _ in subject.trees} | {subject.folder.name}
    for _, tree in subject.trees:
        guarded = {
            id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try | ast.If) for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if id(node) in guarded:
                continue
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - own


@rule(
    "M116",
    "method sections name documented methods",
    reason="Parameters of a method that nobody calls do nothing.",
    cure="Name the section after a method of this modality: generate_audio_parameters.",
)
def _sections(subject: Subject) -> Iterator[str]:
    if not subject.binding_type:
        raise NotApplicable("the modality is unknown")
    methods = {node.name for _, tree in subject.trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    known = {*DOCUMENTED[subject.binding_type], *_COMMON_METHODS, *methods}
    for name in subject.manifest.method_parameters:
        if name not in known:
            yield f"{name}_parameters: a {subject.binding_type} binding has no method {name}"


@rule(
    "M117",
    "settings that the code reads are described",
    reason="A setting that no manifest names cannot be set in a form.",
    cure="Add it to input_parameters.",
)
def _undescribed(subject: Subject) -> Iterator[str]:
    if subject.manifest.derived:
        raise NotApplicable("there is no description.yaml")
    described = set(subject.setting_names())
    for parameter in subject.derived.input_parameters:
        if parameter.name not in described:
            yield f"the constructor reads {parameter.name!r}"


@rule(
    "M118",
    "offline bindings reach nothing",
    reason="`offline: true` promises that nothing leaves the machine.",
    cure="Remove offline: true, or the hosts.",
)
def _offline(subject: Subject) -> Iterator[str]:
    if subject.manifest.offline and subject.manifest.reach.get("hosts"):
        yield "it says offline: true and names hosts that it reaches"


@rule(
    "M119",
    "services say what they reach",
    reason="A user sees before installing where data will go.",
    cure="Add reach: {hosts: [api.example.com]}, or a setting host_address.",
    required=False,
)
def _reach(subject: Subject) -> Iterator[str]:
    manifest = subject.manifest
    addressed = any("address" in name or "url" in name or "host" in name for name in subject.setting_names())
    if not manifest.offline and not manifest.reach and not addressed:
        yield "it says neither offline: true nor what it reaches"


@rule(
    "M120",
    "verifications say how and when",
    reason="A claim without a date cannot be weighed.",
    cure='Write {how: …, date: "2026-01-31"}; leave out what was not done.',
)
def _verified(subject: Subject) -> Iterator[str]:
    for item in subject.manifest.verified:
        how = item.get("how") if isinstance(item, dict) else item
        text = str(item.get("date", "")) if isinstance(item, dict) else ""
        fault = _date_fault(text)
        if fault:
            yield f"verified: {how}: {fault}"


def _date_fault(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return "there is no date like 2026-01-31"
    return "the date lies in the future" if (day - date.today()).days > 1 else ""


@rule(
    "M121",
    "nothing is left to fill in",
    reason="A placeholder is shown to every user as it stands.",
    cure="Replace it with a text of your own.",
)
def _placeholders(subject: Subject) -> Iterator[str]:
    for path, text in _texts(subject.raw, ""):
        found = _WORDS.search(text)
        if found:
            yield f"{path}: {found.group()!r} is still there"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            name = item.get("name", number) if isinstance(item, dict) else number
            yield from _texts(item, f"{path}.{name}")


def _there(subject: Subject) -> bool:
    return (subject.folder / "description.yaml").is_file()

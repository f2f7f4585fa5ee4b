"""Rules of the settings and parameters in a manifest: names, secrets, variables, ranges, options, defaults."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from lollms_client.manifest import Parameter, says_secret
from lollms_client.testing.rules import NotApplicable, rule
from lollms_client.testing.subject import Subject

_KEY_WORDS = re.compile(
    r"^(the |your |an? )?(secret )?(api|access|service|secret)[ -]?(key|token)\b|\bpassword\b", re.IGNORECASE
)


def _all(subject: Subject) -> Iterator[tuple[str, Parameter]]:
    for parameter in subject.manifest.input_parameters:
        yield f"input_parameters: {parameter.name}", parameter
    for method, parameters in subject.manifest.method_parameters.items():
        for parameter in parameters:
            yield f"{method}_parameters: {parameter.name}", parameter


@rule(
    "M201",
    "names can be keyword arguments of Python",
    reason="The value is given to the code under this name.",
    cure="Use letters, digits and underscores, no reserved word.",
)
def _names(subject: Subject) -> Iterator[str]:
    for where, parameter in _all(subject):
        if not parameter.name.isidentifier() or keyword.iskeyword(parameter.name):
            yield f"{where} is no name for an argument"


@rule(
    "M202",
    "every parameter is described",
    reason="A form shows the description; without it the user guesses.",
    cure="Say in a sentence what it does.",
)
def _described(subject: Subject) -> Iterator[str]:
    for where, parameter in _all(subject):
        if not parameter.description.strip() and not subject.manifest.derived:
            yield f"{where} has no description"


@rule(
    "M203",
    "secrets are marked",
    reason="An unmarked secret is shown, logged and saved in plain text.",
    cure="Add is_secret: true.",
)
def _secrets(subject: Subject) -> Iterator[str]:
    unmarked = set(_unmarked(subject.raw.get("input_parameters")))
    for parameter in subject.manifest.input_parameters:
        named = says_secret(parameter.name, has_options=bool(parameter.options))
        meant = named or _KEY_WORDS.search(parameter.description.strip())
        is_file = re.search(r"file|path|url|header|command", parameter.name)
        marked = parameter.is_secret and parameter.name not in unmarked  # what is guessed by the name is no mark
        if parameter.type == "str" and not marked and (meant or parameter.is_secret) and not is_file:
            yield f"input_parameters: {parameter.name} is a secret and not marked as one"


def _unmarked(section: object) -> Iterator[str]:
    """The names of the parameters of a section, as it stands in the file, that say nothing of being secret or not."""
    if isinstance(section, dict):
        section = [{"name": name, **row} for name, row in section.items() if isinstance(row, dict)]
    for row in section if isinstance(section, list) else ():
        if isinstance(row, dict) and not any("secret" in str(key).lower() for key in row):
            yield str(row.get("name"))


@rule(
    "M204",
    "secrets have no default",
    reason="A secret in a manifest is published with it.",
    cure="Remove the default; use env for a variable.",
)
def _default_secrets(subject: Subject) -> Iterator[str]:
    for where, parameter in _all(subject):
        if parameter.is_secret and parameter.default not in (None, ""):
            yield f"{where} has a default"


@rule(
    "M205",
    "secrets name an environment variable",
    reason="Users keep keys in variables of well-known names.",
    cure="Add env: THE_SERVICES_USUAL_NAME.",
    required=False,
)
def _variables(subject: Subject) -> Iterator[str]:
    for parameter in subject.manifest.input_parameters:
        if parameter.is_secret and not parameter.env:
            yield f"input_parameters: {parameter.name} names no environment variable"


@rule(
    "M206",
    "environment variables are of one setting each",
    reason="One variable cannot hold two different values.",
    cure="Give each setting a variable of its own.",
)
def _distinct(subject: Subject) -> Iterator[str]:
    owners: dict[str, str] = {}
    for parameter in subject.manifest.input_parameters:
        for variable in parameter.env:
            other = owners.setdefault(variable, parameter.name)
            if other != parameter.name:
                yield f"{variable} is named by {other} and by {parameter.name}"


@rule(
    "M207",
    "environment variables are in capitals",
    reason="Other names are lost on some systems.",
    cure="Use capitals, digits and underscores.",
    required=False,
)
def _capitals(subject: Subject) -> Iterator[str]:
    for where, parameter in _all(subject):
        for variable in parameter.env:
            if not re.fullmatch(r"[A-Z][A-Z0-9_]*", variable):
                yield f"{where}: {variable}"


@rule(
    "M208",
    "steps fit their range",
    reason="A slider with such a step cannot reach its end.",
    cure="Choose a step above zero and no larger than the range.",
)
def _steps(subject: Subject) -> Iterator[str]:
    for where, parameter in _all(subject):
        low, high, step = parameter.min, parameter.max, parameter.step
        if step is not None and (step <= 0 or (low is not None and high is not None and step > high - low)):
            yield f"{where}: the step {step:g} does not fit"


@rule("M209", "options differ", reason="The same choice twice confuses a form.", cure="Remove the repetition.")
def _options(subject: Subject) -> Iterator[str]:
    for where, parameter in _all(subject):
        shown = [repr(option) for option in parameter.options]
        for option in sorted({item for item in shown if shown.count(item) > 1}):
            yield f"{where}: the option {option} stands twice"


@rule(
    "M210",
    "mandatory settings have no default",
    reason="A setting with a default is never missing.",
    cure="Remove mandatory: true, or the default.",
    required=False,
)
def _mandatory(subject: Subject) -> Iterator[str]:
    for where, parameter in _all(subject):
        if parameter.mandatory and parameter.default not in (None, "", [], {}):
            yield f"{where} is mandatory and has the default {parameter.default!r}"


@rule(
    "M211",
    "default addresses are encrypted",
    reason="Over http:// the key and all data can be read on the way.",
    cure="Use https://; http:// is right for this machine and its network only.",
)
def _addresses(subject: Subject) -> Iterator[str]:
    for parameter in subject.manifest.input_parameters:
        text = parameter.default if isinstance(parameter.default, str) else ""
        parts = urlsplit(text) if "://" in text else None
        if parts is not None and parts.scheme == "http" and not _is_near(parts.hostname or ""):
            yield f"input_parameters: {parameter.name}: {text}"


def _is_near(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".internal", ".localhost"))


@rule(
    "M212",
    "numbers say their unit or range",
    reason="A bare number leaves the user guessing.",
    cure="Add unit, or min and max.",
    required=False,
)
def _units(subject: Subject) -> Iterator[str]:
    for where, parameter in _all(subject):
        bare = parameter.min is None and parameter.max is None and not parameter.unit and not parameter.options
        if parameter.type in ("int", "float") and bare and parameter.name != "seed":
            yield f"{where} has neither unit nor range"


@rule(
    "M213",
    "defaults are among the options",
    reason="A form cannot show the default, and the first call without a choice is refused.",
    cure="Take one of the options for the default, or add it to them.",
)
def _default_options(subject: Subject) -> Iterator[str]:
    yield from (
        text for text in subject.manifest.warnings if "is none of the options" in text and ": the default" in text
    )


@rule(
    "M214",
    "settings are read",
    reason="A setting that does nothing misleads whoever sets it.",
    cure="Read it in the code (or build on a family that does), or take it out of input_parameters.",
)
def _read(subject: Subject) -> Iterator[str]:
    from lollms_client.testing.setting_reads import OutOfSight, words_read

    if subject.manifest.derived or not subject.trees or not subject.binding_type:
        raise NotApplicable("there are no settings of a manifest to be read by code")
    try:
        words = words_read(subject.folder, subject.binding_type, subject.trees, subject.raw)
    except OutOfSight as place:
        raise NotApplicable(f"all settings are handed on at once ({place})") from None
    for parameter in subject.manifest.input_parameters:
        if not words & {parameter.name, *parameter.env}:
            yield f"input_parameters: nothing reads {parameter.name}"

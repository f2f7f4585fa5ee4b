"""Resolves the settings of a binding: argument over environment over saved configuration over keyring over default."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import msgspec

from lollms_client.errors import BadSetting, MissingKey
from lollms_client.extensions import extension
from lollms_client.manifest.model import Manifest, Parameter
from lollms_client.manifest.secret_names import says_secret
from lollms_client.manifest.values import check_bounds, fit, near_names
from lollms_client.secret import Secret, redact, register

Sources = dict[str, str]
_OPEN_LISTS = ("model", "model_name")  # makers of services add models: the options of these are suggestions


class Settings(Mapping[str, Any]):
    """The settings of one binding: immutable, validated, secrets held as `Secret`.

    Every setting that the manifest knows is a key; None means that it was given nowhere and has no default.
    `sources` says for each where its value came from: argument, environment, saved, keyring or default.
    """

    __slots__ = ("_context", "_sources", "_values", "manifest", "warnings")

    def __init__(
        self,
        manifest: Manifest,
        values: Mapping[str, Any],
        sources: Mapping[str, str],
        warnings: tuple[str, ...] = (),
        context: Mapping[str, Any] | None = None,
    ) -> None:
        self.manifest = manifest
        self.warnings = warnings
        self._values = dict(values)
        self._sources = dict(sources)
        self._context = dict(context or {})

    @property
    def sources(self) -> Mapping[str, str]:
        """Where each value came from."""
        return dict(self._sources)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a setting, `default` for a name that the manifest does not know."""
        return self._values.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return redact(f"Settings({self.manifest.name}: {shown})")

    def plain(self) -> dict[str, Any]:
        """The settings that have a value, secrets revealed: the keywords of a documented class."""
        return {name: _revealed(value) for name, value in self._values.items() if value is not None}

    def replace(self, **changes: Any) -> Settings:
        """New settings with some values changed and validated; None takes a value back to where it came from."""
        given = {name: value for name, value in self._values.items() if self._sources[name] == "argument"}
        return resolve_settings(self.manifest, {**given, **changes}, **self._context)


def _revealed(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def resolve_settings(
    manifest: Manifest,
    given: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    saved: Mapping[str, Any] | None = None,
    keyring: bool = True,
) -> Settings:
    """The settings of a binding.

    `given` holds the caller's arguments (None: not given). `environment` stands for `os.environ`, `saved` for the
    binding's section of the saved configuration, which is read from disk where it is None; `keyring=False` leaves the
    system keyring alone. Raises BadSetting for a wrong name, type, option or range, MissingKey for a secret that is
    mandatory and given nowhere.
    """
    context = {"environment": environment, "saved": saved, "keyring": keyring}
    variables = os.environ if environment is None else environment
    resolution = _Resolution(manifest, dict(given or {}), variables, saved, keyring)
    values, sources = resolution.run()
    return Settings(manifest, values, sources, tuple(resolution.warnings), context)


class _Resolution:
    """One resolution of one binding's settings."""

    def __init__(
        self,
        manifest: Manifest,
        given: dict[str, Any],
        environment: Mapping[str, str],
        saved: Mapping[str, Any] | None,
        keyring: bool,
    ) -> None:
        self.manifest = manifest
        self.given = {name: value for name, value in given.items() if value is not None}
        self.environment = environment
        self.keyring = keyring
        self.warnings: list[str] = []
        self.saved_place = "the saved configuration"
        self.saved = self.read_saved() if saved is None else dict(saved)

    def read_saved(self) -> dict[str, Any]:
        """This binding's section; a process without the file imports no YAML reader for it."""
        from lollms_client.home import lollms_home

        file = lollms_home(self.environment) / "config.yaml"
        if not file.exists():
            return {}
        from lollms_client.settings.saved import binding_section, read_saved

        self.saved_place = str(file)
        return binding_section(read_saved(file), self.manifest.binding_type, self.manifest.name, file)

    def run(self) -> tuple[dict[str, Any], Sources]:
        known = {parameter.name: parameter for parameter in self.manifest.input_parameters}
        self.register_secrets(known)
        self.check_saved_names(known)
        self.understand(known)
        values: dict[str, Any] = {}
        sources: Sources = {}
        for parameter in known.values():
            values[parameter.name], sources[parameter.name] = self.resolve(parameter)
        for name, value in self.given.items():
            if name not in known:
                self.check_unknown(name, known)
                values[name], sources[name] = _held(name, value), "argument"
        for parameter in known.values():
            if parameter.mandatory and values[parameter.name] in (None, "", Secret("")):
                self.missing(parameter)
        return values, sources

    def register_secrets(self, known: Mapping[str, Parameter]) -> None:
        """Make the secrets known first, so that no message about another setting can show them."""
        for name, value in (*self.saved.items(), *self.given.items()):
            parameter = known.get(name)
            if isinstance(value, str) and (parameter.is_secret if parameter else says_secret(name)):
                register(value)

    def resolve(self, parameter: Parameter) -> tuple[Any, str]:
        name = parameter.name
        if name in self.given:
            return self.checked(parameter, self.given[name], "given as an argument"), "argument"
        for variable in environment_names(self.manifest, parameter):
            text = self.environment.get(variable, "")
            if text != "":
                return self.checked(parameter, text, f"from the environment variable {variable}"), "environment"
        if self.saved.get(name) is not None:
            return self.checked(parameter, self.saved[name], f"from {self.saved_place}"), "saved"
        if parameter.is_secret and self.keyring:
            from lollms_client.settings.keyring_store import read_secret

            stored = read_secret(self.manifest, name)
            if stored is not None:
                return Secret(stored), "keyring"
        default = parameter.default
        if isinstance(default, list | dict):
            default = fit(parameter.type, default)  # a copy: whoever changes it leaves the manifest alone
        return (Secret(default) if parameter.is_secret and default else default), "default"

    def checked(self, parameter: Parameter, value: Any, where: str) -> Any:
        if parameter.name in _OPEN_LISTS and isinstance(value, str) and parameter.options:
            if value not in parameter.options:
                self.warnings.append(f"{parameter.name} {value!r} is not among the models that the manifest lists")
            parameter = msgspec.structs.replace(parameter, options=())
        guessed = self.manifest.derived and not parameter.is_secret and not parameter.options
        try:
            fitted = checked_value(parameter, value, binding=self.manifest.name, where=where)
        except BadSetting as error:
            if not guessed:
                raise
            self.warnings.append(f"{error}: it is taken as it is, since the type was only guessed from the code")
            return value
        return value if guessed and not isinstance(value, str | type(fitted)) else fitted

    def check_saved_names(self, known: Mapping[str, Parameter]) -> None:
        from lollms_client.settings.reserved import RESERVED_NAMES

        for name in self.saved:
            if name not in known and name not in RESERVED_NAMES and not self.manifest.derived:
                self.warnings.append(f"{self.saved_place}: {_unknown_text(self.manifest, name, known)}")

    def understand(self, known: Mapping[str, Parameter]) -> None:
        """Let an extension put given names that nobody here knows in the manifest's terms."""
        if self.manifest.derived or self.given.keys() <= known.keys():
            return
        part = extension("application")
        if part is not None:
            told = _OF_THE_BASE & self.given.keys() if stands_on_documented_base(self.manifest) else frozenset()
            read = {*known, *_names_read_by_class(self.manifest), *told}
            self.given, notes = part.settings_in_our_terms(self.given, read)
            self.warnings.extend(notes)

    def check_unknown(self, name: str, known: Mapping[str, Parameter]) -> None:
        """A name that the manifest lacks passes only where there is no manifest, or where the class itself reads it."""
        if self.manifest.derived:
            return
        if name in _OF_THE_BASE and stands_on_documented_base(self.manifest):
            return
        if name in _names_read_by_class(self.manifest) or _is_in_code(self.manifest, name):
            self.warnings.append(
                f"the setting {name!r} is not in the manifest of {self.manifest.name}, but its code reads it"
            )
            return
        if name in _INHERITED and stands_on_documented_base(self.manifest):
            self.warnings.append(
                f"the setting {name!r} is not in the manifest of {self.manifest.name}: its base has it"
            )
            return
        near = near_names(name, known, limit=1)
        raise BadSetting(
            _unknown_text(self.manifest, name, known),
            binding=self.manifest.name, setting=name, nearest=near[0] if near else None,
        )  # fmt: skip

    def missing(self, parameter: Parameter) -> NoReturn:
        binding, name = self.manifest.name, parameter.name
        variables = environment_names(self.manifest, parameter)
        if not parameter.is_secret:
            raise BadSetting(
                f"the setting {name!r} of {binding} is mandatory: give it as an argument, in the environment variable "
                f"{' or '.join(variables)}, or save it with `{_command(self.manifest, name)}`",
                binding=binding, setting=name, environment=variables[0],
            )  # fmt: skip
        raise MissingKey(
            f"{binding} needs {name!r}, which is given nowhere: pass it as an argument, set the environment variable "
            f"{' or '.join(variables)}, or store it in the system keyring with `{_command(self.manifest, name)}`",
            binding=binding, setting=name, environment=variables[0],
        )  # fmt: skip


def checked_value(parameter: Parameter, value: Any, *, binding: str, where: str = "") -> Any:
    """The value in its parameter's type and bounds, a secret as Secret; BadSetting that names binding and setting."""
    if parameter.is_secret:
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise BadSetting(
                f"the setting {parameter.name!r} of {binding} must be text (it is a secret; its value is not shown)",
                binding=binding, setting=parameter.name,
            )  # fmt: skip
        return Secret(value)
    try:
        if isinstance(value, Secret):
            value = value.reveal() if parameter.type == "str" else value
        fitted = fit(parameter.type, value)
        check_bounds(parameter, fitted)
    except ValueError as error:
        origin = f" ({where})" if where else ""
        raise BadSetting(
            redact(f"the setting {parameter.name!r} of {binding}{origin} {error}"),
            binding=binding, setting=parameter.name,
        ) from None  # fmt: skip
    return fitted


def validate_parameters(manifest: Manifest, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given parameters of a method (None: not given) by the rules of the manifest, in their types.

    A method of which the manifest says nothing takes everything. Raises BadSetting.
    """
    known = {parameter.name: parameter for parameter in manifest.method(method)}
    found: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in known:
            found[name] = checked_value(known[name], value, binding=manifest.name, where=f"for {method}")
            continue
        if known and not manifest.derived:
            near = near_names(name, known, limit=1)
            raise BadSetting(
                _unknown_text(manifest, name, known, f"{method} of {manifest.name} has no parameter {name!r}"),
                binding=manifest.name, setting=name, nearest=near[0] if near else None,
            )  # fmt: skip
        found[name] = value
    for parameter in known.values():
        if parameter.mandatory and parameter.default is None and found.get(parameter.name) is None:
            raise BadSetting(
                f"{method} of {manifest.name} needs the parameter {parameter.name!r}: "
                f"{parameter.description or 'give it a value'}",
                binding=manifest.name, setting=parameter.name,
            )  # fmt: skip
    return found


def environment_names(manifest: Manifest, parameter: Parameter) -> tuple[str, ...]:
    """The environment variables that may hold a setting: the manifest's own, or LOLLMS_<BINDING>_<NAME>."""
    if parameter.env:
        return parameter.env
    joined = f"LOLLMS_{manifest.name}_{parameter.name}".upper()
    return ("".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in joined),)


def _command(manifest: Manifest, name: str) -> str:
    return f"lollms config set {manifest.binding_type}.{manifest.name}.{name}"


def _unknown_text(manifest: Manifest, name: str, known: Mapping[str, Parameter], start: str = "") -> str:
    near = near_names(name, known, limit=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; it knows {', '.join(known) or 'none'}"
    return (start or f"{manifest.name} has no setting {name!r}") + hint


def manifest_names(manifest: Manifest) -> frozenset[str]:
    """The settings that a binding takes: those of its manifest, and those that its class reads besides."""
    return frozenset(parameter.name for parameter in manifest.input_parameters) | _names_read_by_class(manifest)


# what every class on the documented bases may read as its own attribute, whatever its manifest lists
_INHERITED = ("model_name", "host_address", "service_key", "verify_ssl_certificate", "certificate_file_path")
# what a client tells every class on the documented bases of itself
_TOLD = frozenset({"user_name", "ai_name", "debug"})

# what the documented base of language models reads of any class's settings
_OF_THE_BASE = _TOLD | {
    "ctx_size", "forced_ctx_size", "n_predict", "stream", "temperature", "top_k", "top_p", "repeat_penalty",
    "repeat_last_n", "seed", "n_threads", "streaming_callback",
}  # fmt: skip


def told_to(manifest: Manifest, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a client that a binding takes as settings: all, where its class stands on a documented base."""
    return {name: facts[name] for name in _TOLD & facts.keys()} if facts and stands_on_documented_base(manifest) else {}


def stands_on_documented_base(manifest: Manifest) -> bool:
    """Whether the folder's class stands on a documented base, by its source text."""
    return re.search(r"lollms_client\.lollms_\w+_binding\b", _source(manifest)) is not None


def _is_in_code(manifest: Manifest, name: str) -> bool:
    """Whether a class on a documented base names that setting anywhere in its code."""
    pattern = rf"""["']{re.escape(name)}["']"""
    return stands_on_documented_base(manifest) and re.search(pattern, _source(manifest)) is not None


def _source(manifest: Manifest) -> str:
    try:
        return (manifest.folder / "__init__.py").read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _names_read_by_class(manifest: Manifest) -> frozenset[str]:
    from lollms_client.errors import BindingLoadFailed
    from lollms_client.manifest.derivation import derive_manifest

    try:
        return frozenset(item.name for item in derive_manifest(manifest.folder).input_parameters)
    except BindingLoadFailed:
        return frozenset()


def _held(name: str, value: Any) -> Any:
    return Secret(value) if isinstance(value, str) and says_secret(name) else value

"""The manifest of a binding as frozen data: its parameters, what it needs, what it can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

PACKAGE_FOLDER = Path(__file__).parent.parent
BINDING_TYPES = ("llm", "tti", "stt", "tts", "ttv", "ttm")
TYPE_TITLES = {
    "llm": "text",
    "tti": "text to image",
    "stt": "speech to text",
    "tts": "text to speech",
    "ttv": "text to video",
    "ttm": "text to music",
}

ParameterType = Literal["str", "int", "float", "bool", "list", "dict"]


class Parameter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One setting of a binding, or one parameter of one of its methods."""

    name: str  # the keyword under which the binding's code receives it
    type: ParameterType = "str"
    description: str = ""
    default: Any = None  # None: the binding decides
    options: tuple[Any, ...] = ()  # the only valid values; empty: any
    is_secret: bool = False  # held as a Secret, never shown
    mandatory: bool = False
    min: float | None = None
    max: float | None = None
    step: float | None = None  # for sliders; not a rule
    unit: str = ""
    env: tuple[str, ...] = ()  # environment variables that may hold it, the first one wins


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that is known about a binding without running it.

    `extra` keeps the keys that no rule knows; `warnings` says what was understood only by guessing.
    """

    name: str  # the folder's name
    folder: Path
    path: Path | None = None  # the description.yaml; None: derived from the class
    title: str = ""
    author: str = ""
    version: str = ""
    description: str = ""
    binding_type: str = ""  # one of BINDING_TYPES; empty: unknown
    capabilities: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    input_parameters: tuple[Parameter, ...] = ()
    method_parameters: dict[str, tuple[Parameter, ...]] = {}
    license: str = ""  # of the adapter itself
    licenses: tuple[dict[str, Any], ...] = ()  # of engines and weights: name, license, url, note
    assets: tuple[Any, ...] = ()
    links: dict[str, str] = {}
    verified: tuple[Any, ...] = ()
    limits: tuple[str, ...] = ()
    offline: bool = False
    reach: dict[str, Any] = {}  # what it may reach: hosts, paths, processes
    service: dict[str, Any] = {}
    commands: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] = {}
    warnings: tuple[str, ...] = ()

    @property
    def derived(self) -> bool:
        """Whether there is no description.yaml and all this was read out of the class."""
        return self.path is None

    def setting(self, name: str) -> Parameter | None:
        """The setting of that name."""
        return next((item for item in self.input_parameters if item.name == name), None)

    def method(self, name: str) -> tuple[Parameter, ...]:
        """The parameters of a method; empty where the manifest does not speak of it."""
        return self.method_parameters.get(name, ())

    def settings_schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of the settings."""
        from lollms_client.manifest.json_schema import parameters_schema

        return parameters_schema(self.input_parameters, title=self.title, closed=not self.derived)

    def method_schema(self, method: str) -> dict[str, Any]:
        """JSON Schema (2020-12) of a method's parameters, `generate_image` for instance."""
        from lollms_client.manifest.json_schema import parameters_schema

        parameters = self.method(method)
        return parameters_schema(parameters, title=f"{self.title}: {method}", closed=bool(parameters))

    def as_dict(self) -> dict[str, Any]:
        """The manifest as plain JSON values (no default of a secret among them)."""
        shown = msgspec.structs.replace(
            self,
            input_parameters=tuple(map(_without_secret, self.input_parameters)),
            method_parameters={
                name: tuple(map(_without_secret, items)) for name, items in self.method_parameters.items()
            },
        )
        plain: dict[str, Any] = msgspec.to_builtins(shown, enc_hook=_encode, str_keys=True)
        return {**_EMPTY, **plain}


def _without_secret(parameter: Parameter) -> Parameter:
    return msgspec.structs.replace(parameter, default=None) if parameter.is_secret else parameter


def _encode(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} is not a plain value")


_EMPTY: dict[str, Any] = {
    field.name: field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    for field in msgspec.structs.fields(Manifest)
    if not field.required
}

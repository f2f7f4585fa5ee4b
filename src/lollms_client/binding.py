"""The base of all bindings: construction that forgives, settings, and the documented methods common to all kinds."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

from lollms_client import errors
from lollms_client.extensions import SETTINGS_AS_ATTRIBUTES, binding_attribute, set_binding_attribute
from lollms_client.flow import Timeouts, Work, run_work
from lollms_client.flow import call as call_work
from lollms_client.secret import words_of

if TYPE_CHECKING:
    from lollms_client.drivers.blocking import BlockingDriver
    from lollms_client.drivers.context import CallContext
    from lollms_client.manifest import Manifest
    from lollms_client.settings import Settings
    from lollms_client.types.catalogue import ModelInfo

Result = TypeVar("Result")


_DOCUMENTED = frozenset(
    {
        "chat",
        "generate_text",
        "generate_from_messages",
        "tokenize",
        "detokenize",
        "count_tokens",
        "embed",
        "listModels",
        "list_models",
        "generate_image",
        "edit_image",
        "set_settings",
        "get_settings",
        "transcribe_audio",
        "generate_audio",
        "list_voices",
        "generate_video",
        "generate_music",
    }
)


class Construction(NamedTuple):
    """What the registry knows of a binding that is being constructed."""

    name: str
    manifest: Manifest
    settings: Settings


_construction: contextvars.ContextVar[Construction | None] = contextvars.ContextVar("construction", default=None)


@contextlib.contextmanager
def constructing(construction: Construction) -> Iterator[None]:
    """Bindings made inside take their name, manifest and settings from `construction`."""
    token = _construction.set(construction)
    try:
        yield
    finally:
        _construction.reset(token)


class LollmsBinding:
    """Base of the six documented base classes.

    Everything that a binding may rely on stands before `__init__` runs, so a class that never calls
    `super().__init__`, or calls it in a form of its own, works too.
    """

    binding_type: ClassVar[str] = ""
    speaks_flows: ClassVar[bool] = False  # the families set it: the class is written in flows, not documented methods
    binding_name: str
    manifest: Manifest | None
    settings: Any
    config: dict[str, Any]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if cls.speaks_flows or cls.__module__.startswith("lollms_client.lollms_"):
            return
        from lollms_client.extensions import extension
        from lollms_client.plain import guarded

        for name in _DOCUMENTED & vars(cls).keys():
            if inspect.isfunction(vars(cls)[name]):
                setattr(cls, name, guarded(vars(cls)[name]))
        part = extension("bindings")
        if part is not None:
            part.adapt(cls)

    def __new__(cls, *arguments: Any, **keywords: Any) -> Self:
        self = super().__new__(cls)
        construction = _construction.get()
        if construction is None:
            construction = _construct_alone(cls, keywords)
        else:
            _construction.set(None)  # bindings that the constructor makes in turn are not this one
        self._prepare(construction, keywords)
        return self

    def __init__(self, binding_name: str | None = None, *arguments: Any, **keywords: Any) -> None:
        if self.speaks_flows:
            return
        given = dict(keywords)
        nested = given.pop("config", None)
        if isinstance(nested, Mapping):
            given = {**nested, **given}
        for name, value in given.items():
            if value is not None:
                self.config[name] = value

    def _prepare(self, construction: Construction | None, keywords: Mapping[str, Any]) -> None:
        if construction is None:
            self.binding_name, self.manifest, self._settings = type(self).__name__, None, None
            plain = dict(keywords)
        else:
            self.binding_name, self.manifest = construction.name, construction.manifest
            self._settings = construction.settings
            plain = {**construction.settings.plain(), **keywords}
        self.config = plain
        self.settings = self._settings if self.speaks_flows else plain

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return binding_attribute(self, name)

        def __setattr__(self, name: str, value: Any) -> None:
            if name in SETTINGS_AS_ATTRIBUTES and self.speaks_flows and set_binding_attribute(self, name, value):
                return
            object.__setattr__(self, name, value)

    # --- documented for every kind ---

    def set_settings(self, settings: Mapping[str, Any], **keywords: Any) -> bool:
        """Change settings (all or none of them) after checking them against the manifest; returns True.

        Raises BadSetting where one of them does not fit; then nothing has changed.
        """
        changes = {**settings, **keywords}
        if self._settings is not None:
            replaced = self._settings.replace(**changes)
            self._settings = replaced
            self.config = replaced.plain()
        else:
            self.config = {**self.config, **changes}
        self.settings = self._settings if self.speaks_flows else self.config
        self.settings_changed(tuple(changes))
        return True

    def settings_changed(self, names: tuple[str, ...]) -> None:
        """Called after `set_settings`; a binding that keeps something made from its settings drops it here."""

    def get_settings(self, **keywords: Any) -> dict[str, Any]:
        """The settings in force, secrets as `***`."""
        source = self._settings if self._settings is not None else self.config
        manifest = self.manifest
        secret = {p.name for p in manifest.input_parameters if p.is_secret} if manifest else set()
        return {name: "***" if name in secret and value else value for name, value in source.items()}

    def list_models(self, **keywords: Any) -> Any:
        """The models: dictionaries for language and image models, names for the others; also spelt `listModels`."""
        if overrides(self, "listModels", LollmsBinding):
            return self.listModels(**keywords)
        shape = _model_dictionaries if self.binding_type in ("llm", "tti") else _model_names
        return self._documented(self.models_flow(), shape)

    def listModels(self, **keywords: Any) -> Any:  # noqa: N802 (the documented name)
        """The documented older spelling of `list_models`."""
        return self.list_models(**keywords)

    async def models_flow(self) -> list[ModelInfo]:
        """The models, typed. Bindings written in flows override this."""
        from lollms_client.plain import plain_models

        if not (overrides(self, "list_models", LollmsBinding) or overrides(self, "listModels", LollmsBinding)):
            raise self.unsupported("a list of models")
        method: Any = self.list_models if overrides(self, "list_models", LollmsBinding) else self.listModels
        return plain_models(await self.call_plain(method) if callable(method) else method)

    def close(self) -> None:
        """Give back what the binding holds (an engine, a process). The next call may take it again."""

    # --- for authors of flows ---

    async def run(self, function: Callable[..., Result], *arguments: Any, **keywords: Any) -> Result:
        """Await plain blocking code: inline for blocking callers, in a worker thread for asyncio."""
        return await run_work(call_work(function, *arguments, **keywords))

    async def call_plain(self, method: Any, *arguments: Any, **keywords: Any) -> Any:
        """Await a documented method that somebody else wrote; its failures become errors of ours."""
        from lollms_client.plain import call_plain, in_reach

        return await run_work(Work(lambda token: in_reach(call_plain, (method, *arguments), keywords, token)))

    def unsupported(self, what: str) -> errors.Unsupported:
        """The error for something that this binding does not offer."""
        return errors.Unsupported(f"the binding {self.binding_name} does not offer {what}", binding=self.binding_name)

    def parameter(self, request: Any, name: str, method: str | None = None) -> Any:
        """A binding-specific parameter: from the request, else the manifest's default, else None."""
        if name in request.extra:
            return request.extra[name]
        return self._parameter_defaults.get(method or "", {}).get(name)

    def defaults_of(self, method: str) -> dict[str, Any]:
        """The manifest's defaults for a method's parameters, without those that have none."""
        return self._set_defaults.get(method, {})

    @functools.cached_property
    def _set_defaults(self) -> dict[str, dict[str, Any]]:
        groups = self._parameter_defaults.items()
        return {method: {k: v for k, v in group.items() if v is not None} for method, group in groups}

    @functools.cached_property
    def _parameter_defaults(self) -> dict[str, dict[str, Any]]:
        """The manifest's defaults by method; under the empty name those of all, where the first method wins."""
        groups = self.manifest.method_parameters if self.manifest else {}
        found = {method: {item.name: item.default for item in group} for method, group in groups.items()}
        merged: dict[str, Any] = {}
        for group in reversed(list(found.values())):
            merged.update(group)
        return {**found, "": merged}

    # --- running ---

    @property
    def transport_name(self) -> str:
        """Which transport carries this binding's requests: the setting `transport`, else the default one."""
        value = self._settings.get("transport") if self._settings is not None else None
        return str(value or "default")

    @property
    def timeouts(self) -> Timeouts:
        """The binding's time limits: the setting `timeout` (seconds) bounds the whole call and each wait in it."""
        seconds = self._settings.get("timeout") if self._settings is not None else None
        return timeouts_of(seconds)

    def _driver(self) -> BlockingDriver:
        from lollms_client.drivers.shared import blocking_driver

        return blocking_driver(self.transport_name)

    def _context(self) -> CallContext:
        from lollms_client.drivers.context import CallContext

        return CallContext(timeouts=self.timeouts)

    def _documented(self, flow: Coroutine[Any, Any, Result], shape: Callable[[Result], Any]) -> Any:
        """Run a flow for a documented method: its result in the documented shape, or an error dictionary."""
        try:
            return shape(self._driver().run(flow, self._context()))
        except errors.Unsupported:
            raise
        except errors.LollmsError as error:
            return self.error_dictionary(error)

    def _documented_stream(self, flow: AsyncGenerator[Result, None]) -> Iterator[Result]:
        return self._driver().iterate(flow, self._context())

    def error_dictionary(self, error: errors.LollmsError) -> dict[str, Any]:
        """Trace the error through the console, and give its dictionary."""
        from lollms_client.console import guard_console

        guard_console()
        from ascii_colors import trace_exception

        error.details.setdefault("binding", self.binding_name)
        trace_exception(error)
        return error.as_dict()


def timeouts_of(limit: float | Timeouts | None) -> Timeouts:
    """Time limits out of a number of seconds for the whole call (each stage is bounded by it too), or as given."""
    if isinstance(limit, Timeouts):
        return limit
    if limit is None:
        return Timeouts()
    try:
        seconds = 0.0 if isinstance(limit, bool) else float(limit)
    except (TypeError, ValueError):
        seconds = 0.0
    if not seconds > 0:
        wanted = "more than 0 seconds (a number, or Timeouts)"
        raise errors.BadSetting(f"timeout must be {wanted}, not {limit!r}", setting="timeout")
    usual = Timeouts()
    assert usual.connect is not None
    return Timeouts(connect=min(usual.connect, seconds), first_byte=seconds, silence=seconds, total=seconds)


def _construct_alone(cls: type[LollmsBinding], keywords: Mapping[str, Any]) -> Construction | None:
    """The construction of a class called directly, as the guide's test block does: by its own folder's manifest."""
    from lollms_client.manifest.reading import load_manifest
    from lollms_client.settings import resolve_settings

    try:
        path = Path(inspect.getfile(cls)).parent / "description.yaml"
    except (TypeError, OSError):
        return None
    if not path.is_file():
        return None
    try:
        manifest = load_manifest(path)
        given = {name: value for name, value in keywords.items() if name != "binding_name"}
        return Construction(manifest.name, manifest, resolve_settings(manifest, given))
    except errors.ConfigurationError:
        if cls.speaks_flows:
            raise
        return None


def overrides(binding: LollmsBinding, name: str, base: type) -> bool:
    """Whether the binding's class (or the instance) has a method of its own in place of the base's."""
    return getattr(type(binding), name, None) is not getattr(base, name) or name in vars(binding)


def _model_names(models: list[ModelInfo]) -> list[Any]:
    return [model.name for model in models]


def _model_dictionaries(models: list[ModelInfo]) -> list[Any]:
    return [model_dictionary(model) for model in models]


def model_dictionary(model: ModelInfo) -> dict[str, Any]:
    """A model as the documented methods give it: `model_name` and whatever else is known."""
    facts: dict[str, Any] = {
        "model_name": model.name,
        "display_name": model.title or None,
        "description": model.description or None,
        "owned_by": model.owner or None,
        "created": model.created,
        "context_length": model.context_tokens,
        "max_generation": model.output_tokens,
        "size": model.size_bytes,
        "capabilities": list(model.capabilities) or None,
        **model.extra,
    }
    return {name: value for name, value in facts.items() if value is not None}


def message_of(error: BaseException) -> str:
    """An exception's words for a message, secrets masked."""
    return words_of(error) or type(error).__name__

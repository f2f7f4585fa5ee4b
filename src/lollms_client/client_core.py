"""What the sync and the async client share: which bindings are chosen, how a call becomes a flow and its context."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar, Unpack, cast

import msgspec

from lollms_client import errors
from lollms_client.binding import LollmsBinding, timeouts_of
from lollms_client.cancel import CancelToken
from lollms_client.drivers.context import CallContext
from lollms_client.extensions import client_attribute, extension
from lollms_client.flow import Timeouts
from lollms_client.registry import Registry
from lollms_client.types.accounting import Progress
from lollms_client.types.chat import ChatResult
from lollms_client.types.job import JobHandle

if TYPE_CHECKING:
    from lollms_client.lollms_llm_binding import LollmsLLMBinding
    from lollms_client.lollms_stt_binding import LollmsSTTBinding
    from lollms_client.lollms_tti_binding import LollmsTTIBinding
    from lollms_client.lollms_ttm_binding import LollmsTTMBinding
    from lollms_client.lollms_tts_binding import LollmsTTSBinding
    from lollms_client.lollms_ttv_binding import LollmsTTVBinding
    from lollms_client.registry import BindingEntry

BINDING_TYPES = ("llm", "tti", "stt", "tts", "ttv", "ttm")
OFFLINE_BINDINGS = {
    "llm": "llama_cpp",
    "tti": "scene_composer",
    "stt": "pocketsphinx",
    "tts": "espeak",
    "ttv": "scene_film",
    "ttm": "composer",
}
Result = TypeVar("Result")
ProgressCallback = Callable[[Progress], object]


class CallOptions(TypedDict, total=False):
    """Options of every call: `timeout` in seconds (or Timeouts), a cancel token, and whom to tell of progress."""

    timeout: float | Timeouts | None
    cancel: CancelToken | None
    on_progress: ProgressCallback | None


class Choice(NamedTuple):
    """A binding's name and its settings as given."""

    name: str
    config: Mapping[str, Any]


class ClientArguments(TypedDict, total=False):
    """Keyword arguments of both clients."""

    llm_binding_name: str | None
    llm_binding_config: Mapping[str, Any] | None
    tti_binding_name: str | None
    tti_binding_config: Mapping[str, Any] | None
    stt_binding_name: str | None
    stt_binding_config: Mapping[str, Any] | None
    tts_binding_name: str | None
    tts_binding_config: Mapping[str, Any] | None
    ttv_binding_name: str | None
    ttv_binding_config: Mapping[str, Any] | None
    ttm_binding_name: str | None
    ttm_binding_config: Mapping[str, Any] | None
    llm_bindings_dir: str | Path | None
    tti_bindings_dir: str | Path | None
    stt_bindings_dir: str | Path | None
    tts_bindings_dir: str | Path | None
    ttv_bindings_dir: str | Path | None
    ttm_bindings_dir: str | Path | None
    bindings_dir: str | Path | Sequence[str | Path] | None
    config: str | Path | Mapping[str, Any] | None
    timeout: float | Timeouts | None


class ClientCore:
    """Chooses and makes the bindings. Each is made on first use and kept.

    A modality for which no binding is named gets the offline engine. `config` is a `lollms.yaml`, its path or its
    content; arguments win over it.
    """

    _told_to_bindings: Mapping[str, Mapping[str, Any]] = {}  # by modality

    def __init__(self, *binding_names: str, **arguments: Unpack[ClientArguments]) -> None:
        from lollms_client.client_file import read_configuration

        if binding_names or not arguments.keys() <= ClientArguments.__annotations__.keys():
            arguments = self._understood(binding_names, arguments)
        file = read_configuration(arguments.get("config"))
        self._choices = {kind: _choice(kind, arguments, file.get(kind)) for kind in BINDING_TYPES}
        limit = arguments.get("timeout")
        limit = file.get("timeout") if limit is None else limit
        self._timeouts = None if limit is None else timeouts_of(limit)
        self.registry = _registry(arguments, file)
        self._bindings: dict[str, LollmsBinding] = {}
        self._kept: dict[int, LollmsBinding] = {}  # others that are closed with the client
        self._lock = threading.RLock()

    def _understood(self, binding_names: Sequence[str], given: ClientArguments) -> ClientArguments:
        """The arguments that are ours; what an extension understands besides is set on the client."""
        understood: dict[str, Any] = dict(given)
        part = extension("application")
        if part is not None:
            understood, attributes = part.client_arguments(binding_names, understood)
            vars(self).update(attributes)
        elif binding_names:
            raise errors.BadSetting("the client takes keyword arguments alone", setting="llm_binding_name")
        known = ClientArguments.__annotations__
        for name in understood:
            if name not in known:
                raise errors.BadSetting(_unknown_argument(name, known), setting=name)
        return cast("ClientArguments", understood)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            return client_attribute(self, name)

        def __setattr__(self, name: str, value: Any) -> None:
            """`client.llm = binding` is `put_binding`; None takes a modality back to its offline engine."""
            if name not in BINDING_TYPES:
                object.__setattr__(self, name, value)
            elif value is not None:
                self.put_binding(name, value)
            else:
                with self._lock:
                    old = self._bindings.pop(name, None)
                    self._choices[name] = Choice(OFFLINE_BINDINGS[name], {})
                if old is not None:
                    self.keep_binding(old)

    # --- the binding objects ---

    @property
    def llm(self) -> LollmsLLMBinding:
        """The language-model binding with its documented methods."""
        return self.binding("llm")  # type: ignore[return-value]

    @property
    def tti(self) -> LollmsTTIBinding:
        """The text-to-image binding with its documented methods."""
        return self.binding("tti")  # type: ignore[return-value]

    @property
    def stt(self) -> LollmsSTTBinding:
        """The speech-to-text binding with its documented methods."""
        return self.binding("stt")  # type: ignore[return-value]

    @property
    def tts(self) -> LollmsTTSBinding:
        """The text-to-speech binding with its documented methods."""
        return self.binding("tts")  # type: ignore[return-value]

    @property
    def ttv(self) -> LollmsTTVBinding:
        """The text-to-video binding with its documented methods."""
        return self.binding("ttv")  # type: ignore[return-value]

    @property
    def ttm(self) -> LollmsTTMBinding:
        """The text-to-music binding with its documented methods."""
        return self.binding("ttm")  # type: ignore[return-value]

    def binding(self, binding_type: str) -> LollmsBinding:
        """The binding of a modality, made on first use. Raises what finding, loading and setting it up can raise."""
        found = self._bindings.get(binding_type)
        if found is not None:
            return found
        if binding_type not in BINDING_TYPES:
            raise errors.BadSetting(f"no modality is called {binding_type!r}; choose one of {', '.join(BINDING_TYPES)}")
        with self._lock:
            found = self._bindings.get(binding_type)
            if found is None:
                choice = self._choices[binding_type]
                found = self.create_binding(binding_type, choice.name, choice.config)
                self._bindings[binding_type] = found
        return found

    def update_binding(self, binding_type: str, name: str, config: Mapping[str, Any] | None = None) -> None:
        """Replace the binding of a modality. The old one stays where the new one cannot be made."""
        fresh = self.create_binding(binding_type, name, config)
        with self._lock:
            old = self._bindings.pop(binding_type, None)
            self._bindings[binding_type] = fresh
            self._choices[binding_type] = Choice(name, dict(config or {}))
        if old is not None:
            old.close()

    def create_binding(self, binding_type: str, name: str, config: Mapping[str, Any] | None = None) -> LollmsBinding:
        """A binding that this client could use, told what an extension understood of the client's own arguments."""
        from lollms_client.construction import create_binding

        told = self._told_to_bindings.get(binding_type)
        return create_binding(self.registry, name, binding_type, config, told)

    def keep_binding(self, binding: LollmsBinding) -> None:
        """Let `close` close this binding, too."""
        self._kept[id(binding)] = binding

    def put_binding(self, binding_type: str, binding: LollmsBinding, config: Mapping[str, Any] | None = None) -> None:
        """Use a binding that is made already. The one before is left as it is, until the client is closed."""
        with self._lock:
            old = self._bindings.get(binding_type)
            if old is not None:
                self.keep_binding(old)
            self._bindings[binding_type] = binding
            self._choices[binding_type] = Choice(binding.binding_name, dict(config or {}))

    def list_bindings(self, binding_type: str | None = None) -> list[BindingEntry]:
        """All bindings that can be found, without importing any."""
        return self.registry.list(binding_type)

    def binding_name(self, binding_type: str) -> str:
        """The name of the binding that is chosen for a modality."""
        return self._choices[binding_type].name

    # --- calls ---

    def _context(self, binding: LollmsBinding, options: CallOptions) -> CallContext:
        limit = options.get("timeout")
        timeouts = timeouts_of(limit) if limit is not None else self._timeouts or binding.timeouts
        return CallContext(timeouts=timeouts, cancel=options.get("cancel"), on_progress=options.get("on_progress"))

    def discussion_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of `chat` with a discussion, those that only an extension understands put in our terms."""
        part = extension("application")
        return dict(options) if part is None else dict(part.chat_options(self.binding("llm"), options))

    def job_binding(self, handle: JobHandle) -> Any:
        """The binding that a job belongs to, which may be another one than the chosen one."""
        choice = self._choices.get(handle.binding_type)
        if choice is None:
            raise errors.BadSetting(f"the handle is of an unknown modality: {handle.binding_type!r}", setting="handle")
        if choice.name == handle.binding:
            return job_capable(self.binding(handle.binding_type))
        return job_capable(self.create_binding(handle.binding_type, handle.binding))

    def _close_bindings(self) -> None:
        with self._lock:
            made = {id(binding): binding for binding in self._bindings.values()} | self._kept
            self._bindings, self._kept = {}, {}
        for binding in made.values():
            binding.close()


def split_options(given: dict[str, Any]) -> CallOptions:
    """Take the call's options out of keyword arguments; what is left belongs to the request."""
    options: CallOptions = {}
    for name in ("timeout", "cancel", "on_progress"):
        if name in given:
            options[name] = given.pop(name)
    return options


def is_discussion(messages: Any) -> bool:
    """Whether these messages are a conversation that keeps its answers."""
    return callable(getattr(messages, "achat", None))


def alone(messages: Any, user_message: Any) -> Any:
    """Messages that no discussion holds. Raises BadSetting where something of the user's stands beside them."""
    if user_message is not None:
        raise errors.BadSetting(
            "a message of its own goes with a LollmsDiscussion; append it to the list instead", setting="user_message"
        )
    return messages


def last_answer(outcome: Mapping[str, Any]) -> ChatResult:
    """The typed result of an exchange: the last answer, with the warnings of all."""
    result: ChatResult = outcome["result"]
    return msgspec.structs.replace(result, warnings=tuple(outcome["warnings"]))


async def listed(items: Any) -> Any:
    """Each item of an async generator as a list of one, as streams take them."""
    try:
        async for item in items:
            yield [item]
    finally:
        await items.aclose()


def job_capable(binding: LollmsBinding) -> Any:
    """The binding, if it works in jobs. Raises Unsupported where it answers at once."""
    if not hasattr(binding, "submit"):
        raise errors.Unsupported(
            f"the binding {binding.binding_name} does not work in jobs; call it directly", binding=binding.binding_name
        )
    return binding


def _choice(kind: str, arguments: Mapping[str, Any], filed: Any) -> Choice:
    filed_name, filed_config = _filed(kind, filed)
    name = arguments.get(f"{kind}_binding_name") or filed_name or OFFLINE_BINDINGS[kind]
    config = arguments.get(f"{kind}_binding_config") or {}
    if not isinstance(config, Mapping):
        raise errors.BadSetting(f"{kind}_binding_config must be a dictionary", setting=f"{kind}_binding_config")
    inherited = filed_config if name == filed_name or not arguments.get(f"{kind}_binding_name") else {}
    return Choice(str(name), {**inherited, **config})


def _filed(kind: str, filed: Any) -> tuple[str | None, dict[str, Any]]:
    if filed is None:
        return None, {}
    if isinstance(filed, str):
        return filed, {}
    if isinstance(filed, Mapping):
        config = {str(name): value for name, value in filed.items() if name != "binding"}
        return filed.get("binding"), config
    raise errors.BadSetting(
        f"`{kind}` in the configuration must be a binding's name, or a mapping with `binding` and settings",
        setting=kind,
    )


def _registry(arguments: Mapping[str, Any], file: Mapping[str, Any]) -> Registry:
    given = arguments.get("bindings_dir") or file.get("bindings_dir") or ()
    folders = [given] if isinstance(given, (str, Path)) else list(given)
    typed = {kind: path for kind in BINDING_TYPES if (path := arguments.get(f"{kind}_bindings_dir"))}
    return Registry(bindings_dirs=folders, typed_dirs=typed)


def _unknown_argument(name: str, known: Mapping[str, Any]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"LollmsClient has no argument {name!r}{hint}"

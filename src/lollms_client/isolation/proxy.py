"""The binding that a caller holds where the real one runs in a worker process: the same methods, passed on."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from typing import Any

from lollms_client import errors
from lollms_client.binding import _DOCUMENTED, Construction, LollmsBinding, constructing
from lollms_client.cancel import CancelToken
from lollms_client.extensions import binding_attribute
from lollms_client.flow import Abandon, Advance, Report, Work, run_work
from lollms_client.isolation.calls import CallPlan, Item
from lollms_client.isolation.room import WorkerRoom
from lollms_client.secret import Secret
from lollms_client.types.accounting import Progress

_LOCAL = frozenset({"set_settings", "get_settings"})  # kept on this side, unless the binding has its own
_STREAMS = frozenset({"chat_flow", "speech_stream_flow"})
# documented methods whose failures are error dictionaries
_TELL_ERRORS = frozenset(
    {
        "chat", "generate_text", "generate_from_messages", "embed", "generate_image", "edit_image", "transcribe_audio",
        "generate_audio", "generate_video", "generate_music", "list_models", "listModels", "list_voices",
    }
)  # fmt: skip


class IsolatedBinding(LollmsBinding):
    """A binding whose code runs in another process."""

    speaks_flows = True
    _room: WorkerRoom
    _attributes: frozenset[str]
    _sets_by_itself: bool

    def __init__(self, room: WorkerRoom, facts: Mapping[str, Any]) -> None:
        self._room = room
        self._sets_by_itself = "set_settings" in facts["methods"]
        self._attributes = frozenset(facts["attributes"])
        self.__dict__["speaks_flows"] = bool(facts["speaks_flows"])  # how requests are checked before they go out
        if not facts["speaks_flows"]:
            self.settings = self.config

    @property
    def transport_name(self) -> str:
        """The transport of this side, which sends nothing over the network."""
        return "default"

    @property
    def process_id(self) -> int | None:
        """The number of the worker process, None where none is running."""
        process = self._room.process
        return None if process is None else process.pid

    @property
    def loaded(self) -> bool:
        """Whether a worker process is running, and its engine is in memory where it has one."""
        if self._room.process is None:
            return False
        return bool(self._ask(CallPlan("get", "loaded", (), {}))) if "loaded" in self._attributes else True

    def close(self) -> None:
        """End the worker process, which gives all its memory back. The next call starts another one."""
        self._room.close()

    def unload(self, *unused: Any) -> None:
        """The same as `close`."""
        self._room.close()

    def set_settings(self, settings: Mapping[str, Any], **keywords: Any) -> bool:
        """Change settings here and in the worker process. Raises BadSetting; then nothing has changed."""
        changes = {**settings, **keywords}
        if self._sets_by_itself:
            return self._set_by_its_own_method(changes)
        before = self._settings
        done = super().set_settings(changes)
        if not self.speaks_flows:
            self.settings = self.config
        if self._room.process is not None:
            after = self._settings if self._settings is not None else self.config
            try:
                plain = {name: _revealed(after.get(name)) for name in changes}
                done = self._ask(CallPlan("method", "set_settings", (plain,), {}))
            except BaseException:
                self._settings = before
                self.config = before.plain() if before is not None else self.config
                self.settings = before if self.speaks_flows else self.config
                raise
        return bool(done)

    def _set_by_its_own_method(self, changes: Mapping[str, Any]) -> bool:
        """A binding that overrides `set_settings` decides alone what it takes."""
        done = self._ask(CallPlan("method", "set_settings", (dict(changes),), {}))
        if self._settings is not None:
            known = {name: value for name, value in changes.items() if self._settings.manifest.setting(name)}
            with contextlib.suppress(errors.BadSetting):
                self._settings = self._settings.replace(**known)
        self.config = {**self.config, **changes}
        self.settings = self._settings if self.speaks_flows else self.config
        return bool(done)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__.get("_attributes", ()):
            self._ask(CallPlan("set", name, (value,), {}))
        else:
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.__dict__.get("_attributes", ()):
            try:
                return binding_attribute(self, name)
            except AttributeError:
                text = f"the isolated binding {type(self).__name__!r} has no attribute {name!r}"
                raise AttributeError(text) from None
        return self._ask(CallPlan("get", name, (), {}))

    # --- passing on ---

    def _work(self, plan: CallPlan) -> Work[Any, Any]:
        room = self._room
        return Work(lambda token: room.call(plan, token), attend=lambda token: room.attend(plan, token))

    def _ask(self, plan: CallPlan) -> Any:
        """Call and wait in this thread."""
        steps = self._room.call(plan, CancelToken())
        try:
            while True:
                try:
                    item = next(steps)
                except StopIteration as stop:
                    return stop.value
                if isinstance(item, Item):
                    return _rest(item, steps)
        except BaseException:
            steps.close()
            raise


def _revealed(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def _rest(first: Item, steps: Generator[Any, None, Any]) -> Iterator[Any]:
    """A generator that a method of the binding gave, as a generator here."""
    try:
        yield first.value
        for item in steps:
            if isinstance(item, Item):
                yield item.value
    finally:
        steps.close()


def proxy_class(base: type[LollmsBinding], facts: Mapping[str, Any]) -> type[IsolatedBinding]:
    """The class for a binding: the documented methods and flows of `base`, and what else its own class has."""
    ways: dict[str, str] = dict.fromkeys((_DOCUMENTED & set(dir(base))) - _LOCAL, "method")
    for name in dir(base):
        if name.endswith("_flow") and not name.startswith("_"):
            ways[name] = "asyncgen" if name in _STREAMS else "coroutine"
    ways |= {str(name): str(way) for name, way in facts["methods"].items()}
    namespace: dict[str, Any] = {
        name: _FORWARDERS[way](name) for name, way in ways.items() if name not in vars(IsolatedBinding)
    }
    namespace |= {"__module__": __name__, "__doc__": facts.get("doc") or base.__doc__}
    made: type[IsolatedBinding] = type(str(facts["class_name"]), (IsolatedBinding, base), namespace)
    return made


def make_proxy(
    base: type[LollmsBinding], construction: Construction, room: WorkerRoom, facts: Mapping[str, Any]
) -> IsolatedBinding:
    """The object that the caller gets; when nobody holds it any more, its process ends."""
    kind = proxy_class(base, facts)
    with constructing(construction):
        binding = kind(room, facts)
    weakref.finalize(binding, room.close).atexit = False
    return binding


def _method(name: str) -> Callable[..., Any]:
    def forward(self: IsolatedBinding, *arguments: Any, **keywords: Any) -> Any:
        try:
            return self._ask(CallPlan("method", name, arguments, keywords))
        except errors.ProcessDied as error:
            if name in _TELL_ERRORS:
                return self.error_dictionary(error)
            raise

    return _named(forward, name)


def _coroutine(name: str) -> Callable[..., Any]:
    async def forward(self: IsolatedBinding, *arguments: Any, **keywords: Any) -> Any:
        return await run_work(self._work(CallPlan("coroutine", name, arguments, keywords)))

    return _named(forward, name)


def _stream(name: str) -> Callable[..., Any]:
    async def forward(self: IsolatedBinding, *arguments: Any, **keywords: Any) -> AsyncGenerator[Any, None]:
        work = self._work(CallPlan("asyncgen", name, arguments, keywords))
        finished = False
        try:
            while not finished:
                steps = await Advance(work)
                finished = steps.done
                for item in steps.items:
                    if isinstance(item, Item):
                        yield item.value
                    elif isinstance(item, Progress):
                        await Report(item)
        finally:
            if not finished:
                await Abandon(work)

    return _named(forward, name)


def _named(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    function.__name__ = name
    function.__qualname__ = f"IsolatedBinding.{name}"
    function.__doc__ = f"The binding's {name}, in its worker process."
    return function


_FORWARDERS: dict[str, Callable[[str], Callable[..., Any]]] = {
    "method": _method,
    "coroutine": _coroutine,
    "asyncgen": _stream,
}

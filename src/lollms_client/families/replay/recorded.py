"""What all recorded bindings share: each flow is played from the recording, or run and written down."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, ClassVar

import msgspec

from lollms_client import errors
from lollms_client.binding import LollmsBinding
from lollms_client.families.replay.deck import Deck, Writer
from lollms_client.families.replay.entries import Entry, parts_from, result_of
from lollms_client.families.replay.failures import BadRecording
from lollms_client.families.replay.keeping import spelt_alike
from lollms_client.families.replay.watching import watched
from lollms_client.flow import Report, Sleep
from lollms_client.plain import check_reply
from lollms_client.types.accounting import Progress
from lollms_client.types.catalogue import ModelInfo

Live = Callable[[Any], Any]
_MISSING = object()


class Recorded(LollmsBinding):
    """A binding whose calls go through a recording. `inner` is the real one, None where it is only replayed."""

    speaks_flows: ClassVar[bool] = True
    inner: Any = None
    _deck: Deck | None = None
    recorded_name: str = ""

    @property
    def deck(self) -> Deck:
        """The recording."""
        if self._deck is None:
            raise BadRecording(f"{self.binding_name} has no recording")
        return self._deck

    @property
    def owner(self) -> str:
        """Whose calls they are in the recording: `llm.openai`."""
        return f"{self.binding_type}.{self.recorded_name or self.binding_name}"

    def attach(self, deck: Deck, name: str, inner: LollmsBinding | None, facts: Mapping[str, Any]) -> None:
        """Take the recording, and the real binding's name, manifest and settings."""
        self._deck, self.inner, self.binding_name = deck, inner, name
        if inner is not None:
            facts = {item: getattr(inner, item, None) for item in ("manifest", "_settings", "config", "settings")}
        for item, value in facts.items():
            setattr(self, item, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or self.inner is None:
            raise AttributeError(f"{type(self).__name__} has no {name!r}; only the calls of a binding are replayed")
        return getattr(self.inner, name)

    # --- settings and end go to the real binding ---

    def set_settings(self, settings: Mapping[str, Any], **keywords: Any) -> bool:
        """Change settings of the real binding; where there is none, of nothing but this object."""
        if self.inner is None:
            return super().set_settings(settings, **keywords)
        done = bool(self.inner.set_settings(settings, **keywords))
        self.attach(self.deck, self.binding_name, self.inner, {})
        return done

    def get_settings(self, **keywords: Any) -> dict[str, Any]:
        """The settings in force, secrets as `***`."""
        if self.inner is None:
            return super().get_settings(**keywords)
        return dict(self.inner.get_settings(**keywords))

    def close(self) -> None:
        """Close the real binding."""
        if self.inner is not None:
            self.inner.close()

    # --- calls ---

    def maker(self, usual: Any) -> Any:
        """Who makes typed requests: the real binding, else the modality's base class."""
        return usual if self.inner is None else self.inner

    def _secrets(self) -> frozenset[str]:
        """The names of the parameters that the manifest declares as secrets."""
        if self.manifest is None:
            return frozenset()
        groups = (self.manifest.input_parameters, *self.manifest.method_parameters.values())
        return frozenset(spelt_alike(item.name) for group in groups for item in group if item.is_secret)

    def _live(self, call: str) -> Any:
        if self.inner is None:
            raise BadRecording(f"the recording of {self.owner} is closed, and there is no binding to make this {call}")
        return self.inner

    async def through(self, call: str, request: Any, live: Callable[[Any], Awaitable[Any]]) -> Any:
        """The result of a whole call, played or made."""
        await Sleep(0)  # a call that was cancelled before it began ends here
        entry = self.deck.find(self.owner, call, request)
        if entry is not None:
            return await self._play(entry)
        binding = self._live(call)
        if self.deck.closed:
            return await live(binding)
        writer = self.deck.writer(self.owner, call, request, self._secrets())
        try:
            result = await watched(live(binding), writer.told)
        except errors.Cancelled:
            raise
        except errors.LollmsError as error:
            writer.failed(error)
            raise
        writer.done(result)
        return result

    async def _play(self, entry: Entry) -> Any:
        pieces: list[Any] = []
        result: Any = _MISSING
        for item in entry.happened:
            if "progress" in item:
                await Report(_converted(entry, msgspec.convert, item["progress"], Progress))
            elif "parts" in item:
                pieces += self._parts(entry, item["parts"])
            elif "error" in item:
                raise _error(entry, item["error"])
            elif "stopped" in item:
                raise _stopped(entry)
            else:
                values = self.deck.revived(item.get("result"))
                result = _converted(entry, result_of, entry.call, entry.request, values)
        return self.folded(pieces) if result is _MISSING else result

    def folded(self, parts: list[Any]) -> Any:
        """The whole result of a call that was recorded as a stream."""
        raise BadRecording(f"a recorded call of {self.owner} has no result")

    def unfolded(self, result: Any) -> list[Any]:
        """The parts of a stream for a call that was recorded whole."""
        raise BadRecording(f"a recorded call of {self.owner} has no parts")

    async def stream_through(
        self, call: str, request: Any, live: Callable[[Any], AsyncGenerator[Any, None]]
    ) -> AsyncGenerator[list[Any], None]:
        """The parts of a streamed call, played or made, in the pieces in which they came."""
        await Sleep(0)  # a call that was cancelled before it began ends here
        entry = self.deck.find(self.owner, call, request, streamed=True)
        if entry is not None:
            played = self._play_stream(entry)
            try:
                async for parts in played:
                    yield parts
            finally:
                await played.aclose()
            return
        items = live(self._live(call))
        writer = None if self.deck.closed else self.deck.writer(self.owner, call, request, self._secrets())
        made = _written(items, writer) if writer else items
        try:
            async for parts in made:
                yield parts
        finally:
            await made.aclose()

    async def _play_stream(self, entry: Entry) -> AsyncGenerator[list[Any], None]:
        for item in entry.happened:
            await Sleep(0)  # a call that was cancelled ends here
            if "progress" in item:
                await Report(_converted(entry, msgspec.convert, item["progress"], Progress))
            elif "parts" in item:
                yield self._parts(entry, item["parts"])
            elif "error" in item:
                raise _error(entry, item["error"])
            elif "stopped" in item:
                raise _stopped(entry)
            else:
                values = self.deck.revived(item.get("result"))
                yield self.unfolded(_converted(entry, result_of, entry.call, entry.request, values))

    def _parts(self, entry: Entry, values: Any) -> list[Any]:
        found: list[Any] = _converted(entry, parts_from, entry.call, self.deck.revived(values))
        return found

    def direct(self, call: str, request: Any, live: Callable[[Any], Any], other: Callable[[], Any]) -> Any:
        """The plain value of a documented method that is no flow; `other` stands in where it was not recorded."""
        deck, name = self.deck, f"{call}()"
        entry = (
            None if deck.mode == "record" or not self._holds(name, request) else deck.find(self.owner, name, request)
        )
        if entry is not None:
            last = entry.happened[-1] if entry.happened else {}
            if "error" in last:
                raise _error(entry, last["error"])
            return deck.revived(last.get("result"))
        if self.inner is None or deck.mode == "replay":
            return other()
        if deck.closed:
            return live(self.inner)
        writer = deck.writer(self.owner, name, request, self._secrets())
        try:
            value = live(self.inner)
        except errors.LollmsError as error:
            writer.failed(error)
            raise
        except NotImplementedError as error:
            writer.failed(errors.Unsupported(str(error) or f"the binding does not offer {call}"))
            raise
        writer.done(value)
        return value

    def _holds(self, call: str, request: Any) -> bool:
        deck = self.deck
        return not deck.closed and deck.holds(self.owner, call, request)

    # --- of every modality ---

    async def models_flow(self) -> list[ModelInfo]:
        """The models."""
        found: list[ModelInfo] = await self.through("models", {}, lambda binding: binding.models_flow())
        return found

    def list_models(self, **keywords: Any) -> Any:
        """The models as the real binding's documented method gives them."""
        usual = super().list_models
        return self.direct("list_models", keywords, lambda binding: binding.list_models(**keywords), usual)


async def _written(items: AsyncGenerator[Any, None], writer: Writer) -> AsyncGenerator[Any, None]:
    """The pieces of a stream, each noted; however the stream ends, what came of it is written."""
    ended = False
    try:
        while True:
            try:
                parts = await watched(items.__anext__(), writer.told)
            except StopAsyncIteration:
                break
            writer.parts(parts)
            yield parts
        ended = True
        writer.ended()
    except errors.Cancelled:
        raise
    except errors.LollmsError as error:
        ended = True
        writer.failed(error)
        raise
    finally:
        await items.aclose()
        if not ended:
            writer.stopped()


def _converted(entry: Entry, convert: Callable[..., Any], *values: Any) -> Any:
    try:
        return convert(*values)
    except (msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
        raise BadRecording(f"the call of {entry.binding} at line {entry.line} cannot be read: {error}") from error


def _error(entry: Entry, values: Any) -> errors.LollmsError:
    try:
        check_reply({**values, "status": "error"} if isinstance(values, dict) else {"error": str(values)})
    except errors.LollmsError as error:
        return error
    return BadRecording(f"the error at line {entry.line} cannot be read")


def _stopped(entry: Entry) -> BadRecording:
    return BadRecording(
        f"the call of {entry.binding} at line {entry.line} goes on no further: its caller ended it here; record it anew"
    )

"""Plays one case of a binding under one driver and notes every difference from what is stated."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from unittest import mock

import msgspec

from lollms_client import errors
from lollms_client.async_client import AsyncLollmsClient
from lollms_client.client import LollmsClient
from lollms_client.drivers.scripted import CannedReply, ScriptedDriver
from lollms_client.flow import HttpRequest, Timeouts
from lollms_client.manifest import Manifest
from lollms_client.testing.cases import UNSET, Case, PlacedCase
from lollms_client.testing.cases_values import Filling
from lollms_client.testing.media_facts import Observation, observe
from lollms_client.testing.server import Line, LoopbackServer, Received, serving
from lollms_client.testing.wire_media import media_faults
from lollms_client.testing.wire_names import names_led_to
from lollms_client.testing.wire_results import (
    End,
    Heard,
    end_of_error,
    end_of_value,
    error_faults,
    result_faults,
    warning_faults,
)
from lollms_client.testing.wire_script import Script
from lollms_client.testing.wire_seam import led_to
from lollms_client.testing.wire_settings import base_of, filling_of, leads_there, settings_for
from lollms_client.types.media import Media

LIMITS = Timeouts(first_byte=30.0, silence=30.0)  # the server answers at once; only sleeps may be long
MOST_REQUESTS = 500  # of one call under the scripted driver
DRIVERS = ("scripted", "blocking", "asyncio")
_DOCUMENTED_PATHS = ("transcribe_audio",)  # whose sound is given as a path


class Service(Protocol):
    """What answers a binding's requests: the script of a case, or something worse."""

    def serve(self, line: Line, request: Received) -> object:
        """Answer on loopback."""

    def canned(self, request: HttpRequest) -> CannedReply:
        """Answer the scripted driver."""


class CaseRun(msgspec.Struct, kw_only=True):
    """What came of one case under one driver; each list holds differences, one line each."""

    title: str
    line: int
    driver: str
    requests: list[str] = []
    extra: list[str] = []
    unused: list[str] = []
    result: list[str] = []
    warnings: list[str] = []
    media: list[str] = []
    urls: list[str] = []
    end: str = ""  # the end as comparable text
    seen: Observation | None = None  # what the result is, looked at under one driver


class Subject(NamedTuple):
    """The binding whose cases are played."""

    folder: Path
    name: str
    binding_type: str
    manifest: Manifest
    speaks_flows: bool
    allow: Callable[[LoopbackServer], object]  # told of each server, so that it may be reached


class Prepared(NamedTuple):
    """One call, ready to be made."""

    case: Case
    client: dict[str, Any]  # arguments of the client
    arguments: dict[str, Any]
    binding_type: str


def play(subject: Subject, placed: PlacedCase, driver: str) -> CaseRun:
    """Play a case and compare everything with what it states."""
    run = CaseRun(title=placed.title, line=placed.line, driver=driver)
    scripts: list[tuple[Script, Filling]] = []

    def service(filling: Filling) -> Script:
        script = Script(placed.case, filling, hosts_known=subject.speaks_flows)
        scripts.append((script, filling))
        return script

    try:
        end = play_with(subject, placed, driver, service)
    except errors.LollmsError as error:
        run.result.append(f"the case cannot be played: {error}")
        return run
    script, filling = scripts[0]
    run.requests, run.extra, run.unused, run.urls = script.faults, script.extra, script.unused(), script.urls
    run.end = end.comparable().replace(str(filling.fill("${server}")), "${server}")
    if end.given is not None and driver == "blocking":
        run.seen = observe("wire", placed.case.call, filling.fill(placed.case.arguments), end.given, placed.title)
    try:
        run.result = list(_end_faults(placed.case, filling, end))
        run.media = list(_media_faults(placed.case, filling, end))
    except errors.BadManifest as error:
        run.result.append(f"the case cannot be compared: {error}")
    run.warnings = list(warning_faults(placed.case.warnings, end))
    return run


def _end_faults(case: Case, filling: Filling, end: End) -> Iterator[str]:
    if case.error is not None:
        yield from error_faults(filling.fill(case.error), end)
    elif case.result is not UNSET:
        yield from result_faults(filling.fill(case.result), end)
    else:
        yield from result_faults({}, End(value={}, error=end.error, foreign=end.foreign))


def _media_faults(case: Case, filling: Filling, end: End) -> Iterator[str]:
    if case.media is not None and end.error is None and not end.foreign:
        yield from media_faults(filling.fill(case.media), end.media)


def play_with(
    subject: Subject, placed: PlacedCase, driver: str, service: Callable[[Filling], Service], timeout: Any = LIMITS
) -> End:
    """Make a case's call against a service; how it ended. `timeout` bounds the call, whose sleeps take no time.

    Raises what making the binding raises, and BadManifest where the case cannot be filled in.
    """
    chosen: list[Service] = []
    with (
        serving(lambda line, request: chosen[0].serve(line, request)) as server,
        led_to(server.url),
        mock.patch.object(time, "sleep", _brief_sleep(time.sleep)),
    ):
        subject.allow(server)
        settings = settings_for(placed, subject.manifest, server, flows=subject.speaks_flows)
        arguments = _client_arguments(subject, settings)
        by_name = not subject.speaks_flows and not leads_there(settings, server)
        with names_led_to(server) if by_name else contextlib.nullcontext():
            with LollmsClient(**arguments) as client:
                base = base_of(client.binding(subject.binding_type), settings, subject.manifest, server)
            filling = filling_of(placed, base, settings, subject.manifest)
            chosen.append(service(filling))
            prepared = Prepared(placed.case, arguments, _arguments(placed.case, filling, timeout), subject.binding_type)
            return _ended(driver, prepared, chosen[0])


def _client_arguments(subject: Subject, settings: dict[str, Any]) -> dict[str, Any]:
    kind = subject.binding_type
    return {
        f"{kind}_binding_name": subject.name, f"{kind}_binding_config": settings, "bindings_dir": subject.folder,
        "config": {},
    }  # fmt: skip


def _brief_sleep(really: Callable[[float], None]) -> Callable[[float], None]:
    return lambda seconds: really(min(seconds, 0.001))


def _arguments(case: Case, filling: Filling, timeout: Any) -> dict[str, Any]:
    """The call's arguments, with media made. Calls of the client are bounded in time."""
    wants_path = case.call in _DOCUMENTED_PATHS
    found: dict[str, Any] = filling.fill(case.arguments, media=_saved if wants_path else lambda media: media)
    if case.call in _CLIENT_CALLS:
        found.setdefault("timeout", timeout)
    return found


def _saved(media: Media) -> str:
    """The path of a file with that media, in the process's own folder, which is removed after the check."""
    return str(media.save(Path.cwd() / "given"))


_CLIENT_CALLS = {
    "chat", "stream_chat", "embed", "count_tokens", "image", "edit_image", "transcribe", "speech", "stream_speech",
    "voices", "video", "music", "models",
}  # fmt: skip


def _ended(driver: str, prepared: Prepared, service: Service) -> End:
    try:
        if driver == "asyncio":
            return end_of_value(asyncio.run(_awaited(prepared)))
        if driver == "scripted":
            return end_of_value(_scripted(prepared, service))
        return ended_blocking(prepared)
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return end_of_error(error)


def ended_blocking(prepared: Prepared) -> End:
    """Make a call with the blocking client; how it ended, exceptions included."""
    try:
        with LollmsClient(**prepared.client) as client:
            return end_of_value(_called(client, prepared))
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return end_of_error(error)


def ended_asyncio(prepared: Prepared) -> End:
    """How a prepared call of the asyncio client ends."""
    try:
        return end_of_value(asyncio.run(_awaited(prepared)))
    except Exception as error:  # noqa: BLE001 (what somebody else's code raises is what is looked at)
        return end_of_error(error)


def prepared_at(
    subject: Subject, placed: PlacedCase, server: LoopbackServer, timeout: float
) -> tuple[Prepared, Filling]:
    """A case's call with every address setting leading to a server, for processes that the kit cannot watch."""
    settings = settings_for(placed, subject.manifest, server, flows=False)
    arguments = _client_arguments(subject, settings)
    with LollmsClient(**arguments) as client:
        base = base_of(client.binding(subject.binding_type), settings, subject.manifest, server)
    filling = filling_of(placed, base, settings, subject.manifest)
    return Prepared(placed.case, arguments, _arguments(placed.case, filling, timeout), subject.binding_type), filling


def _called(client: Any, prepared: Prepared) -> Any:
    method, arguments = _method(client, prepared)
    found = method(**arguments)
    if prepared.case.call == "stream_chat":
        with found as stream:
            return stream.result
    if prepared.case.call == "stream_speech":
        with found as stream:
            sound = stream.read()
            return Heard.of_stream(sound, stream.warnings)
    return found


def _method(client: Any, prepared: Prepared) -> tuple[Callable[..., Any], dict[str, Any]]:
    call, arguments = prepared.case.call, dict(prepared.arguments)
    if call == "models":
        return client.models, {"binding_type": prepared.binding_type, **arguments}
    if call in _CLIENT_CALLS:
        return getattr(client, call), arguments
    return getattr(client.binding(prepared.binding_type), call), _documented_arguments(call, arguments)


def _documented_arguments(call: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A discussion is stated as its messages."""
    given = arguments.get("discussion")
    if call == "chat" or not isinstance(given, (str, list)):
        return arguments
    from lollms_client import LollmsDiscussion

    messages = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return {**arguments, "discussion": LollmsDiscussion.from_messages(messages)}


def _scripted(prepared: Prepared, service: Service) -> Any:
    driver = ScriptedDriver([service.canned] * MOST_REQUESTS)
    driver.now = time.monotonic()
    with (
        mock.patch("lollms_client.client.blocking_driver", return_value=driver),
        mock.patch("lollms_client.drivers.shared.blocking_driver", return_value=driver),
        LollmsClient(**prepared.client) as client,
    ):
        return _called(client, prepared)


async def _awaited(prepared: Prepared) -> Any:
    async with AsyncLollmsClient(**prepared.client) as client:
        return await called_async(client, prepared)


async def called_async(client: AsyncLollmsClient, prepared: Prepared) -> Any:
    """Make the call with an asynchronous client; a stream is read to its end."""
    method, arguments = _method(client, prepared)
    found = method(**arguments)
    if prepared.case.call == "stream_chat":
        async with found as stream:
            return await stream.result()
    if prepared.case.call == "stream_speech":
        async with found as stream:
            sound = await stream.read()
            return Heard.of_stream(sound, stream.warnings)
    return await found if asyncio.iscoroutine(found) else found

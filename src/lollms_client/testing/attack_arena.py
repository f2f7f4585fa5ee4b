"""Where a case's call is made again and again under attack: one binding, one server, every driver."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from lollms_client.client import LollmsClient
from lollms_client.flow import HttpRequest
from lollms_client.testing.attack_driver import AttackDriver
from lollms_client.testing.attack_ends import Trial, fill
from lollms_client.testing.attack_replies import Canned
from lollms_client.testing.attack_service import CaseService, RanAway, Wanted
from lollms_client.testing.attack_sockets import MOST_ENDLESS, Served
from lollms_client.testing.attacks import Attack
from lollms_client.testing.cases import PlacedCase
from lollms_client.testing.cases_rendering import rendered
from lollms_client.testing.server import Line, LoopbackServer, Received, serving
from lollms_client.testing.wire_playing import Prepared, Subject, _arguments, _awaited, _called, _client_arguments
from lollms_client.testing.wire_script import received_of
from lollms_client.testing.wire_seam import Led, led_to
from lollms_client.testing.wire_settings import base_of, filling_of, settings_for

LONGEST_TRIAL = 12.0  # seconds of real time for one call
PAID = {
    "chat", "stream_chat", "image", "edit_image", "transcribe", "speech", "stream_speech", "music", "video",
    "generate_text", "generate_from_messages", "generate_image", "transcribe_audio", "generate_audio",
    "generate_video", "generate_music",
}  # fmt: skip


class Arena:
    """One case of one binding, ready to be attacked. Make it with `arena`."""

    def __init__(self, subject: Subject, placed: PlacedCase, server: LoopbackServer, led: Led, other: Other) -> None:
        self.subject = subject
        self.placed = placed
        self.server = server
        self.led = led
        self.other = other
        settings = settings_for(placed, subject.manifest, server, flows=subject.speaks_flows)
        secret = {item.name for item in subject.manifest.input_parameters if item.is_secret}
        self.secrets = {name: str(settings[name]) for name in secret if len(str(settings.get(name) or "")) >= 6}
        self.client = LollmsClient(**_client_arguments(subject, settings))
        self.base = base_of(self.client.binding(subject.binding_type), settings, subject.manifest, server)
        self.filling = filling_of(placed, self.base, settings, subject.manifest)
        arguments = _arguments(placed.case, self.filling, 60.0)
        if "timeout" not in placed.case.arguments:
            arguments.pop("timeout", None)
        self.prepared = Prepared(placed.case, _client_arguments(subject, settings), arguments, subject.binding_type)
        self.replies = [self._canned(index) for index in range(len(placed.case.exchanges))]
        self.wanted = [self._wanted(index) for index in range(len(placed.case.exchanges))]
        self.hosts: set[str] = {urlsplit(self.base).netloc, urlsplit(server.url).netloc}
        self.urls: list[str] = []
        self.service = CaseService(self.wanted, self.replies, None)
        self.served = Served(self._answer_line)
        self.driver: AttackDriver | None = None
        self._wholes: dict[Canned, Any] = {}
        self.whole: Any = None

    def _canned(self, index: int) -> Canned:
        found = rendered(self.placed.case.exchanges[index].reply, self.filling)
        headers = tuple((name.lower(), value) for name, value in found.headers.items())
        return Canned(status=found.status, headers=headers, body=found.body)

    def _wanted(self, index: int) -> Wanted:
        request = self.placed.case.exchanges[index].request
        return Wanted(request.method.upper(), str(self.filling.fill(request.path)))

    # --- answering ---

    def _answer(self, request: Received) -> Canned:
        held = any(
            secret in value
            for secret in self.secrets.values()
            for value in (*request.headers.values(), request.target, request.body[:100_000].decode("latin-1"))
        )
        return self.service.answer(request.method, request.url, secret=held, body=request.body)

    def _answer_line(self, request: Received) -> Canned:
        return self._answer(request)

    def _answer_scripted(self, request: HttpRequest) -> Canned:
        return self._answer(received_of(request))

    def serve(self, line: Line, request: Received) -> object:
        """Answer on loopback."""
        try:
            return self.served.serve(line, request)
        except RanAway:
            line.reset()
            return "close"

    # --- calling ---

    def prepare(self) -> None:
        """Make the call without an attack. Raises what it raises; `whole` is the result, `hosts` where it went."""
        self.whole = self.call("scripted" if self.subject.speaks_flows else "blocking", None)()
        self.urls = [asked.url for asked in self.service.asked]
        self.hosts |= {urlsplit(url).netloc for url in self.urls}

    def call(self, driver: str, attack: Attack | None, **options: Any) -> Callable[[], Any]:
        """The case's call as a function; the service answers as the attack says."""
        self.service = CaseService(self.wanted, self.replies, attack)
        prepared = self.prepared
        if attack is not None and attack.limit is not None and driver != "scripted" and self.subject.speaks_flows:
            options.setdefault("timeout", attack.limit)
        if options:
            prepared = prepared._replace(arguments={**prepared.arguments, **options})
        if driver == "scripted":
            self.driver = AttackDriver(self._answer_scripted)
            return lambda: _called(self.client, prepared)
        self.driver = None
        if driver == "asyncio":
            return lambda: asyncio.run(_awaited(prepared))
        return lambda: _called(self.client, prepared)

    def whole_of(self, attack: Attack) -> Any:
        """The result that the attacked call is compared with."""
        if attack.whole is None or attack.whole == self.replies[attack.place]:
            return self.whole
        if attack.whole not in self._wholes:
            plain = Attack(rule="", name="", place=attack.place, replies=(attack.whole,), lasting=False, expect="same")
            driver = "scripted" if self.subject.speaks_flows else "blocking"
            try:
                self._wholes[attack.whole] = self.call(driver, plain)()
            except Exception:  # noqa: BLE001 (what the attack then gives is compared with nothing)
                self._wholes[attack.whole] = None
        return self._wholes[attack.whole]

    def trial(self, attack: Attack, driver: str, made: Callable[[], Any] | None = None) -> Trial:
        """Make the call under attack and note how it ends. `made` is another call than the case's."""
        whole = self.whole_of(attack)
        call = self.call(driver, attack)
        found = Trial(
            rule=attack.rule, case=self.placed.title, attack=attack.name, driver=driver, expect=attack.expect,
            codes=attack.codes, method=self.wanted[attack.place].method, arrived=attack.arrived,
            paid=self._is_paid(attack.place), asked_to_wait=attack.retry_after, flow=self.subject.speaks_flows,
        )  # fmt: skip
        waits = len(self.led.sleeps)
        self.served.taken = 0
        try:
            with limited():
                fill(found, made or call, whole, self.secrets, attack.marks)
        except RanAway as away:
            found.kind, found.text = "hung", str(away)
        if self.served.taken >= MOST_ENDLESS:
            found.left = f"it took all {MOST_ENDLESS // 2**20} MiB of a reply that has no end"
        found.asked = self.service.times(attack.place)
        waited = self.driver.sleeps if self.driver is not None else self.led.sleeps[waits:]
        found.waited = sum(waited)
        self._note_places(found)
        return found

    def _is_paid(self, place: int) -> bool:
        wanted = self.wanted[place]
        polled = self.wanted.count(wanted) > 1
        return self.placed.case.call in PAID and wanted.method == "POST" and not polled and "upload" not in wanted.path

    def _note_places(self, found: Trial) -> None:
        strange = [asked for asked in self.service.asked if urlsplit(asked.url).netloc not in self.hosts]
        found.reached = tuple(dict.fromkeys(_shown(asked.url) for asked in strange)) + tuple(self.other.reached())
        held = [_shown(asked.url) for asked in strange if asked.secret]
        found.carried = tuple(dict.fromkeys([*held, *self.other.carried(self.secrets)]))
        self.other.forget()


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class Other:
    """Another server, to which nothing of the user's may go, and whatever else was tried to be reached."""

    def __init__(self, server: LoopbackServer, refused: list[str]) -> None:
        self.server = server
        self._refused = refused
        self._seen = len(refused)

    def reached(self) -> list[str]:
        """Refused places since the last trial, and the server itself."""
        return list(dict.fromkeys(self._refused[self._seen :])) + ["another server"] * bool(self.server.requests)

    def carried(self, secrets: Mapping[str, str]) -> list[str]:
        """The server, where a request to it held a secret."""
        texts = [" ".join([*item.headers.values(), item.target]) + repr(item.body) for item in self.server.requests]
        return ["another server"] if any(secret in text for text in texts for secret in secrets.values()) else []

    def forget(self) -> None:
        """Begin anew."""
        self._seen = len(self._refused)
        self.server.requests.clear()


@contextlib.contextmanager
def limited(seconds: float = LONGEST_TRIAL) -> Iterator[None]:
    """Inside, RanAway is raised when the time is up, where the system has an alarm clock."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise RanAway(f"it did not come to an end within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def arena(subject: Subject, placed: PlacedCase, refused: list[str]) -> Iterator[Arena]:
    """A case ready to be attacked. Raises what making the binding and filling the case in raises."""
    holder: list[Arena] = []

    def elsewhere(line: Line, request: Received) -> object:
        line.reply(b"taken", headers={"Content-Type": "text/plain"})
        return "close"

    with (
        serving(lambda line, request: holder[0].serve(line, request)) as server,
        serving(elsewhere) as other,
        led_to(server.url) as led,
    ):
        for allowed in (server, other):
            subject.allow(allowed)
        place = Arena(subject, placed, server, led, Other(other, refused))
        holder.append(place)

        def driver(make: Callable[[str], Any]) -> Callable[..., Any]:
            return lambda name="default": place.driver or make(name)

        from lollms_client.drivers import shared

        make = shared.blocking_driver
        with (
            mock.patch("lollms_client.client.blocking_driver", driver(make)),
            mock.patch("lollms_client.drivers.shared.blocking_driver", _cached(driver(make), make)),
            place.client,
        ):
            yield place


def _cached(call: Callable[..., Any], make: Any) -> Any:
    """The function with the cache controls of the one that it stands for."""
    call.cache_clear = make.cache_clear  # type: ignore[attr-defined]
    return call


__all__ = ["Arena", "arena", "limited"]

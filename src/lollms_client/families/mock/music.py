"""The mock composer: a tune of any length by seed, as sound or as a MIDI file."""

from __future__ import annotations

import random
import struct
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec

from lollms_client.errors import BadSetting
from lollms_client.families.mock.binding import MockMediaBinding
from lollms_client.families.mock.plan import Turn
from lollms_client.families.mock.sound import Tone, samples_of, sound_media
from lollms_client.lollms_ttm_binding import LollmsTTMBinding
from lollms_client.types.accounting import Usage
from lollms_client.types.media import Media
from lollms_client.types.music import MusicRequest, MusicResult

_SCALE = (0, 2, 4, 7, 9)  # major pentatonic: every order of its notes sounds like a tune
_TICKS = 480  # a quarter note


class Note(NamedTuple):
    """A note with its times in seconds."""

    number: int  # of MIDI; 60 is middle C
    start: float
    end: float


class MockMusic(MockMediaBinding, LollmsTTMBinding):
    """Makes music for tests."""

    request_type: ClassVar[Any] = MusicRequest

    def music_request(self, prompt: str, given: Mapping[str, Any]) -> MusicRequest:
        """The typed request; arguments that only another binding knows are kept in `extra`."""
        ours, others = self.lenient(MusicRequest, given, "generate_music")
        request = super().music_request(prompt, ours)
        return msgspec.structs.replace(request, extra={**request.extra, **others})

    async def music_flow(self, request: MusicRequest) -> MusicResult:
        """Make music."""
        result: MusicResult = await self.produce(request)
        return result

    def make(self, request: MusicRequest, plan: Turn) -> MusicResult:
        """The piece of a request."""
        seconds = 5.0 if request.seconds is None else request.seconds
        tempo = 120.0 if request.tempo is None else request.tempo
        if not 20 <= tempo <= 400:
            raise BadSetting(f"a mock tune has 20 to 400 beats a minute, not {tempo:g}", setting="tempo")
        given, seed = self.given_file(plan), self.seed_of(request)
        form = (request.output_format or self.settings.get("output_format") or "wav").lower()
        return MusicResult(
            audio=given or _piece(seconds, tempo, seed, form, request.prompt),
            seconds=None if given else seconds,
            text=request.lyrics or "",
            seed=seed if request.seed is None else request.seed,
            usage=Usage(seconds=seconds),
            warnings=tuple(self.warnings_for(request, plan)),
            model=self.model_of(request),
            id=f"mock-{plan.number}",
        )


def _piece(seconds: float, tempo: float, seed: int, form: str, prompt: str) -> Media:
    rate = 22050
    notes = tune(seconds, tempo, seed)
    if form in ("midi", "mid"):
        return Media(midi(notes, tempo), "audio/midi")
    tones = [Tone(n.start, n.end, 440 * 2 ** ((n.number - 69) / 12), 0.5, fading=True) for n in notes]
    return sound_media(samples_of(tones, seconds, rate), rate, form, prompt)


def tune(seconds: float, tempo: float, seed: int) -> list[Note]:
    """Notes one after the other up to the end. Raises BadSetting for a length that no mock piece has."""
    if not 0 < seconds <= 6 * 3600:
        raise BadSetting(f"a mock piece lasts up to six hours, not {seconds:g} seconds", setting="seconds")
    chance = random.Random(seed)
    key, place, now = chance.randint(55, 66), chance.randrange(5), 0.0
    found: list[Note] = []
    while now < seconds:
        length = min(chance.choice((0.5, 0.5, 1.0, 1.0, 2.0)) * 60 / tempo, seconds - now)
        place = max(-3, min(9, place + chance.choice((-2, -1, -1, 1, 1, 2))))
        found.append(Note(key + 12 * (place // 5) + _SCALE[place % 5], now, now + length))
        now += length
    return found


def midi(notes: list[Note], tempo: float) -> bytes:
    """A Standard MIDI File of one track."""
    track = bytearray(b"\0\xff\x51\3" + round(60_000_000 / tempo).to_bytes(3, "big") + b"\0\xc0\0")
    ticks = _TICKS * tempo / 60
    for note in notes:
        length = round(note.end * ticks) - round(note.start * ticks)
        track += b"\0\x90" + bytes((note.number, 96)) + _quantity(length) + b"\x80" + bytes((note.number, 0))
    track += b"\0\xff\x2f\0"
    head = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, _TICKS)
    return head + struct.pack(">4sI", b"MTrk", len(track)) + bytes(track)


def _quantity(value: int) -> bytes:
    """A number as MIDI writes lengths: seven bits in each byte."""
    found = bytes((value & 0x7F,))
    while value := value >> 7:
        found = bytes((value & 0x7F | 0x80,)) + found
    return found

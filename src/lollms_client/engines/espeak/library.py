"""The espeak-ng library through ctypes: loaded once a process, one call at a time, sound and events in memory."""

from __future__ import annotations

import atexit
import ctypes
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from lollms_client.errors import EngineFailed, MissingDependency

EventKind = Literal["word", "sentence", "mark", "end"]

RATE, VOLUME, PITCH, PITCH_RANGE, PUNCTUATION, CAPITALS, WORD_GAP = 1, 2, 3, 4, 5, 6, 7
UTF8, SSML, PHONEMES, END_PAUSE = 0x1, 0x10, 0x100, 0x1000

_SYNCHRONOUS, _DO_NOT_EXIT, _BLOCK_MILLISECONDS = 2, 0x8000, 100
_LONGEST_DATA_PATH = 140  # the library keeps the path of its data in 160 bytes
_IPA = 0x02
_EVENT_KINDS: dict[int, EventKind] = {1: "word", 2: "sentence", 3: "mark", 5: "end"}


class _Voice(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    ]


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_SoundCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
_AddressCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)


class SpokenEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happens in the sound; `position` and `length` count characters of the text, `sample` the sound."""

    kind: EventKind
    position: int
    length: int
    sample: int
    name: str = ""


class RawVoice(msgspec.Struct, frozen=True, kw_only=True):
    """A voice as the library lists it; a lower number before a language means that the voice suits it better."""

    title: str
    identifier: str
    languages: tuple[tuple[int, str], ...]
    gender: str


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """What one call made: int16 samples (n,), and the events in them."""

    samples: np.ndarray[Any, np.dtype[np.int16]]
    events: tuple[SpokenEvent, ...]


class Library:
    """The loaded library. Its state is global to the process, so every method holds one lock."""

    def __init__(self, path: str, data_path: Path) -> None:
        try:
            self._native = ctypes.CDLL(path)
        except OSError as error:
            raise EngineFailed(f"the espeak-ng library cannot be loaded: {error}") from error
        self._declare()
        self._lock = threading.Lock()
        self._blocks: list[bytes] = []
        self._events: list[SpokenEvent] = []
        self._stop: Callable[[], bool] = lambda: False
        self._callback = _SoundCallback(self._receive)
        self._refuse_address = _AddressCallback(lambda kind, address, base: 1)
        self.data_path = data_path
        home = str(data_path.parent).encode()
        self.sample_rate = int(self._native.espeak_Initialize(_SYNCHRONOUS, _BLOCK_MILLISECONDS, home, _DO_NOT_EXIT))
        if self.sample_rate <= 0:
            raise EngineFailed(f"espeak-ng cannot read its data in {data_path}")
        self._native.espeak_SetSynthCallback(self._callback)
        # Without this, <audio src="…"> in SSML would read any file of this machine and hand its name to a shell.
        self._native.espeak_SetUriCallback(self._refuse_address)

    def _declare(self) -> None:
        native, text = self._native, ctypes.c_char_p
        native.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, text, ctypes.c_int]
        native.espeak_SetSynthCallback.argtypes = [_SoundCallback]
        native.espeak_SetUriCallback.argtypes = [_AddressCallback]
        native.espeak_SetVoiceByName.argtypes = [text]
        native.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
        native.espeak_SetPunctuationList.argtypes = [ctypes.c_wchar_p]
        native.espeak_ListVoices.argtypes = [ctypes.c_void_p]
        native.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        native.espeak_Info.argtypes = [ctypes.c_void_p]
        native.espeak_Info.restype = text
        native.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
        native.espeak_TextToPhonemes.restype = text
        native.espeak_Synth.argtypes = [
            text, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p,
            ctypes.c_void_p,
        ]  # fmt: skip

    @property
    def version(self) -> str:
        """The version of espeak-ng, such as `1.52.0`."""
        version: bytes = self._native.espeak_Info(None)
        return version.decode("utf-8", "replace").partition(" ")[0]

    def voices(self, language: str | None = None) -> list[RawVoice]:
        """All voices; with `language` "variant", the variants that any voice can be combined with."""
        with self._lock:
            wanted = _language_list(language) if language else None
            specification = _Voice(languages=ctypes.cast(wanted, ctypes.c_void_p)) if wanted else None
            listed = self._native.espeak_ListVoices(ctypes.byref(specification) if specification else None)
            found: list[RawVoice] = []
            while listed[len(found)]:
                found.append(_raw_voice(listed[len(found)].contents))
            return found

    def speak(
        self,
        text: str,
        voice: str,
        parameters: Mapping[int, int],
        *,
        flags: int = 0,
        punctuation: str = "",
        stop: Callable[[], bool] = lambda: False,
    ) -> Sound:
        """Speak `text` with the voice of that identifier; `stop` is asked every 100 ms of sound and ends the call.

        Raises EngineFailed where the library refuses the voice or the text.
        """
        data = text.encode("utf-8", "replace") + b"\0"
        with self._lock:
            if self._native.espeak_SetVoiceByName(voice.encode()) != 0:
                raise EngineFailed(f"espeak-ng cannot load the voice {voice}")
            for parameter, value in parameters.items():
                self._native.espeak_SetParameter(parameter, value, 0)
            self._native.espeak_SetPunctuationList(punctuation)
            self._blocks, self._events, self._stop = [], [], stop
            status = self._native.espeak_Synth(data, len(data), 0, 1, 0, flags | UTF8, None, None)
            joined = np.frombuffer(b"".join(self._blocks), np.int16)
            events, self._blocks, self._events, self._stop = tuple(self._events), [], [], lambda: False
        if status != 0 and not stop():
            raise EngineFailed(f"espeak-ng could not speak the text (status {status})")
        return Sound(samples=joined, events=events)

    def phonemes(self, text: str, voice: str) -> list[str]:
        """The sounds of a word or of a clause in the International Phonetic Alphabet, without stress marks."""
        data = ctypes.create_string_buffer(text.replace("\0", " ").encode("utf-8", "replace"))
        place = ctypes.c_void_p(ctypes.addressof(data))
        with self._lock:
            if self._native.espeak_SetVoiceByName(voice.encode()) != 0:
                raise EngineFailed(f"espeak-ng cannot load the voice {voice}")
            spoken: bytes | None = self._native.espeak_TextToPhonemes(ctypes.byref(place), UTF8, _IPA | ord("_") << 8)
            plain = (spoken or b"").decode("utf-8", "replace").replace("ˈ", "").replace("ˌ", "")
        return [sound for part in plain.split() for sound in part.split("_") if sound]

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        """Called by the library with each block of sound; 1 ends the call."""
        if count > 0 and samples:
            self._blocks.append(ctypes.string_at(samples, count * 2))
        number = 0
        while events[number].kind:
            event = events[number]
            kind = _EVENT_KINDS.get(event.kind)
            if kind is not None:
                name = (event.id.name or b"").decode("utf-8", "replace") if kind == "mark" else ""
                self._events.append(
                    SpokenEvent(
                        kind=kind, position=event.text_position - 1, length=event.length, sample=event.sample, name=name
                    )
                )
            number += 1
        return 1 if self._stop() else 0


def _language_list(language: str) -> Any:
    return ctypes.c_char_p(language.encode())


def _raw_voice(voice: _Voice) -> RawVoice:
    languages: list[tuple[int, str]] = []
    address = voice.languages
    while address and (priority := ctypes.string_at(address, 1)[0]):
        code = ctypes.string_at(address + 1)
        languages.append((priority, code.decode("utf-8", "replace")))
        address += len(code) + 2
    return RawVoice(
        title=voice.name.decode("utf-8", "replace").strip(),
        identifier=voice.identifier.decode("utf-8", "replace"),
        languages=tuple(languages),
        gender={1: "male", 2: "female"}.get(voice.gender, ""),
    )


_opening = threading.Lock()
_library: Library | None = None


def open_library() -> Library:
    """Load espeak-ng at the first call, and give the same library ever after.

    Raises MissingDependency without the package espeakng-loader, EngineFailed where the library or its data are broken.
    """
    global _library
    with _opening:
        if _library is None:
            try:
                import espeakng_loader
            except ImportError as error:
                raise MissingDependency(
                    "the package espeakng-loader is not installed: run `lollms install espeak`",
                    package="espeakng-loader",
                ) from error
            data = _short_path(Path(espeakng_loader.get_data_path()))
            _library = Library(espeakng_loader.get_library_path(), data)
        return _library


def _short_path(data: Path) -> Path:
    """Give the data a path that fits into the library's buffer, by a copy in the temporary folder where need be."""
    if len(str(data.parent).encode()) <= _LONGEST_DATA_PATH:
        return data
    folder = Path(tempfile.mkdtemp(prefix="espeak-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(shutil.copytree(data, folder / data.name))

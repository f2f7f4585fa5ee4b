"""Speaking texts of any length: cut at sentences, spoken piece by piece, joined with the words' times."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Any

import msgspec
import numpy as np

from lollms_client.engines.espeak import library as native
from lollms_client.engines.espeak.library import Library, open_library
from lollms_client.engines.espeak.timings import words_of
from lollms_client.engines.espeak.voices import Catalogue, EspeakVoice
from lollms_client.errors import BadSetting
from lollms_client.types import Word

WORDS_A_MINUTE = 175  # espeak-ng's own pace
# Measured on the American voice: the pitch set (0 to 100) and the pitch heard, as a multiple of the one heard at 50.
_PITCH_SET = (0, 10, 25, 50, 75, 90, 100)
_PITCH_HEARD = (0.7, 0.73, 0.81, 1.0, 1.28, 1.5, 1.67)
_GAP_SECONDS = 0.0125  # one unit of espeak-ng's word gap at its own pace
_PIECE = 600  # characters
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*\s+(?=[^\sa-z])|[。！？]|\n\s*\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How to speak. Multiples are of the voice's own pace, pitch, loudness and pitch range."""

    voice: EspeakVoice
    variant: EspeakVoice | None = None
    speed: float = 1.0  # 0.46 to 4
    pitch: float = 1.0  # 0.7 to 1.67
    volume: float = 1.0  # 0 to 2
    pitch_range: float = 1.0  # 0 (monotone) to 2
    word_gap: float = 0.0  # seconds between words, beyond the usual
    punctuation: str = "none"  # none, all, or the characters to be spoken by name
    capitals: str = "none"  # none, say, pitch
    ssml: bool = False
    phonemes: bool = False  # text in [[ ]] is espeak-ng's phoneme mnemonics

    @property
    def voice_name(self) -> str:
        """The voice as a caller would name it."""
        return self.voice.name + (f"+{self.variant.name}" if self.variant else "")


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A <mark name="…"/> of SSML and its time in seconds."""

    name: str
    time: float


class Speech(msgspec.Struct, frozen=True, kw_only=True):
    """Spoken text: int16 samples (n,), the words and marks in it."""

    samples: np.ndarray[Any, np.dtype[np.int16]]
    sample_rate: int
    words: tuple[Word, ...]
    marks: tuple[Mark, ...]


class Espeak:
    """espeak-ng with its voices, ready to speak. The library behind it is one for the whole process."""

    def __init__(self) -> None:
        self.library: Library = open_library()
        self.catalogue = Catalogue.of(self.library)

    def speak(
        self, text: str, manner: Manner, stop: Callable[[], bool] = lambda: False
    ) -> Generator[float, None, Speech]:
        """Speak `text`; yields the fraction that is done, returns the speech.

        Where `stop` says True the call ends within some milliseconds and returns what was spoken until then. Raises
        BadSetting where there is nothing to speak.
        """
        clean = _CONTROL.sub(" ", text)
        if not clean.strip():
            raise BadSetting("there is nothing to speak: the text is empty", setting="text")
        pieces = [(0, clean)] if manner.ssml or manner.phonemes else split_text(clean)
        blocks: list[np.ndarray[Any, np.dtype[np.int16]]] = []
        words: list[Word] = []
        marks: list[Mark] = []
        rate, spoken = self.library.sample_rate, 0
        for number, (start, piece) in enumerate(pieces, start=1):
            yield start / len(clean)
            if stop():
                break
            last = number == len(pieces)
            sound = self._speak_piece(piece, manner, stop, last)
            before = spoken / rate
            found = words_of(piece, sound, rate, markup=manner.ssml, spaces=manner.voice.has_spaces)
            words += [_later(one, before) for one in found]
            marks += [
                Mark(name=event.name, time=before + event.sample / rate)
                for event in sound.events
                if event.kind == "mark"
            ]
            blocks.append(sound.samples)
            spoken += len(sound.samples)
        samples = np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
        return Speech(samples=samples, sample_rate=rate, words=tuple(words), marks=tuple(marks))

    def _speak_piece(self, piece: str, manner: Manner, stop: Callable[[], bool], last: bool) -> native.Sound:
        flags = native.SSML if manner.ssml else 0
        flags |= native.PHONEMES if manner.phonemes else 0
        flags |= 0 if last else native.END_PAUSE
        listed = manner.punctuation if manner.punctuation not in ("none", "all") else ""
        parameters = {
            native.RATE: round(WORDS_A_MINUTE * manner.speed),
            native.VOLUME: round(100 * manner.volume),
            native.PITCH: round(float(np.interp(manner.pitch, _PITCH_HEARD, _PITCH_SET))),
            native.PITCH_RANGE: round(50 * manner.pitch_range),
            native.PUNCTUATION: 2 if listed else 1 if manner.punctuation == "all" else 0,
            native.CAPITALS: {"none": 0, "say": 2, "pitch": 20}[manner.capitals],
            native.WORD_GAP: round(manner.word_gap / _GAP_SECONDS),
        }
        voice = manner.voice.identifier + (f"+{manner.variant.name}" if manner.variant else "")
        return self.library.speak(piece, voice, parameters, flags=flags, punctuation=listed, stop=stop)


def _later(word: Word, seconds: float) -> Word:
    return Word(text=word.text, start=round(word.start + seconds, 4), end=round(word.end + seconds, 4))


def split_text(text: str, size: int = _PIECE) -> list[tuple[int, str]]:
    """Cut a text at ends of sentences into pieces of about `size` characters, with the place where each starts.

    A sentence of more than four times that is cut between words, or anywhere if it has none. Nothing is lost.
    """
    pieces: list[tuple[int, str]] = []
    start = 0
    ends = [found.end() for found in _SENTENCE_END.finditer(text)]
    for end in [*(end for end in ends if end < len(text)), len(text)]:
        while end - start > 4 * size:
            cut = text.rfind(" ", start + size, start + 2 * size) + 1 or start + 2 * size
            pieces.append((start, text[start:cut]))
            start = cut
        if end - start >= size or end == len(text):
            pieces.append((start, text[start:end]))
            start = end
    return [(place, piece) for place, piece in pieces if piece.strip()]

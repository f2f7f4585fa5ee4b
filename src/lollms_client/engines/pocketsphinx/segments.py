"""Cutting speech out of a long sound: pocketsphinx's voice detector finds it, quiet places divide long stretches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from lollms_client.engines.audio import Samples

RATE = 16_000  # Hz, what the recogniser takes
_PADDING = round(0.2 * RATE)  # samples kept before and after the speech
_JOIN_GAP = round(0.35 * RATE)  # a shorter pause does not end a stretch
_SHORT = 4 * RATE  # a stretch of up to this length is joined with the next one over a longer pause
_SHORT_GAP = round(0.8 * RATE)
_LONGEST = 15 * RATE
_CUT_WINDOW = 4 * RATE  # how far back from the longest length a quiet place is looked for


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of speech: its start in samples from the beginning, and its 16-bit samples."""

    start: int
    samples: np.ndarray[Any, np.dtype[np.int16]]

    @property
    def end(self) -> int:
        """The sample after the last one."""
        return self.start + len(self.samples)


class _Stretch(msgspec.Struct, kw_only=True):
    start: int
    end: int


def utterances(blocks: Iterator[Samples]) -> Iterator[Utterance | int]:
    """Find the speech in 16 kHz mono samples.

    Yields Utterances in their order, and between them now and then the number of samples that are done with. Only
    the stretch at hand is held in memory.
    """
    cutter = _Cutter()
    for block in blocks:
        yield from cutter.take(np.clip(np.rint(block * 32768.0), -32768, 32767).astype(np.int16))
        yield cutter.settled
    yield from cutter.finish()
    yield cutter.settled


class _Cutter:
    """Follows the voice detector through a sound and gives out the stretches of speech with some sound around them."""

    def __init__(self) -> None:
        from pocketsphinx import Endpointer

        self._detector = Endpointer(window=0.3, ratio=0.9, sample_rate=RATE)
        self._frame = int(self._detector.frame_bytes) // 2
        self._unread = np.zeros(0, np.int16)
        self._kept = np.zeros(0, np.int16)  # the sound from `_kept_from` to `position`
        self._kept_from = 0
        self._open: _Stretch | None = None  # speech that may still go on or be joined
        self.position = 0

    @property
    def settled(self) -> int:
        """The samples that lie before everything that can still become an utterance."""
        return self._kept_from if self._open is None else self._open.start

    def take(self, samples: np.ndarray[Any, np.dtype[np.int16]]) -> Iterator[Utterance]:
        waiting = np.concatenate([self._unread, samples])
        for start in range(0, len(waiting) - self._frame, self._frame):
            frame = waiting[start : start + self._frame]
            self._keep(frame)
            self._detector.process(frame.tobytes())
            yield from self._after_frame()
        whole = max(0, len(waiting) - 1) // self._frame * self._frame
        self._unread = waiting[whole:]

    def finish(self) -> Iterator[Utterance]:
        self._keep(self._unread)
        self._detector.end_stream(self._unread.tobytes())
        yield from self._after_frame()
        if self._open is not None:
            yield from self._give(self._open.end + _PADDING)
        self._forget(self.position)

    def _keep(self, frame: np.ndarray[Any, np.dtype[np.int16]]) -> None:
        self._kept = np.concatenate([self._kept, frame])
        self.position += len(frame)

    def _after_frame(self) -> Iterator[Utterance]:
        if self._detector.in_speech:
            start = round(self._detector.speech_start * RATE)
            if self._open is None or start >= self._open.end:
                yield from self._start_or_join(start)
            assert self._open is not None
            self._open.end = self.position
            while self._open is not None and self._open.end - self._open.start > _LONGEST:
                yield from self._cut_at_quiet_place()
        elif self._open is not None:
            self._open.end = min(self._open.end, max(self._open.start, round(self._detector.speech_end * RATE)))
            pause = self.position - self._open.end
            if pause > _SHORT_GAP + _PADDING or (pause > _JOIN_GAP + _PADDING and not self._is_short()):
                yield from self._give(self._open.end + _PADDING)
        else:
            self._forget(self.position - RATE)

    def _start_or_join(self, start: int) -> Iterator[Utterance]:
        if self._open is not None:
            gap = start - self._open.end
            if gap <= _JOIN_GAP or (gap <= _SHORT_GAP and self._is_short()):
                return
            yield from self._give(self._open.end + min(_PADDING, gap // 2))
        self._open = _Stretch(start=max(self._kept_from, start - _PADDING), end=self.position)

    def _is_short(self) -> bool:
        return self._open is not None and self._open.end - self._open.start < _SHORT

    def _cut_at_quiet_place(self) -> Iterator[Utterance]:
        assert self._open is not None
        last = self._open.start + _LONGEST - self._kept_from
        window = self._kept[last - _CUT_WINDOW : last].astype(np.float32)
        loudness = np.convolve(window**2, np.ones(self._frame, np.float32), "valid")
        cut = self._kept_from + last - _CUT_WINDOW + int(np.argmin(loudness)) + self._frame // 2
        end = self._open.end
        yield from self._give(cut)
        self._open = _Stretch(start=cut, end=end)

    def _give(self, end: int) -> Iterator[Utterance]:
        assert self._open is not None
        end = min(end, self.position)
        start, self._open = self._open.start, None
        if end > start:
            yield Utterance(start=start, samples=self._kept[start - self._kept_from : end - self._kept_from])
        self._forget(end)

    def _forget(self, before: int) -> None:
        if before > self._kept_from:
            self._kept = self._kept[before - self._kept_from :]
            self._kept_from = before

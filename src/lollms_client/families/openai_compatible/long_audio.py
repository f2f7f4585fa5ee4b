"""Cuts audio that is too large for one upload: at the quietest moments, each piece small enough, times kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lollms_client.errors import BadMedia, MissingDependency
from lollms_client.types.media import Media

if TYPE_CHECKING:
    import numpy as np

RATE = 16_000  # Hz, one channel: what recognisers listen to
_BIT_RATE = 64_000
_WINDOW = 30.0  # seconds before the latest end in which the quietest moment is looked for
_MOMENT = 0.25  # seconds
_LONGEST = 1200.0  # seconds of one piece: some models take no more, whatever the file's size


def too_large(audio: Media, limit_bytes: int, longest_seconds: float = 0.0) -> bool:
    """Whether the audio has to be cut: by its size, and by its length where that counts and PyAV can tell it."""
    if limit_bytes and len(audio) > limit_bytes:
        return True
    if not longest_seconds:
        return False
    try:
        from lollms_client.engines.audio import duration
    except ImportError:
        return False
    try:
        return duration(audio) > longest_seconds
    except BadMedia:
        return False  # the service may know better what it is


def piece_seconds(limit_bytes: int, longest_seconds: float = 0.0) -> float:
    """How long a piece may be so that its file stays below the limits. Raises BadMedia where nothing fits."""
    seconds = min(longest_seconds or _LONGEST, _LONGEST, limit_bytes * 0.9 * 8 / _BIT_RATE)
    if seconds < 2.0:
        raise BadMedia(f"uploads of {limit_bytes} bytes are too small to cut audio for", setting="audio")
    return seconds


def cut(audio: Media, limit_bytes: int, longest_seconds: float = 0.0) -> Iterator[tuple[float, Media]]:
    """The pieces as MP3, each with the second at which it begins.

    Raises MissingDependency without PyAV, BadMedia where the bytes are no sound.
    """
    try:
        import numpy as np

        from lollms_client.engines.audio import decode_blocks, encode
    except ImportError as error:
        raise MissingDependency(
            f"the audio ({len(audio)} bytes) is larger than one upload may be ({limit_bytes} bytes"
            f"{f', {longest_seconds:g} s' if longest_seconds else ''}); cutting it needs PyAV: pip install av numpy",
            package="av",
        ) from error
    longest = round(piece_seconds(limit_bytes, longest_seconds) * RATE)
    held: np.ndarray[Any, Any] = np.zeros(0, np.float32)
    begin = 0
    for block in decode_blocks(audio, RATE):
        held = np.concatenate((held, block))
        while len(held) > longest:
            end = _quietest(held, longest)
            yield begin / RATE, encode(held[:end], RATE, "mp3", bit_rate=_BIT_RATE)
            begin, held = begin + end, held[end:]
    if len(held):
        yield begin / RATE, encode(held, RATE, "mp3", bit_rate=_BIT_RATE)


def _quietest(samples: np.ndarray[Any, Any], longest: int) -> int:
    """The middle of the quietest moment before `longest`, counted in samples."""
    import numpy as np

    first = max(longest // 2, longest - round(_WINDOW * RATE))
    width = round(_MOMENT * RATE)
    energy = np.concatenate(([0.0], np.cumsum(np.square(samples[first:longest], dtype=np.float64))))
    moments = energy[width:] - energy[:-width]
    return first + int(np.argmin(moments)) + width // 2

"""Sizes as the Gemini API names them (a ratio and a step), and raw sound as WAV."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from lollms_client.types.media import Media


def nearest_ratio(width: int, height: int, ratios: Sequence[str]) -> str:
    """The ratio of the list that comes nearest to that size."""
    return min(ratios, key=lambda text: abs(math.log(width / height) - math.log(_quotient(text))))


def _quotient(ratio: str) -> float:
    across, _, down = ratio.partition(":")
    return int(across) / int(down)


def exact_ratio(width: int, height: int, ratio: str) -> bool:
    """Whether the size has that ratio exactly."""
    across, _, down = ratio.partition(":")
    return width * int(down) == height * int(across)


def pcm_rate(mime_type: str) -> int | None:
    """The rate in Hz of raw 16-bit sound by its type (`audio/L16;codec=pcm;rate=24000`), None for other types."""
    kind = mime_type.partition(";")[0].strip().lower()
    if kind not in ("audio/l16", "audio/pcm"):
        return None
    found = re.search(r"rate=(\d+)", mime_type)
    return int(found[1]) if found else 24000


def wav_header(rate: int, size: int | None, channels: int = 1) -> bytes:
    """The head of a WAV file with 16-bit samples; `size` bytes of sound follow, None where it is not known yet."""
    body = 0xFFFFFFFF - 36 if size is None else size
    parts = (
        b"RIFF", (body + 36).to_bytes(4, "little"), b"WAVEfmt ", (16).to_bytes(4, "little"), (1).to_bytes(2, "little"),
        channels.to_bytes(2, "little"), rate.to_bytes(4, "little"), (rate * channels * 2).to_bytes(4, "little"),
        (channels * 2).to_bytes(2, "little"), (16).to_bytes(2, "little"), b"data", body.to_bytes(4, "little"),
    )  # fmt: skip
    return b"".join(parts)


def wav_of(sound: bytes, rate: int) -> Media:
    """Raw 16-bit mono sound as a WAV file."""
    return Media(wav_header(rate, len(sound)) + sound, "audio/wav")

"""Looks at films: whether every picture decodes, how many there are, whether anything moves."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lollms_client.testing.media_facts import MediaFacts

_MOST_FRAMES = 3000


def read(data: bytes, facts: MediaFacts) -> None:
    """Fill in what a film is; one without pictures is looked at as a sound."""
    try:
        import av
        import numpy
    except ImportError:
        facts.unproven = f"decoding {facts.sniffed or facts.declared} needs the packages av and numpy"
        return
    try:
        with av.open(io.BytesIO(data), "r", options={"protocol_whitelist": "none"}) as container:
            if container.streams.video:
                _read_pictures(container, facts, numpy)
    except (av.FFmpegError, ValueError, OverflowError) as error:
        facts.problem = f"it does not decode: {error}"
        return
    if facts.frames is None:
        from lollms_client.testing.media_sounds import read as read_sound

        read_sound(data, facts)


def _read_pictures(container: Any, facts: MediaFacts, numpy: Any) -> None:
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    first: Any = None
    last = 0.0
    facts.frames, facts.still, facts.one_colour, facts.black = 0, True, True, True
    for frame in container.decode(stream):
        picture = frame.reformat(width=min(64, frame.width), height=min(64, frame.height), format="rgb24").to_ndarray()
        first = picture if first is None else first
        facts.frames += 1
        facts.still = facts.still and bool(numpy.abs(picture.astype(int) - first).max() < 4)
        facts.one_colour = facts.one_colour and bool(numpy.ptp(picture, axis=(0, 1)).max() < 4)
        facts.black = facts.black and bool(picture.max() < 24)  # the darkest that films of limited range know
        last = max(last, float(frame.time or 0.0))
        if facts.frames >= _MOST_FRAMES:
            break
    facts.width, facts.height = stream.codec_context.width, stream.codec_context.height
    rate = stream.average_rate or stream.guessed_rate
    facts.fps = float(rate) if rate else None
    told = stream.duration * stream.time_base if stream.duration and stream.time_base else None
    counted = last + 1 / facts.fps if facts.fps else last
    facts.seconds = counted
    if not facts.frames:
        facts.problem = "it holds no picture that can be decoded"
    elif told and facts.frames < _MOST_FRAMES and counted < 0.8 * float(told) - 0.2:
        facts.problem = f"it states {float(told):.1f} s, and its pictures end after {counted:.1f} s"

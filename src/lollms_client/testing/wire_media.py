"""Decodes the media that a call gave: its real type, its size in pixels, its length in seconds."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lollms_client.testing.wire_comparing import differences
from lollms_client.types.media import Media, sniff_mime_type

_NEAR = 0.12  # seconds by which lengths may differ
_SHARE = 0.03  # of a length, likewise


class Decoded(NamedTuple):
    """What media really are; None where that does not apply, or cannot be told without a package."""

    type: str
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    problem: str = ""  # why they cannot be decoded
    missing: str = ""  # the package that it would take


def decode(media: bytes) -> Decoded:
    """Decode media as far as the installed packages can."""
    declared = media.mime_type if isinstance(media, Media) else ""
    kind = sniff_mime_type(media) or declared or "application/octet-stream"
    if not media:
        return Decoded(kind, problem="there are no bytes")
    if kind == "image/png":
        return _png(media)
    if kind == "image/svg+xml":
        return _svg(media)
    if kind.startswith("image/"):
        return _picture(media, kind)
    if kind == "audio/wav":
        return _wav(media)
    if kind.startswith(("audio/", "video/")) and kind not in ("audio/pcm", "audio/l16", "audio/midi"):
        return _sound_or_film(media, kind)
    return Decoded(kind)


def _png(data: bytes) -> Decoded:
    kind = "image/png"
    try:
        width, height, bits, colour = struct.unpack(">IIBB", data[16:26])
        at, packed, ended = 8, b"", False
        while at + 12 <= len(data):
            (size,) = struct.unpack(">I", data[at : at + 4])
            name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
            if zlib.crc32(name + body) != struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0]:
                return Decoded(kind, width, height, problem=f"its {name.decode('latin-1')} chunk is damaged")
            packed += body if name == b"IDAT" else b""
            ended = ended or name == b"IEND"
            at += 12 + size
        rows = zlib.decompress(packed)
    except (struct.error, zlib.error) as error:
        return Decoded(kind, problem=f"it is no whole PNG: {error}")
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 1)
    least = height * ((width * bits * channels + 7) // 8)
    if not ended or len(rows) < least:
        return Decoded(kind, width, height, problem="it is cut off")
    return Decoded(kind, width, height)


def _svg(data: bytes) -> Decoded:
    import re

    text = data.decode("utf-8", "replace")
    found = [re.search(rf'<svg[^>]*\s{name}="(\d+)(?:px)?"', text) for name in ("width", "height")]
    problem = "" if "</svg>" in text else "it is cut off"
    width, height = (int(item[1]) if item else None for item in found)
    return Decoded("image/svg+xml", width, height, problem=problem)


def _picture(data: bytes, kind: str) -> Decoded:
    try:
        from PIL import Image
    except ImportError:
        return Decoded(kind, missing="pillow")
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return Decoded(kind, image.width, image.height)
    except Exception as error:  # noqa: BLE001 (pillow's decoders raise many kinds)
        return Decoded(kind, problem=f"it cannot be decoded: {error}")


def _wav(data: bytes) -> Decoded:
    kind = "audio/wav"
    try:
        with wave.open(io.BytesIO(data)) as sound:
            frames, rate, size = sound.getnframes(), sound.getframerate(), sound.getsampwidth() * sound.getnchannels()
            held = len(sound.readframes(frames)) // max(1, size)
    except (wave.Error, EOFError, struct.error, RuntimeError):
        return _sound_or_film(data, kind)
    if held < frames and frames < 0x7FFFFFFF // max(1, size):  # streamed WAV files do not know their length
        return Decoded(kind, seconds=held / rate, problem="it is cut off")
    return Decoded(kind, seconds=held / rate)


def _sound_or_film(data: bytes, kind: str) -> Decoded:
    try:
        import av
    except ImportError:
        return Decoded(kind, missing="av")
    try:
        with av.open(io.BytesIO(data)) as container:
            stream: Any = container.streams.video[0] if container.streams.video else container.streams.audio[0]
            width = getattr(stream, "width", None) if stream.type == "video" else None
            height = getattr(stream, "height", None) if stream.type == "video" else None
            return Decoded(kind, width, height, _length(container, stream))
    except (av.FFmpegError, IndexError, ValueError) as error:
        return Decoded(kind, problem=f"it cannot be decoded: {error}")


def _length(container: Any, stream: Any) -> float:
    """Seconds of all frames, decoded."""
    end = 0.0
    for frame in container.decode(stream):
        start = float(frame.time or 0.0)
        if stream.type == "audio":
            end = max(end, start + frame.samples / frame.sample_rate)
        else:
            rate = float(stream.average_rate or 25)
            end = max(end, start + 1 / rate)
    return end


def media_faults(stated: Mapping[str, Any], got: Sequence[Media]) -> Iterator[str]:
    """How the media of a result differ from what is stated: type, width, height, seconds, count."""
    if not got:
        yield "media: expected some, got none"
        return
    if "count" in stated and stated["count"] != len(got):
        yield f"media: expected {stated['count']}, got {len(got)}"
    for number, media in enumerate(got):
        where = "media" if len(got) == 1 else f"media[{number}]"
        found = decode(media)
        if found.problem:
            yield f"{where}: {found.problem}"
        if "type" in stated and stated["type"] not in (found.type, media.mime_type):
            yield from differences(stated["type"], found.type, f"{where}.type")
        yield from _measure_faults(stated, found, where)


def _measure_faults(stated: Mapping[str, Any], found: Decoded, where: str) -> Iterator[str]:
    for name in ("width", "height", "seconds"):
        if name not in stated:
            continue
        value = getattr(found, name)
        if value is None:
            how = f"install {found.missing} to decode it" if found.missing else "it has none"
            yield f"{where}.{name}: expected {stated[name]}, but {how}"
        elif name != "seconds":
            yield from differences(stated[name], value, f"{where}.{name}")
        elif abs(value - stated[name]) > max(_NEAR, _SHARE * stated[name]):
            yield f"{where}.seconds: expected {stated[name]}, got {value:.2f}"

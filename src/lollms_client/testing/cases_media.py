"""Makes the pictures, sounds and films that cases speak of: the same bytes each time, and never empty or silent."""

from __future__ import annotations

import functools
import math
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from lollms_client.errors import BadManifest
from lollms_client.types.media import Media

MAKERS = ("picture", "tone", "film")
_SIZE = re.compile(r"([1-9]\d{0,3})x([1-9]\d{0,3})")
_RATE = 16000
_SOUNDS = ("wav", "mp3", "flac", "opus", "ogg", "aac", "m4a", "pcm", "l16")
_PICTURES = {"png": "PNG", "jpeg": "JPEG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF"}


def is_media(value: object) -> bool:
    """Whether a value of a case stands for media: `{tone: 0.5}`, `{picture: 64x48, format: jpeg}`, `{film: 64x48}`."""
    if not isinstance(value, Mapping) or not value:
        return False
    return sum(name in value for name in MAKERS) == 1 and set(value) <= {*MAKERS, "format", "seconds", "rate"}


def media_of(value: Mapping[str, Any]) -> Media:
    """The media that such a value stands for. Raises BadManifest where it says nothing that can be made."""
    maker = next(name for name in MAKERS if name in value)
    form = str(value.get("format") or "").lower()
    if maker == "picture":
        width, height = _size(value["picture"])
        return picture(width, height, form or "png")
    if maker == "tone":
        return tone(_seconds(value["tone"]), form or "wav", int(value.get("rate") or _RATE))
    width, height = _size(value["film"])
    return film(width, height, _seconds(value.get("seconds", 1)), form or "mp4")


def media_in_words(words: str) -> Media:
    """The media of `picture 64x48`, `tone 1.5 mp3`, `film 64x48 2`."""
    maker, _, rest = words.strip().partition(" ")
    parts = rest.split()
    if maker not in MAKERS or not 1 <= len(parts) <= 3:
        raise BadManifest(f"{words!r} is no media: write picture 64x48, tone 1.5 or film 64x48, then a format")
    value: dict[str, Any] = {maker: parts[0]}
    for part in parts[1:]:
        value["seconds" if maker == "film" and part.replace(".", "").isdigit() else "format"] = part
    return media_of(value)


def _size(text: object) -> tuple[int, int]:
    found = _SIZE.fullmatch(str(text))
    if found is None:
        raise BadManifest(f"{text!r} is no size: write its width and height in pixels, as 64x48")
    return int(found[1]), int(found[2])


def _seconds(value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 600:
        raise BadManifest(f"{value!r} is no length: write seconds, more than 0 and at most 600")
    return seconds


@functools.lru_cache(maxsize=32)
def picture(width: int, height: int, form: str = "png") -> Media:
    """A picture with colours from corner to corner. PNG needs no package, other forms need pillow."""
    if form == "svg":
        text = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
            f'<rect width="{width}" height="{height}" fill="#286"/><circle cx="9" cy="9" r="7" fill="#fc3"/></svg>'
        )
        return Media(text.encode(), "image/svg+xml")
    if form not in _PICTURES:
        raise BadManifest(f"a picture cannot be made as {form!r}; choose one of {', '.join((*_PICTURES, 'svg'))}")
    data = _png(width, height)
    return data if form == "png" else _by_pillow(data, _PICTURES[form])


def _png(width: int, height: int) -> Media:
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes((255 * x // width, 255 * y // height, (37 * (x // 8 + y // 8)) % 256))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
    return Media(b"\x89PNG\r\n\x1a\n" + body, "image/png")


def _by_pillow(data: bytes, form: str) -> Media:
    import io

    try:
        from PIL import Image
    except ImportError as error:
        raise BadManifest(f"a picture as {form} needs the package pillow; use png, or install it") from error
    made = io.BytesIO()
    Image.open(io.BytesIO(data)).save(made, form)
    return Media(made.getvalue())


@functools.lru_cache(maxsize=32)
def tone(seconds: float, form: str = "wav", rate: int = _RATE) -> Media:
    """A tone that swells and falls, one channel. WAV and PCM need no package, other forms need av and numpy."""
    if form not in _SOUNDS:
        raise BadManifest(f"a sound cannot be made as {form!r}; choose one of {', '.join(_SOUNDS)}")
    data = _samples(seconds, rate)
    if form in ("pcm", "l16"):
        return Media(data, "audio/pcm" if form == "pcm" else "audio/l16")
    if form != "wav":
        return _by_av(data, form, rate)
    head = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    size = struct.pack("<I", 36 + len(data))
    return Media(b"RIFF" + size + b"WAVEfmt " + head + b"data" + struct.pack("<I", len(data)) + data, "audio/wav")


def _samples(seconds: float, rate: int) -> bytes:
    count = max(1, round(seconds * rate))
    turn = 2 * math.pi * 440 / rate
    heights = (int(9000 * math.sin(turn * at) * (0.6 + 0.4 * math.sin(7 * at / rate))) for at in range(count))
    return struct.pack(f"<{count}h", *heights)


def _by_av(data: bytes, form: str, rate: int) -> Media:
    try:
        import numpy

        from lollms_client.engines.audio import encode
    except ImportError as error:
        raise BadManifest(f"a sound as {form} needs the packages av and numpy; use wav, or install them") from error
    return encode(numpy.frombuffer(data, "<i2"), rate, form)


@functools.lru_cache(maxsize=8)
def film(width: int, height: int, seconds: float, form: str = "mp4") -> Media:
    """A film of ten pictures a second in which a bright bar moves. Needs av and numpy."""
    import io
    from fractions import Fraction

    try:
        import av
        import numpy
    except ImportError as error:
        raise BadManifest("a film needs the packages av and numpy; install them, or name a file") from error
    codecs = {"mp4": "libx264", "webm": "libvpx"}
    if form not in codecs:
        raise BadManifest(f"a film cannot be made as {form!r}; choose mp4 or webm")
    made = io.BytesIO()
    count = max(1, round(seconds * 10))
    with av.open(made, "w", format=form) as container:
        track: Any = container.add_stream(codecs[form], rate=Fraction(10))
        track.width, track.height, track.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        for number in range(count):
            canvas = numpy.zeros((track.height, track.width, 3), numpy.uint8)
            canvas[:, :, 2] = numpy.linspace(40, 200, track.width, dtype=numpy.uint8)
            left = number * track.width // count
            canvas[:, left : left + max(2, track.width // 8), :2] = 220
            container.mux(track.encode(av.VideoFrame.from_ndarray(canvas, format="rgb24")))
        container.mux(track.encode())
    return Media(made.getvalue(), f"video/{form}")

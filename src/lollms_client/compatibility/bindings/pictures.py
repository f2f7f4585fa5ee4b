"""Images for bindings: read from a path, base64 or bytes, sized, encoded, counted in tokens, marked."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
# (part of a model's name, side of one tile in pixels, tokens of a tile)
_TILES = (
    ("phi-3-vision", 336, 144),
    ("gpt-4o", 512, 170),
    ("gpt-4", 512, 170),
    ("claude", 28, 1),
    ("gemini", 768, 258),
    ("qwen", 28, 1),
    ("llava", 336, 576),
    ("", 336, 256),
)


def encode_image(image_path: str | Path, max_image_width: int = -1) -> str:
    """An image file in base64, made narrower where it is wider than `max_image_width` pixels (-1: as it is).

    What is base64 (or a data: URL) already is taken, too. Raises FileNotFoundError where there is no such image.
    """
    data = _bytes_of(image_path)
    if data is None:
        raise FileNotFoundError(f"there is no image {str(image_path)[:80]!r}")
    kind, width, height = _facts(data)
    if kind in _FORMATS and not 0 < max_image_width < width:
        return base64.b64encode(data).decode("ascii")
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(data)) as image:
        if 0 < max_image_width < width:
            changed = image.resize((max_image_width, max(1, round(height * max_image_width / width))))
        else:
            changed = image.copy()
    made = BytesIO()
    changed.save(made, format=kind if kind in _FORMATS else "PNG")
    return base64.b64encode(made.getvalue()).decode("ascii")


def _facts(data: bytes) -> tuple[str, int, int]:
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(data)) as image:
        return image.format or "", image.width, image.height


class ImageTokenizer:
    """Estimates how many tokens a model takes for an image."""

    def __init__(self, model_name: str) -> None:
        self.model_name = str(model_name or "").lower()

    def count_image_tokens(self, image: Any) -> int:
        """The estimate for an image (base64, a data: URL, a path or bytes); -1 where it cannot be read."""
        data = _bytes_of(image)
        if data is None:
            return -1
        try:
            _, width, height = _facts(data)
        except (OSError, ImportError, ValueError):
            return -1
        _, side, tokens = next(row for row in _TILES if row[0] in self.model_name)
        return max(1, math.ceil(width / side) * math.ceil(height / side) * tokens)


def _bytes_of(image: Any) -> bytes | None:
    if isinstance(image, (bytes, bytearray)):
        return bytes(image)
    text = str(image)
    if text.startswith("data:"):
        text = text.partition(",")[2]
    elif len(text) < 1024 and Path(text).is_file():
        return Path(text).read_bytes()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def mark_image(
    data: bytes, facts: Mapping[str, str], watermark: Any, size: tuple[Any, Any], place: tuple[Any, Any]
) -> bytes:
    """A PNG of the image with notes in it and a watermark (a path or base64) on it; the image itself if it is none.

    Raises OSError where the watermark cannot be read.
    """
    from io import BytesIO

    try:
        from PIL import Image, PngImagePlugin, UnidentifiedImageError
    except ImportError:
        return data
    try:
        with Image.open(BytesIO(data)) as opened:
            image = opened.copy()
    except UnidentifiedImageError:
        return data
    if watermark:
        content = _bytes_of(watermark)
        if content is None:
            raise OSError("the watermark is neither a file nor base64")
        with Image.open(BytesIO(content)) as opened:
            mark = opened.convert("RGBA").resize((int(size[0]), int(size[1])))
        image = image.convert("RGBA")
        image.paste(mark, (int(place[0]), int(place[1])), mark)
    notes = PngImagePlugin.PngInfo()
    for name, value in facts.items():
        notes.add_text(name, value)
    made = BytesIO()
    image.save(made, format="PNG", pnginfo=notes)
    return made.getvalue()

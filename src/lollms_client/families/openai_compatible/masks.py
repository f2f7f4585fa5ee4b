"""Masks of image edits: ours say white where the image is to change, OpenAI's wire says transparent."""

from __future__ import annotations

import io

from lollms_client.errors import BadMedia, MissingDependency
from lollms_client.types.media import Media


def transparent_mask(mask: Media) -> Media:
    """A PNG that is transparent where `mask` is white (or opaque, where it has transparency at all).

    Raises MissingDependency without Pillow, BadMedia where the mask is no image.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingDependency(
            "turning a mask into the service's form needs Pillow: pip install pillow", package="pillow"
        ) from error
    try:
        with Image.open(io.BytesIO(mask)) as image:
            image.load()
            rgba = image.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise BadMedia(f"the mask cannot be read as an image: {error}", setting="mask") from error
    alpha = rgba.getchannel("A")
    lowest, _ = alpha.getextrema()
    change = alpha if isinstance(lowest, (int, float)) and lowest < 255 else rgba.convert("L")
    change = change.point([0] * 128 + [255] * 128)
    rgba.putalpha(ImageOps.invert(change))
    buffer = io.BytesIO()
    rgba.save(buffer, "PNG")
    return Media(buffer.getvalue(), "image/png")

"""Turns SVG into pixels, and pixels into files."""

from __future__ import annotations

import io

import resvg_py
from PIL import Image

from lollms_client.errors import BadSetting, EngineFailed
from lollms_client.types.media import Media

FORMATS = {"png": "PNG", "jpeg": "JPEG", "jpg": "JPEG", "webp": "WEBP"}


def rasterise(svg: str, width: int, height: int) -> Image.Image:
    """The SVG document as an RGBA picture of exactly that size in pixels; EngineFailed where it cannot be drawn."""
    try:
        data = resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True)
    except ValueError as problem:
        raise EngineFailed(f"the picture could not be drawn: {problem}") from problem
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    return image if image.size == (width, height) else image.resize((width, height), Image.Resampling.LANCZOS)


def encode(image: Image.Image, output_format: str) -> Media:
    """The picture as a file: png, jpeg, webp, or svg (the pixels within an SVG document). Raises BadSetting else."""
    kind = output_format.lower()
    if kind == "svg":
        inside = encode(image, "png").data_url()
        width, height = image.size
        text = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
            f'<image width="{width}" height="{height}" href="{inside}"/></svg>'
        )
        return Media(text.encode(), "image/svg+xml")
    if kind not in FORMATS:
        raise BadSetting(f"output_format {output_format!r} is not png, jpeg, webp or svg", setting="output_format")
    target = io.BytesIO()
    pixels = image.convert("RGB") if kind in ("jpeg", "jpg") else image
    pixels.save(target, FORMATS[kind], quality=92) if kind != "png" else pixels.save(target, "PNG")
    return Media(target.getvalue(), f"image/{'jpeg' if kind == 'jpg' else kind}")

"""Changes of a picture's geometry that are asked for in words, and the joining of several pictures into one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from lollms_client.engines.scene.inpainting import extend

_SIZE = re.compile(r"(\d{1,5})\s*(?:x|×|by|\*)\s*(\d{1,5})", re.I)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent)", re.I)
_PIXELS = re.compile(r"(\d{1,5})\s*(?:px|pixels?)", re.I)
_SIDES = {
    "left": r"left",
    "right": r"right",
    "top": r"top|up(?:wards?)?|above",
    "bottom": r"bottom|down(?:wards?)?|below",
}
_LIMIT = 8192


def transform(image: Image.Image, prompt: str) -> tuple[Image.Image, list[str]]:
    """Rotate, flip, crop, resize and extend as the words say; the names of what was done come second."""
    text = prompt.lower()
    done = []
    for name, change in (
        ("rotate", _rotate), ("flip", _flip), ("crop", _crop), ("resize", _resize), ("extend", _extend),
        ("frame", _frame),
    ):  # fmt: skip
        changed = change(image, text)
        if changed is not None:
            image = changed
            done.append(name)
    return image, done


def _rotate(image: Image.Image, text: str) -> Image.Image | None:
    if re.search(r"\bupside[- ]down\b", text):
        return image.transpose(Image.Transpose.ROTATE_180)
    found = re.search(r"\b(?:rotate|turn|spin|tilt)\b(.*)", text)
    if not found:
        return None
    amount = re.search(r"(-?\d+(?:\.\d+)?)\s*(?:°|deg\w*|$|\D)", found.group(1))
    words = re.search(r"\b(?:left|right|clockwise|half|quarter)\b", found.group(1))
    if not amount and not words and not re.search(r"\brotate\b", text):
        return None
    degrees = float(amount.group(1)) if amount else 180.0 if "half" in found.group(1) else 90.0
    if re.search(r"\bleft\b|counter[- ]?clockwise|anti[- ]?clockwise", found.group(1)):
        degrees = -degrees
    quarters = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    turn = degrees % 360
    if turn == 0:
        return image.copy()
    if turn in quarters:
        return image.transpose(quarters[int(turn)])
    return image.rotate(-degrees, Image.Resampling.BICUBIC, expand=True)


def _flip(image: Image.Image, text: str) -> Image.Image | None:
    found = re.search(r"\b(?:flip|mirror)(?:ped|ed)?\b(.*)", text)
    if not found:
        return None
    if re.search(r"\bvertical|upside|top|updown", found.group(1)):
        return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _crop(image: Image.Image, text: str) -> Image.Image | None:
    found = re.search(r"\b(?:crop(?:ped)?|cut|trim|zoom in)\b(.*)", text)
    if not found or re.search(r"\bcut\s+out\b", text):
        return None
    width, height = image.size
    rest = found.group(1)
    wide, high = width, height
    share = _PERCENT.search(rest)
    if size := _SIZE.search(rest):
        wide, high = int(size.group(1)), int(size.group(2))
    elif ratio := re.search(r"(\d{1,3})\s*:\s*(\d{1,3})", rest):
        across, down = max(1, int(ratio.group(1))), max(1, int(ratio.group(2)))
        wide, high = (
            (width, width * down // across) if width * down <= height * across else (height * across // down, height)
        )
    elif "square" in rest:
        wide = high = min(width, height)
    else:
        part = min(1.0, float(share.group(1)) / 100) if share else 0.5
        sideways = bool(re.search(r"\bleft|right\b", rest))
        upright = bool(re.search(r"\btop|bottom|upper|lower\b", rest))
        wide = round(width * part) if sideways or not upright else width
        high = round(height * part) if upright or not sideways else height
    wide, high = max(1, min(width, wide)), max(1, min(height, high))
    left = 0 if re.search(r"\bleft\b", rest) else width - wide if re.search(r"\bright\b", rest) else (width - wide) // 2
    top = (
        0
        if re.search(r"\btop|upper\b", rest)
        else height - high
        if re.search(r"\bbottom|lower\b", rest)
        else (height - high) // 2
    )
    return image.crop((left, top, left + wide, top + high))


def _resize(image: Image.Image, text: str) -> Image.Image | None:
    found = re.search(
        r"\b(?:resize|rescale|scale|enlarge|shrink|upscale|downscale|make it (?:smaller|bigger|larger))\b(.*)", text
    )
    if not found:
        return None
    width, height = image.size
    size = _SIZE.search(found.group(1))
    if size:
        new = (int(size.group(1)), int(size.group(2)))
    elif pixels := _PIXELS.search(found.group(1)):
        new = (int(pixels.group(1)), round(height * int(pixels.group(1)) / width))
    else:
        share = _PERCENT.search(found.group(1))
        times = re.search(r"(\d+(?:\.\d+)?)\s*(?:x|times)", found.group(1))
        smaller = re.search(r"half|shrink|smaller|downscale", text)
        factor = float(share.group(1)) / 100 if share else float(times.group(1)) if times else 0.5 if smaller else 2.0
        new = (round(width * factor), round(height * factor))
    return image.resize((max(1, min(_LIMIT, new[0])), max(1, min(_LIMIT, new[1]))), Image.Resampling.LANCZOS)


def _extend(image: Image.Image, text: str) -> Image.Image | None:
    found = re.search(
        r"\b(?:extend|expand|outpaint|uncrop|widen|zoom out|continue|enlarge the canvas|add space)\w*\b(.*)", text
    )
    if not found:
        return None
    rest = found.group(1)
    pixels, share = _PIXELS.search(rest), _PERCENT.search(rest)
    amounts = {}
    for side, pattern in _SIDES.items():
        length = image.width if side in ("left", "right") else image.height
        amount = int(pixels.group(1)) if pixels else round(length * (float(share.group(1)) / 100 if share else 0.5))
        amounts[side] = min(_LIMIT, amount) if re.search(rf"\b(?:{pattern})\b", rest) else 0
        if side in ("left", "right") and re.search(r"\b(?:both sides|sideways|horizontal\w*|the sides|widen)\b", text):
            amounts[side] = min(_LIMIT, amount if pixels else amount // 2)
    if not any(amounts.values()):
        amounts = {side: (int(pixels.group(1)) if pixels else min(image.size) // 4) for side in _SIDES}
    return extend(image, amounts["left"], amounts["top"], amounts["right"], amounts["bottom"])


def _frame(image: Image.Image, text: str) -> Image.Image | None:
    from lollms_client.engines.scene.lexicon import facts

    found = re.search(r"\b(?:add|put|with|draw)\b[^.]*?\b(?:border|frame)\b", text)
    if not found:
        return None
    colour = next(
        (value for word, value in facts()["colours"].items() if re.search(rf"\b{word}\b", found.group(0))), "#2b2b30"
    )
    result = image.copy()
    pen = ImageDraw.Draw(result)
    width = max(1, min(image.size) // 25)
    pen.rectangle((0, 0, image.width - 1, image.height - 1), outline=colour, width=width)
    return result


def combine(images: Sequence[Image.Image], prompt: str) -> tuple[Image.Image, str | None]:
    """Several pictures as one: side by side, stacked, blended, as a collage, or the others set into a corner of the
    first. The second value says what was assumed where the words say nothing."""
    text = prompt.lower()
    if re.search(r"\b(?:blend|overlay|mix|superimpose|merge|double exposure|average)\b", text):
        return _blend(images), None
    if re.search(r"\b(?:corner|inset|picture in picture|watermark|logo|on top of|onto|into)\b", text):
        return _inset(images, text), None
    if re.search(r"\b(?:collage|grid|contact sheet|mosaic)\b", text):
        return _grid(images, max(2, round(len(images) ** 0.5))), None
    if re.search(r"\b(?:below|under|beneath|stack|vertical\w*|above|one over)\b", text):
        return _grid(images, 1), None
    asked = re.search(
        r"\b(?:side by side|next to|beside|join|horizontal\w*|in a row|combine|put together|together|compare)\b", text
    )
    return _grid(
        images, len(images)
    ), None if asked else "the images were put side by side, since the prompt does not say how to combine them"


def _blend(images: Sequence[Image.Image]) -> Image.Image:
    result = images[0]
    for index, other in enumerate(images[1:], 2):
        result = Image.blend(result, other.resize(result.size, Image.Resampling.LANCZOS), 1 / index)
    return result


def _inset(images: Sequence[Image.Image], text: str) -> Image.Image:
    result = images[0].copy()
    for index, other in enumerate(images[1:]):
        small = ImageOps.contain(other, (max(1, result.width // 3), max(1, result.height // 3)))
        margin = min(result.size) // 40
        left = margin if "left" in text else result.width - small.width - margin
        top = margin if re.search(r"\btop|upper\b", text) else result.height - small.height - margin
        if "corner" not in text and re.search(r"\bcent(?:er|re)|middle|on top of|onto\b", text):
            left, top = (result.width - small.width) // 2, (result.height - small.height) // 2
        result.alpha_composite(small, (max(0, left - index * (small.width + margin)), max(0, top)))
    return result


def _grid(images: Sequence[Image.Image], columns: int) -> Image.Image:
    if columns == 1:
        width = images[0].width
        parts = [
            one.resize((width, max(1, round(one.height * width / one.width))), Image.Resampling.LANCZOS)
            for one in images
        ]
        result = Image.new("RGBA", (width, sum(part.height for part in parts)))
        offset = 0
        for part in parts:
            result.paste(part, (0, offset))
            offset += part.height
        return result
    height = images[0].height
    if columns >= len(images):
        parts = [
            one.resize((max(1, round(one.width * height / one.height)), height), Image.Resampling.LANCZOS)
            for one in images
        ]
        result = Image.new("RGBA", (sum(part.width for part in parts), height))
        offset = 0
        for part in parts:
            result.paste(part, (offset, 0))
            offset += part.width
        return result
    width = images[0].width
    rows = -(-len(images) // columns)
    result = Image.new("RGBA", (width * columns, height * rows), "#ffffff")
    for index, one in enumerate(images):
        cell = ImageOps.fit(one, (width, height), Image.Resampling.LANCZOS)
        result.paste(cell, (index % columns * width, index // columns * height))
    return result

"""Picture filters that are asked for in words: grey, sepia, blur, sharper, brighter, sketch, warmer and the like."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from lollms_client.engines.scene.colours import to_rgb
from lollms_client.engines.scene.lexicon import facts

Filter = Callable[[Image.Image, float], Image.Image]
"""Takes an RGB picture and a strength about 1.0, gives a new RGB picture of the same size."""


@dataclass(frozen=True)
class FilterStep:
    """A filter found in a prompt: its name, its strength, the colour it needs (tints only), where it stood."""

    name: str
    strength: float
    colour: str | None
    start: int


def _grey(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


def _duotone(image: Image.Image, dark: str, light: str) -> Image.Image:
    return ImageOps.colorize(ImageOps.grayscale(image), dark, light)


def _sepia(image: Image.Image, strength: float) -> Image.Image:
    return _duotone(image, "#2b1a0d", "#ffeccb")


def _unit(image: Image.Image) -> float:
    return max(1.0, min(image.size) / 100)


def _blur(image: Image.Image, strength: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(_unit(image) * 1.2 * strength))


def _sharpen(image: Image.Image, strength: float) -> Image.Image:
    return image.filter(ImageFilter.UnsharpMask(max(1.0, _unit(image) * 0.4), int(160 * strength), 2))


def _enhance(kind: Callable[[Image.Image], ImageEnhance._Enhance], change: float) -> Filter:
    def apply(image: Image.Image, strength: float) -> Image.Image:
        return kind(image).enhance(max(0.0, 1.0 + change * strength))

    return apply


def _invert(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.invert(image)


def _vignette(image: Image.Image, strength: float) -> Image.Image:
    width, height = image.size
    x = numpy.linspace(-1, 1, width)[None, :]
    y = numpy.linspace(-1, 1, height)[:, None]
    fall = 1 - numpy.clip(0.55 * strength, 0, 0.9) * numpy.clip((x * x + y * y) / 2, 0, 1)
    return Image.fromarray((numpy.asarray(image) * fall[:, :, None]).astype(numpy.uint8))


def _vintage(image: Image.Image, strength: float) -> Image.Image:
    faded = Image.blend(image, _sepia(image, 1), 0.6)
    return _vignette(ImageEnhance.Contrast(faded).enhance(0.85), strength)


def _pixelate(image: Image.Image, strength: float) -> Image.Image:
    cell = max(2.0, _unit(image) * 2.4 * strength)
    small = (max(1, round(image.width / cell)), max(1, round(image.height / cell)))
    return image.resize(small, Image.Resampling.BOX).resize(image.size, Image.Resampling.NEAREST)


def _posterize(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.posterize(image, 2 if strength > 1 else 3)


def _edges(image: Image.Image, strength: float) -> Image.Image:
    grey = ImageOps.grayscale(image).filter(ImageFilter.GaussianBlur(_unit(image) * 0.2))
    found = grey.filter(ImageFilter.FIND_EDGES)
    if min(image.size) > 8:  # the outermost pixels have no neighbours
        found = ImageOps.expand(ImageOps.crop(found, 2), 2, 0)
    return ImageOps.invert(ImageOps.autocontrast(found)).convert("RGB")


def _sketch(image: Image.Image, strength: float) -> Image.Image:
    grey = ImageOps.grayscale(image)
    soft = ImageOps.invert(grey).filter(ImageFilter.GaussianBlur(_unit(image) * 1.1))
    base = numpy.asarray(grey, dtype=numpy.float32)
    dodge = base * 255 / numpy.maximum(255 - numpy.asarray(soft, dtype=numpy.float32), 1)
    return Image.fromarray(numpy.clip(dodge, 0, 255).astype(numpy.uint8)).convert("RGB")


def _cartoon(image: Image.Image, strength: float) -> Image.Image:
    flat = ImageOps.posterize(image.filter(ImageFilter.MedianFilter(5)), 3)
    return ImageChops.multiply(flat, _edges(image, 1).point(lambda value: 255 if value > 150 else 60))


def _oil(image: Image.Image, strength: float) -> Image.Image:
    return image.filter(ImageFilter.ModeFilter(max(3, int(_unit(image) * 1.4) | 1)))


def _emboss(image: Image.Image, strength: float) -> Image.Image:
    return image.filter(ImageFilter.EMBOSS)


def _median(image: Image.Image, strength: float) -> Image.Image:
    return image.filter(ImageFilter.MedianFilter(5 if strength > 1 else 3))


def _solarize(image: Image.Image, strength: float) -> Image.Image:
    return ImageOps.solarize(image, 128)


def _grain(image: Image.Image, strength: float) -> Image.Image:
    noise = numpy.random.default_rng(1).normal(0, 18 * strength, (image.height, image.width, 1))
    return Image.fromarray(numpy.clip(numpy.asarray(image) + noise, 0, 255).astype(numpy.uint8))


def _balance(red: float, green: float, blue: float) -> Filter:
    def apply(image: Image.Image, strength: float) -> Image.Image:
        gains = [1 + (gain - 1) * strength for gain in (red, green, blue)]
        return Image.fromarray(numpy.clip(numpy.asarray(image) * numpy.array(gains), 0, 255).astype(numpy.uint8))

    return apply


def _tint(image: Image.Image, strength: float, colour: str) -> Image.Image:
    red, green, blue = (value / 255 for value in to_rgb(colour))
    grey = numpy.asarray(ImageOps.grayscale(image), dtype=numpy.float32)[:, :, None]
    toned = numpy.clip(grey * (0.35 + 0.9 * numpy.array([red, green, blue])), 0, 255)
    mixed = numpy.asarray(image) * (1 - 0.7 * min(1.3, strength)) + toned * 0.7 * min(1.3, strength)
    return Image.fromarray(numpy.clip(mixed, 0, 255).astype(numpy.uint8))


_FILTERS: dict[str, tuple[str, Filter]] = {
    "greyscale": (r"gr[ae]y\s?scale|black[- ]and[- ]white|monochrome|desaturated?|b&w|colou?rless|in gr[ae]y", _grey),
    "sepia": (r"sepia", _sepia),
    "less blur": (r"less blurr?y?|unblur\w*|deblur\w*", _sharpen),
    "blur": (r"blurr?(?:y|ed|ier|ing)?|out of focus|unsharp|soft(?:en|er)\b", _blur),
    "sharpen": (r"sharp(?:en|ened|er)?\b|crisper|more detail", _sharpen),
    "brighter": (
        r"bright(?:er|en|ness up)?\b|lighten|lighter|increase (?:the )?brightness",
        _enhance(ImageEnhance.Brightness, 0.35),
    ),
    "darker": (
        r"dark(?:er|en)\b|(?:reduce|lower|decrease) (?:the )?brightness|dimmer",
        _enhance(ImageEnhance.Brightness, -0.35),
    ),
    "less contrast": (
        r"(?:less|lower|reduce|decrease)(?: the)? contrast|low contrast", _enhance(ImageEnhance.Contrast, -0.35)
    ),
    "more contrast": (
        r"(?:more|higher|increase|boost|add|enhance|stronger)(?: the)? contrast|high contrast|contrasty",
        _enhance(ImageEnhance.Contrast, 0.45),
    ),
    "less saturated": (
        r"less satur\w+|fade(?:d)?\b|mute(?:d)?\b|pastel|(?:less|reduce)(?: the)? colou?r",
        _enhance(ImageEnhance.Color, -0.5),
    ),
    "more saturated": (
        r"(?:more|increase(?: the)?|boost(?: the)?) satur\w+|vivid|more colou?rful|vibrant|saturate\b",
        _enhance(ImageEnhance.Color, 0.7),
    ),
    "invert": (r"invert(?:ed)?|negative|inverse", _invert),
    "vintage": (r"vintage|retro|old[- ](?:photo\w*|fashioned|looking)|antique|aged", _vintage),
    "pixelate": (r"pixel(?:ate|ated|ize|ized|ise|ised| art|s)\b|pixelat\w+|mosaic|8[- ]?bit", _pixelate),
    "posterize": (r"posteri[sz]ed?|fewer colou?rs", _posterize),
    "sketch": (r"(?:pencil |charcoal )?sketch(?:ed|y)?|pencil drawing|like a drawing|hand[- ]drawn", _sketch),
    "edges": (r"(?:find |only |detect )?edges?\b(?! of)|outlines?\b|line art|contours?", _edges),
    "cartoon": (r"cartoon(?:ish|y|ify)?|comic", _cartoon),
    "oil": (r"oil paint\w*|painterly|watercolou?r|like a painting", _oil),
    "emboss": (r"emboss(?:ed)?", _emboss),
    "smooth": (r"smooth(?:er|ed|en)?|denoise|reduce (?:the )?noise|remove (?:the )?noise|despeckle", _median),
    "solarize": (r"solari[sz]ed?", _solarize),
    "vignette": (r"vignette", _vignette),
    "grain": (r"grain(?:y)?|(?:add|more) noise|noisy", _grain),
    "warmer": (r"warm(?:er)?\b(?: tones?| colou?rs?)?", _balance(1.16, 1.02, 0.82)),
    "cooler": (r"cool(?:er)?\b|cold(?:er)?\b", _balance(0.84, 0.99, 1.16)),
    "sunset light": (r"(?:like |at |into |look like )(?:a )?(?:sunset|dusk|evening)", _balance(1.12, 0.82, 0.72)),
    "night light": (r"(?:like |at |into |look like |it )(?:a |the )?night(?:time)?", _balance(0.36, 0.42, 0.68)),
}  # fmt: skip
_IT = "it|this|the (?:image|picture|photo|whole thing|area|region)"
_STRONGER = re.compile(r"\b(?:very|much|strong(?:ly)?|heav(?:y|ily)|a lot|extreme(?:ly)?|really|way)\b", re.I)
_WEAKER = re.compile(r"\b(?:slight(?:ly)?|a (?:little|bit|touch)|subtl[ey]|somewhat|gently|light blur)\b", re.I)
_NEGATED = re.compile(r"\b(?:not|n't|don't|without|no)\s+(?:\w+\s+)?$", re.I)


def filter_names() -> list[str]:
    """The names of all filters."""
    return [*_FILTERS, "tint"]


def find_filters(prompt: str) -> list[FilterStep]:
    """The filters that a prompt asks for, in its order."""
    strength = 1.8 if _STRONGER.search(prompt) else 0.5 if _WEAKER.search(prompt) else 1.0
    taken: list[tuple[int, int]] = []
    steps = []
    for name, (pattern, _) in _FILTERS.items():
        found = re.search(rf"\b(?:{pattern})\b", prompt, re.I)
        if found is None or _NEGATED.search(prompt[: found.start()]):
            continue
        if not any(found.start() < end and start < found.end() for start, end in taken):
            steps.append(FilterStep(name, strength, None, found.start()))
            taken.append(found.span())
    tint = _find_tint(prompt, strength)
    if tint and not any(step.start <= tint.start < step.start + 14 for step in steps):
        steps.append(tint)
    return sorted(steps, key=lambda step: step.start)


def _find_tint(prompt: str, strength: float) -> FilterStep | None:
    colours = facts()["colours"]
    words = "|".join(sorted(colours, key=len, reverse=True))
    patterns = (
        rf"\b(?:tint|colou?ri[sz]e|tone|colou?r)(?:ed|s)?\s+(?:{_IT})?\s*(?:in |with |to )?({words})\b",
        rf"\b({words})\s+(?:tint|tone|tinge|hue|filter|cast)\b",
        rf"\b(?:make|turn|paint|dye)\s+(?:{_IT}|everything)\s+(?:all |more |look )?({words})\b(?!\s+and\s+white)",
    )
    for pattern in patterns:
        found = re.search(pattern, prompt, re.I)
        if found:
            return FilterStep("tint", strength, colours[found.group(1).lower()], found.start())
    return None


def apply_filter(image: Image.Image, step: FilterStep) -> Image.Image:
    """The RGBA picture with a filter on its colours; its transparency stays."""
    plain = image.convert("RGB")
    done = _tint(plain, step.strength, step.colour) if step.colour else _FILTERS[step.name][1](plain, step.strength)
    result = done.convert("RGBA")
    result.putalpha(image.getchannel("A"))
    return result

"""Edits of pictures as words say, with and without a mask; what is not understood leaves the picture as it is."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy
import resvg_py
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from lollms_client.engines.scene.backdrop import Stage, Wish, rain_strokes, snow_flakes
from lollms_client.engines.scene.composer import Scene, SceneComposer
from lollms_client.engines.scene.description import Description
from lollms_client.engines.scene.figures import wrap_svg
from lollms_client.engines.scene.filters import apply_filter, filter_names, find_filters
from lollms_client.engines.scene.inpainting import cut_out, extend, fill_hole
from lollms_client.engines.scene.lettering import text_svg, wrap
from lollms_client.engines.scene.light import light_of
from lollms_client.engines.scene.poster import quoted_texts, without_quotes
from lollms_client.engines.scene.prompt_reader import read_prompt
from lollms_client.engines.scene.rendering import rasterise
from lollms_client.engines.scene.transforms import combine, transform
from lollms_client.errors import BadMedia
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media

_ADD = re.compile(
    r"\b(?:add|put|place|insert|draw|paint|include|give|replace|swap|change|turn|fill|with|show|instead|make|move|recolou?r|colou?r)\b",
    re.I,
)
_STRONG_ADD = re.compile(r"\b(?:add|put|place|insert|draw|paint|include)\b", re.I)
_REMOVE = re.compile(
    r"\b(?:remove|erase|delete|clean|wipe|get rid of|take away|clear|inpaint|fill|heal|repair|restore)\b", re.I
)
_BACKGROUND = re.compile(
    r"\b(?:remove|erase|delete|cut out|without|transparent|take away|no)\b[^.]*\bbackground\b|"
    r"\btransparent background\b|\bbackground (?:removed|transparent)\b|\bcut out\b",
    re.I,
)
_LARGEST = 60_000_000  # pixels


@dataclass
class Edit:
    """The state of an edit: the picture so far, what was done, and what has to be said about it."""

    image: Image.Image
    done: list[str] = field(default_factory=list)
    warnings: list[CallWarning] = field(default_factory=list)

    def warn(self, kind: str, setting: str, detail: str) -> None:
        """Add a warning."""
        self.warnings.append(CallWarning(kind=kind, setting=setting, detail=detail))  # type: ignore[arg-type]


def open_picture(media: Media, setting: str = "images") -> Image.Image:
    """The picture in RGBA, upright. Raises BadMedia where it cannot be read or is too large."""
    data: bytes = media
    try:
        if media.mime_type == "image/svg+xml":
            data = resvg_py.svg_to_bytes(svg_string=bytes(media).decode("utf-8"), skip_system_fonts=True)
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > _LARGEST:
            raise BadMedia(
                f"the image has {image.width} x {image.height} pixels; at most 60 million can be edited",
                setting=setting,
            )
        return ImageOps.exif_transpose(image).convert("RGBA")
    except UnidentifiedImageError as problem:
        raise BadMedia(f"these {len(data)} bytes are no image that can be read", setting=setting) from problem
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        if isinstance(problem, BadMedia):
            raise
        raise BadMedia(f"this is no image that can be read: {problem}", setting=setting) from problem


def open_mask(media: Media, size: tuple[int, int], edit: Edit) -> NDArray[numpy.bool_]:
    """True where the picture is to change: white, or opaque where the mask has transparency."""
    image = open_picture(media, "mask")
    if image.size != size:
        edit.warn(
            "clamped",
            "mask",
            f"the mask has {image.width}x{image.height} pixels and was resized to {size[0]}x{size[1]}",
        )
        image = image.resize(size, Image.Resampling.BILINEAR)
    alpha = numpy.asarray(image.getchannel("A"))
    if int(alpha.min()) < 250:
        return alpha >= 128
    return numpy.asarray(image.convert("L")) >= 128


def edit_pictures(
    composer: SceneComposer,
    images: Sequence[Image.Image],
    prompt: str,
    mask_media: Media | None,
    size: tuple[int | None, int | None],
    seed: int,
    negative_prompt: str | None = None,
) -> Edit:
    """Edit the first picture (or join several) as the prompt says; sizes in pixels."""
    edit = Edit(images[0])
    if len(images) > 1:
        edit.image, assumed = combine(images, prompt)
        edit.done.append("combine")
        if assumed:
            edit.warn("other", "prompt", assumed)
    mask = open_mask(mask_media, edit.image.size, edit) if mask_media is not None else None
    if mask is not None and not mask.any():
        edit.warn("other", "mask", "the mask marks nothing: the image comes back unchanged")
        return edit
    if mask is not None:
        _edit_masked(edit, composer, prompt, negative_prompt, mask, seed)
    else:
        _edit_whole(edit, composer, prompt, negative_prompt, seed)
    _fit_size(edit, size)
    if not edit.done:
        edit.warn(
            "unsupported", "prompt",
            "the words were not understood as an edit and the image comes back unchanged; known are: add, remove the "
            "background, crop, rotate, flip, resize, extend, combine, a text in quotes, and the filters "
            + ", ".join(filter_names()),
        )  # fmt: skip
    return edit


def _edit_masked(
    edit: Edit, composer: SceneComposer, prompt: str, negative: str | None, mask: NDArray[numpy.bool_], seed: int
) -> None:
    original = edit.image
    filters = find_filters(prompt)
    words = _object_words(prompt)
    plain = read_prompt(words, composer.lexicon)
    description = composer.read(words, negative) if not filters or plain.things or plain.place else Description()
    texts = quoted_texts(prompt)
    drawable = bool(description.things or texts)
    changed = original
    if description.place or (description.time and drawable):
        changed = _render(composer.compose(_only_setting(description), *original.size, seed))
        edit.done.append("scene")
    elif drawable or _REMOVE.search(prompt) or not prompt.strip():
        changed = fill_hole(original, mask)
        edit.done.append("fill")
    for step in filters if not drawable and not description.place else ():
        changed = apply_filter(changed, step)
        edit.done.append(step.name)
    if drawable:
        rows, columns = numpy.nonzero(mask)
        box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
        changed = _draw(changed, composer, description, texts, box, seed)
        edit.done.append("draw")
    _report(edit, description)
    edit.image = Image.fromarray(numpy.where(mask[:, :, None], numpy.asarray(changed), numpy.asarray(original)))


def _edit_whole(edit: Edit, composer: SceneComposer, prompt: str, negative: str | None, seed: int) -> None:
    adding = bool(_STRONG_ADD.search(prompt))
    edit.image, done = transform(edit.image, prompt)
    edit.done += done
    if _BACKGROUND.search(prompt):
        _remove_background(edit)
    texts = quoted_texts(prompt)
    framed = re.search(r"\b(?:border|frame)\b", prompt, re.I)
    description = composer.read(_object_words(prompt), negative) if adding and not framed else Description()
    if adding and (description.things or texts):
        edit.image = _draw(edit.image, composer, description, texts, _region(prompt, edit.image.size), seed)
        edit.done.append("draw")
        _report(edit, description)
    if adding and description.place == "snow" and not description.things:
        description.weather.add("snow")
    if adding and description.weather:
        edit.image.alpha_composite(_weather(description, edit.image.size, seed))
        edit.done.append("weather")
    for step in find_filters(prompt) if not description.things else ():
        if not (done and step.name in ("edges", "smooth")):
            edit.image = apply_filter(edit.image, step)
            edit.done.append(step.name)
    if not edit.done:
        _explain_unmasked(edit, composer, prompt)
    elif any(one not in ("draw", "combine", "weather") for one in edit.done) and not adding:
        _explain_whole(edit, composer, prompt)


def _object_words(prompt: str) -> str:
    """What is to be drawn: of `replace the dog with a cat` only the cat."""
    text = without_quotes(prompt)
    found = re.search(r"\b(?:replace|swap|change|turn|exchange)\b.*?\b(?:with|by|for|into|to)\b(.*)", text, re.I | re.S)
    if found:
        return found.group(1)
    text = re.sub(r"\b(?:remove|erase|delete|get rid of|take away)\b[^.,;]*", " ", text, flags=re.I)
    return re.sub(
        r"\b(?:image|picture|photo|masked|mask|area|region|here|corner|text|words?|caption)\b", " ", text, flags=re.I
    )


def _only_setting(description: Description) -> Description:
    return Description(
        place=description.place, time=description.time, weather=set(description.weather), season=description.season
    )


def _render(scene: Scene) -> Image.Image:
    return rasterise(scene.svg(), scene.width, scene.height)


def _region(prompt: str, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where in the whole picture the words want something, in pixels."""
    width, height = size
    text = prompt.lower()
    corner = "corner" in text
    left = bool(
        re.search(r"\b(?:to|on|at|in|top|upper|bottom|lower) (?:the )?(?:\w+ )?left\b|\bleft (?:side|corner)\b", text)
    )
    right = bool(
        re.search(r"\b(?:to|on|at|in|top|upper|bottom|lower) (?:the )?(?:\w+ )?right\b|\bright (?:side|corner)\b", text)
    )
    top = bool(re.search(r"\b(?:top|upper|sky)\b", text))
    bottom = bool(re.search(r"\b(?:bottom|lower|ground|floor)\b", text))
    right = right or (corner and not left)
    share = 0.36 if corner else 0.5
    x1, x2 = (0, round(width * share)) if left else (round(width * (1 - share)), width) if right else (0, width)
    y1, y2 = (
        (0, round(height * share))
        if top
        else (round(height * (1 - share)), height)
        if bottom or corner
        else (0, height)
    )
    return x1, y1, max(x1 + 1, x2), max(y1 + 1, y2)


def _draw(
    image: Image.Image, composer: SceneComposer, description: Description, texts: list[str],
    box: tuple[int, int, int, int], seed: int,
) -> Image.Image:  # fmt: skip
    """The things and texts drawn into a box of the picture."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    parts = []
    if description.things:
        plain = Description(
            things=description.things, relations=description.relations, removed=description.removed, place="meadow"
        )
        scene = composer.compose(plain, width, height, seed)
        boxes = [figure.box for figure in scene.figures] or [(0.0, 0.0, 1.0, 1.0)]
        x1, y1 = min(b[0] for b in boxes), min(b[1] for b in boxes)
        x2, y2 = max(b[2] for b in boxes), max(b[3] for b in boxes)
        whole = width * height > image.width * image.height * 0.9
        scale = min(width * 0.92 / (x2 - x1), height * 0.92 / (y2 - y1))
        middle = (x1 + x2) / 2
        move = f"translate({width / 2:.2f} {height * 0.97:.2f}) scale({scale:.4f}) translate({-middle:.2f} {-y2:.2f})"
        if whole:
            move = f"translate({width * 0.1:.2f} {height * 0.18:.2f}) scale(0.8)"
        parts.append(
            f'<g transform="{move}">{"".join(scene.figure_svg(f, f"f{i}-") for i, f in enumerate(scene.figures))}</g>'
        )
    if texts:
        lines = wrap(" ".join(texts), width * 0.9, height * 0.8, height * 0.3)
        y = height / 2 - sum(line.size for line in lines) * 0.55
        for line in lines:
            y += line.size
            parts.append(
                text_svg(line.text, width / 2, y, line.size, "#20242e", bold=0.14)
                + text_svg(line.text, width / 2, y, line.size, "#ffffff", bold=0.02)
            )
    layer = rasterise(wrap_svg("".join(parts), width, height), width, height)
    result = image.copy()
    result.alpha_composite(layer, (left, top))
    return result


def _weather(description: Description, size: tuple[int, int], seed: int) -> Image.Image:
    stage = Stage(*size, Wish(light_of(None, ()), (), None, (), seed))
    parts = []
    if description.weather & {"rain", "storm"}:
        parts.append(rain_strokes(stage, 150))
    if "snow" in description.weather:
        parts.append(snow_flakes(stage, 120))
    if "fog" in description.weather:
        parts.append(stage.sketch.rect(0, 0, *size, "#e8edf0", 'opacity="0.45"'))
    if "clear" in description.weather:
        parts.append(stage.sketch.glow(size[0] * 0.85, size[1] * 0.12, max(size) * 0.5, "#fff3b0", 0.7))
    return rasterise(wrap_svg("".join(parts), *size), *size)


def _remove_background(edit: Edit) -> None:
    cut, share = cut_out(edit.image)
    if share > 0.97 or share < 0.02:
        edit.warn("unsupported", "prompt", "no plain background was found along the edge, so none was removed")
        edit.done.append("no background found")
        return
    edit.image = cut
    edit.done.append("remove background")
    edit.warn("approximate", "prompt", f"what is like the edge was taken for the background: {share:.0%} of the image")


def _report(edit: Edit, description: Description) -> None:
    for word, drawn in description.replaced:
        edit.warn("replaced", "prompt", f"there is no drawing of {word!r}; the nearest, {drawn!r}, was drawn")
    for word in description.unknown:
        edit.warn("unsupported", "prompt", f"there is no drawing of {word!r} nor of anything near it")


def _explain_unmasked(edit: Edit, composer: SceneComposer, prompt: str) -> None:
    things = [composer.library[one].name for one in read_prompt(prompt, composer.lexicon).ids()]
    if things and (_REMOVE.search(prompt) or _ADD.search(prompt)):
        edit.warn(
            "unsupported", "prompt", f"this engine cannot find things in a picture: mark the {things[0]} with a mask"
        )


def _explain_whole(edit: Edit, composer: SceneComposer, prompt: str) -> None:
    things = [composer.library[one].name for one in read_prompt(prompt, composer.lexicon).ids()]
    if things and re.search(r"\bthe\b", prompt, re.I):
        edit.warn(
            "approximate",
            "prompt",
            f"this engine cannot find the {things[0]} in a picture, so the whole image was changed: use a mask",
        )


def _fit_size(edit: Edit, size: tuple[int | None, int | None]) -> None:
    width, height = size[0] or edit.image.width, size[1] or edit.image.height
    if (width, height) == edit.image.size:
        return
    if width >= edit.image.width and height >= edit.image.height:
        left, top = (width - edit.image.width) // 2, (height - edit.image.height) // 2
        edit.image = extend(edit.image, left, top, width - edit.image.width - left, height - edit.image.height - top)
        edit.done.append("extend")
    else:
        edit.image = edit.image.resize((width, height), Image.Resampling.LANCZOS)
        edit.done.append("resize")

"""Answers image requests: chooses the mode, composes or edits, renders, and says what could not be honoured."""

from __future__ import annotations

import random
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import numpy
from PIL import Image

from lollms_client.engines.scene.chart import chart_svg, read_chart, wants_chart
from lollms_client.engines.scene.composer import SceneComposer
from lollms_client.engines.scene.description import Description
from lollms_client.engines.scene.editing import edit_pictures, open_picture
from lollms_client.engines.scene.lettering import can_write, in_letters_of_the_font
from lollms_client.engines.scene.lexicon import facts
from lollms_client.engines.scene.meaning import NearestMeaning
from lollms_client.engines.scene.pattern import ground_colour, pattern_svg, wants_pattern, without_pattern_words
from lollms_client.engines.scene.poster import letter_colour, poster_svg, split_prompt, wants_poster
from lollms_client.engines.scene.rendering import FORMATS, encode, rasterise
from lollms_client.engines.scene.unknown_words import Nearest
from lollms_client.errors import BadSetting
from lollms_client.types.accounting import CallWarning, Progress, Usage
from lollms_client.types.catalogue import ModelInfo
from lollms_client.types.image import ImageRequest, ImageResult
from lollms_client.types.media import Media

SMALLEST, LARGEST, USUAL = 16, 4096, 768
MOST_IMAGES = 16
MODES = {
    "auto": "chooses one of the others by the words of the prompt",
    "scene": "things in a place, with counts, colours, sizes, relations, time of day, weather and season",
    "poster": "words in large letters over a scene or a decorated ground",
    "pattern": "the things as motifs of a tile that repeats without a seam",
    "chart": "bars, a line or a pie from the numbers in the prompt",
}


@dataclass
class Warnings:
    """Collects what has to be said about a call."""

    items: list[CallWarning] = field(default_factory=list)

    def add(self, kind: str, setting: str, detail: str) -> None:
        """Add a warning once."""
        warning = CallWarning(kind=kind, setting=setting, detail=detail)  # type: ignore[arg-type]
        if warning not in self.items:
            self.items.append(warning)

    def about(self, description: Description, nearest: Nearest | None) -> None:
        """Say what of a description could not be drawn as said."""
        problem = nearest.problem if isinstance(nearest, NearestMeaning) else None
        for word, drawn in description.replaced:
            self.add("replaced", "prompt", f"there is no drawing of {word!r}; the nearest, {drawn!r}, was drawn")
        for word in description.unknown:
            why = f" (the nearest in meaning could not be looked up: {problem})" if problem else ""
            self.add("unsupported", "prompt", f"there is no drawing of {word!r} nor of anything near it{why}")
        if description.ignored:
            words = ", ".join(dict.fromkeys(description.ignored))
            self.add("dropped", "prompt", f"these words have no effect: {words}")
        if description.styles:
            styles = ", ".join(dict.fromkeys(description.styles))
            self.add("unsupported", "prompt", f"there is one style, flat vector art; not honoured: {styles}")


class ScenePainter:
    """The engine behind the bindings: prompts and edits into image files."""

    def __init__(self, nearest: Nearest | None = None) -> None:
        self.composer = SceneComposer(nearest=nearest if nearest is not None else NearestMeaning())

    def paint(self, request: ImageRequest, mode: str = "auto") -> Generator[Progress, None, ImageResult]:
        """Make the images of a request, or edit those it carries. Yields progress before each step.

        Raises BadSetting for an unknown mode or format, BadMedia for an image or mask that cannot be read.
        """
        mode = self._mode(request, mode)
        warnings = Warnings()
        output_format = (request.output_format or "png").lower()
        if output_format not in (*FORMATS, "svg"):
            raise BadSetting(f"output_format {output_format!r} is not png, jpeg, webp or svg", setting="output_format")
        for name in ("steps", "guidance", "style", "quality"):
            if getattr(request, name) is not None:
                warnings.add("dropped", name, "the scene composer has no such setting")
        seed = request.seed if request.seed is not None else random.SystemRandom().randrange(2**31)
        yield Progress(fraction=0.0, stage="reading")
        yield from self.composer.prepare(request.prompt)
        started = time.perf_counter()
        if request.images:
            images = yield from self._edit(request, seed, output_format, warnings)
        else:
            images = yield from self._make(request, mode, seed, output_format, warnings)
        return ImageResult(
            images=tuple(images),
            seed=seed,
            usage=Usage(images=len(images)),
            warnings=tuple(warnings.items),
            model=f"scene-composer/{mode}" if not request.images else "scene-composer/edit",
            extra={"seconds": round(time.perf_counter() - started, 3)},
        )

    def _mode(self, request: ImageRequest, mode: str) -> str:
        wanted = (request.model or "").removeprefix("scene-composer").strip("/") or mode
        if wanted not in MODES:
            raise BadSetting(f"the mode {wanted!r} is not one of {', '.join(MODES)}", setting="mode")
        if wanted != "auto" or request.images:
            return wanted
        prompt = request.prompt
        if wants_chart(prompt):
            return "chart"
        return "poster" if wants_poster(prompt) else "pattern" if wants_pattern(prompt) else "scene"

    def _make(
        self, request: ImageRequest, mode: str, seed: int, output_format: str, warnings: Warnings
    ) -> Generator[Progress, None, list[Media]]:
        width = bounded(request.width, USUAL, SMALLEST, LARGEST, "width", warnings)
        height = bounded(request.height, USUAL, SMALLEST, LARGEST, "height", warnings)
        count = bounded(request.count, 1, 1, MOST_IMAGES, "count", warnings)
        if request.mask is not None:
            warnings.add("dropped", "mask", "a mask needs an image to be edited")
        if request.strength is not None:
            warnings.add("dropped", "strength", "it needs an image to be edited")
        results = []
        for index in range(count):
            yield Progress(fraction=index / count, stage="composing")
            svg = self.draw(request, mode, width, height, seed + index, warnings)
            yield Progress(fraction=(index + 0.5) / count, stage="rendering")
            if output_format == "svg":
                results.append(Media(svg.encode(), "image/svg+xml"))
            else:
                results.append(encode(rasterise(svg, width, height).convert("RGB"), output_format))
        return results

    def draw(self, request: ImageRequest, mode: str, width: int, height: int, seed: int, warnings: Warnings) -> str:
        """The SVG document of one image of a request."""
        prompt = request.prompt
        if mode == "chart":
            chart = read_chart(prompt if wants_chart(prompt) else f"chart {prompt}")
            if chart is None:
                raise BadSetting("a chart needs numbers, such as: bar chart of apples 3, pears 5", setting="prompt")
            self._check_letters([chart.title, *(label for label, _ in chart.values)], warnings)
            return chart_svg(chart, self.composer.library, width, height)
        if mode == "pattern":
            ground, rest = ground_colour(without_pattern_words(prompt), facts()["colours"])
            description = self._read(rest, request.negative_prompt, warnings)
            return pattern_svg(description, self.composer.library, width, height, seed, ground)
        if mode == "poster":
            texts, rest = split_prompt(prompt)
            self._check_letters(texts, warnings)
            description = self._read(rest, request.negative_prompt, warnings)
            drawn = description.things or description.place or description.time
            scene = self.composer.compose(description, width, height, seed, headroom=0.36) if drawn else None
            return poster_svg(texts, scene, width, height, seed, letter_colour(prompt))
        description = self._read(prompt, request.negative_prompt, warnings)
        if not description.things and not (description.place or description.time or description.weather):
            warnings.add(
                "other", "prompt", "nothing that can be drawn was found in the prompt: an empty meadow was drawn"
            )
        return self.composer.compose(description, width, height, seed).svg()

    def _read(self, prompt: str, negative_prompt: str | None, warnings: Warnings) -> Description:
        description = self.composer.read(prompt, negative_prompt)
        warnings.about(description, self.composer.nearest)
        return description

    def _check_letters(self, texts: list[str], warnings: Warnings) -> None:
        plain = [in_letters_of_the_font(text) for text in texts]
        changed = [text for text, instead in zip(texts, plain, strict=True) if text != instead]
        if changed:
            warnings.add(
                "approximate",
                "prompt",
                f"the font has plain Latin letters only; written otherwise: {', '.join(changed)}",
            )
        missing = sorted({letter for text in plain for letter in text if not can_write(letter)})
        if missing:
            warnings.add("unsupported", "prompt", f"the font has no letters for {' '.join(missing[:12])}")

    def _edit(
        self, request: ImageRequest, seed: int, output_format: str, warnings: Warnings
    ) -> Generator[Progress, None, list[Media]]:
        width = height = None
        if request.width is not None:
            width = bounded(request.width, USUAL, 1, LARGEST, "width", warnings)
        if request.height is not None:
            height = bounded(request.height, USUAL, 1, LARGEST, "height", warnings)
        count = bounded(request.count, 1, 1, MOST_IMAGES, "count", warnings)
        pictures = []
        for index, media in enumerate(request.images):
            yield Progress(fraction=0.3 * index / len(request.images), stage="opening")
            pictures.append(open_picture(media))
        results = []
        for index in range(count):
            yield Progress(fraction=0.3 + 0.6 * index / count, stage="editing")
            edit = edit_pictures(
                self.composer, pictures, request.prompt, request.mask, (width, height), seed + index,
                request.negative_prompt,
            )  # fmt: skip
            for one in edit.warnings:
                warnings.add(one.kind, one.setting, one.detail)
            image = self._weaken(pictures[0], edit.image, request.strength, warnings)
            yield Progress(fraction=0.3 + 0.6 * (index + 0.7) / count, stage="encoding")
            opaque = _is_opaque(image)
            results.append(encode(image.convert("RGB") if opaque else image, output_format))
        if output_format in ("jpeg", "jpg") and not all(map(_is_opaque, pictures)):
            warnings.add("other", "output_format", "JPEG has no transparency: transparent parts were lost")
        return results

    def _weaken(
        self, before: Image.Image, after: Image.Image, strength: float | None, warnings: Warnings
    ) -> Image.Image:
        if strength is None:
            return after
        if not 0.0 <= strength <= 1.0:
            warnings.add("clamped", "strength", f"{strength} lies outside 0.0 to 1.0")
        if before.size != after.size:
            warnings.add("dropped", "strength", "the edit changed the size of the image")
            return after
        return Image.blend(before, after, max(0.0, min(1.0, strength)))


def _is_opaque(image: Image.Image) -> bool:
    return bool(numpy.asarray(image.getchannel("A")).min() == 255)


def bounded(value: int | None, usual: int, low: int, high: int, name: str, warnings: Warnings) -> int:
    """The value within its bounds, the usual one where none is given; says so where it was changed."""
    if value is None:
        return usual
    result = max(low, min(high, int(value)))
    if result != value:
        warnings.add("clamped", name, f"{value} lies outside {low} to {high}; {result} was used")
    return result


def models() -> list[ModelInfo]:
    """The modes, as what `model=` takes."""
    return [
        ModelInfo(
            name="scene-composer" if mode == "auto" else f"scene-composer/{mode}",
            title=f"Scene composer: {mode}",
            description=about,
            owner="lollms_client",
            capabilities=("generate", "edit", "inpaint") if mode == "auto" else ("generate",),
        )
        for mode, about in MODES.items()
    ]

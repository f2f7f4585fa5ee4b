"""What the tests of the scene composer share: one painter without an embedding model, and how to call it."""

from __future__ import annotations

import functools
import io
from collections.abc import Generator
from typing import Any, TypeVar

import numpy
from numpy.typing import NDArray
from PIL import Image

from lollms_client.engines.scene.composer import Scene, SceneComposer
from lollms_client.engines.scene.description import Description
from lollms_client.engines.scene.figures import Figure
from lollms_client.engines.scene.meaning import nothing_near
from lollms_client.engines.scene.painter import ScenePainter
from lollms_client.types import ImageRequest, ImageResult, Media, Progress

Result = TypeVar("Result")
Pixels = NDArray[numpy.uint8]


@functools.cache
def painter() -> ScenePainter:
    return ScenePainter(nearest=nothing_near)


@functools.cache
def composer() -> SceneComposer:
    return painter().composer


def drain(steps: Generator[Progress, None, Result]) -> Result:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def paint(prompt: str, mode: str = "auto", **fields: Any) -> ImageResult:
    fields = {"width": 256, "height": 256, "seed": 7, **fields}
    return drain(painter().paint(ImageRequest(prompt=prompt, **fields), mode))


def edit(prompt: str, *pictures: Image.Image, mask: Image.Image | None = None, **fields: Any) -> ImageResult:
    images = tuple(as_media(one) for one in pictures)
    request = ImageRequest(
        prompt=prompt, images=images, mask=as_media(mask) if mask is not None else None, **{"seed": 7, **fields}
    )
    return drain(painter().paint(request))


def as_media(image: Image.Image) -> Media:
    target = io.BytesIO()
    image.save(target, "PNG")
    return Media(target.getvalue())


def open_image(media: Media) -> Image.Image:
    return Image.open(io.BytesIO(media))


def pixels(media: Media) -> Pixels:
    return numpy.asarray(open_image(media).convert("RGB"))


def read(prompt: str, negative_prompt: str | None = None) -> Description:
    return composer().read(prompt, negative_prompt)


def things(description: Description) -> list[tuple[str, int]]:
    return [(thing.object_id, thing.count) for thing in description.things]


def relations(description: Description) -> list[tuple[str, str, str]]:
    ids = description.ids()
    return [(ids[one.subject], one.kind, ids[one.reference]) for one in description.relations]


def scene(prompt: str, seed: int = 7, width: int = 512, height: int = 512) -> Scene:
    return composer().compose(read(prompt), width, height, seed)


def figures(made: Scene, object_id: str) -> list[Figure]:
    return [figure for figure in made.figures if figure.art.id == object_id]


def one(made: Scene, object_id: str) -> Figure:
    (figure,) = figures(made, object_id)
    return figure

"""Fills holes and margins of a picture from what surrounds them, and cuts things out of a plain background."""

from __future__ import annotations

import importlib.util

import numpy
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Floats = NDArray[numpy.float64]
Mask = NDArray[numpy.bool_]

_SWEEPS = 16  # at each of the scales


def fill_hole(image: Image.Image, hole: Mask) -> Image.Image:
    """The RGBA picture with its hole (True) filled from the rim; all other pixels stay as they are."""
    pixels = numpy.asarray(image).copy()
    if not hole.any():
        return image
    if hole.all():
        pixels[:] = (200, 200, 200, 255)
        return Image.fromarray(pixels)
    if importlib.util.find_spec("cv2") is not None:
        filled = _fill_with_opencv(pixels, hole)
    else:
        filled = _diffuse(pixels.astype(numpy.float64), hole)
    pixels[hole] = numpy.clip(numpy.rint(filled), 0, 255).astype(numpy.uint8)[hole]
    return Image.fromarray(pixels)


def _fill_with_opencv(pixels: NDArray[numpy.uint8], hole: Mask) -> Floats:
    cv2 = importlib.import_module("cv2")
    marked = hole.astype(numpy.uint8) * 255
    result = numpy.dstack(
        [cv2.inpaint(numpy.ascontiguousarray(pixels[:, :, :3]), marked, 5, cv2.INPAINT_TELEA), pixels[:, :, 3]]
    ).astype(numpy.float64)
    result[hole, 3] = 255
    return result


def _diffuse(pixels: Floats, hole: Mask) -> Floats:
    """Solve Laplace's equation in the hole, from coarse to fine."""
    return _solve(pixels, hole)


def _solve(pixels: Floats, hole: Mask) -> Floats:
    if hole.all() or not hole.any() or min(hole.shape) < 3:
        known = pixels[~hole]
        return numpy.where(hole[:, :, None], known.mean(axis=0) if len(known) else 0.0, pixels)
    height, width = hole.shape
    even = ((0, height % 2), (0, width % 2))
    weights = numpy.pad((~hole).astype(numpy.float64), even)
    sums = numpy.pad(pixels * (~hole)[:, :, None], (*even, (0, 0)))
    shape = (sums.shape[0] // 2, 2, sums.shape[1] // 2, 2)
    weight = weights.reshape(shape).sum(axis=(1, 3))
    small = sums.reshape(*shape, -1).sum(axis=(1, 3)) / numpy.maximum(weight, 1e-9)[:, :, None]
    coarse = _solve(small, weight == 0)
    fine = numpy.repeat(numpy.repeat(coarse, 2, axis=0), 2, axis=1)[:height, :width]
    return _relax(numpy.where(hole[:, :, None], fine, pixels), hole)


def _relax(values: Floats, hole: Mask) -> Floats:
    """Replace the pixels of the hole by the mean of their neighbours, again and again."""
    rows, columns = numpy.nonzero(hole)
    top, bottom = max(0, int(rows.min()) - 1), min(hole.shape[0], int(rows.max()) + 2)
    left, right = max(0, int(columns.min()) - 1), min(hole.shape[1], int(columns.max()) + 2)
    part, inside = values[top:bottom, left:right], hole[top:bottom, left:right]
    for _ in range(_SWEEPS):
        wide = numpy.pad(part, ((1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]) / 4
        part[inside] = mean[inside]
    return values


def extend(image: Image.Image, left: int, top: int, right: int, bottom: int) -> Image.Image:
    """A larger picture whose new margins go on from the edges, softer with the distance."""
    pixels = numpy.asarray(image)
    frame = Image.fromarray(numpy.pad(pixels, ((top, bottom), (left, right), (0, 0)), mode="edge"))
    soft = frame.filter(ImageFilter.GaussianBlur(max(2.0, min(image.size) / 28)))
    x = numpy.arange(frame.width)
    y = numpy.arange(frame.height)
    far_x = numpy.maximum(numpy.maximum(left - x, x - (left + image.width - 1)), 0)
    far_y = numpy.maximum(numpy.maximum(top - y, y - (top + image.height - 1)), 0)
    distance = numpy.maximum(far_x[None, :], far_y[:, None]) / (min(image.size) / 10 + 1)
    share = Image.fromarray((numpy.clip(distance, 0, 1) * 255).astype(numpy.uint8))
    result = Image.composite(soft, frame, share)
    result.paste(image, (left, top))
    return result


def cut_out(image: Image.Image, tolerance: float = 42.0) -> tuple[Image.Image, float]:
    """The RGBA picture with the background transparent: all that is like the edge and joined to it. Also returns the
    part of the picture that was taken for background, 0 to 1."""
    pixels = numpy.asarray(image.convert("RGB")).astype(numpy.float64)
    edge = numpy.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    alike = numpy.zeros(pixels.shape[:2], dtype=bool)
    for centre in _main_colours(edge):
        alike |= numpy.sqrt(((pixels - centre) ** 2).sum(axis=2)) < tolerance
    background = _joined_to_edge(alike)
    result = image.copy()
    alpha = numpy.asarray(image.getchannel("A")).copy()
    alpha[background] = 0
    result.putalpha(Image.fromarray(alpha))
    return result, float(background.mean())


def _main_colours(edge: Floats) -> list[Floats]:
    """A few colours that together cover most of the edge."""
    quantised = (edge // 32).astype(int)
    kinds, inverse, counts = numpy.unique(quantised, axis=0, return_inverse=True, return_counts=True)
    assert len(kinds)
    often = [index for index in numpy.argsort(-counts)[:10] if counts[index] > len(edge) * 0.02]
    return [edge[inverse.ravel() == index].mean(axis=0) for index in often]


def _joined_to_edge(alike: Mask) -> Mask:
    """The pixels that can be reached from the edge through pixels alike, by sweeps in four directions."""
    reached = numpy.zeros_like(alike)
    reached[0], reached[-1], reached[:, 0], reached[:, -1] = alike[0], alike[-1], alike[:, 0], alike[:, -1]
    before = -1
    while before != (now := int(reached.sum())):
        before = now
        for row in range(1, alike.shape[0]):
            reached[row] |= reached[row - 1] & alike[row]
        for row in range(alike.shape[0] - 2, -1, -1):
            reached[row] |= reached[row + 1] & alike[row]
        for column in range(1, alike.shape[1]):
            reached[:, column] |= reached[:, column - 1] & alike[:, column]
        for column in range(alike.shape[1] - 2, -1, -1):
            reached[:, column] |= reached[:, column + 1] & alike[:, column]
    return reached

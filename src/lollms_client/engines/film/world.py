"""The world of a film: a scene rendered once as layers and sprites, composed anew for every frame."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

from PIL import Image

from lollms_client.engines.film.motion import Move, Pose, choose_moves, pose_at
from lollms_client.engines.film.puppet import PADDING, POSES, cycles_per_second, moves_parts, sprite
from lollms_client.engines.scene.backdrop import Layer
from lollms_client.engines.scene.composer import Scene, in_water
from lollms_client.engines.scene.figures import Figure, wrap_svg
from lollms_client.engines.scene.rendering import rasterise

OVERSCAN = 1.14
"""The world is larger than the frame by this factor, so that the camera can move."""

_FALLING = {"rain": 1.9, "snowfall": 0.16, "bubbles": -0.12}  # heights of the picture a second
_KEPT_ALONE = ("lightning", "firework")


@dataclass
class _Plate:
    """A rendered layer, or several that move alike."""

    name: str
    image: Image.Image
    depth: float
    drift: float
    top: int = 0  # empty rows above the image were cut off


class World:
    """A scene in motion; things go `reach` widths of the picture to either side at most. Without `parallax` all layers
    keep their places when the camera pans, and fewer are needed.

    `prepare` renders its parts; `frame` gives the picture of a time, OVERSCAN times larger.
    """

    def __init__(self, scene: Scene, seconds: float, seed: int, reach: float = 0.26, parallax: bool = True) -> None:
        self.scene = scene
        self.seconds = seconds
        self.parallax = parallax
        self.width = round(scene.width * OVERSCAN)
        self.height = round(scene.height * OVERSCAN)
        together = [(one.subject, one.reference) for one in scene.description.relations if one.kind == "chase"]
        self.moves = choose_moves(scene.figures, together, scene.width, seconds, seed, reach)
        self._behind: list[_Plate] = []
        self._screens: list[_Plate] = []
        self._before: list[_Plate] = []
        self._sprites: dict[tuple[object, ...], Image.Image] = {}

    def prepare(self) -> Generator[float, None, None]:
        """Render the layers and sprites; yields the fraction that is done."""
        jobs = len(self.scene.figures) + 2
        self._behind = self._plates(self.scene.backdrop.layers)
        yield 1 / jobs
        self._screens = self._plates(self.scene.backdrop.screens)
        self._before = self._plates(self.scene.backdrop.overlays)
        yield 2 / jobs
        for index, figure in enumerate(self.scene.figures):
            for pose in range(POSES if moves_parts(figure.art, self._motion(figure)) else 1):
                self._sprite(figure, pose, figure.flip)
                yield (2 + index) / jobs

    def _plates(self, layers: list[Layer]) -> list[_Plate]:
        """Layers that lie on each other and move alike are rendered as one."""
        groups: list[list[Layer]] = []
        for layer in layers:
            still = not layer.drift and layer.name not in _FALLING and layer.name not in _KEPT_ALONE
            last = groups[-1][-1] if groups else None
            alike = (
                last is not None and still and not last.drift and last.name not in _FALLING
                and last.name not in _KEPT_ALONE and self._nearness(last) == self._nearness(layer)
            )  # fmt: skip
            if alike:
                groups[-1].append(layer)
            else:
                groups.append([layer])
        plates = []
        for group in groups:
            svg = wrap_svg("".join(f"<g>{one.svg}</g>" for one in group), self.scene.width, self.scene.height)
            image = rasterise(svg, self.width, self.height)
            box = image.getbbox() if group[0].name not in _FALLING else None
            top, bottom = (box[1], box[3]) if box else (0, self.height)
            image = image.crop((0, top, self.width, bottom))
            plates.append(_Plate(group[0].name, image, self._nearness(group[0]), group[0].drift, top))
        return plates

    def _nearness(self, layer: Layer) -> float:
        """The depth of a layer, rounded, so that few plates are needed."""
        if not self.parallax:
            return 1.0
        return 1.0 if layer.depth >= 0.6 else 0.6 if layer.depth >= 0.3 else 0.2 if layer.depth > 0 else 0.0

    def _motion(self, figure: Figure) -> str:
        move = self.moves.get(id(figure))
        if move is not None:
            return move.motion
        return "nod" if figure.verb is not None and figure.verb.motion == "nod" else "idle"

    def _sprite(self, figure: Figure, pose: int, flip: bool) -> Image.Image:
        motion = self._motion(figure)
        height = figure.height * OVERSCAN
        key = (figure.art.id, figure.colours, motion, pose, round(height), flip)
        if key not in self._sprites:
            self._sprites[key] = sprite(figure.art, self.scene.lit_drawing(figure), motion, pose, height, flip)
        return self._sprites[key]

    def frame(self, time: float, pan: float) -> Image.Image:
        """The world at a time in seconds. `pan` is how far the camera has moved to the right, in pixels of the world:
        what is far away moves less."""
        canvas = Image.new("RGBA", (self.width, self.height))
        for plate in self._behind:
            self._lay(canvas, plate, time, pan)
        placed = [(figure, *self.pose(figure, time)) for figure in self.scene.figures]
        for figure, pose, turned in placed:
            if in_water(figure):
                self._put(canvas, figure, pose, turned, time)
        for plate in self._screens:
            self._lay(canvas, plate, time, 0.0)
        for figure, pose, _ in placed:
            self._shadow(canvas, figure, pose)
        for figure, pose, turned in placed:
            if not in_water(figure):
                self._put(canvas, figure, pose, turned, time)
        for plate in self._before:
            self._lay(canvas, plate, time, 0.0)
        return canvas

    def _lay(self, canvas: Image.Image, plate: _Plate, time: float, pan: float) -> None:
        if plate.name == "lightning" and not _flashes(time):
            return
        if plate.name == "firework":
            self._burst(canvas, plate, time)
            return
        shift = round(pan * (1 - plate.depth))
        if plate.name in _FALLING:
            down = round(_FALLING[plate.name] * time * self.height) % self.height
            paste(canvas, plate.image, 0, down)
            paste(canvas, plate.image, 0, down - self.height)
        elif plate.drift:
            along = round(plate.drift * time * self.width + shift) % self.width
            paste(canvas, plate.image, along, plate.top)
            paste(canvas, plate.image, along - self.width, plate.top)
        else:
            paste(canvas, plate.image, shift, plate.top)

    def _burst(self, canvas: Image.Image, plate: _Plate, time: float) -> None:
        """A firework flares up and fades, each at its own time."""
        bursts = [one for one in self._behind if one.name == "firework"]
        phase = (time * 0.7 + bursts.index(plate) / len(bursts)) % 1.0
        bright = min(1.0, phase * 6) * max(0.0, 1 - phase)
        image = plate.image.copy()
        image.putalpha(image.getchannel("A").point([round(value * bright) for value in range(256)]))
        paste(canvas, image, 0, plate.top)

    def pose(self, figure: Figure, time: float) -> tuple[Pose, bool]:
        """The pose of what carries the figure, moved over to it, and whether the figure faces the other way."""
        root = figure.root()
        move = self.moves.get(id(root), Move("still", 1, 0.0, 0.0))
        pose = pose_at(move, root, time, self.seconds, (self.scene.width, self.scene.height))
        turned = pose.turned and (root.art.faces != "front" or root is not figure)
        if figure is root:
            return pose, turned
        beside = (figure.x - root.x) * (-1 if pose.turned and root.art.faces != "front" else 1)
        high = figure.foot - (root.foot - root.height / 2)
        angle = math.radians(pose.angle)
        x = (beside * math.cos(angle) - high * math.sin(angle)) * pose.scale
        y = (beside * math.sin(angle) + high * math.cos(angle)) * pose.scale * pose.stretch
        return Pose(pose.dx + root.x + x - figure.x, pose.dy + root.foot - root.height / 2 + y - figure.foot,
                    pose.angle, pose.scale, pose.stretch), turned  # fmt: skip

    def _put(self, canvas: Image.Image, figure: Figure, pose: Pose, turned: bool, time: float) -> None:
        move = self.moves.get(id(figure))
        flip = figure.flip != (turned and figure.art.faces != "front")
        step = 0
        if moves_parts(figure.art, self._motion(figure)):
            phase = time * cycles_per_second(self._motion(figure)) + (move.phase if move else 0.0)
            step = int(phase * POSES) % POSES
        image = self._sprite(figure, step, flip)
        if pose.scale != 1 or pose.stretch != 1:
            size = (max(1, round(image.width * pose.scale)), max(1, round(image.height * pose.scale * pose.stretch)))
            image = image.resize(size, Image.Resampling.BILINEAR)
        angle = pose.angle + figure.angle
        padding = PADDING * max(figure.width, figure.height) * pose.scale
        x = (figure.x + pose.dx) * OVERSCAN
        foot = (figure.foot + pose.dy + padding * pose.stretch) * OVERSCAN
        if abs(angle) > 0.4:
            centre_y = foot - image.height / 2
            image = _tight(image).rotate(-angle, Image.Resampling.BILINEAR, expand=True)
            foot = centre_y + image.height / 2
        paste(canvas, image, round(x - image.width / 2), round(foot - image.height))

    def _shadow(self, canvas: Image.Image, figure: Figure, pose: Pose) -> None:
        if not figure.shadow:
            return
        key = ("shadow", round(figure.width), round(figure.height), figure.zone)
        if key not in self._sprites:
            svg = self.scene.shadow_svg(figure)
            left, top = figure.x - figure.width * 0.6, figure.foot - figure.height * 0.2
            wide, high = figure.width * 1.2, figure.height * 0.65
            inner = f'<g transform="translate({-left:.2f} {-top:.2f})">{svg}</g>'
            size = (max(1, round(wide * OVERSCAN)), max(1, round(high * OVERSCAN)))
            self._sprites[key] = rasterise(wrap_svg(inner, wide, high), *size)
        image = self._sprites[key]
        x = (figure.x + pose.dx - figure.width * 0.6) * OVERSCAN
        paste(canvas, image, round(x), round((figure.foot - figure.height * 0.2) * OVERSCAN))


def _tight(image: Image.Image) -> Image.Image:
    """The image less its empty margins, as many on either side, so that its middle stays."""
    box = image.getbbox()
    if box is None:
        return image
    x = min(box[0], image.width - box[2])
    y = min(box[1], image.height - box[3])
    return image.crop((x, y, image.width - x, image.height - y))


def _flashes(time: float) -> bool:
    return (time * 0.37) % 1 < 0.12 and (time * 7.3) % 1 < 0.7


def paste(canvas: Image.Image, image: Image.Image, x: int, y: int) -> None:
    """Lay an image over a canvas at a place that may lie partly outside it."""
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(image.width, canvas.width - x), min(image.height, canvas.height - y)
    if left < right and top < bottom:
        canvas.alpha_composite(image, (x + left, y + top), (left, top, right, bottom))

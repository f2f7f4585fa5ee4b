"""Answers video requests: a prompt, or a given first frame, becomes a film with sound."""

from __future__ import annotations

import random
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

import msgspec
from PIL import Image, ImageOps

from lollms_client.engines.film.camera import MOVES, camera_move, view_at, without_camera_words
from lollms_client.engines.film.encoder import FilmWriter
from lollms_client.engines.film.sound import Sound, compose_music, mix, music_prompt, narrate
from lollms_client.engines.film.world import OVERSCAN, World
from lollms_client.engines.scene.composer import SceneComposer
from lollms_client.engines.scene.description import Description
from lollms_client.engines.scene.editing import open_picture
from lollms_client.engines.scene.meaning import NearestMeaning
from lollms_client.engines.scene.painter import Warnings
from lollms_client.engines.scene.unknown_words import Nearest
from lollms_client.errors import BadSetting
from lollms_client.types.accounting import Progress, Usage
from lollms_client.types.media import Media
from lollms_client.types.video import VideoRequest, VideoResult

SECONDS = (0.5, 60.0, 4.0)  # lowest, highest, usual
FPS = (1.0, 60.0, 24.0)
SIZE = (16, 1920, 512)

_CHANGES = (
    ("day", "night", r"\b(?:from )?day(?:time|light)? (?:in)?to night|\bday turns? (?:in)?to night"),
    ("day", "night", r"\bnight (?:falls|is falling|comes)\b|\bgetting dark"),
    ("night", "day", r"\b(?:from )?night (?:in)?to (?:day|morning)\b|\bnight turns? (?:in)?to day|\bgetting light"),
    ("night", "dawn", r"\bsun (?:is )?ris(?:es|ing)\b|\bsunrise time ?lapse|\bday breaks?\b"),
    ("day", "sunset", r"\bsun (?:is )?set(?:s|ting)\b|\bday (?:in)?to (?:sunset|evening)\b"),
    ("sunset", "night", r"\bsunset (?:in)?to night\b"),
    ("dawn", "day", r"\bdawn (?:in)?to day\b"),
    ("day", "night", r"\btime ?-?lapse\b"),
)  # fmt: skip


class Shot(Protocol):
    """What can be filmed."""

    def prepare(self) -> Generator[float, None, None]:
        """Render what frames are made of; yields the fraction that is done."""

    def frame(self, share: float) -> Image.Image:
        """The frame at a share (0 to 1) of the film."""


@dataclass(frozen=True)
class Plan:
    """What the film will be: size in pixels, length in frames, and how the camera moves."""

    width: int
    height: int
    fps: Fraction
    frames: int
    seed: int
    camera: str

    @property
    def seconds(self) -> float:
        """The film's true length."""
        return float(self.frames / self.fps)


class SceneShot:
    """A composed scene in motion; between two times of day where there are two scenes."""

    def __init__(self, worlds: list[World], plan: Plan) -> None:
        self.worlds = worlds
        self.plan = plan

    def prepare(self) -> Generator[float, None, None]:
        """Render the worlds."""
        for index, world in enumerate(self.worlds):
            for done in world.prepare():
                yield (index + done) / len(self.worlds)

    def frame(self, share: float) -> Image.Image:
        """The frame at a share of the film."""
        view = view_at(self.plan.camera, share, OVERSCAN)
        width, height = self.worlds[0].width, self.worlds[0].height
        pan = (view.x - 0.5) * width
        time = share * self.plan.seconds
        change = max(0.0, min(1.0, (share - 0.15) / 0.7))
        if len(self.worlds) == 1 or change <= 0:
            picture = self.worlds[0].frame(time, pan)
        elif change >= 1:
            picture = self.worlds[1].frame(time, pan)
        else:
            picture = Image.blend(self.worlds[0].frame(time, pan), self.worlds[1].frame(time, pan), change)
        half_x, half_y = view.size * width / 2, view.size * height / 2
        x, y = view.x * width, view.y * height
        box = (
            max(0.0, x - half_x),
            max(0.0, y - half_y),
            min(float(width), x + half_x),
            min(float(height), y + half_y),
        )
        return picture.convert("RGB").resize((self.plan.width, self.plan.height), Image.Resampling.BILINEAR, box)


class PictureShot:
    """A given picture as the first frame; the camera moves over it."""

    def __init__(self, picture: Image.Image, plan: Plan) -> None:
        self.plan = plan
        self.picture = ImageOps.fit(picture.convert("RGB"), (plan.width, plan.height), Image.Resampling.LANCZOS)

    def prepare(self) -> Generator[float, None, None]:
        """Nothing is to be prepared."""
        yield 1.0

    def frame(self, share: float) -> Image.Image:
        """The frame at a share of the film; the first is the picture itself."""
        width, height = self.picture.size
        smooth = share * share * (3 - 2 * share)
        size = 1.0 if self.plan.camera == "still" else 1 - 0.22 * smooth
        side = {"pan left": -1, "pan right": 1}.get(self.plan.camera, 0)
        up = {"tilt up": -1, "tilt down": 1}.get(self.plan.camera, 0)
        x = width * (1 - size) / 2 * (1 + side)
        y = height * (1 - size) / 2 * (1 + up)
        box = (x, y, x + width * size, y + height * size)
        return self.picture.resize((width, height), Image.Resampling.BICUBIC, box)


class FilmMaker:
    """The engine behind the binding: video requests into MP4 files."""

    def __init__(self, nearest: Nearest | None = None) -> None:
        self.composer = SceneComposer(nearest=nearest if nearest is not None else NearestMeaning())

    def make(self, request: VideoRequest, own: Mapping[str, Any]) -> Generator[Progress, None, VideoResult]:
        """Make the film of a request; `own` holds the binding's parameters narration, voice, soundtrack and camera.

        Yields progress before each frame. Raises BadSetting for values that cannot be read, BadMedia for an image
        that cannot.
        """
        warnings = Warnings()
        _refuse_the_rest(request, warnings)
        yield Progress(fraction=0.0, stage="reading")
        yield from self.composer.prepare(request.prompt)
        narration = str(own.get("narration") or "").strip()
        speech: Sound | None = None
        if narration and request.sound is not False:
            speech = yield from _within(narrate(narration, own.get("voice"), warnings.items), 0.0, 0.05)
        elif narration:
            warnings.add("dropped", "narration", "the film was asked for without sound")
        elif own.get("voice"):
            warnings.add("dropped", "voice", "there is no narration for it to speak")
        plan = self._plan(request, own, speech, warnings)
        wish = own.get("soundtrack")
        silent = wish is False or (wish is not None and str(wish).lower() in ("false", "no", "off", "none"))
        music: Sound | None = None
        if request.sound is not False and not silent:
            asked = music_prompt(request.prompt, wish)
            steps = compose_music(asked, plan.seconds, plan.seed, warnings.items)
            music = yield from _within(steps, 0.05, 0.2)
        sound = mix(music, speech, plan.seconds) if music is not None or speech is not None else None
        data = yield from self._film(self._shot(request, plan, warnings), plan, sound)
        return VideoResult(
            video=Media(data, "video/mp4"),
            seconds=plan.seconds,
            width=plan.width,
            height=plan.height,
            fps=float(plan.fps),
            seed=plan.seed,
            usage=Usage(seconds=plan.seconds),
            warnings=tuple(warnings.items),
            model="scene-film",
            extra={"frames": plan.frames, "camera": plan.camera, "sound": sound is not None},
        )

    def _film(self, shot: Shot, plan: Plan, sound: Sound | None) -> Generator[Progress, None, bytes]:
        for done in shot.prepare():
            yield Progress(fraction=0.2 + 0.15 * done, stage="rendering")
        with FilmWriter(plan.width, plan.height, plan.fps, sound is not None) as writer:
            for index in range(plan.frames):
                yield Progress(
                    fraction=0.35 + 0.6 * index / plan.frames,
                    stage="filming",
                    detail=f"frame {index + 1} of {plan.frames}",
                )
                writer.add_frame(shot.frame(index / max(1, plan.frames - 1)))
            if sound is not None:
                yield Progress(fraction=0.95, stage="adding sound")
                writer.add_sound(sound)
            yield Progress(fraction=0.98, stage="writing")
            return writer.finish()

    def _plan(self, request: VideoRequest, own: Mapping[str, Any], speech: Sound | None, warnings: Warnings) -> Plan:
        from lollms_client.engines.film.encoder import SOUND_RATE

        usual = SECONDS[2]
        if speech is not None:
            usual = max(usual, min(SECONDS[1], len(speech) / SOUND_RATE + 0.9))
        seconds = within(request.seconds, SECONDS[0], SECONDS[1], usual, "seconds", warnings)
        if speech is not None and len(speech) / SOUND_RATE > seconds:
            warnings.add(
                "clamped",
                "narration",
                f"it takes {len(speech) / SOUND_RATE:.1f} s and was cut to the film's {seconds:g} s",
            )
        fps = Fraction(within(request.fps, FPS[0], FPS[1], FPS[2], "fps", warnings)).limit_denominator(1001)
        width, height = self._size(request, warnings)
        seed = request.seed if request.seed is not None else random.SystemRandom().randrange(2**31)
        camera = str(own.get("camera") or "auto")
        if camera != "auto" and camera not in MOVES:
            raise BadSetting(f"camera {camera!r} is not one of auto, {', '.join(MOVES)}", setting="camera")
        camera = camera_move(request.prompt) if camera == "auto" else camera
        return Plan(width, height, fps, max(1, round(seconds * fps)), seed, camera)

    def _size(self, request: VideoRequest, warnings: Warnings) -> tuple[int, int]:
        usual = (SIZE[2], SIZE[2])
        if request.image is not None and request.width is None and request.height is None:
            picture = open_picture(request.image, "image")
            scale = min(1.0, 1280 / max(picture.size))
            usual = (
                max(SIZE[0], round(picture.width * scale)) // 2 * 2,
                max(SIZE[0], round(picture.height * scale)) // 2 * 2,
            )
        result = []
        for name, value, default in (("width", request.width, usual[0]), ("height", request.height, usual[1])):
            size = int(within(value, SIZE[0], SIZE[1], default, name, warnings))
            if size % 2:
                warnings.add("clamped", name, f"{size} is odd, and H.264 needs even sizes; {size - 1} was used")
                size -= 1
            result.append(size)
        return result[0], result[1]

    def _shot(self, request: VideoRequest, plan: Plan, warnings: Warnings) -> Shot:
        if request.image is not None:
            if self.composer.read(request.prompt).things:
                detail = (
                    "with an image as the first frame the camera moves over it; the things of the prompt are not added"
                )
                warnings.add("unsupported", "prompt", detail)
            return PictureShot(open_picture(request.image, "image"), plan)
        prompt = without_camera_words(request.prompt)
        times: tuple[str | None, ...] = (None,)
        for before, after, pattern in _CHANGES:
            if re.search(pattern, prompt, re.I):
                times = (before, after)
                prompt = re.sub(pattern, " ", prompt, flags=re.I)
                break
        description = self.composer.read(prompt, request.negative_prompt)
        warnings.about(description, self.composer.nearest)
        if not description.things and not (description.place or description.time or description.weather):
            warnings.add(
                "other", "prompt", "nothing that can be drawn was found in the prompt: an empty meadow was filmed"
            )
        return SceneShot([self._world(description, time, plan) for time in times], plan)

    def _world(self, description: Description, time: str | None, plan: Plan) -> World:
        reach = 0.09 if "zoom" in plan.camera else 0.26  # a close view is to keep its subject
        if time is not None:
            description = replace(description, time=time)
        scene = self.composer.compose(description, plan.width, plan.height, plan.seed)
        return World(scene, plan.seconds, plan.seed, reach, parallax="pan" in plan.camera)


def _refuse_the_rest(request: VideoRequest, warnings: Warnings) -> None:
    for name in ("steps", "guidance"):
        if getattr(request, name) is not None:
            warnings.add("dropped", name, "the film maker has no such setting")
    for name in ("video", "last_image"):
        if getattr(request, name) is not None:
            warnings.add("unsupported", name, "the film maker takes a first image only; it was not used")
    if request.images:
        warnings.add("unsupported", "images", "the film maker takes no reference images; they were not used")


def within(value: float | None, low: float, high: float, usual: float, name: str, warnings: Warnings) -> float:
    """The value within its bounds, the usual one where none is given; says so where it was changed."""
    if value is None:
        return usual
    if value != value:
        raise BadSetting(f"{name} is not a number", setting=name)
    result = max(low, min(high, value))
    if result != value:
        warnings.add("clamped", name, f"{value:g} lies outside {low:g} to {high:g}; {result:g} was used")
    return result


def _within(
    steps: Generator[Progress, None, Sound | None], start: float, end: float
) -> Generator[Progress, None, Sound | None]:
    """The progress of a part as progress of the whole."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            result: Sound | None = stop.value
            return result
        share = progress.fraction or 0.0
        yield msgspec.structs.replace(progress, fraction=start + share * (end - start))

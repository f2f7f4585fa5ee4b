"""Films: frames, length, size, sound and motion as promised, decoded again by PyAV."""

from __future__ import annotations

import functools
import io
from collections.abc import Generator
from fractions import Fraction
from typing import Any, TypeVar

import av
import numpy
import pytest
from numpy.typing import NDArray
from PIL import Image

from lollms_client.client import LollmsClient
from lollms_client.engines.film.camera import camera_move, view_at, without_camera_words
from lollms_client.engines.film.encoder import SOUND_RATE, FilmWriter
from lollms_client.engines.film.maker import FilmMaker
from lollms_client.engines.film.motion import choose_moves, pose_at
from lollms_client.engines.film.puppet import posed
from lollms_client.engines.film.sound import mix
from lollms_client.engines.film.world import World
from lollms_client.engines.scene.composer import Scene
from lollms_client.engines.scene.lexicon import facts
from lollms_client.engines.scene.meaning import nothing_near
from lollms_client.errors import BadMedia, BadSetting
from lollms_client.types import Media, Progress, VideoRequest, VideoResult

Result = TypeVar("Result")
Pixels = NDArray[numpy.uint8]


@functools.cache
def maker() -> FilmMaker:
    return FilmMaker(nearest=nothing_near)


def drain(steps: Generator[Progress, None, Result]) -> Result:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def film(prompt: str, own: dict[str, Any] | None = None, **fields: Any) -> VideoResult:
    fields = {"width": 96, "height": 64, "seconds": 1.0, "fps": 8.0, "seed": 3, "sound": False, **fields}
    return drain(maker().make(VideoRequest(prompt=prompt, **fields), own or {}))


def frames(media: Media) -> list[Pixels]:
    with av.open(io.BytesIO(media), "r") as container:
        return [numpy.array(frame.to_ndarray(format="rgb24"), dtype=numpy.uint8) for frame in container.decode(video=0)]


def sound(media: Media) -> NDArray[Any]:
    with av.open(io.BytesIO(media), "r") as container:
        return numpy.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


def picture() -> Media:
    image = Image.radial_gradient("L").convert("RGB").resize((120, 80))
    target = io.BytesIO()
    image.save(target, "PNG")
    return Media(target.getvalue())


def scene(prompt: str) -> Scene:
    composer = maker().composer
    return composer.compose(composer.read(prompt), 400, 300, 5)


@pytest.mark.parametrize(
    ("seconds", "fps", "expected"), [(1.0, 24.0, 24), (0.5, 10.0, 5), (2.3, 12.5, 29), (1.0, 29.97, 30), (0.5, 1.0, 1)]
)
def test_the_file_has_exactly_the_promised_frames(seconds: float, fps: float, expected: int) -> None:
    result = film("a dog running", seconds=seconds, fps=fps)
    assert len(frames(result.video)) == expected == result.extra["frames"]
    assert result.seconds == pytest.approx(expected / fps, rel=1e-3)


def test_codecs_size_and_fast_start() -> None:
    result = film("a dog running", own={"soundtrack": "calm piano"}, sound=None, width=128, height=72)
    with av.open(io.BytesIO(result.video)) as container:
        kinds = {stream.type: stream.codec_context.name for stream in container.streams}
        video = container.streams.video[0]
        assert (video.width, video.height) == (128, 72)
        assert video.average_rate == Fraction(8)
    assert kinds == {"video": "h264", "audio": "aac"}
    assert result.video.mime_type == "video/mp4"
    assert result.video.find(b"moov") < result.video.find(b"mdat")
    assert (result.width, result.height, result.fps) == (128, 72, 8.0)


def test_the_soundtrack_is_there_by_default_and_as_long_as_the_film() -> None:
    heard = sound(film("a cat walking", sound=None).video)
    assert heard.shape[1] / SOUND_RATE == pytest.approx(1.0, abs=0.06)
    assert 0.01 < numpy.abs(heard).max() <= 1.0


def test_without_sound_there_is_no_audio_track() -> None:
    for result in (film("a cat", sound=False), film("a cat", own={"soundtrack": "none"}, sound=None)):
        with av.open(io.BytesIO(result.video)) as container:
            assert not container.streams.audio
        assert result.extra["sound"] is False


def test_a_voice_without_narration_is_told() -> None:
    result = film("a cat walking", own={"voice": "en-us"})
    assert [one.setting for one in result.warnings if one.kind == "dropped"] == ["voice"]


def test_narration_is_spoken_and_sets_the_length_where_none_is_given() -> None:
    text = "There was a cat who walked by himself, and all places were alike to him."
    result = film("a cat walking", own={"narration": text, "soundtrack": "none"}, sound=None, seconds=None, fps=4.0)
    assert result.seconds is not None
    assert result.seconds > 4.0
    assert numpy.abs(sound(result.video)).max() > 0.3
    short = film("a cat walking", own={"narration": text, "soundtrack": "none"}, sound=None)
    assert short.seconds == 1.0
    assert any(one.setting == "narration" and one.kind == "clamped" for one in short.warnings)


def test_odd_and_impossible_values_are_clamped_and_said() -> None:
    result = film("a cat", width=97, height=7, fps=0.2, seconds=0.1)
    assert (result.width, result.height, result.fps, result.seconds) == (96, 16, 1.0, 1.0)
    said = {one.setting for one in result.warnings if one.kind == "clamped"}
    assert said == {"width", "height", "fps", "seconds"}


def test_the_same_seed_gives_the_same_film() -> None:
    first, again, other = (frames(film("two birds flying over a house", seed=seed).video) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(
    "prompt", ["a dog running in the park", "rain over the city", "a ship on the sea", "a balloon", "a meadow"]
)
def test_something_moves(prompt: str) -> None:
    shown = frames(film(prompt).video)
    assert numpy.abs(shown[0].astype(int) - shown[-1].astype(int)).mean() > 0.4


def test_day_turns_to_night() -> None:
    shown = frames(film("a house in a meadow, from day to night").video)
    assert shown[-1].mean() < 0.65 * shown[0].mean()
    shown = frames(film("a house in a meadow, night turns into day").video)
    assert shown[-1].mean() > 1.5 * shown[0].mean()


def test_an_image_is_the_first_frame_and_the_camera_moves_over_it() -> None:
    result = film("zoom in", image=picture(), width=None, height=None)
    assert (result.width, result.height) == (120, 80)
    shown = frames(result.video)
    given = numpy.asarray(Image.open(io.BytesIO(picture())).convert("RGB")).astype(int)
    assert numpy.abs(shown[0].astype(int) - given).mean() < 4
    assert numpy.abs(shown[-1].astype(int) - given).mean() > 4
    with pytest.raises(BadMedia):
        film("zoom in", image=Media(b"no picture"))


def test_what_cannot_be_honoured_is_said() -> None:
    result = film("a qwertz", video=picture(), last_image=picture(), images=(picture(),), steps=4, guidance=2.0)
    said = {(one.kind, one.setting) for one in result.warnings}
    assert {("unsupported", "video"), ("unsupported", "last_image"), ("unsupported", "images")} <= said
    assert {("dropped", "steps"), ("dropped", "guidance"), ("unsupported", "prompt")} <= said
    assert any(one.setting == "prompt" for one in film("a dog", image=picture()).warnings)


def test_an_unknown_camera_or_number_is_refused() -> None:
    with pytest.raises(BadSetting, match="camera"):
        film("a cat", own={"camera": "crane"})
    with pytest.raises(BadSetting, match="seconds"):
        film("a cat", seconds=float("nan"))


@pytest.mark.parametrize(
    ("prompt", "move"),
    [("a cat", "push"), ("a cat, zoom out", "zoom out"), ("the camera zooms in on a cat", "zoom in"),
     ("pan to the left over a city", "pan left"), ("panning right", "pan right"), ("static camera, a cat", "still")],
)  # fmt: skip
def test_the_camera_follows_the_words(prompt: str, move: str) -> None:
    assert camera_move(prompt) == move
    assert maker().composer.read(without_camera_words(prompt)).unknown == []


@pytest.mark.parametrize(
    "move", ["push", "still", "zoom in", "zoom out", "pan left", "pan right", "tilt up", "tilt down"]
)
def test_the_camera_stays_within_the_world(move: str) -> None:
    for step in range(11):
        view = view_at(move, step / 10, 1.14)
        assert 0 < view.size <= 1
        assert view.size / 2 - 1e-9 <= view.x <= 1 - view.size / 2 + 1e-9
        assert view.size / 2 - 1e-9 <= view.y <= 1 - view.size / 2 + 1e-9


def test_pans_go_the_way_they_say() -> None:
    def path(move: str) -> list[float]:
        views = [view_at(move, step / 10, 1.14) for step in range(11)]
        return [view.x - view.y for view in views]

    for falling, rising in (("pan left", "pan right"), ("tilt down", "tilt up")):
        assert path(rising) == sorted(path(rising))
        assert path(falling) == sorted(path(falling), reverse=True)
        assert path(rising)[0] < path(rising)[-1]


def test_travellers_go_where_they_face() -> None:
    made = scene("a car driving through the desert")
    moves = choose_moves(made.figures, (), made.width, 4.0, 1)
    (car,) = made.figures
    move = moves[id(car)]
    assert move.motion == "drive"
    path = [pose_at(move, car, time, 4.0, (400, 300)).dx for time in (0.0, 1.0, 2.0, 3.0, 4.0)]
    assert path == sorted(path, reverse=move.direction < 0)
    assert abs(path[-1] - path[0]) > 40
    assert abs(path[2]) < 1


def test_a_chaser_and_the_chased_move_alike() -> None:
    made = scene("a dog chasing a cat")
    together = [(one.subject, one.reference) for one in made.description.relations]
    moves = choose_moves(made.figures, together, made.width, 4.0, 1)
    dog, cat = (next(f for f in made.figures if f.art.id == name) for name in ("dog", "cat"))
    ahead = 1 if cat.x > dog.x else -1
    assert moves[id(dog)].direction == moves[id(cat)].direction == ahead
    assert moves[id(dog)].motion == moves[id(cat)].motion == "run"


def test_a_horse_runs_with_its_rider() -> None:
    made = scene("a boy riding a horse")
    world = World(made, 4.0, 1)
    boy, horse = (next(f for f in made.figures if f.art.id == name) for name in ("boy", "horse"))
    assert world.moves[id(horse)].motion == "run"
    distances = {
        round(boy.x + world.pose(boy, t)[0].dx - horse.x - world.pose(horse, t)[0].dx) for t in (0.0, 2.0, 4.0)
    }
    assert max(distances) - min(distances) <= 3
    long = World(made, 30.0, 1)
    for step in range(60):
        (mine, _), (carrier, turned) = long.pose(boy, step / 2), long.pose(horse, step / 2)
        beside = (boy.x + mine.dx) - (horse.x + carrier.dx)
        assert beside == pytest.approx((boy.x - horse.x) * (-1 if turned else 1), abs=4)


@pytest.mark.parametrize("motion", sorted({verb["motion"] for verb in facts()["verbs"].values() if "motion" in verb}))
def test_every_motion_of_a_verb_can_be_filmed(motion: str) -> None:
    verb = next(base for base, entry in facts()["verbs"].items() if entry.get("motion") == motion)
    made = scene(f"a bird {verb}s")
    world = World(made, 2.0, 1)
    for time in (0.0, 0.7, 2.0):
        pose, _ = world.pose(made.figures[0], time)
        assert abs(pose.dx) <= 400
        assert abs(pose.dy) <= 400
        assert 0 < pose.scale <= 1.1


def test_parts_move() -> None:
    library = maker().composer.library
    horse = library["horse"]
    drawings = {posed(horse, horse.drawing(), "run", pose) for pose in range(4)}
    assert len(drawings) == 4


def test_music_gives_way_to_speech_and_the_mix_never_clips() -> None:
    music = numpy.full((4 * SOUND_RATE, 2), 0.9, dtype=numpy.float32)
    speech = numpy.concatenate([numpy.zeros(SOUND_RATE), numpy.full(SOUND_RATE, 1e-6)]).astype(numpy.float32)
    mixed = mix(music, speech, 4.0)
    assert mixed.shape == (4 * SOUND_RATE, 2)
    assert numpy.abs(mixed).max() <= 1.0
    assert mixed[SOUND_RATE].max() < 0.5 * mixed[3 * SOUND_RATE].max()
    assert numpy.abs(mixed[-1]).max() == 0.0


def test_giving_up_half_way_leaves_no_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    steps = maker().make(VideoRequest(prompt="a dog", width=64, height=64, seconds=2.0, sound=False, seed=1), {})
    filming = [next(steps).stage for _ in range(30)]
    assert "filming" in filming
    assert list(tmp_path.iterdir())
    steps.close()
    assert not list(tmp_path.iterdir())


def test_progress_never_goes_back() -> None:
    steps = maker().make(VideoRequest(prompt="a dog", width=64, height=64, seconds=1.0, fps=6.0, seed=1), {})
    seen = [progress.fraction or 0.0 for progress in steps]
    assert seen == sorted(seen)
    assert len(seen) > 10


def test_frames_without_sound_are_written_as_given() -> None:
    with FilmWriter(32, 32, Fraction(5), with_sound=False) as writer:
        for tone in (0, 255):
            writer.add_frame(Image.new("RGB", (32, 32), (tone, tone, tone)))
        data = writer.finish()
    first, second = frames(Media(data))
    assert first.mean() < 10
    assert second.mean() > 245


def test_through_the_client() -> None:
    with LollmsClient(ttv_binding_name="scene_film", ttv_binding_config={"nearest_meaning": False}) as client:
        result = client.video("a dog running", seconds=0.5, fps=6, width=64, height=48, seed=1, soundtrack="none")
        assert len(frames(result.video)) == 3
        data = client.ttv.generate_video("a cat", seconds=0.5, fps=4, width=64, height=48, soundtrack="none")
        assert isinstance(data, bytes)
        assert len(frames(Media(data))) == 2

"""Pictures out of the composer: colours and counts in their pixels, formats, sizes, seeds, warnings."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy
import numpy.typing
import pytest

from lollms_client.client import LollmsClient
from lollms_client.engines.scene.backdrop import PAINTERS, Wish, paint_backdrop
from lollms_client.engines.scene.figures import wrap_svg
from lollms_client.engines.scene.light import light_of
from lollms_client.engines.scene.rendering import rasterise
from lollms_client.errors import BadSetting
from tests.engines.scene.scene_calls import Pixels, open_image, paint, pixels


def share(picture: Pixels, low: tuple[int, int, int], high: tuple[int, int, int]) -> float:
    """The part of the pixels whose three channels all lie within bounds."""
    return float(((picture >= low) & (picture <= high)).all(axis=2).mean())


def red_share(prompt: str) -> float:
    return share(pixels(paint(prompt).image), (180, 0, 0), (255, 90, 90))


def blue_share(prompt: str) -> float:
    return share(pixels(paint(prompt).image), (0, 60, 170), (90, 140, 255))


def test_colours_can_be_measured() -> None:
    assert red_share("a red car in the snow") > 0.03 > red_share("a blue car in the snow")
    assert blue_share("a blue car in the snow") > 0.03 > blue_share("a red car in the snow")


@pytest.mark.parametrize("count", [1, 3, 6])
def test_counts_can_be_measured(count: int) -> None:
    picture = pixels(paint(f"{count} red balloons in space", width=400, height=400).image).astype(int)
    reds = (picture[:, :, 0] > 150) & (picture[:, :, 1] < 100) & (picture[:, :, 2] < 100)
    assert blobs(reds) == count


def blobs(marked: numpy.typing.NDArray[numpy.bool_]) -> int:
    """How many joined areas of more than 60 pixels there are."""
    waiting = set(zip(*(part.tolist() for part in numpy.nonzero(marked)), strict=True))
    found = 0
    while waiting:
        heap, size = [waiting.pop()], 0
        while heap:
            row, column = heap.pop()
            size += 1
            for near in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
                if near in waiting:
                    waiting.remove(near)
                    heap.append(near)
        found += size > 60
    return found


def test_things_of_the_negative_prompt_are_not_drawn() -> None:
    svg = paint("a red car and a tree", output_format="svg").image.decode()
    without = paint("a red car and a tree", negative_prompt="car", output_format="svg").image.decode()
    assert "#d9302c" in svg
    assert "#d9302c" not in without


def test_night_is_darker_than_day() -> None:
    assert pixels(paint("a house at night").image).mean() < 0.6 * pixels(paint("a house at noon").image).mean()


@pytest.mark.parametrize("weather", ["rain", "snow", "fog", "a storm", "fireworks"])
def test_weather_changes_the_picture(weather: str) -> None:
    plain, changed = (pixels(paint(f"a street at night{words}").image) for words in ("", f" in {weather}"))
    assert (plain != changed).any(axis=2).mean() > 0.01


def test_the_same_seed_gives_the_same_picture_and_another_one_another() -> None:
    first, again, other = (paint("a cat and a dog", seed=seed) for seed in (1, 1, 2))
    assert first.image == again.image != other.image
    assert first.seed == 1
    free = paint("a cat and a dog", seed=None)
    assert free.seed is not None
    assert paint("a cat and a dog", seed=free.seed).image == free.image


def test_several_images_differ() -> None:
    result = paint("a cat and a dog", count=3)
    assert len(set(result.images)) == 3
    assert result.usage.images == 3
    assert paint("a cat and a dog", seed=8).image == result.images[1]


@pytest.mark.parametrize(("kind", "mime"), [("png", "png"), ("jpeg", "jpeg"), ("jpg", "jpeg"), ("webp", "webp")])
def test_formats(kind: str, mime: str) -> None:
    image = paint("a cat", output_format=kind, width=120, height=80).image
    assert image.mime_type == f"image/{mime}"
    assert open_image(image).size == (120, 80)


def test_svg_is_well_formed_draws_the_same_and_has_unique_ids() -> None:
    prompt = "three cats and a dog in the rain at night"
    image = paint(prompt, output_format="svg", width=200, height=100).image
    assert image.mime_type == "image/svg+xml"
    root = ElementTree.fromstring(image.decode())
    assert root.get("viewBox") == "0 0 200 100"
    ids = re.findall(r'\bid="([^"]+)"', image.decode())
    assert len(ids) == len(set(ids))
    drawn = numpy.asarray(rasterise(image.decode(), 200, 100).convert("RGB"))
    assert (drawn == pixels(paint(prompt, width=200, height=100).image)).all()


def test_an_unknown_format_or_mode_is_refused() -> None:
    with pytest.raises(BadSetting, match="png, jpeg, webp or svg"):
        paint("a cat", output_format="tiff")
    with pytest.raises(BadSetting, match="scene"):
        paint("a cat", "sculpture")


def test_what_cannot_be_honoured_is_said() -> None:
    result = paint("a cat", width=3, height=9000, steps=20, guidance=7.5, count=99, style="vivid")
    said = {(one.kind, one.setting) for one in result.warnings}
    assert {("clamped", "width"), ("clamped", "height"), ("clamped", "count")} <= said
    assert {("dropped", "steps"), ("dropped", "guidance"), ("dropped", "style")} <= said
    assert open_image(result.image).size == (16, 4096)


def test_nothing_drawable_gives_an_empty_meadow_and_a_warning() -> None:
    assert any("empty meadow" in one.detail for one in paint("").warnings)


@pytest.mark.parametrize("time", ["day", "dawn", "sunset", "night"])
def test_every_place_can_be_painted_at_every_time(time: str) -> None:
    wish = Wish(light_of(time, ()), (), None, (), 3)
    paint_backdrop("meadow", 64, 48, wish)
    seen = set()
    for place in PAINTERS:
        made = paint_backdrop(place, 64, 48, wish)
        svg = wrap_svg("".join(layer.svg for layer in (*made.layers, *made.screens, *made.overlays)), 64, 48)
        picture = rasterise(svg, 64, 48)
        assert picture.getchannel("A").tobytes() == b"\xff" * (64 * 48), f"{place} leaves holes"
        seen.add(picture.tobytes())
    assert len(seen) == len(PAINTERS)


def test_through_the_client() -> None:
    with LollmsClient(tti_binding_name="scene_composer", tti_binding_config={"nearest_meaning": False}) as client:
        result = client.image("a red car", width=96, height=64, seed=5)
        assert open_image(result.image).size == (96, 64)
        chart = client.image("apples 3, pears 5", width=96, height=64, mode="chart")
        assert chart.model == "scene-composer/chart"
        assert {"scene-composer", "scene-composer/poster"} <= {model.name for model in client.models("tti")}
        grey = pixels(client.edit_image([result.image], "make it grayscale").image)
        assert (grey[:, :, 0] == grey[:, :, 1]).all()
        svg = client.tti.generate_image("a cat", width=64, height=64, output_format="svg")
        assert isinstance(svg, bytes)
        assert svg.startswith(b"<svg")

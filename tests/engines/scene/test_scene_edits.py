"""Edits of given pictures, with and without a mask."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from lollms_client.engines.scene.filters import filter_names
from lollms_client.errors import BadMedia
from lollms_client.types import ImageRequest, Media
from tests.engines.scene.scene_calls import drain, edit, open_image, painter, pixels


def picture(width: int = 120, height: int = 90) -> Image.Image:
    """A gradient with a green disc on it."""
    x = numpy.linspace(0, 200, width)[None, :].repeat(height, axis=0)
    y = numpy.linspace(30, 220, height)[:, None].repeat(width, axis=1)
    image = Image.fromarray(numpy.dstack([x, y, 255 - x]).astype(numpy.uint8))
    ImageDraw.Draw(image).ellipse((40, 30, 70, 60), fill=(30, 160, 40))
    return image


def disc_mask(width: int = 120, height: int = 90) -> Image.Image:
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).ellipse((35, 25, 75, 65), fill=255)
    return mask


def original() -> numpy.typing.NDArray[numpy.uint8]:
    return numpy.asarray(picture())


@pytest.mark.parametrize(
    "prompt",
    ["remove it", "a red balloon", "make it grayscale", "blur", "make it red", "replace it with a cat", "",
     "a beach at sunset",
     'add the text "Hi"', "pixelate and invert"],
)  # fmt: skip
def test_pixels_outside_the_mask_stay_identical_and_inside_changes(prompt: str) -> None:
    result = pixels(edit(prompt, picture(), mask=disc_mask()).image)
    inside = numpy.asarray(disc_mask()) >= 128
    assert (result[~inside] == original()[~inside]).all()
    assert (result[inside] != original()[inside]).any()


def test_removing_fills_from_the_rim() -> None:
    result = pixels(edit("remove the disc", picture(), mask=disc_mask()).image).astype(int)
    clean = numpy.asarray(picture()).astype(int)
    x = numpy.linspace(0, 200, 120)
    expected = numpy.array([x[55], 30 + 190 * 45 / 89, 255 - x[55]])
    assert numpy.abs(result[45, 55] - expected).max() < 30
    assert numpy.abs(clean[45, 55] - expected).max() > 60


def test_a_transparent_mask_changes_where_it_is_opaque() -> None:
    mask = Image.new("RGBA", (120, 90), (0, 0, 0, 0))
    ImageDraw.Draw(mask).rectangle((0, 0, 59, 89), fill=(0, 0, 0, 255))
    result = pixels(edit("invert", picture(), mask=mask).image)
    assert (result[:, 60:] == original()[:, 60:]).all()
    assert (result[:, :60] == 255 - original()[:, :60]).all()


def test_a_mask_of_another_size_is_resized_and_said() -> None:
    result = edit("invert", picture(), mask=disc_mask().resize((60, 45)))
    assert open_image(result.image).size == (120, 90)
    assert any(one.setting == "mask" and one.kind == "clamped" for one in result.warnings)


def test_a_black_mask_changes_nothing_and_says_so() -> None:
    result = edit("a red balloon", picture(), mask=Image.new("L", (120, 90), 0))
    assert (pixels(result.image) == original()).all()
    assert any(one.setting == "mask" for one in result.warnings)


@pytest.mark.parametrize(
    "prompt", ["frobnicate the quux", "make the cat blue", "replace the dog with a cat", "remove the tree"]
)
def test_what_is_not_understood_leaves_the_picture_unchanged_with_a_warning(prompt: str) -> None:
    result = edit(prompt, picture())
    assert (pixels(result.image) == original()).all()
    assert any(one.kind == "unsupported" and one.setting == "prompt" for one in result.warnings)


def test_things_are_added_where_the_words_say() -> None:
    changed = (pixels(edit("add a red balloon in the top left corner", picture()).image) != original()).any(axis=2)
    rows, columns = numpy.nonzero(changed)
    assert len(rows)
    assert columns.max() < 60
    assert rows.max() < 45


def test_filters() -> None:
    grey = pixels(edit("make it black and white", picture()).image)
    assert (grey[:, :, 0] == grey[:, :, 2]).all()
    assert (pixels(edit("invert the colours", picture()).image) == 255 - original()).all()
    assert pixels(edit("make it brighter", picture()).image).mean() > original().mean()
    assert pixels(edit("a bit darker", picture()).image).mean() < original().mean()
    warm = pixels(edit("warmer", picture()).image).astype(int).mean(axis=(0, 1)) - original().mean(axis=(0, 1))
    assert warm[0] > warm[2]
    blocks = pixels(edit("pixelate strongly", picture()).image)
    assert len(numpy.unique(blocks.reshape(-1, 3), axis=0)) < len(numpy.unique(original().reshape(-1, 3), axis=0)) / 4
    assert pixels(edit("more contrast", picture()).image).std() > original().std()
    soft = numpy.abs(numpy.diff(pixels(edit("blur", picture()).image).astype(int), axis=1)).max()
    assert soft < numpy.abs(numpy.diff(original().astype(int), axis=1)).max()


@pytest.mark.parametrize("name", filter_names())
def test_every_filter_can_be_asked_for_and_does_something(name: str) -> None:
    words = {"less blur": "deblur", "tint": "tint it purple", "sunset light": "like a sunset",
             "night light": "at night",
             "oil": "oil painting"}.get(name, name)  # fmt: skip
    result = pixels(edit(words, picture(300, 200)).image)
    assert result.shape == (200, 300, 3)
    assert (result != numpy.asarray(picture(300, 200))).any()


def test_a_negated_filter_is_not_applied() -> None:
    assert (pixels(edit("invert, but do not blur it", picture()).image) == 255 - original()).all()


def test_geometry() -> None:
    assert (pixels(edit("flip it horizontally", picture()).image) == original()[:, ::-1]).all()
    assert (pixels(edit("flip vertically", picture()).image) == original()[::-1]).all()
    assert (pixels(edit("rotate by 90 degrees", picture()).image) == numpy.rot90(original(), -1)).all()
    assert (pixels(edit("rotate left", picture()).image) == numpy.rot90(original())).all()
    assert (pixels(edit("turn it upside down", picture()).image) == original()[::-1, ::-1]).all()
    assert (pixels(edit("crop the left half", picture()).image) == original()[:, :60]).all()
    assert open_image(edit("crop to a square", picture()).image).size == (90, 90)
    assert open_image(edit("crop to 50x40", picture()).image).size == (50, 40)
    assert open_image(edit("resize to 64x32", picture()).image).size == (64, 32)
    assert open_image(edit("scale it to 50%", picture()).image).size == (60, 45)


def test_outpainting_keeps_the_picture_and_adds_room() -> None:
    result = pixels(edit("extend it to the left by 50%", picture()).image)
    assert result.shape == (90, 180, 3)
    assert (result[:, 60:] == original()).all()
    wide = pixels(edit("", picture(), width=200, height=150).image)
    assert wide.shape == (150, 200, 3)
    assert (wide[30:120, 40:160] == original()).all()


def test_the_background_becomes_transparent() -> None:
    image = Image.new("RGB", (80, 60), (250, 250, 250))
    ImageDraw.Draw(image).rectangle((25, 20, 54, 39), fill=(200, 30, 30))
    alpha = numpy.asarray(open_image(edit("remove the background", image).image).getchannel("A"))
    assert (alpha[20:40, 25:55] == 255).all()
    assert alpha.astype(bool).sum() == 20 * 30


def test_several_pictures_become_one() -> None:
    red, blue = Image.new("RGB", (40, 30), (255, 0, 0)), Image.new("RGB", (80, 60), (0, 0, 255))
    beside = pixels(edit("side by side", red, blue).image)
    assert beside.shape == (30, 80, 3)
    assert tuple(beside[15, 10]) == (255, 0, 0)
    assert tuple(beside[15, 60]) == (0, 0, 255)
    assert tuple(pixels(edit("blend them", red, blue).image)[15, 20]) in {
        (127, 0, 127),
        (128, 0, 128),
        (127, 0, 128),
        (128, 0, 127),
    }
    inset = pixels(edit("put the second in the top left corner", red, blue).image)
    assert tuple(inset[3, 3]) == (0, 0, 255)
    assert tuple(inset[29, 39]) == (255, 0, 0)
    assert open_image(edit("a collage", red, red, red).image).size == (80, 60)
    unsaid = edit("", red, blue)
    assert any("side by side" in one.detail for one in unsaid.warnings)


def test_strength_blends_with_the_original() -> None:
    half = pixels(edit("invert", picture(), strength=0.5).image).astype(int)
    assert numpy.abs(half - 127.5).max() <= 1.5
    assert (pixels(edit("invert", picture(), strength=0.0).image) == original()).all()


def test_transparency_survives_an_edit() -> None:
    image = picture().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    result = open_image(edit("invert", image).image)
    assert result.mode == "RGBA"
    assert result.getchannel("A").tobytes() == image.getchannel("A").tobytes()


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(BadMedia):
        drain(painter().paint(ImageRequest(prompt="blur", images=(Media(b"not a picture", "image/png"),))))
    with pytest.raises(BadMedia):
        drain(painter().paint(ImageRequest(prompt="blur", images=(Media(b"<svg", "image/svg+xml"),))))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["add", "a cat", "remove", "crop", "rotate", "40", "left", "corner", "blur",
                              "extend", "the",
                              "background", "50%", "sky", "12x9", "very", "snow", '"x"', "frame"]), max_size=6),
    st.booleans(),
)  # fmt: skip
def test_any_words_give_a_picture(words: list[str], masked: bool) -> None:
    small = picture(24, 18)
    result = edit(" ".join(words), small, mask=Image.new("L", (24, 18), 255) if masked else None)
    assert result.image.mime_type == "image/png"

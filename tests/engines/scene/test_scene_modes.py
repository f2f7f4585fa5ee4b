"""Posters, patterns and charts."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from lollms_client.engines.scene.chart import read_chart
from lollms_client.engines.scene.figures import wrap_svg
from lollms_client.engines.scene.lettering import can_write, text_svg, text_width, wrap
from lollms_client.engines.scene.poster import split_prompt
from lollms_client.engines.scene.rendering import rasterise
from lollms_client.errors import BadSetting
from lollms_client.types import ImageResult
from tests.engines.scene.scene_calls import paint, pixels


@pytest.mark.parametrize(
    ("prompt", "mode"),
    [
        ("a cat", "scene"),
        ('a poster saying "Hello"', "poster"),
        ("a birthday card with the text Happy Birthday", "poster"),
        ("seamless pattern of cats", "pattern"),
        ("wallpaper with red cars", "pattern"),
        ("bar chart of apples 3, pears 5", "chart"),
        ("pie chart: 40% dogs, 60% cats", "chart"),
        ("a cat's house", "scene"),
        ("a chart on a wall", "scene"),
    ],
)
def test_the_mode_follows_from_the_words(prompt: str, mode: str) -> None:
    assert paint(prompt, width=64, height=64).model == f"scene-composer/{mode}"


@pytest.mark.parametrize(
    ("prompt", "texts", "rest"),
    [
        ('poster saying "Hello World"', ["Hello World"], ""),
        ("a sign “Open” with a cat", ["Open"], "cat"),
        ("a poster 'It's party time' at night", ["It's party time"], "at night"),
        ("a banner that says Welcome home", ["Welcome home"], ""),
        ('movie poster "One" "Two"', ["One", "Two"], ""),
    ],
)
def test_poster_texts(prompt: str, texts: list[str], rest: str) -> None:
    found, left = split_prompt(prompt)
    assert found == texts
    assert " ".join(left.split()).removeprefix("a ").strip() == rest


def test_a_poster_shows_its_letters_in_the_colour_asked_for() -> None:
    blank = red_in_the_upper_half(paint("a cat at night"))
    lettered = red_in_the_upper_half(paint('poster "HELLO" with a cat at night in red letters'))
    assert lettered > 0.02 > 0.001 > blank


def red_in_the_upper_half(result: ImageResult) -> float:
    upper = pixels(result.image)[:110].astype(int)
    return float(((upper[:, :, 0] > 180) & (upper[:, :, 1] < 90) & (upper[:, :, 2] < 90)).mean())


def test_a_letter_the_font_has_not_is_said() -> None:
    assert any("漢" in one.detail for one in paint('poster "漢字"').warnings)
    assert any("Café" in one.detail for one in paint('poster "Café"').warnings)
    assert not any("font" in one.detail for one in paint('poster "Cafe"').warnings)
    assert not can_write("漢")


def test_letters_have_holes_and_widths() -> None:
    image = rasterise(wrap_svg(text_svg("O", 50, 80, 80, "#000000"), 100, 100), 100, 100)
    alpha = numpy.asarray(image.getchannel("A"))
    assert alpha[52, 50] == 0
    assert alpha[52].max() == 255
    assert text_width("WW", 20) == pytest.approx(2 * text_width("W", 20), rel=0.1)


def test_outlines_are_as_thick_as_the_font_draws_them() -> None:
    font = ImageFont.load_default(96)
    image = Image.new("L", (300, 140), 0)
    ImageDraw.Draw(image).text((10, 110), "Rag8", fill=255, font=font, anchor="ls")
    drawn = rasterise(wrap_svg(text_svg("Rag8", 10, 110, 96, "#000000", "start"), 300, 140), 300, 140)
    ours = numpy.asarray(drawn.getchannel("A"), dtype=float)
    theirs = numpy.asarray(image, dtype=float)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.02)
    assert numpy.abs(ours - theirs).mean() < 3


def test_text_is_wrapped_to_fit() -> None:
    lines = wrap("the quick brown fox jumps over the lazy dog", 200, 120, 60)
    assert " ".join(line.text for line in lines) == "the quick brown fox jumps over the lazy dog"
    assert all(line.width <= 200 for line in lines)
    assert sum(line.size * 1.15 for line in lines) <= 120


@pytest.mark.parametrize(("width", "height"), [(200, 200), (300, 150), (128, 256)])
def test_patterns_tile_without_a_seam(width: int, height: int) -> None:
    """Across the edges neighbouring pixels differ hardly more than they do close by."""
    tile = pixels(paint("seamless pattern of cats and red balloons", width=width, height=height).image).astype(int)
    for way in (tile, tile.transpose(1, 0, 2)):
        steps = numpy.abs(numpy.diff(way, axis=0)).mean(axis=(1, 2))
        near_the_edge = max(1.0, steps[:3].max(), steps[-3:].max())
        assert numpy.abs(way[0] - way[-1]).mean() <= 1.4 * near_the_edge


def test_a_pattern_crosses_its_edges() -> None:
    tile = pixels(paint("seamless pattern of red balloons on a white background", width=240, height=240).image)
    edge = numpy.concatenate([tile[0], tile[-1], tile[:, 0], tile[:, -1]])
    assert (edge != tile[0, 0]).any()
    wide = Image.new("RGB", (480, 240))
    for left in (0, 240):
        wide.paste(Image.fromarray(tile), (left, 0))
    assert wide.size == (480, 240)


@pytest.mark.parametrize(
    ("prompt", "kind", "title", "values"),
    [
        ("bar chart of apples 3, pears 5", "bar", "", [("apples", 3), ("pears", 5)]),
        ("pie chart: 40% dogs, 35% cats and 25% birds", "pie", "", [("dogs", 40), ("cats", 35), ("birds", 25)]),
        ("line graph 'Sales' Jan 10, Feb 20.5", "line", "Sales", [("Jan", 10), ("Feb", 20.5)]),
        ("a bar chart of population: Paris 2.1, Rome 2.8", "bar", "population", [("Paris", 2.1), ("Rome", 2.8)]),
        ("chart of 3 apples and 5 pears", "bar", "", [("apples", 3), ("pears", 5)]),
        ("chart of costs: rent=900; food=300", "bar", "costs", [("rent", 900), ("food", 300)]),
        ("a line chart of 2020: 5, 2021: 7, 2022: 6", "line", "", [("2020", 5), ("2021", 7), ("2022", 6)]),
        ("chart -5, 3, 7", "bar", "", [("1", -5), ("2", 3), ("3", 7)]),
    ],
)
def test_charts_are_read(prompt: str, kind: str, title: str, values: list[tuple[str, float]]) -> None:
    chart = read_chart(prompt)
    assert chart is not None
    assert (chart.kind, chart.title, list(chart.values)) == (kind, title, values)


def test_bars_are_as_high_as_their_values() -> None:
    svg = paint("bar chart of rent 2, food 4", output_format="svg").image.decode()
    rects = [element for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("rect")]
    heights = [float(element.get("height", 0)) for element in rects if element.get("rx")]
    assert heights[1] == pytest.approx(2 * heights[0], rel=0.01)


def test_a_chart_without_numbers_is_refused() -> None:
    with pytest.raises(BadSetting, match="numbers"):
        paint("a chart of my feelings", "chart")


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60), st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=8))
def test_any_chart_can_be_drawn(words: str, numbers: list[float]) -> None:
    prompt = f"chart {words}, " + ", ".join(f"x{index} {value:.3f}" for index, value in enumerate(numbers))
    assert paint(prompt, "chart", width=48, height=48, output_format="svg").image.startswith(b"<svg")


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["poster", "pattern"]))
def test_any_text_gives_a_poster_and_a_pattern(text: str, mode: str) -> None:
    assert paint(text, mode, width=48, height=48).image.mime_type == "image/png"

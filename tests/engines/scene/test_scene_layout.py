"""Where the composer puts things: relations hold in the picture, sizes go by the real world, nothing gets lost."""

from __future__ import annotations

import pytest

from lollms_client.engines.scene.colours import to_rgb
from tests.engines.scene.scene_calls import figures, one, scene

_SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", _SEEDS)
def test_left_and_right(seed: int) -> None:
    made = scene("a dog left of a house and a cat right of it", seed)
    assert one(made, "dog").x < one(made, "house").x < one(made, "cat").x


@pytest.mark.parametrize("seed", _SEEDS)
def test_positions_in_the_picture(seed: int) -> None:
    made = scene("on the left a cat, on the right a dog", seed)
    assert one(made, "cat").x < 256 < one(made, "dog").x
    corner = one(scene("a sun in the top left corner", seed), "sun")
    assert corner.x < 256
    assert corner.foot < 300


@pytest.mark.parametrize("seed", range(8))
def test_left_and_right_hold_in_the_sky_too(seed: int) -> None:
    made = scene("a sun left of a balloon and a star right of the balloon", seed)
    assert one(made, "sun").x < one(made, "balloon").x < one(made, "star").x
    made = scene("a balloon left of a house and a star right of it", seed)
    assert one(made, "balloon").x < one(made, "house").x < one(made, "star").x


@pytest.mark.parametrize("seed", _SEEDS)
def test_between(seed: int) -> None:
    made = scene("a cat between two trees", seed)
    left, right = sorted(tree.x for tree in figures(made, "tree"))
    assert left < one(made, "cat").x < right


@pytest.mark.parametrize("seed", _SEEDS)
def test_on_stands_on_its_host(seed: int) -> None:
    made = scene("a cat on a table", seed)
    cat, table = one(made, "cat"), one(made, "table")
    assert cat.foot < table.foot - 0.3 * table.height
    assert abs(cat.x - table.x) < table.width / 2
    assert cat.host is table


@pytest.mark.parametrize("seed", _SEEDS)
def test_under_a_tree_is_low_and_before_its_stem(seed: int) -> None:
    made = scene("a cat under a tree", seed)
    cat, tree = one(made, "cat"), one(made, "tree")
    assert cat.height < tree.height * 0.6
    assert cat.top > tree.top + 0.3 * tree.height
    assert abs(cat.x - tree.x) < tree.width / 2


@pytest.mark.parametrize("seed", _SEEDS)
def test_above_keeps_clear(seed: int) -> None:
    made = scene("a castle with a dragon flying above it", seed)
    assert one(made, "dragon").foot <= one(made, "castle").top + 1


@pytest.mark.parametrize("seed", _SEEDS)
def test_behind_is_drawn_earlier_and_before_is_drawn_later(seed: int) -> None:
    order = [figure.art.id for figure in scene("a cat behind a house", seed).figures]
    assert order == ["cat", "house"]
    order = [figure.art.id for figure in scene("a cat in front of a house", seed).figures]
    assert order == ["house", "cat"]


def test_what_stands_behind_can_still_be_seen() -> None:
    made = scene("a cat behind a house")
    cat, house = one(made, "cat"), one(made, "house")
    covered = min(cat.box[2], house.box[2]) - max(cat.box[0], house.box[0])
    assert covered < 0.6 * cat.width


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_rider_moves_with_what_carries_it(seed: int) -> None:
    made = scene("a boy riding a horse on the beach", seed)
    boy, horse = one(made, "boy"), one(made, "horse")
    assert boy.root() is horse
    assert boy.foot < horse.top + 0.7 * horse.height


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_hat_sits_at_the_head(seed: int) -> None:
    made = scene("a man wearing a top hat", seed)
    man, hat = one(made, "man"), one(made, "top_hat")
    assert hat.foot < man.top + 0.35 * man.height
    assert abs(hat.x - man.x) < 0.3 * man.width


@pytest.mark.parametrize("seed", _SEEDS)
def test_flying_things_are_higher_than_standing_ones(seed: int) -> None:
    made = scene("two birds flying over a house", seed)
    assert all(bird.foot < one(made, "house").top + 20 for bird in figures(made, "bird"))


def test_real_sizes_are_kept_in_order_and_nothing_vanishes() -> None:
    made = scene("a mouse, a dog, a horse and a house", width=800)
    heights = [one(made, name).height for name in ("mouse", "dog", "horse", "house")]
    assert heights == sorted(heights)
    assert heights[0] > 0.05 * 512


def test_sizes_asked_for() -> None:
    small = one(scene("a tiny cat and a tree"), "cat").height
    usual = one(scene("a cat and a tree"), "cat").height
    giant = one(scene("a giant cat and a tree"), "cat").height
    assert small < usual < giant


@pytest.mark.parametrize("count", [1, 2, 5, 12, 24])
def test_all_that_is_counted_is_drawn_inside_the_picture(count: int) -> None:
    made = scene(f"{count} sheep")
    flock = figures(made, "sheep")
    assert len(flock) == count
    assert all(0 <= sheep.x <= 512 and 0 < sheep.foot <= 512 for sheep in flock)
    assert len({(round(sheep.x), round(sheep.foot)) for sheep in flock}) == count


@pytest.mark.parametrize("count", [2, 4, 6])
def test_neighbours_overlap_little(count: int) -> None:
    boxes = sorted(figure.box for figure in figures(scene(f"{count} dogs", width=900), "dog"))
    for a in boxes:
        for b in boxes:
            if a is not b:
                across = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
                down = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
                assert across * down < 0.35 * (a[2] - a[0]) * (a[3] - a[1])


def test_the_place_follows_from_the_things() -> None:
    assert scene("a camel").place == "desert"
    assert scene("a whale").place == "sea"
    assert scene("an octopus and a jellyfish").place == "underwater"
    assert scene("a penguin").place == "snow"
    assert scene("a pizza").place == "tabletop"
    assert scene("a sofa and a lamp").place == "room"
    assert scene("a duck swimming").place == "lake"
    assert scene("a camel in the forest").place == "forest"
    assert scene("a cow, a pig and a flower").place == "farm"
    assert scene("a sofa, a wardrobe and an apple").place == "room"


def test_the_sky_shows_what_the_time_and_weather_have() -> None:
    def layers(prompt: str) -> set[str]:
        return {layer.name for layer in scene(prompt).backdrop.layers}

    assert {"stars", "sun"} <= layers("a house in a meadow at night")
    assert "stars" not in layers("a house in a meadow at noon")
    assert not {"stars", "sun"} & layers("a house in a meadow at night in the rain")
    assert "sun" not in layers("a sun over a meadow")
    assert "lightning" in layers("a house in a storm")


def test_boats_float_on_the_water_of_the_place() -> None:
    for prompt in ("a sailboat on the sea", "a sailboat on a lake"):
        made = scene(prompt)
        assert made.backdrop.water is not None
        assert made.backdrop.water * 512 <= one(made, "sailboat").foot <= 0.9 * 512
        assert made.backdrop.water > 0.6


def test_leaves_take_the_colours_of_autumn() -> None:
    assert not figures(scene("a leaf"), "leaf")[0].colours
    for leaf in figures(scene("leaves in autumn"), "leaf"):
        red, green, _ = to_rgb(leaf.colours[0])
        assert red > green
    assert figures(scene("a blue leaf in autumn"), "leaf")[0].colours == ("#2f6fd6",)


@pytest.mark.parametrize(("width", "height"), [(16, 16), (4096, 64), (64, 2048), (1000, 300)])
def test_any_shape_of_picture(width: int, height: int) -> None:
    made = scene("a girl with a balloon and three dogs under a tree, three birds in the sky", 3, width, height)
    assert len(made.figures) == 9
    assert all(figure.height > 0 for figure in made.figures)


def test_coloured_garments_colour_the_person() -> None:
    made = scene("a man in a red shirt")
    assert [figure.art.id for figure in made.figures] == ["man"]
    assert made.figures[0].colours == ("#d9302c",)

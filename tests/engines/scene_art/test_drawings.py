"""The drawings themselves: every entry keeps to the format, can be rendered, recoloured and found by its words."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import resvg_py
import yaml
from PIL import Image, ImageChops

import lollms_client.engines.scene as scene
from lollms_client.engines.scene.art_library import MOVES, PLACES, plural_of, read_library

FOLDER = Path(scene.__file__).parent / "art"
FIELDS = {
    "names", "group", "size", "place", "moves", "faces", "width", "height", "colors", "fixed", "svg",
}  # fmt: skip
SHAPES = {
    "g": {"id", "transform"},
    "path": {"d"},
    "circle": {"cx", "cy", "r"},
    "ellipse": {"cx", "cy", "rx", "ry"},
    "rect": {"x", "y", "width", "height", "rx"},
    "line": {"x1", "y1", "x2", "y2"},
    "polygon": {"points"},
}
PAINT = {"fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "opacity"}
PART = re.compile(r"leg[1-4]|arm[12]|wing[12]|wheel[1-4]|head|tail|trunk|spout|flame|flag|sail|leaf")
COLOUR = re.compile(r"#[0-9a-f]{6}|\{(main|accent|dark|light)\}|none")
ASKED = re.findall(
    r"\w+",
    """
cat dog mouse rabbit horse cow pig sheep goat donkey lion tiger elephant giraffe zebra bear panda fox wolf deer monkey
kangaroo camel hedgehog squirrel frog turtle snake crocodile dinosaur snail bird eagle owl duck swan chicken rooster
penguin parrot flamingo butterfly bee ladybug dragonfly bat spider ant fish shark whale dolphin octopus crab jellyfish
seahorse starfish seal man woman boy girl baby grandmother king queen knight astronaut pirate wizard witch chef farmer
doctor firefighter robot snowman ghost angel mermaid superhero ninja clown dancer car bus truck train bicycle motorcycle
boat sailboat ship submarine airplane helicopter rocket ufo tractor ambulance taxi skateboard scooter tank house castle
tower lighthouse skyscraper church barn windmill tent igloo bridge fence pyramid temple mosque shop school factory
fountain well gate ruin tree cactus flower rose tulip sunflower daisy mushroom bush grass leaf bamboo log stump apple
banana orange pear strawberry cherry grapes watermelon pineapple lemon carrot tomato pumpkin corn broccoli bread cheese
egg pizza burger cake cupcake donut cookie candy teacup bottle chair table bed sofa lamp book clock vase candle umbrella
key door window television computer laptop phone camera box gift balloon kite ball basketball guitar piano violin drum
trumpet microphone hat crown shoe glasses shirt dress bag backpack sun moon star cloud rainbow lightning mountain
volcano hill rock island waterfall campfire planet saturn earth comet snowflake heart flag sword shield dragon unicorn
fairy monster skull hammer axe saw ladder bucket rope anchor wheel barrel bell telescope globe doll
""",
)
ASKED_PHRASES = [
    "old man", "police officer", "hot air balloon", "fire truck", "pine tree", "palm tree", "apple tree", "hot dog",
    "ice cream", "cup of coffee", "glass of wine", "soccer ball", "treasure chest", "teddy bear",
]  # fmt: skip
SEVERAL_MEANINGS = {"glasses"}  # one pair of spectacles, or more than one glass: the spectacles win


def entries() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for object_id, entry in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader).items():
            assert object_id not in found, f"{object_id} is drawn twice, the second time in {path.name}"
            found[object_id] = entry
    return found


ENTRIES = entries()
LIBRARY = read_library(FOLDER)


def rendered(object_id: str, fragment: str, margin: float = 0.0) -> Image.Image:
    """The fragment at 96 pixels, with a margin around the view box given as a fraction of its longer side."""
    entry = ENTRIES[object_id]
    room = margin * max(entry["width"], entry["height"])
    wide, high = entry["width"] + 2 * room, entry["height"] + 2 * room
    scale = 96 / max(wide, high)
    data = resvg_py.svg_to_bytes(
        svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-room} {-room} {wide} {high}" '
        f'width="{max(1, round(wide * scale))}" height="{max(1, round(high * scale))}">{fragment}</svg>'
    )
    return Image.open(io.BytesIO(bytes(data))).convert("RGBA")


def test_there_is_a_drawing_for_everything_people_ask_for() -> None:
    missing = [word for word in [*ASKED, *ASKED_PHRASES] if word not in LIBRARY.words]
    assert not missing
    assert len(ENTRIES) == len(LIBRARY) >= 500


def test_no_word_names_two_objects() -> None:
    owners: dict[str, set[str]] = {}
    for object_id, entry in ENTRIES.items():
        for word in [*entry["names"], *map(plural_of, entry["names"])]:
            owners.setdefault(word, set()).add(object_id)
    assert {word for word, objects in owners.items() if len(objects) > 1} <= SEVERAL_MEANINGS


def test_files_stay_short_enough_to_read() -> None:
    assert max(len(path.read_text(encoding="utf-8").splitlines()) for path in FOLDER.glob("*.yaml")) <= 1500


@pytest.mark.parametrize("object_id", ENTRIES)
def test_the_entry_keeps_to_the_format(object_id: str) -> None:
    entry = ENTRIES[object_id]
    assert set(entry) == FIELDS
    assert entry["names"]
    assert all(re.fullmatch(r"[a-z0-9]+([ -][a-z0-9]+)*", word) for word in entry["names"])
    assert len(set(entry["names"])) == len(entry["names"])
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", object_id)
    assert entry["place"] in PLACES
    assert entry["moves"] in MOVES
    assert entry["faces"] in ("left", "right", "front")
    assert 0.005 <= entry["size"] <= 200
    assert all(isinstance(entry[side], int) and 10 <= entry[side] <= 250 for side in ("width", "height"))
    assert "main" in entry["colors"]
    assert set(entry["colors"]) <= {"main", "accent", "dark", "light"}
    assert all(re.fullmatch("#[0-9a-f]{6}", value) for value in entry["colors"].values())
    assert set(entry["fixed"]) <= set(entry["colors"]) - {"main"}


@pytest.mark.parametrize("object_id", ENTRIES)
def test_the_svg_uses_only_plain_shapes_and_known_parts(object_id: str) -> None:
    entry = ENTRIES[object_id]
    root = ElementTree.fromstring(f"<svg>{entry['svg']}</svg>")
    shapes = [element for element in root.iter() if element is not root]
    assert {element.tag for element in shapes} <= set(SHAPES)
    for element in shapes:
        assert set(element.attrib) <= SHAPES[element.tag] | PAINT
        for attribute in ("fill", "stroke"):
            assert COLOUR.fullmatch(element.get(attribute, "none"))
        assert element.tag == "g" or "fill" in element.attrib or "stroke" in element.attrib
    parts = Counter(element.get("id") for element in shapes if "id" in element.attrib)
    assert all(PART.fullmatch(str(name)) and times == 1 for name, times in parts.items())
    assert set(re.findall(r"\{(\w+)\}", entry["svg"])) == set(entry["colors"])


@pytest.mark.parametrize("object_id", ENTRIES)
def test_the_drawing_fills_its_view_box_and_stands_on_the_foot_line(object_id: str) -> None:
    entry = ENTRIES[object_id]
    image = rendered(object_id, LIBRARY[object_id].drawing(), margin=0.15)
    room = 0.15 * max(entry["width"], entry["height"])
    scale = image.width / (entry["width"] + 2 * room)
    opaque = image.getchannel("A").point(lambda value: 255 if value > 60 else 0)
    box = opaque.getbbox()
    assert box is not None
    left, top, right, bottom = (edge / scale - room for edge in box)
    pixel = 1 / scale
    assert opaque.histogram()[255] * pixel**2 >= 0.08 * entry["width"] * entry["height"]
    assert abs(bottom - entry["height"]) <= 3 * pixel
    assert -2 * pixel <= top <= 4 * pixel
    assert left >= -2 * pixel
    assert right <= entry["width"] + 2 * pixel
    assert abs(left + right - entry["width"]) <= 5 * pixel


@pytest.mark.parametrize("object_id", ENTRIES)
def test_another_main_colour_is_plainly_seen(object_id: str) -> None:
    own = LIBRARY[object_id]
    other = "#2f6fd6" if own.colors["main"][1:3] > "80" else "#f2d13c"
    before, after = (rendered(object_id, own.drawing(colours)) for colours in ((), (other,)))
    changed = ImageChops.difference(before.convert("RGB"), after.convert("RGB")).convert("L")
    visible = sum(before.getchannel("A").point(lambda value: 255 if value > 60 else 0).histogram()[255:])
    assert sum(changed.histogram()[13:]) >= 0.1 * visible

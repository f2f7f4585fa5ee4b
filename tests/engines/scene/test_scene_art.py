"""The art's own rules: what is wrong in a drawing is said with its file, its name and the rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lollms_client.engines.scene.art_library import read_library, shared_library
from lollms_client.engines.scene.colours import brightness, mix, shade, tinted, to_hex
from lollms_client.engines.scene.figures import natural_height, part_of, shape_of
from lollms_client.errors import EngineFailed

_GOOD: dict[str, Any] = {
    "names": ["blob", "blobs"], "group": "things", "size": 1.0, "place": "ground", "moves": "none", "faces": "front",
    "width": 20, "height": 10, "fixed": ["accent"],
    "colors": {"main": "#ff0000", "accent": "#00ff00", "dark": "#660000"},
    "svg": '<rect width="20" height="10" fill="{main}"/>'
    '<g id="head"><rect x="5" y="0" width="10" height="2" fill="{dark}"/></g>',
}  # fmt: skip


def write(folder: Path, **changes: Any) -> Path:
    (folder / "art.yaml").write_text(yaml.safe_dump({"blob": {**_GOOD, **changes}}))
    return folder


def test_a_good_drawing_is_read_recoloured_and_measured(tmp_path: Path) -> None:
    library = read_library(write(tmp_path))
    blob = library["blob"]
    assert library.words["blob"] == ("blob", False)
    assert library.words["blobs"] == ("blob", True)
    blue = blob.palette(("#0000ff",))
    assert blue["main"] == "#0000ff"
    assert blue["accent"] == "#00ff00"
    assert brightness(blue["dark"]) < brightness(blue["main"])
    assert blob.palette(("#0000ff", "#ffffff"))["accent"] == "#ffffff"
    shape = shape_of(blob)
    assert shape.head is not None
    assert shape.head[0] == pytest.approx(0.25, abs=0.02)
    assert part_of(blob.drawing(), "tail") is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"names": []}, "name"),
        ({"place": "attic"}, "attic"),
        ({"moves": "teleport"}, "teleport"),
        ({"faces": "up"}, "faces"),
        ({"size": 0}, "above 0"),
        ({"width": -3}, "above 0"),
        ({"colors": {"main": "red"}}, "#rrggbb"),
        ({"svg": '<rect fill="{glow}"/>'}, "glow"),
        ({"svg": "<rect>"}, "well formed"),
        ({"svg": "<text>hi</text>"}, "text"),
        ({"svg": None, "colors": None, "width": None}, "art.yaml"),
    ],
)
def test_a_broken_rule_is_said_with_file_and_drawing(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(EngineFailed) as caught:
        read_library(write(tmp_path, **changes))
    assert said in str(caught.value)
    assert "art.yaml" in str(caught.value)


def test_the_library_has_what_people_ask_for() -> None:
    library = shared_library()
    assert len(library) >= 150
    words = "cat dog house tree car boat flower sun moon bird fish man woman table chair apple castle rocket"
    for word in words.split(" "):
        assert word in library.words


def test_real_sizes_are_compressed_but_keep_their_order() -> None:
    ordered = sorted(shared_library().objects.values(), key=lambda one: one.size)
    heights = [natural_height(one) for one in ordered]
    assert heights == sorted(heights)
    assert heights[0] >= 0.1
    assert heights[-1] <= 0.66


def test_colours() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert shade("#808080", 1.0) == "#ffffff"
    assert shade("#808080", -1.0) == "#000000"
    assert to_hex(-5, 300, 15.6) == "#00ff10"
    assert tinted('<a fill="#ffffff"/>', "#ff8000", 1.0) == '<a fill="#ff8000"/>'
    assert tinted('<a fill="#ffffff"/>', "#ff8000", 0.0) == '<a fill="#ffffff"/>'

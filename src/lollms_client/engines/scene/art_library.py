"""Reads and checks the vector art: objects with their names, sizes, colours and SVG, from art/*.yaml."""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lollms_client.engines.scene.colours import brightness, shade, tinted
from lollms_client.errors import EngineFailed

PLACES = ("ground", "sky", "water", "underwater", "wall", "table", "space", "any")
MOVES = ("walk", "hop", "fly", "swim", "drive", "sail", "roll", "sway", "float", "spin", "grow", "none")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_IRREGULAR = {
    "man": "men", "woman": "women", "child": "children", "person": "people", "mouse": "mice", "goose": "geese",
    "foot": "feet", "tooth": "teeth", "ox": "oxen", "wolf": "wolves", "leaf": "leaves", "loaf": "loaves",
    "knife": "knives", "shelf": "shelves", "bookshelf": "bookshelves", "elf": "elves", "calf": "calves",
    "fireman": "firemen", "policeman": "policemen", "snowman": "snowmen", "fisherman": "fishermen", "cactus": "cacti",
    "octopus": "octopuses", "bus": "buses", "scarf": "scarves", "sheep": "sheep", "deer": "deer", "fish": "fish",
    "half": "halves", "fairy": "fairies", "reindeer": "reindeer",
    "moose": "moose", "aircraft": "aircraft", "spacecraft": "spacecraft", "scissors": "scissors", "glasses": "glasses",
    "sunglasses": "sunglasses", "headphones": "headphones", "trousers": "trousers", "clownfish": "clownfish",
    "starfish": "starfish", "jellyfish": "jellyfish", "squid": "squid", "bison": "bison", "salmon": "salmon",
    "fireworks": "fireworks", "skis": "skis", "thief": "thieves", "potato": "potatoes", "tomato": "tomatoes",
    "mango": "mangoes", "volcano": "volcanoes", "hero": "heroes", "grandchild": "grandchildren", "mermaid": "mermaids",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class ArtObject:
    """One thing that can be drawn; the view box has units of its own, `size` is its real height in metres."""

    id: str
    names: tuple[str, ...]
    group: str
    size: float
    place: str
    moves: str
    faces: str
    width: float
    height: float
    colors: Mapping[str, str]
    fixed: frozenset[str]
    svg: str

    @property
    def name(self) -> str:
        """The word people use first."""
        return self.names[0]

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    def palette(self, colours: tuple[str, ...] = ()) -> dict[str, str]:
        """The colours to draw with where `main` (and, second, `accent`) are replaced by those given."""
        result = dict(self.colors)
        for name, difference in (("light", 0.35), ("dark", -0.35)):
            if name not in result and "main" in result:
                result[name] = shade(result["main"], difference)
        if not colours or "main" not in result:
            return result
        old, main = result["main"], colours[0]
        for name, own in tuple(result.items()):
            if name == "main":
                result[name] = main
            elif name not in self.fixed:
                difference = brightness(own) - brightness(old)
                result[name] = shade(main, max(-0.75, min(0.75, difference)) or -0.15)
        if len(colours) > 1 and "accent" in result:
            result["accent"] = colours[1]
        return result

    def drawing(self, colours: tuple[str, ...] = (), tint: str = "#ffffff", amount: float = 0.0) -> str:
        """The SVG fragment in the view box (0, 0, width, height), recoloured and seen in tinted light."""
        palette = self.palette(colours)
        text = _PLACEHOLDER.sub(lambda match: palette[match.group(1)], self.svg)
        return tinted(text, tint, amount)


class ArtLibrary:
    """All objects, found by the words for them."""

    def __init__(self, objects: Iterable[ArtObject]) -> None:
        self.objects: dict[str, ArtObject] = {one.id: one for one in objects}
        self.words: dict[str, tuple[str, bool]] = {}  # phrase -> (object id, whether it is a plural)
        for one in self.objects.values():
            plurals = {plural_of(name) for name in one.names if plural_of(name) != name}
            for name in one.names:
                self.words.setdefault(name, (one.id, name in plurals))
        for one in self.objects.values():
            for name in one.names:
                self.words.setdefault(plural_of(name), (one.id, True))

    def __getitem__(self, object_id: str) -> ArtObject:
        return self.objects[object_id]

    def __contains__(self, object_id: str) -> bool:
        return object_id in self.objects

    def __len__(self) -> int:
        return len(self.objects)


def plural_of(name: str) -> str:
    """The English plural of a noun or of a phrase whose last word is one."""
    first, space, last = name.rpartition(" ")
    if last in _IRREGULAR:
        return first + space + _IRREGULAR[last]
    for ending, plural in _IRREGULAR.items():
        if ending in ("man", "woman", "child", "fish", "shelf") and last.endswith(ending):
            return first + space + last.removesuffix(ending) + plural
    if re.search(r"(s|x|z|ch|sh)$", last):
        return name + "es"
    if re.search(r"[^aeiou]y$", last):
        return name[:-1] + "ies"
    return name + "s"


@functools.cache
def shared_library() -> ArtLibrary:
    """The library that ships with the package, read once."""
    return read_library(Path(__file__).parent / "art")


def read_library(folder: Path) -> ArtLibrary:
    """Read every YAML file of a folder. Raises EngineFailed naming the file and the object where one is wrong."""
    objects = [one for path in sorted(folder.glob("*.yaml")) for one in read_art(path)]
    return ArtLibrary(objects)


def read_art(path: Path) -> list[ArtObject]:
    """The objects of one file; see read_library for what goes wrong."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}  # noqa: S506 - a safe loader
        return [read_object(str(object_id), entry) for object_id, entry in entries.items()]
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise EngineFailed(f"the drawings in {path.name} cannot be read: {problem}") from problem


def read_object(object_id: str, entry: Mapping[str, Any]) -> ArtObject:
    """Make one object of its YAML entry. Raises ValueError saying which rule it breaks."""
    colors = {str(name): str(value).lower() for name, value in (entry.get("colors") or {}).items()}
    result = ArtObject(
        id=object_id,
        names=tuple(str(name).lower() for name in entry["names"]),
        group=str(entry.get("group", "things")),
        size=float(entry["size"]),
        place=str(entry.get("place", "ground")),
        moves=str(entry.get("moves", "none")),
        faces=str(entry.get("faces", "front")),
        width=float(entry["width"]),
        height=float(entry["height"]),
        colors=colors,
        fixed=frozenset(entry.get("fixed") or ()),
        svg=str(entry["svg"]).strip(),
    )
    for rule in _broken_rules(result):
        raise ValueError(f"{object_id}: {rule}")
    return result


def _broken_rules(one: ArtObject) -> Iterable[str]:
    if not one.names:
        yield "needs at least one name"
    if one.place not in PLACES:
        yield f"place is {one.place!r}, not one of {', '.join(PLACES)}"
    if one.moves not in MOVES:
        yield f"moves is {one.moves!r}, not one of {', '.join(MOVES)}"
    if one.faces not in ("left", "right", "front"):
        yield f"faces is {one.faces!r}, not left, right or front"
    if min(one.size, one.width, one.height) <= 0:
        yield "size, width and height must be above 0"
    for name, value in one.colors.items():
        if not re.fullmatch(r"#[0-9a-f]{6}", value):
            yield f"colour {name} is {value!r}, not #rrggbb"
    unknown = {match for match in _PLACEHOLDER.findall(one.svg) if match not in one.palette()}
    if unknown:
        yield f"the SVG names colours that are not listed: {', '.join(sorted(unknown))}"
        return
    try:
        root = ElementTree.fromstring(f"<svg>{one.drawing()}</svg>")  # noqa: S314 - our own file
    except ElementTree.ParseError as problem:
        yield f"the SVG is not well formed: {problem}"
        return
    for element in root.iter():
        if element.tag in ("text", "style", "filter", "image", "use", "script", "foreignObject"):
            yield f"the SVG uses <{element.tag}>"

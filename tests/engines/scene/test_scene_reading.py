"""The composer reads prompts: things, counts, colours, sizes, relations, verbs, settings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.engines.scene.art_library import plural_of
from lollms_client.engines.scene.composer import SceneComposer
from lollms_client.engines.scene.lexicon import facts
from tests.engines.scene.scene_calls import composer, paint, read, relations, things

_COLOURS = facts()["colours"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", [("cat", 1)]),
        ("three cats", [("cat", 3)]),
        ("a pair of dogs", [("dog", 2)]),
        ("a dozen ducks", [("duck", 12)]),
        ("7 fish", [("fish", 7)]),
        ("colorful fish", [("fish", 4)]),
        ("the sheep", [("sheep", 1)]),
        ("a family", [("man", 4)]),
        ("mice and geese and wolves", [("mouse", 3), ("goose", 3), ("wolf", 3)]),
        ("a cat and two dogs", [("cat", 1), ("dog", 2)]),
        ("a cat, a dog and a horse", [("cat", 1), ("dog", 1), ("horse", 1)]),
        ("a hot air balloon", [("hot_air_balloon", 1)]),
        ("a picture of a lighthouse", [("lighthouse", 1)]),
        ("A cat. The cat is black. It sleeps.", [("cat", 1)]),
        ("an orange cat eating an orange", [("cat", 1), ("orange", 1)]),
        ("two blue and one yellow balloons", [("balloon", 2), ("balloon", 1)]),
        ("a baby elephant", [("elephant", 1)]),
        ("a baby", [("baby", 1)]),
        ("children", [("boy", 3)]),
        ("an elefant", [("elephant", 1)]),
        ("a cat without a dog, no birds", [("cat", 1)]),
        ("", []),
    ],
)
def test_things_and_counts(prompt: str, expected: list[tuple[str, int]]) -> None:
    assert things(read(prompt)) == expected


def test_many_things_are_bounded() -> None:
    description = read("1000 sheep")
    assert things(description) == [("sheep", 40)]
    assert any("1000" in word for word in description.ignored)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red car", [["red"]]),
        ("the car is red", [["red"]]),
        ("a red and white car", [["red", "white"]]),
        ("two blue and one yellow balloons", [["blue"], ["yellow"]]),
        ("red, green and blue balloons", [["red", "green", "blue"]]),
        ("a big red house and a small blue car", [["red"], ["blue"]]),
        ("a cat with black fur", [["black"]]),
        ("a house with a red roof", [[]]),
    ],
)
def test_colours(prompt: str, expected: list[list[str]]) -> None:
    found = [thing.colours for thing in read(prompt).things]
    assert found == [[_COLOURS[name] for name in names] for names in expected]


def test_light_and_dark_tones_differ_from_the_plain_colour() -> None:
    light, plain, dark = (read(f"a {tone}blue car").things[0].colours[0] for tone in ("light ", "", "dark "))
    assert sum(bytes.fromhex(light[1:])) > sum(bytes.fromhex(plain[1:])) > sum(bytes.fromhex(dark[1:]))


def test_sizes() -> None:
    sizes = [thing.size for thing in read("a tiny mouse, a dog and a giant cat").things]
    assert sizes[0] < sizes[1] == 1.0 < sizes[2]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat left of a dog", [("cat", "left", "dog")]),
        ("a cat to the right of a dog", [("cat", "right", "dog")]),
        ("a cat on top of a table", [("cat", "on", "table")]),
        ("a cat sitting on a chair", [("cat", "on", "chair")]),
        ("a cat under a tree", [("cat", "under", "tree")]),
        ("under the tree sits a cat", [("cat", "under", "tree")]),
        ("a cat behind a house", [("cat", "behind", "house")]),
        ("a cat in front of a house", [("cat", "front", "house")]),
        ("a cat next to a dog", [("cat", "beside", "dog")]),
        ("a cat in a box", [("cat", "inside", "box")]),
        ("a basket of apples", [("apple", "inside", "basket")]),
        ("a girl holding a red balloon", [("girl", "hold", "balloon")]),
        ("a man flying a kite", [("man", "hold", "kite")]),
        ("a king wearing a crown", [("king", "wear", "crown")]),
        ("a boy riding a horse", [("boy", "on", "horse")]),
        ("a dog chasing a cat", [("dog", "chase", "cat")]),
        ("three cats and a dog under a tree", [("cat", "under", "tree"), ("dog", "under", "tree")]),
        ("a cat, a dog under a tree", [("cat", "under", "tree"), ("dog", "under", "tree")]),
        ("a dog left of a house and a cat right of it", [("dog", "left", "house"), ("cat", "right", "house")]),
        ("a mouse on a book on a table", [("mouse", "on", "book"), ("book", "on", "table")]),
        ("a table with a teacup and an apple on it", [("teacup", "on", "table"), ("apple", "on", "table")]),
        ("a castle with a dragon flying above it", [("dragon", "above", "castle")]),
        ("a knight with a sword and a shield", [("knight", "with", "sword"), ("knight", "with", "shield")]),
        (
            "a penguin with sunglasses on a surfboard",
            [("penguin", "with", "sunglasses"), ("penguin", "on", "surfboard")],
        ),
        ("a frog jumping and a girl dancing", []),
        ("a mushroom and a mouse under it", [("mouse", "under", "mushroom")]),
        ("a man reading a book on a sofa", [("man", "hold", "book"), ("man", "on", "sofa")]),
        ("a girl with a cat and a boy with a dog", [("girl", "with", "cat"), ("boy", "with", "dog")]),
        ("a girl and a dog next to her", [("dog", "beside", "girl")]),
    ],
)
def test_relations(prompt: str, expected: list[tuple[str, str, str]]) -> None:
    assert relations(read(prompt)) == expected


def test_between_has_two_references() -> None:
    description = read("a cat between a dog and a tree")
    (relation,) = description.relations
    ids = description.ids()
    assert relation.kind == "between"
    assert relation.second is not None
    assert (ids[relation.subject], ids[relation.reference], ids[relation.second]) == ("cat", "dog", "tree")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a girl riding through the park", ["girl"]),
        ("a bird flying over the sea", ["bird"]),
        ("birds fly", ["bird"]),
        ("a cat watches a dog", ["cat", "dog"]),
        ("a man building a house", ["man", "house"]),
        ("a bear swinging and drumming", ["bear"]),
        ("the ball falls", ["ball"]),
        ("a dog waves", ["dog"]),
        ("a boy loves a girl", ["boy", "girl"]),
        ("an elephant cycling", ["elephant"]),
        ("a woman cooking", ["woman"]),
        ("a cat ducking and parking", ["cat"]),
        ("a horse racing", ["horse"]),
        ("a monkey drops a banana", ["monkey", "banana"]),
        ("a dog guarding a house", ["dog", "house"]),
        ("a frog meowing loudly", ["frog"]),
        ("a sleeping cat", ["cat"]),
        ("a running horse and a flying pig", ["horse", "pig"]),
    ],
)
def test_verbs_never_become_objects(prompt: str, expected: list[str]) -> None:
    assert read(prompt).ids() == expected


@pytest.mark.parametrize("base", sorted(facts()["verbs"]))
def test_no_verb_of_the_lexicon_becomes_an_object_after_a_noun(base: str) -> None:
    assert read(f"a dog is {base}ing").ids() == ["dog"]
    assert read(f"the dogs {base} happily").ids() == ["dog"]


@pytest.mark.parametrize(
    ("prompt", "verb"),
    [("a cat sleeps", "sleep"), ("a running horse", "run"), ("a fish swam", "swim"), ("two dogs are dancing", "dance")],
)
def test_verbs_are_understood(prompt: str, verb: str) -> None:
    found = read(prompt).things[0].verb
    assert found is not None
    assert found.base == verb


@pytest.mark.parametrize(
    ("prompt", "place", "time"),
    [
        ("a cat on the beach at sunset", "beach", "sunset"),
        ("a forest at night", "forest", "night"),
        ("the city at dawn", "city", "dawn"),
        ("an astronaut in outer space", "space", None),
        ("a dog in the kitchen", "kitchen", None),
        ("a ship on the sea", "sea", None),
        ("a mountain landscape", "mountains", None),
        ("a fox in a forest near a river", "forest", None),
        ("fish under water", "underwater", None),
        ("a camel in the desert at noon", "desert", "day"),
    ],
)
def test_places_and_times(prompt: str, place: str, time: str | None) -> None:
    description = read(prompt)
    assert (description.place, description.time) == (place, time)


def test_weather_and_season() -> None:
    assert read("a dog in the rain").weather == {"rain"}
    assert read("a foggy street").weather == {"fog"}
    assert read("a park in autumn").season == "autumn"
    assert read("a street without rain").weather == set()


def test_a_place_that_is_counted_or_coloured_is_a_thing() -> None:
    assert things(read("two mountains")) == [("mountain", 2)]
    assert things(read("mountains")) == []


def test_negative_prompt_removes_things_and_weather() -> None:
    description = read("a cat and a dog in the rain", "dogs, rain")
    assert "dog" in description.removed
    assert not description.weather


def test_what_is_not_understood_is_said() -> None:
    warnings = [str(one) for one in paint("a qwertz and a photorealistic zorbly cat").warnings]
    assert any("'qwertz'" in one for one in warnings)
    assert any("photorealistic" in one for one in warnings)
    assert any("zorbly" in one for one in warnings)


def test_the_nearest_in_meaning_is_drawn_and_said() -> None:
    asked: list[str] = []

    def nearest(phrase: str, candidates: object) -> str | None:
        asked.append(phrase)
        return "dog" if phrase == "wolfhound" else None

    other = SceneComposer(composer().library, nearest)
    description = other.read("a grey wolfhound chasing a cat")
    assert description.ids() == ["dog", "cat"]
    assert description.replaced == [("wolfhound", "dog")]
    assert asked == ["wolfhound"]


@pytest.mark.parametrize(
    ("singular", "plural"),
    [("mouse", "mice"), ("box", "boxes"), ("cherry", "cherries"), ("toy", "toys"), ("polar bear", "polar bears"),
     ("snowman", "snowmen"), ("fish", "fish"), ("pine tree", "pine trees"), ("leaf", "leaves")],
)  # fmt: skip
def test_plurals(singular: str, plural: str) -> None:
    assert plural_of(singular) == plural


def test_every_name_and_plural_is_understood_as_its_thing() -> None:
    library = composer().library
    missed = []
    for phrase, (object_id, _) in library.words.items():
        description = read(f"two {phrase}") if phrase == plural_of(phrase) else read(f"one big {phrase}")
        if object_id not in description.ids():
            missed.append(phrase)
    assert len(missed) <= 0.03 * len(library.words), missed


_WORDS = st.sampled_from(
    [" ".join(words) for words in composer().lexicon.meanings] + ["blorp", ",", ".", "12", '"hi"', "’", "🦄", "\x00"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_WORDS, max_size=14))
def test_any_words_in_any_order_can_be_read_and_composed(words: list[str]) -> None:
    description = read(" ".join(words))
    made = composer().compose(description, 128, 96, 1)
    assert made.svg().startswith("<svg")
    kept = [thing for thing in description.things if thing.object_id not in description.removed]
    assert len(made.figures) <= sum(thing.count for thing in kept)
    assert all(0 <= relation.subject < len(description.things) for relation in description.relations)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80))
def test_any_text_gives_a_picture(text: str) -> None:
    result = paint(text, "scene", width=32, height=32)
    assert result.image.mime_type == "image/png"

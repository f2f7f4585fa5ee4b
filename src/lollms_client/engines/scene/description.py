"""What a prompt asks for, in terms of the composer: things, their relations, and the setting."""

from __future__ import annotations

from dataclasses import dataclass, field

from lollms_client.engines.scene.lexicon import Verb


@dataclass
class Thing:
    """A group of like objects; `colours` are taken in turn by its members, `size` 1.0 is their natural size."""

    object_id: str
    count: int = 1
    colours: list[str] = field(default_factory=list)
    size: float = 1.0
    verb: Verb | None = None
    position: str | None = None
    said: str = ""

    def same_as(self, object_id: str, colours: list[str]) -> bool:
        """Whether a later mention with these colours can mean this group."""
        return self.object_id == object_id and (not colours or not self.colours or colours == self.colours)


@dataclass(frozen=True)
class Relation:
    """`subject` stands in a relation to `reference` (and `second`, for between); all are indexes of things.

    Kinds: left, right, on, under, above, behind, front, beside, between, inside, hold, wear, chase, look, across,
    climb, play, kick.
    """

    kind: str
    subject: int
    reference: int
    second: int | None = None


@dataclass
class Description:
    """All that was understood of a prompt, and what was not."""

    things: list[Thing] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    place: str | None = None
    time: str | None = None
    weather: set[str] = field(default_factory=set)
    season: str | None = None
    removed: set[str] = field(default_factory=set)  # object ids that must not appear
    removed_settings: set[str] = field(default_factory=set)  # weather that must not appear
    replaced: list[tuple[str, str]] = field(default_factory=list)  # word said, what is drawn for it
    unknown: list[str] = field(default_factory=list)  # words for things that cannot be drawn
    ignored: list[str] = field(default_factory=list)  # words of description that have no effect
    styles: list[str] = field(default_factory=list)  # styles this composer has not

    def ids(self) -> list[str]:
        """The object ids in the order of mention."""
        return [thing.object_id for thing in self.things]

"""Reads a prompt into a Description: a small grammar over tokens, clause by clause, from left to right."""

from __future__ import annotations

from lollms_client.engines.scene.art_library import plural_of
from lollms_client.engines.scene.clauses import ClauseReader, Modifier, Pending, is_joined, subject_follows
from lollms_client.engines.scene.colours import shade
from lollms_client.engines.scene.description import Description, Relation, Thing
from lollms_client.engines.scene.lexicon import Lexicon, Verb, facts
from lollms_client.engines.scene.tokens import Token, tokens_of
from lollms_client.engines.scene.unknown_words import Nearest, settle_unknown

MAX_COUNT = 40
PLURAL_COUNT = 3
_RAINBOW = ("red", "orange", "yellow", "green", "blue", "purple", "pink")
_WITH = ("with", "along with", "together with", "accompanied by")
_SPREADING = (
    "inside",
    "hold",
    "wear",
    "contains",
    "beside",
    "with",
)  # "with a cup and a plate": the relation holds for both


def read_prompt(text: str, lexicon: Lexicon, nearest: Nearest | None = None) -> Description:
    """What the text asks for; never fails, whatever the text."""
    description = Description()
    tokens = settle_unknown(tokens_of(text, lexicon), lexicon, nearest, description)
    reader = _Reader(lexicon, description, tokens)
    for index, token in enumerate(tokens):
        reader.read(token, index)
    reader.finish()
    return description


class _Reader(ClauseReader):
    def read(self, token: Token, index: int) -> None:
        self.index = index
        action = getattr(self, f"_{token.kind}", None)
        if action is not None:
            action(token)
        if token.kind not in ("filler", "decorative"):
            self.previous = token

    # --- before the noun ---------------------------------------------------------------------------------------------

    def _number(self, token: Token) -> None:
        current = self.modifiers[-1]
        if current.count is not None and (current.colours or self.previous.kind == "and"):
            current = Modifier()
            self.modifiers.append(current)
        current.count = token.value

    def _article(self, token: Token) -> None:
        current = self.modifiers[-1]
        if token.value == "definite":
            current.definite = True
        elif current.count is None and current.colours and self.previous.kind == "and":
            self.modifiers.append(Modifier(count=1))
        elif current.count is None:
            current.count = 1

    def _tone(self, token: Token) -> None:
        self.tone = token.value

    def _colour(self, token: Token) -> None:
        colour = shade(token.value, self.tone) if self.tone else token.value
        self.tone = 0.0
        after_copula = self.previous.kind == "copula" or (
            self.previous.kind in ("and", "colour") and self._colours_last()
        )
        if after_copula and self._next(("filler", "decorative", "and", "colour", "tone", "size")).kind != "object":
            for index in self.last:
                self.description.things[index].colours.append(colour)
            return
        self.modifiers[-1].colours.append(colour)

    def _colours_last(self) -> bool:
        return bool(self.last) and self.modifiers[-1].empty() and bool(self.description.things[self.last[-1]].colours)

    def _motley(self, token: Token) -> None:
        self.modifiers[-1].colours += [facts()["colours"][name] for name in _RAINBOW]

    def _size(self, token: Token) -> None:
        if self.previous.kind == "copula" and self._next().kind not in ("object", "colour", "place"):
            for index in self.last:
                self.description.things[index].size *= token.value
        else:
            self.modifiers[-1].size *= token.value

    def _and(self, token: Token) -> None:
        if self.previous.kind == "verb":  # "a frog jumping and a girl": nothing is jumped over
            self.pending = None

    def _not(self, token: Token) -> None:
        self.negated = True

    # --- nouns -------------------------------------------------------------------------------------------------------

    def _object(self, token: Token) -> None:
        if self.negated:
            self.description.removed.add(token.value)
            self.modifiers = [Modifier()]
            self.negated = self._next().kind == "and" and self._next(("filler", "decorative", "and")).kind == "object"
            return
        indexes = self._mention(token)
        self.modifiers = [Modifier()]
        if self.pending is not None and self.pending.spread and self._starts_anew(token):
            self.pending = None
        if self.pending is not None:
            self._close_relation(self.pending, indexes)
        elif self.between is not None and self.previous.kind in ("article", "and", "number", "colour", "size"):
            self._close_between(indexes)
        else:
            self._take_as_subject(indexes)
        self.last = indexes

    def _starts_anew(self, token: Token) -> bool:
        """Whether this noun, after `with … and`, is the subject of something new: `a boy with a dog and a girl …`."""
        following = [one for one in self.tokens[self.index + 1 :] if one.kind not in ("filler", "decorative")][:2]
        kinds = [one.kind for one in following]
        assert self.pending is not None
        living = self.lexicon.library[token.value].group in ("people", "animals")
        if kinds and (kinds[0] == "relation" or (kinds[0] == "verb" and living)):
            return kinds[1:] != ["pronoun"]
        return self.pending.kind in ("wear", "hold") and living

    def _mention(self, token: Token) -> list[int]:
        things = self.description.things
        last = self.modifiers[-1]
        if last.definite and last.count is None and len(self.modifiers) == 1:
            known = [i for i, thing in enumerate(things) if thing.same_as(token.value, last.colours)]
            if known:
                return known[-1:]
        result: list[int] = []
        for modifier in self.modifiers:
            uncounted = modifier.count is None and not modifier.definite and plural_of(token.said) == token.said
            plural = token.plural or uncounted
            usual = facts()["plurals"].get(token.value, PLURAL_COUNT) if plural else 1
            count = modifier.count if modifier.count is not None else usual
            if count == 0:
                self.description.removed.add(token.value)
                continue
            things.append(
                Thing(
                    token.value,
                    min(count, MAX_COUNT),
                    list(modifier.colours),
                    modifier.size,
                    modifier.verb,
                    said=token.said,
                )
            )
            if count > MAX_COUNT:
                self.description.ignored.append(f"{count} (at most {MAX_COUNT} of a kind are drawn)")
            result.append(len(things) - 1)
        return result or self.last[-1:]

    def _take_as_subject(self, indexes: list[int]) -> None:
        joined = is_joined(self.tokens, self.index) and not any(
            r.subject in self.subjects for r in self.description.relations
        )
        self.subjects = [*self.subjects, *indexes] if joined else list(indexes)
        for kind, references in self.fronted:
            for reference in references:
                self._relate(kind, indexes, reference)
        self.fronted = []
        for index in indexes:
            thing = self.description.things[index]
            thing.position = self.next_position or thing.position
            thing.verb = thing.verb or self.fronted_verb
        self.next_position, self.fronted_verb = None, None

    def _unknown(self, token: Token) -> None:
        self.modifiers, self.pending, self.negated = [Modifier()], None, False

    def _part(self, token: Token) -> None:
        if self.pending is not None or not self.modifiers[-1].empty():
            self.description.ignored.append(token.said)
        self.modifiers, self.pending, self.negated = [Modifier()], None, False

    def _coating(self, token: Token) -> None:
        colours = self.modifiers[-1].colours
        for index in self.last if colours else []:
            self.description.things[index].colours = list(colours)
        self.modifiers, self.pending = [Modifier()], None

    def _filler(self, token: Token) -> None:
        if token.said == "her" and self._next(()).kind in ("stop", "and", "comma", "verb", "relation"):
            self._pronoun(token)

    def _pronoun(self, token: Token) -> None:
        pending, self.pending = self.pending, None
        if pending is None or not pending.subjects:
            return
        subjects = pending.subjects
        if len(subjects) > 1 and len(subjects) == len(self.description.things):  # "a mushroom and a mouse under it"
            subjects = subjects[1:]
        target = self._meant_by(token, subjects)
        relations = self.description.relations
        hosts = [r.subject for r in relations if r.reference in subjects and r.kind == "with"]
        if hosts and token.said not in ("him", "her"):  # "a table with a cup and a plate on it"
            target = hosts[-1]
            subjects = [r.reference for r in relations if r.subject == target and r.kind == "with"]
            relations[:] = [r for r in relations if not (r.subject == target and r.kind == "with")]
        if target is not None:
            self._relate(pending.kind, subjects, target)

    def _meant_by(self, token: Token, subjects: list[int]) -> int | None:
        """The thing a pronoun stands for: the last one named before, for him and her the first living one."""
        others = [index for index in range(len(self.description.things)) if index not in subjects]
        if token.said in ("him", "her", "them"):
            groups = {index: self.lexicon.library[self.description.things[index].object_id].group for index in others}
            alive = [index for index in others if groups[index] in ("people", "animals", "fantasy")]
            others = alive[:1] or others
        return others[-1] if others else None

    # --- relations and positions -------------------------------------------------------------------------------------

    def _relation(self, token: Token) -> None:
        subjects = self._subjects_for(token)
        if self.pending is not None and self.pending.word == "verb" and self.pending.kind in ("look", "chase", "play"):
            subjects = self.pending.subjects
        accompanied = token.said in _WITH
        if accompanied and not subjects:
            self.pending = None  # "a street with two cars": the street is the place
            return
        self.pending = Pending("with" if accompanied else token.value, subjects, token.said)

    def _subjects_for(self, token: Token) -> list[int]:
        if self.previous.kind in ("stop", "comma", "break", "and") and self._is_fronted():
            return []
        if token.said in _WITH and self.last:
            return self.last if self.last[0] in self.subjects else self.subjects
        relations = self.description.relations
        related = {one.subject for one in relations}
        in_hand = any(one.reference in self.last and self._is_at_hand(one) for one in relations)
        in_hand = in_hand and self._next().kind != "pronoun"  # "a table with a cup on it"
        if self.previous.kind == "object" and any(index in related for index in self.subjects) and not in_hand:
            return list(self.last)
        return list(self.subjects or self.last)

    def _is_at_hand(self, relation: Relation) -> bool:
        """Whether the reference belongs to the subject, so that what follows is said of the subject."""
        group = self.lexicon.library[self.description.things[relation.reference].object_id].group
        lifeless = group not in ("people", "animals")
        return relation.kind in ("hold", "wear", "look", "play", "kick", "eat") or (
            relation.kind == "with" and lifeless
        )

    def _is_fronted(self) -> bool:
        if self.previous.kind == "comma" and self.subjects and not self.modifiers[-1].empty():
            return False
        return not self.subjects or subject_follows(self.tokens, self.index)

    def _position(self, token: Token) -> None:
        if token.value == "water" and self.description.place is None:
            self.description.place = "sea" if {"sea", "ocean", "waves"} & set(token.said.split()) else "lake"
        self.pending = None
        targets = self.subjects if self.previous.kind == "verb" else self.last
        of_the_place = self.previous.kind == "place" and token.value in ("far", "near")
        if targets and not of_the_place and self.previous.kind in ("object", "verb", "pronoun", "place"):
            for index in targets:
                self.description.things[index].position = token.value
        elif not of_the_place:
            self.next_position = token.value

    def _of(self, token: Token) -> None:
        if self.previous.kind == "object":
            self.pending = Pending("contains", list(self.last), "of")

    def _close_relation(self, pending: Pending, indexes: list[int]) -> None:
        self.pending = None
        if not pending.subjects:
            if pending.kind == "between":
                self.between = ([], indexes[0])
                self.fronted = [("between", indexes)]
            else:
                self.fronted.append((pending.kind, indexes))
            return
        if pending.kind == "between":
            self.between = (pending.subjects, indexes[0])
        for reference in indexes:
            self._relate(pending.kind, pending.subjects, reference)
        spreads = pending.kind in _SPREADING and pending.word in ("with", "verb", "of", "along with")
        if spreads and self._next(("filler", "decorative", "comma")).kind == "and":
            self.pending = Pending(pending.kind, pending.subjects, pending.word, True)

    def _close_between(self, indexes: list[int]) -> None:
        assert self.between is not None
        subjects, first = self.between
        self.between = None
        relations = self.description.relations
        for position, relation in enumerate(relations):
            if relation.kind == "between" and relation.reference == first and relation.subject in subjects:
                relations[position] = Relation("between", relation.subject, first, indexes[0])
        if not subjects:
            self.fronted = [("between", [first, indexes[0]])]

    def _relate(self, kind: str, subjects: list[int], reference: int) -> None:
        relations = self.description.relations
        for subject in subjects:
            if subject == reference:
                continue
            if kind == "contains":
                relations.append(Relation("inside", reference, subject))
            elif kind == "between" and (pair := [r for r in relations if r.kind == kind and r.subject == subject]):
                relations[relations.index(pair[0])] = Relation(kind, subject, pair[0].reference, reference)
            else:
                relations.append(Relation(kind, subject, reference))

    # --- verbs -------------------------------------------------------------------------------------------------------

    def _verb(self, token: Token) -> None:
        verb: Verb = token.value
        following = self._next(("filler", "decorative", "article", "number", "colour", "size", "tone"))
        adjective = verb.participle and following.kind == "object" and not self._follows_subject()
        if adjective:
            self.modifiers[-1].verb = verb
            return
        if self.pending is not None and not self.pending.subjects:
            self.pending = None
        if self.fronted and not self.subjects:
            self.fronted_verb = verb
            return
        if self.previous.kind == "object" and self._came_along():
            self.subjects = list(self.last)  # "a castle with a dragon flying": the dragon flies
        subjects = self.subjects or self.last
        takes = verb.takes
        if takes == "fly":
            takes = self._flown(following)
        for index in subjects:
            busy = len(subjects) > 1 and self.description.things[index].verb is not None
            if not busy and not (verb.base == "fly" and takes == "hold"):
                self.description.things[index].verb = verb
        self.pending = Pending(takes, list(subjects), "verb") if takes and subjects else None

    def _came_along(self) -> bool:
        """Whether what was mentioned last stands beside the subject."""
        return any(
            one.kind == "with" and one.subject in self.subjects and one.reference in self.last
            for one in self.description.relations
        )

    def _follows_subject(self) -> bool:
        return self.previous.kind in ("object", "pronoun", "copula", "part") and bool(self.subjects)

    def _flown(self, following: Token) -> str:
        if following.kind != "object":
            return "beside"
        held = self.lexicon.library[following.value].place == "sky" and following.value in facts()["hung_high"]
        return "hold" if held else "inside"

    def finish(self) -> None:
        """Settle what is still open at the end of the text, and take away what must not appear."""
        for kind, references in self.fronted:
            if self.subjects:
                for reference in references:
                    self._relate(kind, self.subjects, reference)

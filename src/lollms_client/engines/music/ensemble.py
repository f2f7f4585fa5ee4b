"""Chooses who plays: the instruments asked for take their parts, the genre's own fill the rest."""

from __future__ import annotations

import difflib
import random
from typing import get_args

import msgspec

from lollms_client.engines.music.catalogue import Genre, Role, instruments
from lollms_client.engines.music.words import Found, read_words
from lollms_client.types import CallWarning, MusicRequest

ROLES: tuple[Role, ...] = get_args(Role)


class Ensemble(msgspec.Struct, frozen=True, kw_only=True):
    """The instrument of each role that is played, and the drum kit (none where there is none)."""

    parts: dict[str, str]
    kit: str

    @property
    def names(self) -> tuple[str, ...]:
        """The instruments, each once, drums last."""
        played = tuple(dict.fromkeys(self.parts[role] for role in ROLES if role in self.parts))
        return played if self.kit == "none" else (*played, "drums")


def choose_ensemble(
    request: MusicRequest, found: Found, genre: Genre, chance: random.Random, warnings: list[CallWarning]
) -> Ensemble:
    """Give every role its instrument. Instruments of the request's field play alone, those of the prompt lead."""
    listed, listed_drums = _listed(request, warnings)
    left_out, drums_out = _left_out(request, found)
    asked = [name for name in (listed or found.instruments) if name not in left_out]
    alone = bool(listed) or listed_drums or found.solo
    parts = {} if alone else _usual(genre, left_out, chance)
    _place(asked, parts, alone, warnings)
    drums = listed_drums if alone and not found.drums else found.drums is not False and not drums_out
    kit = (genre.ensemble.kit if genre.ensemble.kit != "none" else "acoustic") if drums else "none"
    if not alone and genre.ensemble.kit == "none" and not found.drums:
        kit = "none"
    if not parts and kit == "none":
        parts = {"lead": "piano", "comp": "piano", "bass": "piano"}
    return Ensemble(parts=parts, kit=kit)


def _listed(request: MusicRequest, warnings: list[CallWarning]) -> tuple[list[str], bool]:
    names: list[str] = []
    drums = False
    for text in request.instruments:
        words = read_words(text)
        names += words.instruments
        drums = drums or bool(words.drums)
        if not words.instruments and not words.drums:
            near = difflib.get_close_matches(text.lower(), list(instruments()), n=3, cutoff=0.5)
            detail = f"{text!r} is not known" + (f"; near: {', '.join(near)}" if near else "; it was left out")
            warnings.append(CallWarning(kind="unsupported", setting="instruments", detail=detail))
    return list(dict.fromkeys(names)), drums


def _left_out(request: MusicRequest, found: Found) -> tuple[set[str], bool]:
    left_out = set(found.excluded)
    drums = found.drums is False
    if request.negative_prompt:
        words = read_words(request.negative_prompt)
        left_out |= {*words.instruments, *words.excluded}
        drums = drums or words.drums is not None
    return left_out, drums


def _usual(genre: Genre, left_out: set[str], chance: random.Random) -> dict[str, str]:
    parts: dict[str, str] = {}
    for role in ROLES:
        choices: tuple[str, ...] = getattr(genre.ensemble, role)
        open_choices = [name for name in choices if name not in left_out and name not in parts.values()]
        open_choices = open_choices or [name for name in choices if name not in left_out]
        if not open_choices and choices and role in ("lead", "comp", "bass"):
            open_choices = [
                name for name, entry in instruments().items() if role in entry.roles and name not in left_out
            ]
        if open_choices:
            weights = [1 / (index + 1) for index in range(len(open_choices))]
            parts[role] = chance.choices(open_choices, weights)[0]
    return parts


def _place(asked: list[str], parts: dict[str, str], alone: bool, warnings: list[CallWarning]) -> None:
    taken: set[str] = set()
    for name in asked:
        usable = instruments()[name].roles
        free = [role for role in usable if role not in taken]
        if not free:
            detail = f"there is no part left for the {name}: each part has one instrument"
            warnings.append(CallWarning(kind="dropped", setting="instruments", detail=detail))
            continue
        parts[free[0]] = name
        taken.add(free[0])
    if alone and asked:
        _spread(asked, parts)


def _spread(asked: list[str], parts: dict[str, str]) -> None:
    """Let a few players carry the piece: a tune always, chords and bass where one of them can."""
    known = instruments()
    if "lead" not in parts:
        able = [name for name in asked if "lead" in known[name].roles]
        parts["lead"] = (able or asked)[0]
    for role in ("comp", "pad", "bass"):
        able = [name for name in asked if role in known[name].roles]
        if role in parts or not able or (role == "pad" and "comp" in parts):
            continue
        parts[role] = able[0]

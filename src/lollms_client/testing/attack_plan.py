"""Which cases are attacked, by which attacks, and under which drivers: as many as tell something, in little time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from lollms_client.testing.attack_addresses import given_addresses, redirects
from lollms_client.testing.attack_arena import Arena
from lollms_client.testing.attack_damage import damage
from lollms_client.testing.attack_documented import METHODS
from lollms_client.testing.attack_ends import content
from lollms_client.testing.attack_errors import statuses, unreachable
from lollms_client.testing.attack_forms import foreign_letters, forms, splits
from lollms_client.testing.attack_framing import framing
from lollms_client.testing.attack_jobs import job_attacks, polls_of
from lollms_client.testing.attack_replies import form_of
from lollms_client.testing.attack_types import wrong_types
from lollms_client.testing.attacks import Attack, one
from lollms_client.testing.cases import PlacedCase

MOST_CASES = 6
MOST_TYPES = 400  # fields of one reply with values of wrong types
LISTING = ("models", "voices", "list_models", "listModels", "list_voices")
ELSEWHERE = "https://elsewhere.lollms-check.example"
# what is tried on real connections besides what shows nowhere else
_ON_SOCKETS = ("A101", "A104", "A106", "A111", "A112", "A113", "A114", "A115", "E104", "E110")
_EACH_ON_SOCKETS = 5  # attacks of a rule on one reply


def chosen(cases: Sequence[PlacedCase]) -> list[PlacedCase]:
    """The cases to be attacked: one for each call and kind of replies, those that end in a result."""
    found: dict[tuple[Any, ...], PlacedCase] = {}
    for placed in cases:
        case = placed.case
        if case.error is not None or not case.exchanges or any(item.reply.status >= 400 for item in case.exchanges):
            continue
        kinds = tuple((item.request.method.upper(), _kind(item.reply)) for item in case.exchanges)
        found.setdefault((case.call, kinds), placed)
    by_call: dict[str, list[PlacedCase]] = {}
    for placed in found.values():
        call = placed.case.call
        if any(METHODS.get(other.case.call, ("",))[0] == call != other.case.call for other in found.values()):
            continue  # the documented form of a call that is there anyway
        by_call.setdefault(placed.case.call, []).append(placed)
    ordered: list[PlacedCase] = []
    for round_ in range(3):
        ordered += [group[round_] for group in by_call.values() if len(group) > round_]
    return ordered[:MOST_CASES]


def _kind(reply: Any) -> str:
    names = ("json", "text", "events", "lines", "media", "base64", "file")
    return next((name for name in names if getattr(reply, name) not in (None, msgspec.UNSET)), "empty")


def error_attacks(arena: Arena) -> Iterator[Attack]:
    """Suite E on one case."""
    for place in _places(arena):
        yield from statuses(place, first=place == 0)
        yield from unreachable(place)


def adversaries(arena: Arena) -> Iterator[Attack]:
    """Suite A on one case."""
    flow = arena.subject.speaks_flows
    elsewhere = ELSEWHERE if flow else arena.other.server.url
    texts = _usable_texts(arena)
    places = _places(arena)
    for place in places:
        reply = arena.replies[place]
        url = arena.urls[min(place, len(arena.urls) - 1)] if arena.urls else arena.base
        yield from splits(place, reply, texts, 120 // len(places) + 10 if flow else 12)
        yield from forms(place, reply, flow=flow)
        listing = arena.placed.case.call in LISTING
        found = damage(place, reply, listing=listing)
        yield from (_lenient(attack) for attack in found) if listing and len(arena.replies) > 1 else found
        yield from _some(
            wrong_types(place, reply, every=flow), (MOST_TYPES if flow else MOST_TYPES // 5) // len(places)
        )
        yield from redirects(place, url, elsewhere)
        yield from given_addresses(place, reply, arena.urls[place + 1 :], elsewhere)
        yield from framing(place, reply)
    polls = polls_of(arena.wanted, arena.replies)
    if polls is not None and arena.placed.case.call not in LISTING:
        yield from job_attacks(polls, arena.replies)


def _usable_texts(arena: Arena) -> tuple[str, ...]:
    """The texts of the result's content, where they may hold other letters, too; none where the call then fails."""
    texts = tuple(_texts(content(arena.whole)))
    for place in _places(arena):
        changed = foreign_letters(arena.replies[place], texts)
        if arena.whole_of(one("", "", place, changed, "same", whole=changed)) is None:
            return ()
    return texts


def _lenient(attack: Attack) -> Attack:
    """A list that is put together of several replies may lack what one of them does not tell."""
    lenient = attack.rule in ("A104", "A107", "A109", "A110") and attack.expect == "complete"
    return msgspec.structs.replace(attack, expect="typed") if lenient else attack


def _some(attacks: Iterator[Attack], most: int) -> Iterator[Attack]:
    """All attacks, or as many spread over them."""
    found = list(attacks)
    step = max(1.0, len(found) / most)
    yield from (found[int(index * step)] for index in range(min(most, len(found))))


def _places(arena: Arena) -> list[int]:
    """The exchanges to be attacked: of several that are alike the first and the last."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for place, (wanted, reply) in enumerate(zip(arena.wanted, arena.replies, strict=True)):
        found.setdefault((wanted, form_of(reply)), []).append(place)
    return sorted({place for group in found.values() for place in (group[0], group[-1])})


def drivers_for(arena: Arena, attacks: Iterator[Attack], *, first: bool) -> Iterator[tuple[Attack, str]]:
    """The drivers under which each attack is made; what takes long on real connections on the `first` case alone."""
    if not arena.subject.speaks_flows:
        for attack in attacks:
            if attack.wire or not (_scripted_only(attack) or (attack.rule == "A111" and _is_media(attack))):
                yield attack, "blocking"
        return
    counted: dict[tuple[str, int], int] = {}
    for attack in attacks:
        if attack.rule == "A111" and (not first or _is_media(attack)):
            yield attack, "scripted"
            continue
        if attack.wire:
            yield attack, "blocking"
            yield attack, "asyncio"
            continue
        yield attack, "scripted"
        key = (attack.rule, attack.place)
        counted[key] = counted.get(key, 0) + 1
        if attack.rule in _ON_SOCKETS and counted[key] <= _EACH_ON_SOCKETS and not _scripted_only(attack):
            yield attack, "blocking"
            yield attack, "asyncio"


def _is_media(attack: Attack) -> bool:
    """Whether the reply is media, which may rightly be large."""
    return any(form_of(reply) == "media" for reply in attack.replies)


def _scripted_only(attack: Attack) -> bool:
    """Whether a real connection cannot be made to do that."""
    return any(reply.stage == "connect" and reply.ending == "stall" for reply in attack.replies)


def _texts(value: Any) -> Iterator[str]:
    """All texts of a result."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)

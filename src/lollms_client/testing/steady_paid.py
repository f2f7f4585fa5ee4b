"""Requests that may cost, under failures that leave open whether they were carried out: they must not come again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lollms_client.client import LollmsClient
from lollms_client.testing.attack_arena import PAID, Arena
from lollms_client.testing.attack_clock import short_patience
from lollms_client.testing.attack_ends import Trial
from lollms_client.testing.attack_replies import Canned, json_reply
from lollms_client.testing.attacks import Attack, one

_RETRIES = 3
# the last words of an address that asks for what costs nothing
_FREE = re.compile(
    r"(count|token|upload|file|auth|login|session|operation|status|poll|search|cancel|list|show|info|fetch|delete)",
    re.IGNORECASE,
)


def paid_trials(arena: Arena) -> Iterator[Trial]:
    """Each request of a case that may cost, under each such failure, with a client that is patient."""
    places = [place for place in range(len(arena.wanted)) if _may_cost(arena, place)]
    if not places:
        return
    flow = arena.subject.speaks_flows
    kept, arena.client = arena.client, LollmsClient(**_patient(arena))
    try:
        with short_patience(really=not flow):
            for place in places:
                for attack in _attacks(place, arena.replies[place]):
                    yield arena.trial(attack, "scripted" if flow else "blocking")
    finally:
        arena.client.close()
        arena.client = kept


def _may_cost(arena: Arena, place: int) -> bool:
    wanted = arena.wanted[place]
    if arena.placed.case.call not in PAID or wanted.method != "POST" or wanted.path == "${any}":
        return False
    return arena.wanted.count(wanted) == 1 and not _FREE.search(wanted.path.rstrip("/").rpartition("/")[2])


def _patient(arena: Arena) -> dict[str, Any]:
    """The client's arguments with as many repeats as a user may set."""
    manifest = arena.subject.manifest
    name = f"{arena.subject.binding_type}_binding_config"
    settings = dict(arena.prepared.client[name])
    for parameter in manifest.input_parameters:
        if parameter.type == "int" and re.search(r"retr(y|ies)|attempts|repeats", parameter.name):
            most = _RETRIES if parameter.max is None else min(_RETRIES, int(parameter.max))
            settings[parameter.name] = max(most, 0)
    return {**arena.prepared.client, name: settings}


def _attacks(place: int, reply: Canned) -> Iterator[Attack]:
    broken = Canned(ending="reset", stage="head")
    yield one("E108", "the connection breaks once the request is there", place, broken, "error")
    for status in (500, 502, 504):
        failed = json_reply({"error": {"message": "Something broke inside"}}, status)
        yield one("E108", f"status {status}", place, failed, "error")
    silent = Canned(ending="stall", stage="head")
    yield one("E108", "no answer comes", place, silent, "error", limit=2.0)
    if len(reply.body) > 1:
        cut = reply.with_body(reply.body[: len(reply.body) // 2]).changed(ending="reset")
        yield one("E108", "the answer breaks off", place, cut, "error")

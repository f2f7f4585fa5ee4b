"""A music request as one prompt, for services that take nothing but a text."""

from __future__ import annotations

from lollms_client.types.music import MusicRequest


def described(request: MusicRequest) -> str:
    """The prompt with genre, mood, tempo, key and instruments said in words; lyrics are not in it."""
    facts: list[tuple[str, str | None]] = [
        ("Genre", request.genre),
        ("Mood", request.mood),
        ("Tempo", f"{request.tempo:g} BPM" if request.tempo else None),
        ("Key", request.key),
        ("Instruments", ", ".join(request.instruments) or None),
    ]
    return ". ".join([request.prompt.rstrip(". "), *(f"{name}: {value}" for name, value in facts if value)])

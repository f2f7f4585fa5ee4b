"""The gate that every HTTP request of a driver passes, also over a connection that stands already."""

from __future__ import annotations

from collections.abc import Callable

guards: list[Callable[[str], None]] = []  # each gets the address of a request, and raises where it must not go out


def pass_gate(url: str) -> None:
    """Raise what a guard raises."""
    for guard in tuple(guards):
        guard(url)

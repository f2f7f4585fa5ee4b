"""The camera: which part of the world a frame shows at a time, by the words of the prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MOVES = (
    ("still", r"\b(?:static|still|fixed|locked|no) (?:camera|shot)\b|\bcamera (?:is )?(?:static|still|fixed)\b"),
    ("zoom out", r"\b(?:zoom(?:s|ing)?|pull(?:s|ing)?) (?:out|back|away)\b"),
    ("zoom in", r"\b(?:zoom(?:s|ing)?(?: in)?|push(?:es|ing)? in|close in)\b"),
    ("pan left", r"\b(?:pan(?:s|ning)?|camera moves?|moving) (?:to the )?left\b|\bfrom right to left\b"),
    ("pan right", r"\b(?:pan(?:s|ning)?|camera moves?|moving)\b(?: (?:to the )?right)?|\bfrom left to right\b"),
    ("tilt up", r"\btilt(?:s|ing)? up\b"),
    ("tilt down", r"\btilt(?:s|ing)? down\b"),
)
MOVES = ("push", *(name for name, _ in _MOVES))
"""All camera moves; push, a slow drift inwards, where none is asked for."""

_WORDS = re.compile(
    r"\b(?:the )?(?:camera|shot)?\s*(?:slowly |gently |quickly )?"
    r"(?:pan(?:s|ning)?|zoom(?:s|ing)?|tilt(?:s|ing)?|pull(?:s|ing)?|push(?:es|ing)?) "
    r"(?:slowly )?(?:to the )?(?:in|out|back|left|right|up|down|away)\b|"
    r"\b(?:static|still|fixed) (?:camera|shot)\b|\bcamera\b", re.I
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """What a frame shows: the middle and the size, as fractions of the world's width and height."""

    x: float
    y: float
    size: float


def camera_move(prompt: str) -> str:
    """The move that the prompt asks for, else the usual one."""
    for name, pattern in _MOVES:
        if re.search(pattern, prompt, re.I):
            return name
    return "push"


def without_camera_words(prompt: str) -> str:
    """The prompt less what it says of the camera."""
    return _WORDS.sub(" ", prompt)


def view_at(move: str, share: float, overscan: float) -> View:
    """The view at a share (0 to 1) of the film; `overscan` is by how much the world is larger than a frame."""
    inner = 1 / overscan
    smooth = share * share * (3 - 2 * share)
    room = (1 - inner) / 2
    if move == "zoom in":
        size = 1 - (1 - inner * 0.72) * smooth
        return View(0.5, 0.5 + (1 - size) * 0.12, size)
    if move == "zoom out":
        size = inner * 0.72 + (1 - inner * 0.72) * smooth
        return View(0.5, 0.5 + (1 - size) * 0.12, size)
    if move in ("pan left", "pan right"):
        along = room * (2 * smooth - 1) * (1 if move == "pan right" else -1)
        return View(0.5 + along, 0.5, inner)
    if move in ("tilt up", "tilt down"):
        along = room * (2 * smooth - 1) * (-1 if move == "tilt up" else 1)
        return View(0.5, 0.5 + along, inner)
    if move == "push":
        size = 1 - (1 - inner) * 0.75 * share
        return View(0.5, 0.5, size)
    return View(0.5, 0.5, 1.0)

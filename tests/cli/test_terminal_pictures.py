"""Pictures for terminals: the protocol by the environment, and sequences that decode to the picture."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from lollms_client.cli.terminal_pictures import (
    half_blocks,
    iterm2_sequence,
    kitty_sequence,
    protocol_of,
    sixel_sequence,
)


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-sixel"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "screen", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "xterm-kitty", "TMUX": "/x"}, None),
        ({}, None),
    ],
)
def test_the_protocol_follows_from_the_environment(environment: dict[str, str], protocol: str | None) -> None:
    assert protocol_of(environment) == protocol


@given(st.binary(min_size=1, max_size=20_000))
@example(bytes(range(256)) * 40)
@example(b"x" * 3072)
def test_kitty_and_iterm2_carry_the_bytes(data: bytes) -> None:
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty_sequence(data))
    assert base64.b64decode("".join(piece for _, piece in pieces)) == data
    assert all(len(piece) <= 4096 for _, piece in pieces)
    assert [keys.endswith("m=1") for keys, _ in pieces] == [True] * (len(pieces) - 1) + [False]
    body = iterm2_sequence(data).removeprefix("\x1b]1337;File=inline=1;").removesuffix("\x07")
    size, _, text = body.partition(":")
    assert size == f"size={len(data)}"
    assert base64.b64decode(text) == data


def _drawn(sequence: str, width: int, height: int) -> list[list[tuple[int, int, int]]]:
    """A small sixel reader of the test's own."""
    body = sequence.removeprefix("\x1bPq").removesuffix("\x1b\\")
    palette: dict[int, tuple[int, int, int]] = {}
    pixels = [[(-1, -1, -1)] * width for _ in range(height)]
    colour = column = top = 0
    for token in re.findall(r'"[\d;]+|#\d+(?:;2;\d+;\d+;\d+)?|!\d+.|[$\-]|[?-~]', body):
        if token[0] == "#" and ";" in token:
            number, _, red, green, blue = (int(part) for part in token[1:].split(";"))
            palette[number] = (red, green, blue)
        elif token[0] == "#":
            colour = int(token[1:])
        elif token == "$":
            column = 0
        elif token == "-":
            column, top = 0, top + 6
        elif token[0] != '"':
            count = int(token[1:-1]) if token[0] == "!" else 1
            for bit in range(6):
                if (ord(token[-1]) - 63) >> bit & 1:
                    pixels[top + bit][column : column + count] = [palette[colour]] * count
            column += count
    return pixels


def test_sixels_draw_the_picture() -> None:
    picture = Image.new("RGB", (20, 13), (255, 0, 0))
    picture.paste((0, 0, 255), (5, 3, 15, 10))
    drawn = _drawn(sixel_sequence(picture), 20, 13)
    for row in range(13):
        for column in range(20):
            inside = 5 <= column < 15 and 3 <= row < 10
            assert drawn[row][column] == ((0, 0, 100) if inside else (100, 0, 0)), (row, column)


@pytest.mark.parametrize(("true_colour", "red"), [(True, "2;255;0;0"), (False, "5;196")])
def test_half_blocks_have_two_pixels_each(true_colour: bool, red: str) -> None:
    picture = Image.new("RGB", (8, 8), (255, 0, 0))
    lines = half_blocks(picture, 8, true_colour=true_colour).splitlines()
    assert len(lines) == 4
    assert all(line == f"\x1b[38;{red};48;{red}m▀" * 8 + "\x1b[0m" for line in lines)

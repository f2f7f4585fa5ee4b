"""Shows a picture in the terminal: by kitty's, iTerm2's or the sixel protocol, or in half blocks of colour."""

from __future__ import annotations

import base64
import importlib.util
import io
import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from lollms_client.types.media import Media

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

Protocol = Literal["kitty", "iterm2", "sixel"]
_CHUNK = 4096  # characters of base64 in one escape sequence, kitty's limit
_CELL_WIDTH = 8  # pixels, where the terminal does not say
_SIXEL_COLOURS = 216
_KITTY_PROGRAMS = ("ghostty",)
_ITERM2_PROGRAMS = ("iTerm.app", "WezTerm", "mintty")
_SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft")


def protocol_of(environment: Mapping[str, str]) -> Protocol | None:
    """The graphics protocol that the terminal's environment variables promise, None inside tmux and screen."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if environment.get("TMUX") or term.startswith(("screen", "tmux")):
        return None
    if environment.get("KITTY_WINDOW_ID") or "kitty" in term or program in _KITTY_PROGRAMS:
        return "kitty"
    if program in _ITERM2_PROGRAMS or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm2"
    if "sixel" in term or term.partition("-")[0] in _SIXEL_TERMS:
        return "sixel"
    return None


def show_picture(media: Media, *, insist: bool = False) -> bool:
    """Show a picture on the standard output; whether it was shown.

    Without a graphics protocol, or where the output is no terminal, nothing happens unless `insist`: then it is drawn
    in half blocks. Pictures that Pillow cannot read (SVG) are not shown.
    """
    protocol = protocol_of(os.environ) if sys.stdout.isatty() else None
    if protocol is None and not insist:
        return False
    picture = _read(media)
    if picture is None:
        return False
    columns = min(shutil.get_terminal_size().columns, 100)
    if protocol == "kitty":
        text = kitty_sequence(_png(picture, columns))
    elif protocol == "iterm2":
        text = iterm2_sequence(_png(picture, columns))
    elif protocol == "sixel":
        text = sixel_sequence(_fitted(picture, columns))
    else:
        true_colour = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
        text = half_blocks(picture, min(columns, 80), true_colour=true_colour)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    return True


def _read(media: Media) -> Picture | None:
    if importlib.util.find_spec("PIL") is None:
        return None
    from PIL import Image

    try:
        with Image.open(io.BytesIO(media)) as opened:
            return opened.convert("RGB")
    except OSError:
        return None


def _fitted(picture: Picture, columns: int) -> Picture:
    width = min(picture.width, columns * _CELL_WIDTH)
    return picture.resize((width, max(1, round(picture.height * width / picture.width))))


def _png(picture: Picture, columns: int) -> bytes:
    target = io.BytesIO()
    _fitted(picture, columns).save(target, "PNG")
    return target.getvalue()


def kitty_sequence(png: bytes) -> str:
    """A PNG in kitty's graphics protocol, in chunks."""
    data = base64.b64encode(png).decode()
    chunks = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
    parts = []
    for number, chunk in enumerate(chunks):
        more = int(number < len(chunks) - 1)
        keys = f"f=100,a=T,m={more}" if number == 0 else f"m={more}"
        parts.append(f"\x1b_G{keys};{chunk}\x1b\\")
    return "".join(parts)


def iterm2_sequence(data: bytes) -> str:
    """An image file in iTerm2's protocol."""
    return f"\x1b]1337;File=inline=1;size={len(data)}:{base64.b64encode(data).decode()}\x07"


def sixel_sequence(picture: Picture) -> str:
    """A picture in DEC's sixel graphics, with a palette of its own."""
    reduced = picture.quantize(_SIXEL_COLOURS)
    palette = reduced.getpalette() or []
    pixels = reduced.tobytes()
    width, height = reduced.size
    parts = [f'\x1bPq"1;1;{width};{height}']
    for colour in range(len(palette) // 3):
        red, green, blue = (round(value * 100 / 255) for value in palette[3 * colour : 3 * colour + 3])
        parts.append(f"#{colour};2;{red};{green};{blue}")
    for top in range(0, height, 6):
        rows = [pixels[row * width : (row + 1) * width] for row in range(top, min(top + 6, height))]
        lines = [f"#{colour}{_sixel_line(rows, colour, width)}" for colour in sorted(set(b"".join(rows)))]
        parts.append("$".join(lines) + "-")
    return "".join(parts) + "\x1b\\"


def _sixel_line(rows: list[bytes], colour: int, width: int) -> str:
    """Six rows of one colour: a character for each column, runs of the same one counted."""
    values = [sum(1 << bit for bit, row in enumerate(rows) if row[column] == colour) for column in range(width)]
    parts: list[str] = []
    start = 0
    for end in range(1, width + 1):
        if end == width or values[end] != values[start]:
            character, count = chr(63 + values[start]), end - start
            parts.append(character * count if count < 4 else f"!{count}{character}")
            start = end
    return "".join(parts)


def half_blocks(picture: Picture, columns: int, *, true_colour: bool) -> str:
    """A picture in characters `▀`, whose two colours are two pixels above each other."""
    rows = max(1, round(picture.height * columns / picture.width / 2))
    small = picture.resize((columns, rows * 2))
    data = small.tobytes()

    def colour(column: int, row: int, ground: int) -> str:
        red, green, blue = data[3 * (row * columns + column) : 3 * (row * columns + column) + 3]
        if true_colour:
            return f"{ground};2;{red};{green};{blue}"
        return f"{ground};5;{16 + 36 * round(red / 51) + 6 * round(green / 51) + round(blue / 51)}"

    return "\n".join(
        "".join(f"\x1b[{colour(column, 2 * row, 38)};{colour(column, 2 * row + 1, 48)}m▀" for column in range(columns))
        + "\x1b[0m"
        for row in range(rows)
    )

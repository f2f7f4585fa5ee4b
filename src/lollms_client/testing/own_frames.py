"""Tells who is at work in a thread: code of the binding itself, or of what bindings share, or a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_PACKAGE = Path(__file__).parent.parent
_SHARED = tuple(str(_PACKAGE / name) + "/" for name in ("families", "engines"))
_LOGGING = ("ascii_colors", "logging", "warnings")


class OwnCode:
    """The files of one binding, those of its families included."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places = (f"{folder}/", f"{folder.resolve()}/", *_SHARED)

    def holds(self, file: str) -> bool:
        """Whether a file is the binding's."""
        return file.replace("\\", "/").startswith(self._places)

    def frame(self, depth: int = 1) -> FrameType | None:
        """The innermost frame of the binding's code in the calling thread's stack, None without one."""
        return next((frame for frame in frames(depth + 1) if self.holds(frame.f_code.co_filename)), None)

    def place(self, file: str, line: int) -> str:
        """A line of code in words."""
        return f"{Path(file).parent.name}/{Path(file).name}:{line}"


def frames(depth: int = 1) -> Iterator[FrameType]:
    """The frames of the calling thread, the innermost first."""
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        yield frame
        frame = frame.f_back


def is_logging() -> bool:
    """Whether a log, or the console of the documented contract, is at work."""
    names = (str(frame.f_globals.get("__name__", "")).partition(".")[0] for frame in frames(2))
    return any(name in _LOGGING for name in names)

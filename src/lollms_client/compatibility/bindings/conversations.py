"""Discussions as bindings of all eras read them: no system prompt is None, images are files where code opens them."""

from __future__ import annotations

import base64
import binascii
import inspect
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from lollms_client.lollms_discussion import LollmsDiscussion, LollmsMessage
from lollms_client.types.media import Media

# code that opens what it finds among a message's images: it knows paths alone
_OPENS_IMAGES = re.compile(
    r"for\s+(\w+)\s+in\s+\w+\.images\b[^\n]*:(?:(?!\n\s*def ).){0,600}?\bopen\(\s*\1\b", re.DOTALL
)


class EraDiscussion(LollmsDiscussion):
    """A discussion as a binding sees it."""

    _files: PictureFiles | None = None

    @property  # type: ignore[override]
    def system_prompt(self) -> str | None:
        """The system prompt; None where there is none."""
        return self._state.system_prompt or None

    @system_prompt.setter
    def system_prompt(self, text: str | None) -> None:
        self._set(system_prompt=text or "")

    def get_messages(self, branch_tip_id: str | None = None, limit: int | None = None) -> list[LollmsMessage]:
        """The messages of a branch."""
        messages = super().get_messages(branch_tip_id, limit)
        return messages if self._files is None else [_Opened(message, self._files) for message in messages]  # type: ignore[misc]


class _Opened:
    """A message whose images are files."""

    def __init__(self, message: LollmsMessage, files: PictureFiles) -> None:
        self._message = message
        self.images = [files.path_of(image) for image in message.images]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._message, name)


class PictureFiles:
    """Images as files that live as long as the call."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._folder: Path | None = None
        self._made: dict[str, str] = {}

    def path_of(self, image: str) -> str:
        """The path of a file with that image; what is no base64 (a path, a URL) stays."""
        if image not in self._made:
            try:
                media = Media(base64.b64decode(image, validate=True))
            except (binascii.Error, ValueError):
                return image
            if self._folder is None:
                self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="lollms-images-")))
            self._made[image] = str(media.save(self._folder / f"{len(self._made)}{media.extension}"))
        return self._made[image]


@contextmanager
def seen_by(binding: Any, given: Any) -> Iterator[Any]:
    """A discussion as that binding expects it while the block runs; anything else as it is."""
    if not isinstance(given, LollmsDiscussion) or isinstance(given, EraDiscussion):
        yield given
        return
    view = EraDiscussion.__new__(EraDiscussion)
    vars(view).update(vars(given))
    with ExitStack() as stack:
        if _opens_images(type(binding).__module__):
            view._files = PictureFiles(stack)
        yield view


@lru_cache(maxsize=128)
def _opens_images(module: str) -> bool:
    """Whether the code of that module opens a message's images as files."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (OSError, TypeError, KeyError):
        return False
    return _OPENS_IMAGES.search(source) is not None

"""Puts settings, variables and media into the `${…}` places of a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from lollms_client.errors import BadManifest
from lollms_client.manifest.values import near_names
from lollms_client.testing.cases_media import is_media, media_in_words, media_of
from lollms_client.types.media import Media

_PLACE = re.compile(r"\$\$\{|\$\{([^}]*)\}")
_DEEPEST = 8  # variables within variables


class _Any:
    """Stands in what is expected for a value of whatever kind, so long as there is one."""

    def __repr__(self) -> str:
        return "${any}"


ANY: Final = _Any()


class Filling:
    """The values that `${…}` places take in one case.

    `known` holds the settings and variables, `server` and `base` among them; the first mapping that has a name wins.
    `folder` is where files of the case are.
    """

    def __init__(self, *known: Mapping[str, Any], folder: Path) -> None:
        self._known = known
        self.folder = folder

    def fill(self, value: Any, *, media: Callable[[Media], Any] | None = None) -> Any:
        """The value with all places filled, keys too; keys that come out empty are left out.

        With `media`, mappings that stand for media (`{tone: 1}`, `{file: name}`) become what it makes of them. Raises
        BadManifest for a name that nothing has.
        """
        if isinstance(value, str):
            return self._text(value, 0)
        if isinstance(value, Mapping):
            if media is not None and (is_media(value) or set(value) == {"file"}):
                return media(self.media(value))
            pairs = ((_plain(self._text(str(name), 0)), item) for name, item in value.items())
            return {name: self.fill(item, media=media) for name, item in pairs if name != ""}
        if isinstance(value, (list, tuple)):
            return [self.fill(item, media=media) for item in value]
        return value

    def media(self, value: Mapping[str, Any]) -> Media:
        """The media of `{picture: …}`, `{tone: …}`, `{film: …}` or `{file: name}`."""
        if is_media(value):
            return media_of(value)
        if set(value) == {"file"}:
            return self.file(str(value["file"]))
        raise BadManifest(f"{dict(value)!r:.80} is no media: write picture, tone, film or file")

    def file(self, name: str) -> Media:
        """A file beside the cases. Raises BadManifest where there is none, or where it lies elsewhere."""
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()) or not path.is_file():
            raise BadManifest(f"there is no file {name!r} beside the cases in {self.folder.name}")
        return Media.of(path)

    def _text(self, text: str, depth: int) -> Any:
        if "${" not in text:
            return text
        whole = _PLACE.fullmatch(text)
        if whole is not None and whole[1] is not None:
            return self._value(whole[1], depth)
        return _PLACE.sub(lambda found: "${" if found[1] is None else _plain(self._value(found[1], depth)), text)

    def _value(self, name: str, depth: int) -> Any:
        kind, colon, words = name.partition(":")
        if colon and kind in ("base64", "data_url"):
            media = self.file(words[5:].strip()) if words.startswith("file ") else media_in_words(words)
            return media.base64() if kind == "base64" else media.data_url()
        if name == "any":
            return ANY
        for mapping in self._known:
            if name in mapping:
                found = mapping[name]
                if depth > _DEEPEST:
                    raise BadManifest(f"the variable {name!r} holds itself")
                return self._text(found, depth + 1) if isinstance(found, str) else found
        names = sorted({known for mapping in self._known for known in mapping})
        near = near_names(name, names)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(names)}"
        raise BadManifest(f"nothing has the name ${{{name}}}; {hint}")


def _plain(value: Any) -> str:
    return "" if value is None else str(value)

"""The import formats by name, and the one function that reads any of them."""

from __future__ import annotations

import codecs
import mimetypes
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.discussion.failures import BadConversation, UnknownFormat
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.reading import clear_errors, in_a_row
from lollms_client.discussion.soundness import check_parents, check_state
from lollms_client.discussion.state import DiscussionState
from lollms_client.errors import LollmsError
from lollms_client.types.accounting import CallWarning
from lollms_client.types.media import Media

Imported = tuple[DiscussionState, list[LollmsMessage]]

FORMATS = (
    "openai_chat", "openai_responses", "anthropic", "gemini", "ollama_chat", "json", "chatgpt", "open_webui",
    "lollms_client",
)  # fmt: skip
_LARGEST_FILE = 500_000_000  # bytes read out of one file of an archive
_LONGEST_PATH = 4_096  # characters
_CONVERSATIONS = re.compile(r"conversations(?:[-_ ]?\d+)?\.json", re.IGNORECASE)
_ONE_EACH = re.compile(r"(?:^|/)conversations/[^/]+\.json$", re.IGNORECASE)


def import_all(name: str, data: Any, unread: list[CallWarning] | None = None) -> list[Imported]:
    """Every conversation in `data`: decoded JSON, JSON text, or a path to a file, a folder or a zip archive.

    Raises UnknownFormat for a name that is no import format, BadConversation for data that is not in it. Where `unread`
    is given, a conversation that cannot be read is told there, and the others are.
    """
    if name not in FORMATS:
        raise UnknownFormat(f"no import format {name!r}: use one of {', '.join(FORMATS)}", format=name)
    try:
        with clear_errors(f"this {name} export"):
            if name == "lollms_client":
                return _stored(data)
            with _opened(_path_of(data)) as source:
                return _read(name, source, unread)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise BadConversation(f"the export cannot be read: {error}", format=name) from error


def _path_of(data: Any) -> Any:
    """The path that a short text names where it cannot be JSON. Raises BadConversation where nothing is there."""
    if not isinstance(data, str) or data.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"', ""):
        return data
    path = Path(data).expanduser() if len(data) <= _LONGEST_PATH and "\n" not in data and "\0" not in data else None
    if path is None or not path.exists():
        raise BadConversation(f"this is neither JSON nor the path of a file or folder that exists: {data[:80]!r}")
    return path


def _read(name: str, source: _Source, unread: list[CallWarning] | None) -> list[Imported]:
    if name == "json":
        from lollms_client.discussion.export_json import from_json

        return [from_json(source.text())]
    if name == "chatgpt":
        from lollms_client.discussion.import_chatgpt import conversation_from_chatgpt

        return _every(source, lambda item: conversation_from_chatgpt(item, source.find), unread)
    if name == "open_webui":
        from lollms_client.discussion.import_open_webui import chat_from_open_webui

        return _every(source, chat_from_open_webui, unread)
    system, row = in_a_row(_row(name, source.values()))
    return [(DiscussionState(system_prompt=system, active_branch_id=row[-1].id if row else None), row)]


def _every(source: _Source, read: Callable[[Any], Imported], unread: list[CallWarning] | None) -> list[Imported]:
    found: list[Imported] = []
    for place, item in enumerate(source.conversations()):
        title = item.get("title") if isinstance(item, Mapping) else None
        which = f"conversation {place + 1}" + (f" ({title})" if title else "")
        try:
            with clear_errors("it"):
                state, messages = read(item)
                check_parents(messages)
                check_state(state, messages)
                found.append((state, messages))
        except LollmsError as error:
            if unread is None:
                raise BadConversation(f"{which}: {error}", number=place + 1) from error
            unread.append(CallWarning(kind="dropped", setting=which, detail=str(error)))
    return found


def _stored(data: Any) -> list[Imported]:
    from lollms_client.discussion.import_lollms_client import discussions_from_lollms_client

    if not isinstance(data, (str, Path)):
        raise BadConversation("lollms_client needs the path of a database", format="lollms_client")
    return discussions_from_lollms_client(Path(data))


def _row(name: str, values: Any) -> list[LollmsMessage]:
    if name == "anthropic":
        from lollms_client.discussion.import_anthropic import messages_from_anthropic

        return messages_from_anthropic(values)
    if name == "gemini":
        from lollms_client.discussion.import_gemini import messages_from_gemini

        return messages_from_gemini(values)
    if name == "ollama_chat":
        from lollms_client.discussion.import_ollama import messages_from_ollama

        return messages_from_ollama(values)
    from lollms_client.discussion.import_openai import message_from_openai, messages_from_responses, paired

    if name == "openai_chat":
        items = values.get("messages") if isinstance(values, Mapping) else values
        if not isinstance(items, list):
            raise BadConversation("chat messages are a list, or an object with `messages`", format=name)
        return paired(message_from_openai(item) for item in items)
    return messages_from_responses(values)


class _Source:
    """Texts or values to read from; `find` looks for a file whose name begins with an asset's."""

    def __init__(self, *data: Any, files: Mapping[str, Any] | None = None) -> None:
        self._data = data
        self._files = files or {}

    def text(self) -> str | bytes:
        data = self._data[0]
        return data if isinstance(data, (str, bytes)) else msgspec.json.encode(data)

    def values(self) -> Any:
        return _decoded(self._data[0])

    def conversations(self) -> Iterator[Any]:
        """Each conversation of a data export: of a list, of an object that holds one, or the object itself."""
        for data in self._data:
            values = _decoded(data)
            inner = values.get("conversations", values.get("chats")) if isinstance(values, Mapping) else values
            yield from inner if isinstance(inner, list) else [values]

    def find(self, asset: str) -> Media | None:
        if not asset:
            return None
        name = next((name for name in self._files if name.rpartition("/")[2].startswith(asset)), None)
        if name is None:
            return None
        target = self._files[name]
        data = target.read_bytes() if isinstance(target, Path) else target()
        if not data:
            return None
        media = Media(data)
        named = mimetypes.guess_type(name)[0]
        return Media(data, named) if named and media.kind not in ("image", "audio", "video") else media


def _decoded(data: Any) -> Any:
    if not isinstance(data, (str, bytes)):
        return data
    try:
        plain = data.removeprefix("\ufeff") if isinstance(data, str) else data.removeprefix(codecs.BOM_UTF8)
        return msgspec.json.decode(plain)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadConversation(
            f"this is no JSON: {error}; give decoded JSON, its text, or the path of an export"
        ) from error


@contextmanager
def _opened(data: Any) -> Iterator[_Source]:
    if not isinstance(data, Path):
        yield _Source(data)
    elif data.is_dir():
        files = {path.relative_to(data).as_posix(): path for path in sorted(data.rglob("*")) if path.is_file()}
        yield _Source(*[files[name].read_bytes() for name in _texts_among(files, data)], files=files)
    elif zipfile.is_zipfile(data):
        with zipfile.ZipFile(data) as archive:
            members = {name: _member(archive, name) for name in archive.namelist() if not name.endswith("/")}
            yield _Source(*[members[name]() for name in _texts_among(members, data)], files=members)
    else:
        yield _Source(data.read_bytes())


def _texts_among(names: Iterable[str], place: Path) -> list[str]:
    """The files with the conversations: one, numbered parts of it, or one file for each in a folder."""
    listed = sorted(names)
    parts = [name for name in listed if _CONVERSATIONS.fullmatch(name.rpartition("/")[2])]
    found = parts or [name for name in listed if _ONE_EACH.search(name)]
    if not found:
        raise BadConversation(f"{place.name} has no conversations.json: is it the archive of another service?")
    return found


def _member(archive: zipfile.ZipFile, name: str) -> Any:
    def read() -> bytes:
        if archive.getinfo(name).file_size > _LARGEST_FILE:
            raise BadConversation(f"a file in the archive is larger than {_LARGEST_FILE} bytes: {name}")
        return archive.read(name)

    return read

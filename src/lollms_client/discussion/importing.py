"""The import formats by name, and the one function that reads any of them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from lollms_client.discussion.failures import BadConversation, UnknownFormat
from lollms_client.discussion.message import LollmsMessage
from lollms_client.discussion.reading import clear_errors, in_a_row
from lollms_client.discussion.state import DiscussionState
from lollms_client.types.media import Media

Imported = tuple[DiscussionState, list[LollmsMessage]]

FORMATS = (
    "openai_chat", "openai_responses", "anthropic", "gemini", "ollama_chat", "json", "chatgpt", "open_webui",
    "lollms_client",
)  # fmt: skip
_LARGEST_FILE = 200_000_000  # bytes read out of one file of an archive


def import_all(name: str, data: Any) -> list[Imported]:
    """Every conversation in `data`: decoded JSON, JSON text, or a path to a file, a folder or a zip archive.

    Raises UnknownFormat for a name that is no import format, BadConversation for data that is not in it.
    """
    if name not in FORMATS:
        raise UnknownFormat(f"no import format {name!r}: use one of {', '.join(FORMATS)}", format=name)
    try:
        with clear_errors(f"this {name} export"):
            if name == "lollms_client":
                return _stored(data)
            with _opened(data) as source:
                return _read(name, source)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise BadConversation(f"the export cannot be read: {error}", format=name) from error


def _read(name: str, source: _Source) -> list[Imported]:
    if name == "json":
        from lollms_client.discussion.export_json import from_json

        return [from_json(source.text())]
    if name == "chatgpt":
        from lollms_client.discussion.import_chatgpt import conversation_from_chatgpt

        return [conversation_from_chatgpt(item, source.find) for item in _each(source.values())]
    if name == "open_webui":
        from lollms_client.discussion.import_open_webui import chat_from_open_webui

        return [chat_from_open_webui(item) for item in _each(source.values())]
    system, row = in_a_row(_row(name, source.values()))
    return [(DiscussionState(system_prompt=system, active_branch_id=row[-1].id if row else None), row)]


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
    from lollms_client.discussion.import_openai import message_from_openai, messages_from_responses

    if name == "openai_chat":
        items = values.get("messages") if isinstance(values, Mapping) else values
        if not isinstance(items, list):
            raise BadConversation("chat messages are a list, or an object with `messages`", format=name)
        return [message_from_openai(item) for item in items]
    return messages_from_responses(values)


def _each(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


class _Source:
    """Values, text or files to read from; `find` looks for a file whose name begins with an asset's."""

    def __init__(self, data: Any, files: Mapping[str, Any] | None = None) -> None:
        self._data = data
        self._files = files or {}

    def text(self) -> str | bytes:
        if isinstance(self._data, (str, bytes)):
            return self._data
        return msgspec.json.encode(self._data)

    def values(self) -> Any:
        if not isinstance(self._data, (str, bytes)):
            return self._data
        try:
            return msgspec.json.decode(self._data)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise BadConversation(f"this is no JSON: {error}") from error

    def find(self, asset: str) -> Media | None:
        if not asset:
            return None
        name = next((name for name in self._files if name.rpartition("/")[2].startswith(asset)), None)
        if name is None:
            return None
        target = self._files[name]
        data = target.read_bytes() if isinstance(target, Path) else target()
        return Media(data) if data else None


@contextmanager
def _opened(data: Any) -> Iterator[_Source]:
    if not isinstance(data, Path):
        yield _Source(data)
    elif data.is_dir():
        files = {str(path.relative_to(data)): path for path in sorted(data.rglob("*")) if path.is_file()}
        yield _Source((data / "conversations.json").read_bytes(), files)
    elif zipfile.is_zipfile(data):
        with zipfile.ZipFile(data) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            text = next((name for name in names if name.rpartition("/")[2] == "conversations.json"), None)
            if text is None:
                raise BadConversation(f"the archive has no conversations.json: {data.name}")
            yield _Source(_member(archive, text)(), {name: _member(archive, name) for name in names})
    else:
        yield _Source(data.read_bytes())


def _member(archive: zipfile.ZipFile, name: str) -> Any:
    def read() -> bytes:
        if archive.getinfo(name).file_size > _LARGEST_FILE:
            raise BadConversation(f"a file in the archive is larger than {_LARGEST_FILE} bytes: {name}")
        return archive.read(name)

    return read

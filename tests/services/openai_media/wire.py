"""Bindings of the family with the settings of a test, and what they send taken apart."""

from __future__ import annotations

import base64
import email.parser
import email.policy
import importlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import lollms_client
from lollms_client.binding import Construction, constructing
from lollms_client.drivers.scripted import CannedReply
from lollms_client.flow import HttpRequest
from lollms_client.manifest.reading import load_manifest
from lollms_client.settings import resolve_settings
from lollms_client.types import CallWarning, Media

KEY = "canary-key-81d4c2f7"
PACKAGE = Path(lollms_client.__file__).parent
SPECS = Path(__file__).parents[4] / "shared" / "specs"
PNG = Media(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
)
B64 = PNG.base64()
OGG = Media(b"OggS" + b"\0" * 40, "audio/ogg")


def binding(kind: str, name: str, **settings: Any) -> Any:
    """One of the bundled bindings, with a key, and without this machine's proxies and keyring."""
    manifest = load_manifest(PACKAGE / f"{kind}_bindings" / name)
    module = importlib.import_module(f"lollms_client.{kind}_bindings.{name}")
    given = {"service_key": KEY, "proxy": "", **settings}
    resolved = resolve_settings(manifest, given, environment={}, saved={}, keyring=False)
    with constructing(Construction(name, manifest, resolved)):
        return getattr(module, module.BindingName)()


class Form(NamedTuple):
    """A form taken apart: the fields in order, and the files as (field, file name, type, bytes)."""

    fields: list[tuple[str, str]]
    files: list[tuple[str, str, str, bytes]]

    def values(self, name: str) -> list[str]:
        return [value for field, value in self.fields if field == name]


def form(body: bytes | None, content_type: Any) -> Form:
    """A multipart body taken apart by the standard library."""
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + (body or b""))
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, str, str, bytes]] = []
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        file_name = part.get_filename()
        if file_name is None:
            fields.append((name, data.decode()))
        else:
            files.append((name, file_name, part.get_content_type(), data))
    return Form(fields, files)


def form_of(request: HttpRequest) -> Form:
    return form(request.body, request.headers["Content-Type"])


def json_of(request: HttpRequest) -> Any:
    return json.loads(request.body or b"null")


def path_of(request: HttpRequest) -> str:
    return request.url.partition("://")[2].partition("/")[2]


def events(*values: Any, done: bool = False) -> bytes:
    """A stream of server-sent events; a text is sent as it is, anything else as JSON with its type."""
    pieces: list[bytes] = []
    for value in values:
        if isinstance(value, dict) and "type" in value:
            pieces.append(f"event: {value['type']}\n".encode())
        pieces.append(f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode())
    return b"".join(pieces) + (b"data: [DONE]\n\n" if done else b"")


def stream(data: bytes, cut: int | None = None) -> CannedReply:
    """The reply that streams `data`, cut in two at a byte."""
    chunks = (data,) if cut is None else (data[:cut], data[cut:])
    return CannedReply(headers={"Content-Type": "text/event-stream"}, chunks=tuple(chunk for chunk in chunks if chunk))


def kinds(warnings: Iterable[CallWarning]) -> set[tuple[str, str]]:
    return {(warning.kind, warning.setting) for warning in warnings}

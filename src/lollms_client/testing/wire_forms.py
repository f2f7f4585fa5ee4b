"""Reads the form that a request carries: multipart/form-data or urlencoded."""

from __future__ import annotations

import email.message
import email.parser
import email.policy
from typing import NamedTuple
from urllib.parse import parse_qsl

from lollms_client.testing.server import Received


class FormField(NamedTuple):
    """One field; `filename` and `content_type` are None where it names none."""

    name: str
    filename: str | None
    content_type: str | None
    data: bytes

    @property
    def text(self) -> str:
        """The field's value; of a file only its size."""
        if self.filename is not None:
            return f"a file of {len(self.data)} bytes"
        return self.data.decode("utf-8", "replace")


def form_fields(request: Received) -> list[FormField] | None:
    """The fields in their order; None where the request carries no form."""
    declared = request.headers.get("content-type", "")
    kind = declared.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        return [FormField(name, None, None, value.encode()) for name, value in pairs]
    if kind != "multipart/form-data":
        return None
    head = email.message.Message()
    head["content-type"] = declared
    boundary = str(head.get_param("boundary") or "")
    if not boundary:
        return None
    return [field for part in _parts(request.body, boundary.encode("latin-1")) if (field := _field(part)) is not None]


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    return [piece.removeprefix(b"\r\n") for piece in pieces[1:] if not piece.startswith(b"--")]


def _field(part: bytes) -> FormField | None:
    raw, mark, data = part.partition(b"\r\n\r\n")
    if not mark:
        return None
    head = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(raw + b"\r\n\r\n", headersonly=True)
    disposition = head.get("content-disposition")
    name = _parameter(head, "name")
    if disposition is None or name is None:
        return None
    kind = head.get_content_type() if "content-type" in head else None
    return FormField(name, _parameter(head, "filename"), kind, data)


def _parameter(head: email.message.Message, name: str) -> str | None:
    value = head.get_param(name, header="content-disposition")
    if isinstance(value, tuple):
        return value[2]
    return str(value) if value is not None else None

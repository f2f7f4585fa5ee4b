"""Compares what a binding sent, and what it gave, with what a case states; each difference is one short line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from lollms_client.secret import redact
from lollms_client.testing.cases import UNSET, CaseRequest
from lollms_client.testing.cases_values import ANY, Filling
from lollms_client.testing.server import Received
from lollms_client.testing.wire_forms import FormField, form_fields
from lollms_client.types.media import Media

LONGEST = 90  # letters of a value in a difference
# headers that say nothing about the call
_USUAL_HEADERS = {
    "accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent",
    "transfer-encoding", "accept-language", "expect",
}  # fmt: skip


def request_faults(expected: CaseRequest, sent: Received, filling: Filling, *, hosts_known: bool) -> Iterator[str]:
    """How a request differs from what is stated. Without `hosts_known` all requests go to the kit's server anyway."""
    parts = urlsplit(sent.url)
    if sent.method != expected.method.upper():
        yield _difference("method", expected.method.upper(), sent.method)
    wanted_path = str(filling.fill(expected.path))
    if parts.path != wanted_path and wanted_path != "${any}":
        yield _difference("path", wanted_path, parts.path)
    host = str(filling.fill(expected.host))
    if host and hosts_known and parts.netloc.rpartition("@")[2] != host:
        yield _difference("host", host, parts.netloc.rpartition("@")[2])
    yield from _query_faults(expected, parts.query, filling)
    yield from _header_faults(expected, sent.headers, filling)
    yield from _body_faults(expected, sent, filling)


def _query_faults(expected: CaseRequest, query: str, filling: Filling) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    wanted = filling.fill(expected.query)
    for name, value in wanted.items():
        values = [str(item) for item in value] if isinstance(value, list) else [_word(value)]
        got = found.get(name)
        if got is None:
            yield _difference(f"query {name}", value, "nothing", quote=False)
        elif value is not ANY and got != values:
            yield _difference(f"query {name}", ", ".join(values), ", ".join(got))
    if expected.exact:
        for name in sorted(set(found) - set(wanted)):
            yield _difference(f"query {name}", "nothing", ", ".join(found[name]), quote=False)


def _header_faults(expected: CaseRequest, sent: Mapping[str, str], filling: Filling) -> Iterator[str]:
    wanted = {name.lower(): value for name, value in filling.fill(expected.headers).items()}
    for name, value in wanted.items():
        got = sent.get(name)
        if value is None:
            if got is not None:
                yield _difference(f"header {name}", "nothing", got, quote=False)
        elif got is None:
            yield _difference(f"header {name}", value, "nothing", quote=False)
        elif value is not ANY and got != _word(value):
            yield _difference(f"header {name}", _word(value), got)
    if expected.exact:
        for name in sorted(set(sent) - set(wanted) - _USUAL_HEADERS):
            yield _difference(f"header {name}", "nothing", sent[name], quote=False)


def _body_faults(expected: CaseRequest, sent: Received, filling: Filling) -> Iterator[str]:
    if expected.form is not None:
        yield from _form_faults(expected, sent, filling)
    elif expected.json is not UNSET or (expected.absent and sent.body.lstrip()[:1] in (b"{", b"[")):
        yield from _json_faults(expected, sent, filling)
    elif expected.text is not None:
        text = str(filling.fill(expected.text))
        if sent.body.decode("utf-8", "replace") != text:
            yield _difference("body", text, sent.body.decode("utf-8", "replace"))
    elif expected.file is not None or expected.base64 is not None:
        data = _bytes(expected, filling)
        if sent.body != data:
            yield f"body: expected {len(data)} bytes, got {len(sent.body)} others"
    elif expected.exact and sent.body:
        yield f"body: expected nothing, got {len(sent.body)} bytes"


def _bytes(expected: CaseRequest, filling: Filling) -> bytes:
    import base64

    if expected.file is not None:
        return bytes(filling.file(str(filling.fill(expected.file))))
    return base64.b64decode(str(filling.fill(expected.base64)))


def _json_faults(expected: CaseRequest, sent: Received, filling: Filling) -> Iterator[str]:
    try:
        got = sent.json()
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield _difference("body", "JSON", sent.body[:LONGEST].decode("utf-8", "replace") or "nothing", quote=False)
        return
    if expected.json is not UNSET:
        wanted = filling.fill(expected.json)
        yield from differences(wanted, got, "json", exact=expected.exact, exact_items=True)
    for path in expected.absent:
        value = _at(got, path)
        if value is not UNSET:
            yield _difference(f"json.{path}", "nothing", value, quote=False)


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return UNSET
    return value


# --- forms ---


def _form_faults(expected: CaseRequest, sent: Received, filling: Filling) -> Iterator[str]:
    fields = form_fields(sent)
    if fields is None:
        yield _difference("body", "a form", sent.headers.get("content-type") or "no type", quote=False)
        return
    wanted = filling.fill(expected.form)
    for name, value in wanted.items():
        got = [field for field in fields if field.name == name]
        if not got:
            yield _difference(f"form {name}", value, "nothing", quote=False)
        else:
            yield from _field_faults(name, value, got, filling)
    for name in expected.absent:
        for field in fields:
            if field.name == name:
                yield _difference(f"form {name}", "nothing", field.text, quote=False)
    if expected.exact:
        for field in fields:
            if field.name not in wanted:
                yield _difference(f"form {field.name}", "nothing", field.text, quote=False)


def _field_faults(name: str, wanted: Any, got: list[FormField], filling: Filling) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        yield from _file_faults(name, wanted, got[0], filling)
    elif isinstance(wanted, list):
        if len(wanted) != len(got):
            yield f"form {name}: expected {len(wanted)} values, got {len(got)}"
        for number, (item, field) in enumerate(zip(wanted, got, strict=False)):
            yield from _field_faults(f"{name}[{number}]", item, [field], filling)
    elif wanted is not ANY and got[0].text != _word(wanted):
        yield _difference(f"form {name}", _word(wanted), got[0].text)


def _file_faults(name: str, wanted: Mapping[str, Any], got: FormField, filling: Filling) -> Iterator[str]:
    """`{filename: a.wav, content_type: audio/wav, media: {tone: 0.5}}`, each where it is stated."""
    for key, value in (("filename", got.filename), ("content_type", got.content_type)):
        if key in wanted and wanted[key] is not ANY and wanted[key] != value:
            yield _difference(f"form {name}.{key}", wanted[key], value)
    if got.filename is None:
        yield f"form {name}: expected a file, got a plain field"
    elif not got.data:
        yield f"form {name}: expected a file, got an empty one"
    elif "media" in wanted and filling.media(wanted["media"]) != got.data:
        yield f"form {name}: expected the bytes of {wanted['media']}, got {len(got.data)} others"


# --- values ---


def differences(wanted: Any, got: Any, path: str, *, exact: bool = False, exact_items: bool = False) -> Iterator[str]:
    """How a value differs from a stated one. Of mappings only stated keys are compared, but all where `exact`.

    Lists must be as long as stated; what is in them is compared whole with `exact_items`.
    """
    if wanted is ANY:
        if got is None:
            yield _difference(path, "a value", "nothing", quote=False)
    elif isinstance(wanted, Mapping) and isinstance(got, Mapping):
        for name, value in wanted.items():
            if name not in got:
                if value is not None:
                    yield _difference(f"{path}.{name}", value, "nothing", quote=False)
            else:
                yield from differences(value, got[name], f"{path}.{name}", exact=exact, exact_items=exact_items)
        for name in sorted(set(got) - set(wanted)) if exact else ():
            yield _difference(f"{path}.{name}", "nothing", got[name], quote=False)
    elif _is_list(wanted) and _is_list(got):
        if len(wanted) != len(got):
            yield _difference(f"{path}", f"{len(wanted)} items", f"{len(got)}: {_shown(got)}", quote=False)
        for number, (item, value) in enumerate(zip(wanted, got, strict=False)):
            yield from differences(
                item, value, f"{path}[{number}]", exact=exact or exact_items, exact_items=exact_items
            )
    elif not _same(wanted, got):
        yield _difference(path, wanted, got)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, (int, float)) and isinstance(got, (int, float)):
        return math.isclose(wanted, got, rel_tol=1e-6, abs_tol=1e-12)
    return bool(wanted == got)


def _word(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _difference(path: str, wanted: Any, got: Any, *, quote: bool = True) -> str:
    """One line: where, what is stated, what came. Texts are put into quotes, unless words stand for one of them."""
    first, second = (_cut(item) if isinstance(item, str) and not quote else _shown(item) for item in (wanted, got))
    note = " (they differ in what is masked)" if first == second else ""
    return f"{path}: expected {first}, got {second}{note}"


def _shown(value: Any) -> str:
    if isinstance(value, Media):
        return repr(value)
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, msgspec.MsgspecError):
        text = repr(value)
    return _cut(text)


def _cut(text: str) -> str:
    text = redact(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} letters)"

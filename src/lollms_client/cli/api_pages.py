"""The reference of the public classes and functions, out of their signatures, docstrings and comments."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple


class ApiPage(NamedTuple):
    """One page of the reference: the names of `modules` that are public."""

    name: str
    title: str
    modules: tuple[str, ...]


PAGES = (
    ApiPage("client", "The clients", ("client", "async_client", "client_core", "streams", "flow", "cancel", "secret")),
    ApiPage(
        "types",
        "Requests and results",
        (
            "types.media", "types.message", "types.chat", "types.embedding", "types.image", "types.transcription",
            "types.speech", "types.video", "types.music", "types.job", "types.catalogue", "types.accounting",
        ),
    ),
    ApiPage("errors", "Errors", ("errors",)),
    ApiPage(
        "bindings",
        "Base classes of bindings",
        (
            "lollms_llm_binding", "lollms_tti_binding", "lollms_stt_binding", "lollms_tts_binding",
            "lollms_ttv_binding", "lollms_ttm_binding", "binding", "families.http", "families.jobs",
        ),
    ),
    ApiPage("discussion", "Conversations", ("lollms_discussion",)),
    ApiPage("testing", "The kit", ("testing", "testing.report")),
)  # fmt: skip


def api_page(page: ApiPage) -> str:
    """One page as Markdown."""
    lines = [f"# {page.title}", "", "Made from the code: signatures, docstrings, and the comments beside fields.", ""]
    shown: set[int] = set()
    for name in page.modules:
        module = import_module(f"lollms_client.{name}")
        for public in public_names(module):
            value = getattr(module, public)
            if id(value) not in shown:
                shown.add(id(value))
                lines += _entry(module.__name__, public, value)
    return "\n".join(lines).rstrip() + "\n"


def public_names(module: Any) -> list[str]:
    """What a module offers: `__all__`, else the documented classes and functions that it defines, in their order."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return [name for name in listed if callable(getattr(module, name)) and inspect.getdoc(getattr(module, name))]
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
        and value.__doc__
    ]


def _entry(module: str, name: str, value: Any) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield f"`{module}.{name}`{_bases(value)}"
    yield ""
    if inspect.isclass(value):
        yield from _class(value)
    else:
        yield from _code(f"{name}{_signature(value)}")
        yield from _doc(value)


def _bases(value: Any) -> str:
    if not inspect.isclass(value):
        return ""
    names = [base.__name__ for base in value.__bases__ if base.__module__.startswith("lollms_client")]
    public = [name for name in names if not name.startswith("_")]
    return f", a kind of {', '.join(f'`{name}`' for name in public)}" if public else ""


def _class(value: type) -> Iterator[str]:
    yield from _doc(value)
    if value.__dict__.get("code") and isinstance(value.__dict__["code"], str):
        yield f"Code: `{value.__dict__['code']}`"
        yield ""
    yield from _fields(value)
    for name, member in vars(value).items():
        inner = getattr(member, "__func__", member)
        if name.startswith("_") or not (inspect.isfunction(inner) or isinstance(member, property)):
            continue
        if isinstance(member, property):
            yield f"### {value.__name__}.{name}"
            yield ""
            yield from _doc(member)
        elif inner.__doc__:
            yield f"### {value.__name__}.{name}"
            yield ""
            yield from _code(f"{'async ' if inspect.iscoroutinefunction(inner) else ''}{name}{_signature(inner)}")
            yield from _doc(inner)


def _fields(value: type) -> Iterator[str]:
    rows = list(_annotated(value))
    if not rows:
        return
    yield "| Field | Type | Default | |"
    yield "|---|---|---|---|"
    for name, kind, default, comment in rows:
        shown = f"`{default}`" if default else ""
        yield f"| `{name}` | `{kind}` | {shown} | {comment} |"
    yield ""


def _annotated(value: type) -> Iterator[tuple[str, str, str, str]]:
    try:
        source = textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        return
    lines = source.splitlines()
    body = ast.parse(source).body[0]
    for item in body.body if isinstance(body, ast.ClassDef) else ():
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.target.id[0] != "_":
            comment = lines[(item.end_lineno or item.lineno) - 1][item.end_col_offset or 0 :].partition("# ")[2]
            default = "" if item.value is None else ast.unparse(item.value)
            yield item.target.id, _escaped(ast.unparse(item.annotation)), _escaped(default), _escaped(comment)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _signature(value: Any) -> str:
    try:
        signature = inspect.signature(value)
    except ValueError:
        return "(…)"
    shown = [item for item in signature.parameters.values() if item.name not in ("self", "cls")]
    text = str(signature.replace(parameters=shown)).replace("'", "")
    return text if len(text) < 100 else text.replace(", ", ",\n    ").replace("(", "(\n    ", 1)


def _code(text: str) -> Iterator[str]:
    yield from ("```{.python .signature}", text, "```", "")


def _doc(value: Any) -> Iterator[str]:
    text = inspect.getdoc(value)
    if text:
        yield from text.splitlines()
        yield ""


__all__ = ["PAGES", "ApiPage", "api_page", "public_names"]

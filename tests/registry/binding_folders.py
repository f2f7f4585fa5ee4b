"""Folders of bindings for the tests of the registry."""

from __future__ import annotations

from pathlib import Path

NAMES = {"llm": "LLM", "tti": "TTI", "stt": "STT", "tts": "TTS", "ttv": "TTV", "ttm": "TTM"}


def source(kind: str = "tts", *, name: str = "Mine", before: str = "", inside: str = "pass") -> str:
    """The code of a documented binding."""
    base = f"Lollms{NAMES[kind]}Binding"
    return (
        f"{before}\nfrom lollms_client.lollms_{kind}_binding import {base}\n"
        f'BindingName = "{name}"\nclass {name}({base}):\n    """Says nothing."""\n    {inside}\n'
    )


def make_binding(
    parent: Path, name: str, code: str | None = None, manifest: str | None = "title: Mine\n", **modules: str
) -> Path:
    """A binding's folder; `manifest=None` leaves out the description.yaml, `code=""` writes an empty module."""
    folder = parent / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(source() if code is None else code)
    if manifest is not None:
        (folder / "description.yaml").write_text(manifest)
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
    return folder

"""Where results go: names for files out of prompts, formats out of names, standard output for `-`."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from lollms_client.cli.parsing import UsageError
from lollms_client.cli.terminal import note
from lollms_client.manifest.model import Manifest
from lollms_client.types.media import Media

STANDARD_OUTPUT = "-"
_FORMATS = {"jpg": "jpeg", "mid": "midi", "oga": "ogg", "tif": "tiff"}
_LONGEST = 48  # characters of a name


def format_of_name(output: str | None, manifest: Manifest, methods: Sequence[str]) -> str | None:
    """The `output_format` that a file's extension asks for, None where the binding has no such choice.

    Raises UsageError for an extension that the binding cannot write.
    """
    extension = Path(output or "").suffix.lower().lstrip(".")
    described = [item for method in methods for item in manifest.method(method) if item.name == "output_format"]
    if not extension or not described:
        return None
    asked = _FORMATS.get(extension, extension)
    options = [str(option) for option in described[0].options]
    if options and asked not in options:
        raise UsageError(f"{manifest.name} writes no .{extension} files; it writes {', '.join(options)}")
    return asked


def check_output(output: str | None) -> None:
    """Raise UsageError before the work is done where its result could not be written."""
    if output == STANDARD_OUTPUT and sys.stdout.isatty():
        raise UsageError("`-o -` would write binary data to the terminal; redirect it to a file or a program")
    if output and output != STANDARD_OUTPUT:
        folder = Path(output) if output.endswith("/") else Path(output).parent
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file, not a folder")


def write_all(media: Sequence[Media], output: str | None, prompt: str) -> list[str]:
    """Write every item, and return the names of the files (`-` for the standard output).

    Without `output` the name comes from the prompt, and never that of a file that exists.
    """
    if output == STANDARD_OUTPUT:
        if len(media) != 1:
            raise UsageError(f"`-o -` takes one result, and there are {len(media)}; name a file or a folder")
        sys.stdout.buffer.write(media[0])
        sys.stdout.buffer.flush()
        return [STANDARD_OUTPUT]
    written = []
    for number, item in enumerate(media, start=1):
        path = _path(item, output, prompt, number if len(media) > 1 else None)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(item)
        _check_extension(path, item)
        written.append(str(path))
    return written


def _path(item: Media, output: str | None, prompt: str, number: int | None) -> Path:
    if output is None or output.endswith("/") or Path(output).is_dir():
        return free_name(Path(output or ".") / f"{slug(prompt)}{item.extension}")
    path = Path(output)
    if not path.suffix:
        path = path.with_suffix(item.extension)
    return path if number is None else path.with_name(f"{path.stem}-{number}{path.suffix}")


def _check_extension(path: Path, item: Media) -> None:
    says = Media.of(path).mime_type if item else ""
    usual = path.suffix.lower()
    expected = item.extension
    if usual != expected and _FORMATS.get(usual[1:], usual[1:]) != _FORMATS.get(expected[1:], expected[1:]):
        same = {".jpeg", ".jpg"}, {".mid", ".midi"}, {".ogg", ".oga", ".opus"}, {".mp4", ".m4v", ".m4a"}
        if not any({usual, expected} <= group for group in same):
            note(f"{path} holds {says}, although its name says {usual}")


def slug(text: str) -> str:
    """A file name of a text's first words."""
    words = re.sub(r"[^\w]+", "-", text.lower()).strip("-_")[:_LONGEST]
    return (words.rpartition("-")[0] if len(words) == _LONGEST and "-" in words else words) or "result"


def free_name(path: Path) -> Path:
    """The path, or the next one with a number that no file has."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def text_of(words: Sequence[str], what: str) -> str:
    """The text given as words; `-` among them, or none at all, takes it from the standard input."""
    if words and STANDARD_OUTPUT not in words:
        return " ".join(words)
    if not words and sys.stdin.isatty():
        raise UsageError(f"give {what}, or pipe it in")
    piped = sys.stdin.read().strip()
    text = "\n\n".join(part for part in (" ".join(word for word in words if word != STANDARD_OUTPUT), piped) if part)
    if not text:
        raise UsageError(f"give {what}: the standard input was empty")
    return text

"""Read the facts at the head of a GGUF file without loading the model."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from lollms_client.errors import BadSetting

_FORMATS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_LONGEST_STRING = 1 << 20  # bytes
_LONGEST_ARRAY = 1 << 24  # values
_MOST_KEYS = 10_000


class ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a GGUF file says about its model; None where it does not say."""

    path: Path
    size_bytes: int
    architecture: str
    title: str
    context_tokens: int | None = None
    dimensions: int | None = None
    embeds: bool = False  # made for embeddings: it names a way of pooling

    @property
    def name(self) -> str:
        """The file's name without `.gguf`: what `model=` takes."""
        return self.path.name.removesuffix(".gguf")


def read_model_file(path: Path) -> ModelFile:
    """The facts of the GGUF file at `path`; BadSetting where there is none or it is not one."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            facts = _read_facts(file)
    except FileNotFoundError:
        raise BadSetting(f"there is no model file {path}", setting="model_path") from None
    except OSError as error:
        raise BadSetting(f"the model file {path} cannot be read: {error}", setting="model_path") from error
    except _NotGguf as error:
        raise BadSetting(
            f"{path} is not a usable GGUF model file: {error}. Name a complete .gguf file.", setting="model_path"
        ) from None
    architecture = str(facts.get("general.architecture", ""))
    return ModelFile(
        path=path,
        size_bytes=size,
        architecture=architecture,
        title=str(facts.get("general.name", "")),
        context_tokens=_number(facts.get(f"{architecture}.context_length")),
        dimensions=_number(facts.get(f"{architecture}.embedding_length")),
        embeds=f"{architecture}.pooling_type" in facts,
    )


class _NotGguf(Exception):
    pass


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _read_facts(file: BinaryIO) -> dict[str, Any]:
    """Keys and values up to the vocabulary, which is long and of no interest here."""
    if _take(file, 4) != b"GGUF":
        raise _NotGguf("it does not begin with GGUF")
    version = _unpack(file, "<I")
    if version not in (2, 3):
        raise _NotGguf(f"its format version is {version}; 2 and 3 are known")
    _unpack(file, "<Q")  # the number of tensors
    count = _unpack(file, "<Q")
    if count > _MOST_KEYS:
        raise _NotGguf(f"it claims {count} keys")
    facts: dict[str, Any] = {}
    for _ in range(count):
        key = _string(file)
        if key.startswith("tokenizer."):
            break
        facts[key] = _value(file, _unpack(file, "<I"))
    return facts


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        return _skip_array(file)
    if kind not in _FORMATS:
        raise _NotGguf(f"it holds a value of the unknown kind {kind}")
    return _unpack(file, _FORMATS[kind])


def _skip_array(file: BinaryIO) -> None:
    kind, count = _unpack(file, "<I"), _unpack(file, "<Q")
    if count > _LONGEST_ARRAY:
        raise _NotGguf(f"it holds a list of {count} values")
    if kind in _FORMATS:
        file.seek(struct.calcsize(_FORMATS[kind]) * count, 1)
    elif kind == _STRING:
        for _ in range(count):
            _string(file)
    else:
        raise _NotGguf(f"it holds a list of values of the unknown kind {kind}")


def _string(file: BinaryIO) -> str:
    length = _unpack(file, "<Q")
    if length > _LONGEST_STRING:
        raise _NotGguf(f"it holds a string of {length} bytes")
    return _take(file, length).decode("utf-8", "replace")


def _unpack(file: BinaryIO, form: str) -> Any:
    return struct.unpack(form, _take(file, struct.calcsize(form)))[0]


def _take(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise _NotGguf("it ends in the middle of its header")
    return data

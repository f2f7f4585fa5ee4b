"""The head of a GGUF file is read, and what is none is refused with a reason."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lollms_client.engines.llama.model_file import read_model_file
from lollms_client.errors import BadSetting


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def header(*pairs: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(pairs)) + b"".join(pairs)


GOOD = header(
    text("general.architecture") + struct.pack("<I", 8) + text("llama"),
    text("some.list") + struct.pack("<IIQ", 9, 4, 2) + struct.pack("<II", 1, 2),
    text("some.names") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b"),
    text("general.name") + struct.pack("<I", 8) + text("My Model"),
    text("llama.context_length") + struct.pack("<II", 4, 8192),
    text("llama.embedding_length") + struct.pack("<IQ", 10, 576),
    text("tokenizer.ggml.model") + struct.pack("<I", 8) + text("gpt2"),
)


def test_the_facts_of_a_model(tmp_path: Path) -> None:
    path = tmp_path / "My-Model.Q4.gguf"
    path.write_bytes(GOOD)
    facts = read_model_file(path)
    assert (facts.name, facts.title, facts.architecture) == ("My-Model.Q4", "My Model", "llama")
    assert (facts.context_tokens, facts.dimensions, facts.embeds) == (8192, 576, False)
    assert facts.size_bytes == len(GOOD)


def test_an_embedding_model_is_known_by_its_pooling(tmp_path: Path) -> None:
    path = tmp_path / "e.gguf"
    path.write_bytes(
        header(
            text("general.architecture") + struct.pack("<I", 8) + text("bert"),
            text("bert.pooling_type") + struct.pack("<II", 4, 1),
        )
    )
    assert read_model_file(path).embeds


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends in the middle"),
        (b"PK\x03\x04 a zip", "does not begin with GGUF"),
        (header(version=9), "version is 9"),
        (GOOD[:50], "ends in the middle"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "claims"),
        (header(struct.pack("<Q", 2**40)), "string of"),
        (header(text("k") + struct.pack("<I", 77)), "unknown kind 77"),
    ],
)
def test_what_is_no_model_is_refused_with_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    with pytest.raises(BadSetting, match=reason) as caught:
        read_model_file(path)
    assert caught.value.details["setting"] == "model_path"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"no model file .*absent\.gguf"):
        read_model_file(tmp_path / "absent.gguf")


@settings(deadline=None)
@given(noise=st.binary(max_size=80), cut=st.integers(0, len(GOOD)))
def test_damaged_heads_never_raise_anything_else(noise: bytes, cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gguf"
        path.write_bytes(GOOD[:cut] + noise)
        reason = ""
        try:
            assert read_model_file(path).size_bytes == cut + len(noise)
        except BadSetting as error:
            reason = str(error)
        assert not reason or "not a usable GGUF model file" in reason

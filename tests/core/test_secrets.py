"""Secrets print as *** everywhere, and text that holds them is masked in all their usual encodings."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lollms_client.secret import Secret, clean_cause, redact, redact_data

KEY = 'sk-Ab/c+d="e\\f 12é'


def test_a_secret_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(KEY)
    logging.getLogger("somebody").warning("key %s %r", secret, secret)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>9}", f"{[secret]}", caplog.text]
    shown.append(pickle.dumps(secret).decode("latin-1"))
    for text in shown:
        assert "sk-Ab" not in text
    assert str(pickle.loads(pickle.dumps(secret))) == "***"
    with pytest.raises(TypeError):
        json.dumps({"key": secret})
    with pytest.raises(TypeError):
        list(secret)
    assert secret.reveal() == KEY
    assert secret == Secret(KEY)
    assert secret != KEY
    assert len({secret, Secret(KEY)}) == 1
    assert bool(secret)
    assert not Secret("")
    assert secret.derive("Bearer {}").reveal() == f"Bearer {KEY}"


@pytest.mark.parametrize("form", [KEY, quote(KEY), quote(KEY, safe=""), json.dumps(KEY)[1:-1], repr(KEY)[1:-1]])
def test_all_encodings_are_masked(form: str) -> None:
    Secret(KEY)
    assert redact(f"before {form} after") == "before *** after"
    assert redact_data({form: [form, (form, 5)], "n": None}) == {"***": ["***", ("***", 5)], "n": None}


@given(st.text(min_size=6), st.text(), st.text())
def test_a_registered_secret_never_remains(value: str, before: str, after: str) -> None:
    Secret(value)
    if value not in "***" * 10:
        assert value not in redact(before + value + after).replace("***", "")


def test_longer_secrets_are_masked_whole() -> None:
    Secret("secret-abc")
    Secret("secret-abcdef")
    assert redact("x secret-abcdef y") == "x *** y"


def _fail(key: str) -> None:
    try:
        raise ValueError(f"inner {key}")
    except ValueError as error:
        raise RuntimeError(f"outer {key}") from error


def test_causes_are_cleaned_or_dropped() -> None:
    key = "canary-cause-771"
    Secret(key)
    with pytest.raises(RuntimeError) as caught:
        _fail(key)
    cleaned = clean_cause(caught.value)
    assert cleaned is caught.value
    assert key not in "".join(traceback.format_exception(caught.value))

    class Stubborn(Exception):
        def __str__(self) -> str:
            return key

    assert clean_cause(Stubborn()) is None
    harmless = KeyError("fine")
    assert clean_cause(harmless) is harmless

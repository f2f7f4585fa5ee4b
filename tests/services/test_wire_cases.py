"""The wire cases of bundled services state requests that the vendors' own documents allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import lollms_client
from lollms_client.manifest import load_manifest
from lollms_client.testing.cases import UNSET, PlacedCase
from lollms_client.testing.cases_reading import has_cases, read_cases
from lollms_client.testing.cases_values import ANY, Filling
from tests.services.gemini.discovery import check_body
from tests.services.native_cases import check

PACKAGE = Path(lollms_client.__file__).parent


class Stated(NamedTuple):
    """What a vendor's document says of a path: the document, and the schema of what is sent there."""

    host: str
    path: str
    document: str
    schema: str


DOCUMENTS = (
    Stated("api.anthropic.com", "/v1/messages", "anthropic.yml", "CreateMessageParams"),
    Stated("127.0.0.1:11434", "/api/chat", "ollama.yaml", "ChatRequest"),
    Stated("127.0.0.1:11434", "/api/generate", "ollama.yaml", "GenerateRequest"),
    Stated("127.0.0.1:11434", "/api/embed", "ollama.yaml", "EmbedRequest"),
    Stated("api.deepgram.com", "/v1/speak", "deepgram.yml", "SpeakV1Request"),
    Stated("api.replicate.com", r"/v1/models/.*/predictions", "replicate.yml", "schemas_prediction_request"),
    Stated("generativelanguage.googleapis.com", r".*:(streamG|g)enerateContent", "", "GenerateContentRequest"),
    Stated("generativelanguage.googleapis.com", r".*:predictLongRunning", "", "PredictLongRunningRequest"),
)


def placed_cases() -> Iterator[tuple[str, PlacedCase]]:
    for path in sorted(PACKAGE.glob("*_bindings/*/description.yaml")):
        manifest = load_manifest(path.parent)
        if has_cases(path.parent):
            for placed in read_cases(path.parent, manifest.binding_type, manifest.capabilities).cases:
                yield f"{manifest.binding_type}.{manifest.name}", placed


def stated_bodies() -> Iterator[Any]:
    for name, placed in placed_cases():
        for number, exchange in enumerate(placed.case.exchanges):
            request = exchange.request
            for known in DOCUMENTS:
                if request.host == known.host and re.fullmatch(known.path, request.path) and request.json is not UNSET:
                    yield pytest.param(known, placed, request.json, id=f"{name}: {placed.case.name} {number + 1}")


def _samples(value: Any) -> Any:
    """Some value where any is allowed."""
    if isinstance(value, dict):
        return {key: _samples(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_samples(item) for item in value]
    return "anything" if value is ANY else value


@pytest.mark.parametrize(("known", "placed", "body"), list(stated_bodies()))
def test_a_stated_request_fits_the_vendors_document(known: Stated, placed: PlacedCase, body: Any) -> None:
    settings = {"service_key": "key", **placed.settings}
    filled = _samples(Filling(placed.variables, settings, folder=placed.folder).fill(body))
    if known.document:
        check(known.document, known.schema, filled)
    else:
        check_body(known.schema, filled)


def test_each_document_is_spoken_of() -> None:
    spoken = {param.values[0] for param in stated_bodies()}
    assert spoken == set(DOCUMENTS)


def test_every_bundled_service_has_cases() -> None:
    missing = [
        path.parent.name
        for path in sorted(PACKAGE.glob("*_bindings/*/description.yaml"))
        if not load_manifest(path.parent).offline and not has_cases(path.parent)
    ]
    assert missing == []

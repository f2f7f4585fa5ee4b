"""The nearest in meaning: found by embeddings, kept between processes, done without where the model cannot be had."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy
import pytest
from numpy.typing import NDArray

from lollms_client.engines.scene import meaning
from lollms_client.engines.scene.meaning import NearestMeaning
from lollms_client.engines.scene.painter import ScenePainter
from lollms_client.errors import MissingAsset
from lollms_client.types import ImageRequest, Progress
from tests.engines.scene.scene_calls import drain

_CANDIDATES = {"dog": "dog, puppy (animals)", "boat": "boat, ship (vehicles)"}


class Embedder:
    """Texts about animals point one way, those about ships another, all others a third."""

    dimensions = 3

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[numpy.float32]:
        self.asked += texts
        rows = [
            (1, 0, 0)
            if any(word in text for word in ("dog", "wolfhound"))
            else (0, 1, 0)
            if "boat" in text
            else (0, 0, 1)
            for text in texts
        ]
        return numpy.array(rows, dtype=numpy.float32)


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> Embedder:
    made = Embedder()
    monkeypatch.setattr(meaning, "shared_embedder", lambda: made)
    monkeypatch.setattr(meaning, "ensure_steps", lambda asset: iter(()))
    return made


def test_the_nearest_is_found_and_what_is_far_is_not(embedder: Embedder, tmp_path: Path) -> None:
    nearest = NearestMeaning(tmp_path)
    assert nearest("wolfhound", _CANDIDATES) == "dog"
    assert nearest("tugboat", _CANDIDATES) == "boat"
    assert nearest("freedom", _CANDIDATES) is None
    assert nearest.problem is None


def test_the_vectors_of_the_things_are_kept(embedder: Embedder, tmp_path: Path) -> None:
    assert NearestMeaning(tmp_path)("wolfhound", _CANDIDATES) == "dog"
    embedder.asked.clear()
    assert NearestMeaning(tmp_path)("wolfhound", _CANDIDATES) == "dog"
    assert embedder.asked == ["wolfhound"]
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"cut off")
    assert NearestMeaning(tmp_path)("wolfhound", _CANDIDATES) == "dog"
    assert "dog" in embedder.asked


def test_a_folder_that_cannot_be_written_does_no_harm(embedder: Embedder, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    assert NearestMeaning(file)("wolfhound", _CANDIDATES) == "dog"


def test_without_the_model_a_word_is_reported_and_the_model_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    def missing() -> Embedder:
        asked.append(1)
        raise MissingAsset("no network")

    monkeypatch.setattr(meaning, "shared_embedder", missing)
    monkeypatch.setattr(meaning, "ensure_steps", lambda asset: iter(()))
    painter = ScenePainter(NearestMeaning(tmp_path))
    request = ImageRequest(prompt="a qwertz and a cat", width=32, height=32, seed=1)
    for _ in range(2):
        result = drain(painter.paint(request))
        assert any("'qwertz'" in one.detail and "no network" in one.detail for one in result.warnings)
    assert len(asked) == 1


def test_a_replaced_word_is_said_in_a_warning(embedder: Embedder, tmp_path: Path) -> None:
    painter = ScenePainter(NearestMeaning(tmp_path))
    result = drain(painter.paint(ImageRequest(prompt="a wolfhound", width=32, height=32, seed=1)))
    assert [(one.kind, "'wolfhound'" in one.detail) for one in result.warnings] == [("replaced", True)]


def test_fetching_the_model_shows_progress_and_may_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fetch(asset: object) -> Generator[Progress, None, Path]:
        yield Progress(fraction=0.5, stage="fetching")
        raise MissingAsset("the network went away")

    monkeypatch.setattr(meaning, "ensure_steps", fetch)
    nearest = NearestMeaning(tmp_path)
    painter = ScenePainter(nearest)
    request = ImageRequest(prompt="a qwertz and a cat", width=32, height=32, seed=1)
    stages = [progress.stage for progress in painter.paint(request)]
    assert "fetching" in stages
    assert nearest.problem == "the network went away"
    assert "fetching" not in [progress.stage for progress in painter.paint(request)]
    known = ImageRequest(prompt="a cat", width=32, height=32, seed=1)
    assert "fetching" not in [progress.stage for progress in ScenePainter(NearestMeaning(tmp_path)).paint(known)]

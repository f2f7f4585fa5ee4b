"""The composer as a binding: documented method, manifest, models, cancelling."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import lollms_client.ttm_bindings.composer as module
from lollms_client.cancel import CancelToken
from lollms_client.drivers.asynchronous import AsyncDriver
from lollms_client.drivers.blocking import BlockingDriver
from lollms_client.drivers.context import CallContext
from lollms_client.engines.music import FORMATS, MODELS
from lollms_client.engines.music.catalogue import genres, instruments, moods
from lollms_client.errors import Cancelled
from lollms_client.manifest.model import Manifest
from lollms_client.manifest.reading import load_manifest
from lollms_client.types import Media, MusicRequest, Progress

FOLDER = Path(module.__file__).parent


def manifest() -> Manifest:
    return load_manifest(FOLDER)


def binding() -> module.ComposerBinding:
    return module.ComposerBinding()


def test_the_documented_method_returns_the_music() -> None:
    media = binding().generate_music("calm piano in D minor", seconds=3, seed=4, output_format="midi")
    assert isinstance(media, Media)
    assert media.mime_type == "audio/midi"


def test_a_bad_request_comes_back_as_an_error_dictionary() -> None:
    reply = binding().generate_music("rock", key="H", seconds=3)
    assert isinstance(reply, dict)
    assert (reply["status"], reply["code"]) == ("error", "bad_setting")


def test_sync_and_async_calls_give_the_same_music() -> None:
    request = MusicRequest(prompt="march", seconds=2.5, seed=1)
    blocking = BlockingDriver().run(binding().music_flow(request), CallContext())
    parallel = asyncio.run(AsyncDriver().run(binding().music_flow(request), CallContext()))
    assert blocking.audio.mime_type == "audio/wav"
    assert blocking.model == "composer"
    assert blocking == parallel


def test_cancelling_stops_the_work_early() -> None:
    token = CancelToken()
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)
        if (progress.fraction or 0) > 0.1:
            token.cancel()

    flow = binding().music_flow(MusicRequest(prompt="techno", seconds=120, seed=1))
    context = CallContext(cancel=token, on_progress=watch)
    with pytest.raises(Cancelled):
        BlockingDriver().run(flow, context)
    assert (seen[-1].fraction or 0) < 0.4


def test_the_models_are_those_of_the_engine() -> None:
    assert [model.name for model in binding().run_models()] == list(MODELS)


def test_the_manifest_names_what_the_engine_knows() -> None:
    read = manifest()
    assert read.warnings == ()
    assert "neural" in read.description
    parameters = {parameter.name: parameter for parameter in read.method("generate_music")}
    assert parameters["genre"].options == tuple(genres())
    assert parameters["output_format"].options == FORMATS
    for name in moods():
        assert name in parameters["mood"].description
    listed = " ".join(parameters["instruments"].description.split())
    for name in instruments():
        assert name in listed

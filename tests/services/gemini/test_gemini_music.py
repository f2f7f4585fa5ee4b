"""Gemini's music: Lyria on its three wires."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lollms_client import errors
from lollms_client.types.media import Media
from lollms_client.types.music import MusicRequest
from tests.services.gemini.discovery import check_body
from tests.services.gemini.media_cases import PNG, VERTEX, inline, reply, run, warned
from tests.services.native_cases import body_of, failure, native

MP3 = b"ID3music"


def test_music_of_lyria_3() -> None:
    request = MusicRequest(
        prompt="waves",
        model="lyria-3-pro-preview",
        genre="folk",
        tempo=90.0,
        instruments=("harp", "flute"),
        instrumental=True,
        seconds=60.0,
        lyrics="la",
        seed=2,
        output_format="wav",
        key="A minor",
        mood="calm",
        negative_prompt="drums",
        extra={"images": [bytes(PNG)]},
    )
    result, sent = run(
        native("ttm", "gemini").music_flow(request), reply({"text": "[Verse]"}, inline(MP3, "audio/mpeg"))
    )
    body = body_of(sent[0])
    check_body("GenerateContentRequest", body)
    picture, words = body["contents"][0]["parts"]
    assert picture["inlineData"]["mimeType"] == "image/png"
    assert words["text"].splitlines() == [
        "waves",
        "Genre: folk",
        "Mood: calm",
        "Tempo: 90 BPM",
        "Key: A minor",
        "Instruments: harp, flute",
        "Vocals: none, instrumental only",
        "Length: 60 seconds",
        "Leave out: drums",
        "Lyrics:",
        "la",
    ]
    assert body["generationConfig"] == {
        "responseModalities": ["AUDIO", "TEXT"],
        "seed": 2,
        "responseFormat": {"audio": {"mimeType": "AUDIO_WAV"}},
    }
    assert (bytes(result.audio), result.audio.mime_type, result.text) == (MP3, "audio/mpeg", "[Verse]")
    assert warned(result) == ["approximate seconds"]


INTERACTION = {
    "id": "i1",
    "status": "completed",
    "steps": [
        {"type": "user_input", "content": [{"type": "text", "text": "waves"}]},
        {"type": "novel"},
        {
            "type": "model_output",
            "content": [
                {"type": "text", "text": "[Verse]"},
                {"type": "audio", "data": base64.b64encode(MP3).decode(), "mime_type": "audio/mpeg"},
            ],
        },
    ],
    "usage": {"total_input_tokens": 3, "total_output_tokens": 9},
}


def test_music_of_lyria_3_5() -> None:
    request = MusicRequest(prompt="waves", seed=1, audio=Media(b"RIFF"), extra={"images": [bytes(PNG)]})
    result, sent = run(native("ttm", "gemini").music_flow(request), INTERACTION)
    assert sent[0].url == "https://generativelanguage.googleapis.com/v1beta/interactions"
    picture = {"type": "image", "data": PNG.base64(), "mime_type": "image/png"}
    content = [{"type": "text", "text": "waves"}, picture]
    assert body_of(sent[0]) == {"model": "lyria-3.5", "input": [{"type": "user_input", "content": content}]}
    assert (bytes(result.audio), result.text, result.id) == (MP3, "[Verse]", "i1")
    assert result.usage.total_tokens == 12
    assert warned(result) == ["dropped audio", "dropped seed"]
    flat = {"output_audio": {"data": base64.b64encode(MP3).decode(), "mime_type": "audio/mpeg"}, "output_text": "t"}
    result, _ = run(native("ttm", "gemini").music_flow(MusicRequest(prompt="x")), flat)
    assert (bytes(result.audio), result.text) == (MP3, "t")


def test_music_of_lyria_2() -> None:
    request = MusicRequest(prompt="waves", model="lyria-002", negative_prompt="drums", seed=2, seconds=60.0)
    binding = native("ttm", "gemini", **VERTEX)
    predicted = {
        "predictions": [{"audioContent": base64.b64encode(b"RIFF\0\0\0\0WAVE").decode(), "mimeType": "audio/wav"}]
    }
    result, sent = run(binding.music_flow(request), predicted)
    assert body_of(sent[0]) == {
        "instances": [{"prompt": "waves", "negative_prompt": "drums", "seed": 2}],
        "parameters": {},
    }
    assert result.audio.mime_type == "audio/wav"
    assert warned(result) == ["dropped seconds"]
    assert isinstance(failure(lambda: run(binding.music_flow(request), {"predictions": []})), errors.BadReply)
    assert isinstance(failure(lambda: run(native("ttm", "gemini").music_flow(request))), errors.Unsupported)


SILENCES: list[tuple[str, dict[str, Any], type[errors.LollmsError]]] = [
    ("lyria-3-clip-preview", reply({"text": "no"}, reason="PROHIBITED_CONTENT"), errors.ContentFiltered),
    ("lyria-3-clip-preview", reply({"text": "no"}), errors.BadReply),
    ("lyria-3.5", {"status": "failed", "steps": []}, errors.BadReply),
    ("lyria-3.5", {"error": {"code": 400, "message": "x", "status": "INVALID_ARGUMENT"}}, errors.CallError),
]


@pytest.mark.parametrize(("model", "canned", "kind"), SILENCES)
def test_no_music_is_an_error(model: str, canned: dict[str, Any], kind: type[errors.LollmsError]) -> None:
    request = MusicRequest(prompt="x", model=model)
    assert isinstance(failure(lambda: run(native("ttm", "gemini").music_flow(request), canned)), kind)

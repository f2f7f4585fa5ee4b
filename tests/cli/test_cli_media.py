"""`image`, `edit`, `speak`, `transcribe`, `video`, `music` and `embed` with the engines that come along."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.cli.conftest import Lollms


def test_image_into_a_file_whose_name_chooses_the_format(lollms: Lollms) -> None:
    done = lollms("image", "a red boat", "--width", "96", "--height", "64", "--seed", "1", "-o", "boat.jpg")
    assert done.code == 0, done.err
    assert done.out.startswith("boat.jpg (96 × 64, ")
    with Image.open("boat.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (96, 64))
    assert lollms("image", "a boat", "--width", "64", "--height", "64", "-o", "boat.svg").code == 0
    assert b"<svg" in Path("boat.svg").read_bytes()[:400]


def test_names_come_from_the_prompt_and_hide_no_file(lollms: Lollms) -> None:
    words = ["image", "A red boat!", "--width", "32", "--height", "32", "--seed", "4"]
    assert json.loads(lollms(*words, "--json").out)["files"] == ["a-red-boat.png"]
    assert json.loads(lollms(*words, "--json").out)["files"] == ["a-red-boat-2.png"]
    several = json.loads(lollms(*words, "--count", "2", "-o", "pictures/boat.png", "--json").out)
    assert several["files"] == ["pictures/boat-1.png", "pictures/boat-2.png"]
    assert several["seed"] == 4
    assert Path("a-red-boat.png").read_bytes() == Path("a-red-boat-2.png").read_bytes()


def test_where_files_go(lollms: Lollms, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["image", "a boat", "-b", "painter", "-o"]
    assert "boat.jpg holds image/png, although its name says .jpg" in lollms(*words, "boat.jpg").err
    assert lollms(*words, "bare").out.startswith("bare.png ")
    assert lollms(*words, "folder/").out.startswith("folder/a-boat.png ")
    assert lollms(*words, "folder").out.startswith("folder/a-boat-2.png ")
    assert lollms(*words, "bare.png/x.png").code == 2
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    refused = lollms(*words, "-")
    assert refused.code == 2
    assert "binary data to the terminal" in refused.err


def test_image_to_the_standard_output(home: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "lollms_client.cli",
        "image",
        "a tree",
        "--width",
        "32",
        "--height",
        "48",
        "-o",
        "-",
    ]
    done = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    with Image.open(io.BytesIO(done.stdout)) as picture:
        assert picture.size == (32, 48)


def test_a_preview_is_drawn_in_blocks_where_it_is_asked_for(lollms: Lollms) -> None:
    words = ["image", "a tree", "--width", "64", "--height", "64", "-o", "t.png"]
    assert "▀" not in lollms(*words).out
    assert lollms(*words, "--preview").out.count("▀") > 100


def test_edit(lollms: Lollms) -> None:
    Image.new("RGB", (40, 40), (200, 30, 30)).save("red.png")
    done = lollms("edit", "red.png", "make it black and white", "-o", "grey.png")
    assert done.code == 0, done.err
    with Image.open("grey.png") as picture:
        red, green, blue = picture.convert("RGB").resize((1, 1)).tobytes()
    assert max(red, green, blue) - min(red, green, blue) < 12


def test_speak_then_transcribe(lollms: Lollms) -> None:
    done = lollms("speak", "one two three four five", "--speed", "0.9", "-o", "count.mp3", "--json")
    told = json.loads(done.out)
    assert [word["text"] for word in told["words"]] == ["one", "two", "three", "four", "five"]
    with av.open("count.mp3") as sound:
        assert sound.streams.audio[0].codec_context.name.startswith("mp3")
        assert sound.duration is not None
        assert sound.duration / 1e6 == pytest.approx(told["seconds"], abs=0.15)
    words = ["transcribe", "count.mp3", "--prompt", "one two three four five", "--only-prompt"]
    data = json.loads(lollms(*words, "--json").out)
    assert set(data["text"].split()) <= {"one", "two", "three", "four", "five"}
    assert len(data["words"]) >= 3
    assert lollms(*words, "-o", "count.srt").code == 0
    assert Path("count.srt").read_text(encoding="utf-8").startswith("1\n00:00:0")
    assert lollms(*words, "--format", "vtt").out.startswith("WEBVTT\n")
    assert lollms(*words).out.strip() == data["text"]


def test_speak_a_file_and_say_what_was_not_honoured(lollms: Lollms) -> None:
    Path("text.txt").write_text("Good day.", encoding="utf-8")
    done = lollms("speak", "--file", "text.txt", "--with", "instructions=whisper", "-o", "day.wav")
    assert done.code == 0, done.err
    assert "note: instructions" in done.err
    assert lollms("speak", "--file", "text.txt", "--with", "instructions=whisper", "-o", "day.wav", "-q").err == ""


def test_music(lollms: Lollms) -> None:
    done = lollms("music", "calm", "piano", "--seconds", "3", "--seed", "1", "-o", "tune.mid")
    assert done.code == 0, done.err
    assert done.out.startswith("tune.mid (3.0 s, ")
    assert Path("tune.mid").read_bytes()[:4] == b"MThd"


def test_video(lollms: Lollms) -> None:
    words = ["--seconds", "1", "--fps", "5", "--width", "64", "--height", "48", "--soundtrack", "none"]
    data = json.loads(lollms("video", "a boat", *words, "--json", "-o", "boat.mp4").out)
    assert (data["width"], data["height"], data["files"]) == (64, 48, ["boat.mp4"])
    with av.open("boat.mp4") as film:
        assert len(list(film.decode(video=0))) == 5


def test_embed(lollms: Lollms) -> None:
    data = json.loads(lollms("embed", "a cat", "a kitten", "a tax form", "--json").out)
    assert data["dimensions"] == 384
    assert [len(vector) for vector in data["vectors"]] == [384] * 3
    near, far = (sum(a * b for a, b in zip(data["vectors"][0], other, strict=True)) for other in data["vectors"][1:])
    assert near > far
    shown = lollms("embed", "a cat", "a kitten").out
    assert "1.000" in shown
    assert "(384)" in shown

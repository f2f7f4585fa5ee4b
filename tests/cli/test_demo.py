"""`lollms demo`: six artefacts that independent decoders accept, a stated word error rate, and a page that is whole."""

from __future__ import annotations

import html.parser
import json
import re
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lollms_client.cli import main
from lollms_client.cli.demo.drafts import judge
from lollms_client.cli.demo.word_errors import align, word_error_rate
from tests.cli.conftest import Lollms


@pytest.fixture(scope="session")
def demo(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "story"
    assert main(["demo", str(folder), "--quick", "--quiet"]) == 0
    return folder


@pytest.fixture(scope="session")
def steps(demo: Path) -> dict[str, Any]:
    report = json.loads((demo / "demo.json").read_text(encoding="utf-8"))
    return {step["name"]: step for step in report["steps"]}


def test_all_six_were_made(steps: dict[str, Any], demo: Path) -> None:
    assert [step["binding_type"] for step in steps.values()] == ["llm", "tti", "tts", "stt", "ttv", "ttm"]
    for step in steps.values():
        assert step["error"] is None
        assert step["files"]
        for file in step["files"]:
            assert (demo / file["name"]).stat().st_size == file["bytes"] > 0


def test_the_text_answers_its_prompt(steps: dict[str, Any], demo: Path) -> None:
    text = (demo / "story.txt").read_text(encoding="utf-8").strip()
    assert text == steps["text"]["facts"]["text"]
    assert re.search(r"lighthouse", text, re.IGNORECASE)
    assert text.endswith((".", "!", "?", '"', "”"))


def test_the_picture(steps: dict[str, Any], demo: Path) -> None:
    facts = steps["picture"]["facts"]
    with Image.open(demo / "picture.png") as picture:
        assert picture.size == (facts["width"], facts["height"]) == (480, 270)
        assert len(set(picture.convert("RGB").resize((32, 18)).get_flattened_data())) > 50


def _sound(path: Path) -> tuple[float, float]:
    """Length in seconds and the loudest sample of 1, by PyAV."""
    loudest, seconds = 0.0, 0.0
    with av.open(str(path)) as sound:
        plain = av.AudioResampler(format="s16", layout="mono")
        for frame in sound.decode(audio=0):
            seconds += frame.samples / frame.sample_rate
            for piece in plain.resample(frame):
                loudest = max(loudest, float(abs(piece.to_ndarray().astype(int)).max()) / 32768)
    return seconds, loudest


@pytest.mark.parametrize(("name", "file"), [("speech", "speech.wav"), ("music", "music.mp3")])
def test_the_sounds(steps: dict[str, Any], demo: Path, name: str, file: str) -> None:
    seconds, loudest = _sound(demo / file)
    assert seconds == pytest.approx(steps[name]["facts"]["seconds"], abs=0.1)
    assert 0.1 < loudest <= 1.0


def test_the_film_has_the_promised_frames_and_sound(steps: dict[str, Any], demo: Path) -> None:
    facts = steps["film"]["facts"]
    with av.open(str(demo / "film.mp4")) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == round(facts["seconds"] * facts["fps"]) == 24
    assert (frames[0].width, frames[0].height) == (facts["width"], facts["height"])
    seconds, loudest = _sound(demo / "film.mp4")
    assert seconds == pytest.approx(2.0, abs=0.1)
    assert loudest > 0.01


def test_the_word_error_rate_is_stated_as_it_is(steps: dict[str, Any], demo: Path) -> None:
    facts = steps["transcript"]["facts"]
    said = re.findall(r"[a-z']+", (demo / "story.txt").read_text(encoding="utf-8").lower().replace("’", "'"))
    heard = (demo / "transcript.txt").read_text(encoding="utf-8").lower().split()
    assert facts["word_error_rate"] == pytest.approx(_distance(said, heard) / len(said))
    assert facts["word_error_rate"] < 0.7
    page = (demo / "index.html").read_text(encoding="utf-8")
    assert f"{facts['word_error_rate']:.0%} of the words are wrong" in page
    assert (demo / "transcript.vtt").read_text(encoding="utf-8").startswith("WEBVTT")


def _distance(first: list[str], second: list[str]) -> int:
    """The edit distance, in another way than the code under test."""
    line = list(range(len(second) + 1))
    for row, word in enumerate(first, start=1):
        before, line[0] = line[0], row
        for column, other in enumerate(second, start=1):
            before, line[column] = line[column], min(before + (word != other), line[column] + 1, line[column - 1] + 1)
    return line[-1]


class _References(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attributes if name in ("src", "href", "poster", "data")]


def test_the_page_shows_and_plays_what_lies_beside_it(demo: Path) -> None:
    page = (demo / "index.html").read_text(encoding="utf-8")
    reader = _References()
    reader.feed(page)
    assert {"img", "video", "audio", "table"} <= set(reader.tags)
    assert "script" not in reader.tags
    assert "link" not in reader.tags
    for reference in reader.found:
        assert (demo / reference.partition("#")[0]).is_file(), reference
    assert "://" not in page
    assert "url(" not in page


def test_a_step_that_fails_is_told_and_stops_no_other(lollms: Lollms) -> None:
    Path("lollms.yaml").write_text(
        "llm: talker\ntti: painter\ntts: keyed\nttv: nobody\nttm: hungry\n", encoding="utf-8"
    )
    done = lollms("demo", "d", "--quick", "--config", "lollms.yaml", "--json")
    assert done.code == 3
    data = json.loads(done.out)
    errors = {step["name"]: (step["error"] or {}).get("code") for step in data["steps"]}
    assert errors == {
        "text": None, "picture": None, "speech": "missing_key", "transcript": "unsupported",
        "film": "unknown_binding", "music": "missing_dependency",
    }  # fmt: skip
    page = Path("d/index.html").read_text(encoding="utf-8")
    assert page.count("Not made: ") == 4
    assert "2 of six" in page


WORDS = st.lists(st.sampled_from("abc"), max_size=8)


@given(WORDS, WORDS)
def test_an_alignment_uses_every_word_once_and_errs_least(said: list[str], heard: list[str]) -> None:
    steps = align(said, heard)
    assert [step.said for step in steps if step.said] == said
    assert [step.heard for step in steps if step.heard] == heard
    errors = sum(step.kind != "same" for step in steps)
    assert errors == _distance(said, heard)
    if said:
        assert word_error_rate(said, heard) == errors / len(said)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("A lighthouse stands by the sea at night", "is cut off"),
        ("A garden is full of roses and bees on a warm and lazy afternoon in the old town.", "is off the topic"),
        ("A lighthouse by the sea at night.", "is too short"),
        (" ".join(["A lighthouse shines over the dark sea tonight."] * 3), "repeats itself"),
        (
            "Sure, here is a lighthouse that stands by the sea all night, alone and bright.",
            "holds what does not belong",
        ),
        ("The lighthouse guards the sea at night " + "and " * 60 + "ends.", "is too long"),
    ],
)
def test_bad_drafts_are_found_out(text: str, fault: str) -> None:
    assert fault in judge(text, complete=True, quick=True).faults


def test_a_good_draft_passes() -> None:
    text = "A lighthouse stands above the waves, and all night its lamp leads tired sailors home."
    assert judge(text, complete=True, quick=True).good
    assert not judge(text, complete=False, quick=True).good

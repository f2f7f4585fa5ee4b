"""The six steps of the demo: each calls one modality through the client and writes its files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lollms_client.cli.demo.drafts import PROMPT, judge, words_of
from lollms_client.cli.demo.outcome import Outcome
from lollms_client.cli.demo.word_errors import word_error_rate
from lollms_client.cli.terminal import ProgressDisplay
from lollms_client.errors import LollmsError, Unsupported
from lollms_client.types.accounting import CallWarning

if TYPE_CHECKING:
    from lollms_client.client import LollmsClient

PICTURE_PROMPT = "A lighthouse by the sea at night with a sailboat"
FILM_PROMPT = "A sailboat sails on the sea at night past a lighthouse"
MUSIC_PROMPT = "Calm and dreamy lullaby for a night by the sea, harp, piano and strings"
_DRAFTS = 8
_READER_PACE = 0.85  # of the voice's own
_CLEAR_VARIANT = "klatt4"  # of the formant voices the one that a recogniser understands best


class Demo:
    """Makes the story; `outcomes` says what came of each step. A step that fails does not stop the others."""

    def __init__(self, client: LollmsClient, folder: Path, *, seed: int, quick: bool, quiet: bool) -> None:
        self._client = client
        self._folder = folder
        self._seed = seed
        self._quiet = quiet
        self.quick = quick
        self.outcomes: list[Outcome] = []
        self.elapsed = 0.0

    def run(self) -> None:
        """Make all six."""
        began = time.monotonic()
        text = self._step("text", "Text", "llm", PROMPT, self._text)
        story = text.text or "A lighthouse stands by the sea at night, and its light guides a small boat home."
        self._step("picture", "Picture", "tti", PICTURE_PROMPT, self._picture)
        speech = self._step("speech", "Speech", "tts", story, lambda outcome, tell: self._speech(outcome, tell, story))
        self._step(
            "transcript", "Transcript", "stt", "", lambda outcome, tell: self._transcript(outcome, tell, speech, story)
        )
        self._step("film", "Film", "ttv", FILM_PROMPT, lambda outcome, tell: self._film(outcome, tell, story))
        self._step("music", "Music", "ttm", MUSIC_PROMPT, self._music)
        self.elapsed = time.monotonic() - began

    def outcome(self, name: str) -> Outcome:
        """The outcome of a step."""
        return next(item for item in self.outcomes if item.name == name)

    def _step(
        self, name: str, title: str, kind: str, prompt: str, make: Callable[[Outcome, ProgressDisplay], None]
    ) -> Outcome:
        binding = self._client.binding_name(kind)
        outcome = Outcome(name=name, title=title, binding_type=kind, binding=binding, prompt=prompt)
        began = time.monotonic()
        with ProgressDisplay(f"{title} ({binding})", quiet=self._quiet) as display:
            try:
                make(outcome, display)
            except LollmsError as error:
                outcome.error = error
                outcome.files = []
        outcome.elapsed = time.monotonic() - began
        self.outcomes.append(outcome)
        return outcome

    def _write(self, outcome: Outcome, name: str, data: bytes | str) -> None:
        path = self._folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        outcome.files.append(path)

    def _offers(self, kind: str, method: str, name: str) -> bool:
        """Whether the binding's manifest has a parameter, for wishes that only some bindings understand."""
        manifest = self._client.binding(kind).manifest
        return manifest is not None and any(item.name == name for item in manifest.method(method))

    # --- the steps ---

    def _text(self, outcome: Outcome, display: ProgressDisplay) -> None:
        """Several drafts with seeds one after the other, the first good one kept, else the least bad."""
        best: tuple[int, str, int] | None = None
        longest = 60 if self.quick else 130  # tokens
        drafts = 0
        for seed in range(self._seed, self._seed + _DRAFTS):
            drafts += 1
            prompt = PROMPT.replace("a few sentences", "one sentence") if self.quick else PROMPT
            outcome.prompt = prompt
            result = self._client.chat(prompt, seed=seed, temperature=0.25, max_tokens=longest, on_progress=display)
            text = " ".join(result.text.split()) if self.quick else result.text.strip()
            verdict = judge(text, complete=result.finish == "stop", quick=self.quick)
            if best is None or len(verdict.faults) < best[0]:
                best = len(verdict.faults), text, seed
                outcome.model = result.model or ""
                outcome.notes = [*_words(result.warnings), *[f"the text {fault}" for fault in verdict.faults]]
                outcome.facts |= {"tokens": result.usage.output_tokens}
            if verdict.good:
                break
        assert best is not None
        outcome.facts |= {"text": best[1], "seed": best[2], "drafts": drafts, "words": len(words_of(best[1]))}
        self._write(outcome, "story.txt", best[1] + "\n")
        outcome.summary = f"{outcome.facts['words']} words, draft {best[2] - self._seed + 1} of {drafts}"

    def _picture(self, outcome: Outcome, display: ProgressDisplay) -> None:
        width, height = (480, 270) if self.quick else (1280, 720)
        result = self._client.image(
            PICTURE_PROMPT, width=width, height=height, seed=self._seed + 1, on_progress=display
        )
        self._write(outcome, f"picture{result.image.extension}", result.image)
        outcome.model = result.model or ""
        outcome.notes = _words(result.warnings)
        outcome.facts = {"width": width, "height": height, "seed": result.seed}
        outcome.summary = f"{width} × {height}"

    def _speech(self, outcome: Outcome, display: ProgressDisplay, story: str) -> None:
        options: dict[str, Any] = {"speed": _READER_PACE, "output_format": "wav"}
        if self._offers("tts", "generate_audio", "variant"):
            options["variant"] = _CLEAR_VARIANT
        result = self._client.speech(story, on_progress=display, **options)
        self._write(outcome, f"speech{result.audio.extension}", result.audio)
        outcome.model = result.voice or result.model or ""
        outcome.notes = _words(result.warnings)
        outcome.facts = {"seconds": result.seconds, "voice": result.voice}
        outcome.summary = f"{result.seconds:.1f} s, voice {result.voice}" if result.seconds else "spoken"

    def _transcript(self, outcome: Outcome, display: ProgressDisplay, speech: Outcome, story: str) -> None:
        """Twice where the recogniser takes a prompt: told which words to expect, and left alone."""
        if not speech.files:
            raise Unsupported("there is no speech to transcribe, because the step before failed")
        said = words_of(story)
        alone = self._client.transcribe(speech.files[0], on_progress=display)
        outcome.facts = {"word_error_rate_alone": word_error_rate(said, words_of(alone.text)), "text_alone": alone.text}
        result = alone
        if self._offers("stt", "transcribe_audio", "prompt"):
            result = self._client.transcribe(speech.files[0], prompt=story, on_progress=display)
            outcome.prompt = "the words of the text, to be expected"
        rate = word_error_rate(said, words_of(result.text))
        outcome.facts |= {"text": result.text, "word_error_rate": rate, "prompted": result is not alone}
        outcome.model = result.model or ""
        outcome.notes = _words(result.warnings)
        self._write(outcome, "transcript.txt", result.text + "\n")
        self._write(outcome, "transcript.vtt", result.vtt())
        told = "told the words to expect" if result is not alone else "without a prompt"
        outcome.summary = f"word error rate {rate:.0%} {told}"
        if result is not alone:
            outcome.summary += f", {outcome.facts['word_error_rate_alone']:.0%} left alone"

    def _film(self, outcome: Outcome, display: ProgressDisplay, story: str) -> None:
        width, height, fps = (256, 144, 12) if self.quick else (640, 360, 24)
        options: dict[str, Any] = {"width": width, "height": height, "fps": fps, "seed": self._seed + 1}
        if self.quick:
            options["seconds"] = 2.0
        elif self._offers("ttv", "generate_video", "narration"):
            options["narration"] = story
        else:
            options["seconds"] = 6.0
        result = self._client.video(FILM_PROMPT, on_progress=display, **options)
        self._write(outcome, f"film{result.video.extension}", result.video)
        outcome.model = result.model or ""
        outcome.notes = _words(result.warnings)
        outcome.facts = {
            "width": result.width or width, "height": result.height or height, "fps": result.fps or fps,
            "seconds": result.seconds, "seed": result.seed, "narrated": "narration" in options,
        }  # fmt: skip
        length = f"{result.seconds:.1f} s, " if result.seconds else ""
        told = ", with the story told" if "narration" in options else ""
        outcome.summary = f"{length}{width} × {height}, {fps} frames a second{told}"

    def _music(self, outcome: Outcome, display: ProgressDisplay) -> None:
        seconds = 5.0 if self.quick else 30.0
        result = self._client.music(
            MUSIC_PROMPT, seconds=seconds, seed=self._seed, output_format="mp3", on_progress=display
        )
        self._write(outcome, f"music{result.audio.extension}", result.audio)
        outcome.model = result.model or ""
        outcome.notes = _words(result.warnings)
        outcome.facts = {"seconds": result.seconds or seconds, "seed": result.seed, "text": result.text}
        outcome.summary = f"{outcome.facts['seconds']:.1f} s"


def _words(warnings: Iterable[CallWarning]) -> list[str]:
    return [str(warning) for warning in warnings]

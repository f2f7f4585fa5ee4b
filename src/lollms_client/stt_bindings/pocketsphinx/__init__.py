"""Speech to text with pocketsphinx: American English, offline and small, with biasing towards what is expected."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from lollms_client.cancel import CancelToken
from lollms_client.errors import BadSetting, NotFound, Unsupported
from lollms_client.families.engine import EngineBinding
from lollms_client.lollms_stt_binding import LollmsSTTBinding
from lollms_client.types import CallWarning, ModelInfo, Progress, TranscriptionRequest, TranscriptionResult, Usage

if TYPE_CHECKING:
    from lollms_client.engines.pocketsphinx.recogniser import Heard, Recogniser

BindingName = "PocketsphinxBinding"
_MODEL = "en-us"


class PocketsphinxBinding(EngineBinding["Recogniser"], LollmsSTTBinding):
    """pocketsphinx in this process; one call at a time, because a decoder remembers where it is."""

    concurrency = 1

    def load(self) -> Recogniser:
        """Load the acoustic model, the dictionary and the language model."""
        from lollms_client.engines.pocketsphinx.recogniser import ModelFiles, Recogniser

        names = ("acoustic_model", "dictionary", "language_model")
        return Recogniser(ModelFiles(**{name: self.settings.get(name) or None for name in names}))

    def run_transcription(
        self, request: TranscriptionRequest, token: CancelToken
    ) -> Generator[Progress, None, TranscriptionResult]:
        """Recognise the speech of any sound or film.

        Raises BadMedia for a file that cannot be read, Unsupported for another language, BadSetting for a wrong
        grammar.
        """
        from lollms_client.engines.pocketsphinx.grammar import read_grammar
        from lollms_client.engines.pocketsphinx.prompt import read_prompt

        self._check(request)
        engine = self.engine
        warnings = _unsupported(request)
        grammar_text = self.parameter(request, "grammar")
        grammar = read_grammar(str(grammar_text)) if grammar_text else None
        prompt = read_prompt(request.prompt) if request.prompt else None
        only_prompt = bool(self.parameter(request, "only_prompt"))
        if only_prompt and prompt is None:
            raise BadSetting("only_prompt needs a prompt with the words to listen for", setting="only_prompt")
        if grammar is not None and prompt is not None:
            detail = "a grammar says already what can be heard"
            warnings.append(CallWarning(kind="dropped", setting="prompt", detail=detail))
        yield Progress(fraction=0.0, stage="preparing")
        decoder, missing = engine.expecting(prompt, grammar, only_prompt)
        if missing:
            detail = f"no pronunciation is known for {', '.join(missing[:10])}"
            warnings.append(CallWarning(kind="dropped", setting="prompt", detail=detail))
        heard = yield from _listening(engine.hear(request.audio, decoder, lambda: token.cancelled))
        token.check()
        return TranscriptionResult(
            text=" ".join(segment.text for segment in heard.segments),
            language=self._language,
            seconds=heard.seconds,
            segments=heard.segments,
            words=() if request.words is False else heard.words,
            usage=Usage(seconds=heard.seconds),
            warnings=tuple(warnings),
            model=_MODEL,
        )

    def run_models(self) -> list[ModelInfo]:
        """One model: American English, or the one that the settings name."""
        return [ModelInfo(name=_MODEL, title=f"pocketsphinx {self._language}", capabilities=("transcribe", "words"))]

    @property
    def _language(self) -> str:
        return str(self.settings.get("language") or "en-US")

    def _check(self, request: TranscriptionRequest) -> None:
        if request.model not in (None, "", _MODEL):
            raise NotFound(f"pocketsphinx has no model {request.model!r}, only {_MODEL}", setting="model")
        spoken = self._language.lower().partition("-")[0]
        asked = (request.language or spoken).lower().replace("_", "-").partition("-")[0]
        if asked not in (spoken, "auto", *(("english",) if spoken == "en" else ())):
            raise Unsupported(
                f"this recogniser knows {self._language} only, not {request.language}: choose another binding, or "
                "name a model of that language in the settings",
                setting="language",
            )


def _listening(steps: Generator[float, None, Heard]) -> Generator[Progress, None, Heard]:
    """What the engine heard; how far it has listened on the way."""
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            heard: Heard = end.value
            return heard
        yield Progress(fraction=done, stage="listening", detail=f"{done:.0%} of the sound")


def _unsupported(request: TranscriptionRequest) -> list[CallWarning]:
    """Warnings for what is asked and cannot be done."""
    details = {
        "speakers": "pocketsphinx cannot tell who speaks",
        "translate": "pocketsphinx does not translate; this is what was said",
        "temperature": "pocketsphinx has no temperature",
    }
    return [
        CallWarning(kind="unsupported", setting=name, detail=detail)
        for name, detail in details.items()
        if getattr(request, name)
    ]

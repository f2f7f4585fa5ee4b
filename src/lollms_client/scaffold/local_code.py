"""Writes the code of a new binding without a service's own wire: OpenAI's, and a local engine."""

from __future__ import annotations

from lollms_client.scaffold.plan import OPEN, Plan
from lollms_client.scaffold.service_code import SELF_TEST


def wire_code(plan: Plan) -> str:
    """The module of the kind wire."""
    module, _, base = plan.modality.wire.partition(".")
    return f'''"""{plan.said} on OpenAI's wire: everything about it stands in description.yaml."""

from lollms_client.families.openai_compatible.{module} import {base}

BindingName = "{plan.class_name}"


class {plan.class_name}({base}):
    """{plan.said}."""
{SELF_TEST}'''


_ENGINES = {
    "llm": (
        "ChatRequest, Finished, ModelInfo, StreamPart, TextDelta",
        '''    def words(self, prompt: str) -> list[str]:
        """The words of an answer."""
        return ["You", " said: ", prompt]
''',
        '''    def run_chat(self, request: ChatRequest, token: CancelToken) -> Generator[StreamPart, None, None]:
        """Answer, part by part; the call can be cancelled at each."""
        self.check_model(request.model)
        warned = unsent(request, ("model", "prompt"))
        if warned:
            yield from (WarningPart(warning=warning) for warning in warned)
        prompt = request.messages[-1].text if request.prompt is None else request.prompt
        for word in self.engine.words(prompt):
            yield TextDelta(text=word)
        yield Finished(finish="stop")
''',
    ),
    "tti": (
        "ImageRequest, ImageResult, Media, ModelInfo, Progress",
        '''    def picture(self, prompt: str, width: int, height: int, seed: int) -> bytes:
        """A PNG."""
        return png(width, height, seed, prompt)
''',
        '''    def run_image(self, request: ImageRequest, token: CancelToken) -> Generator[Progress, None, ImageResult]:
        """Make an image; the call can be cancelled at each `yield`."""
        self.check_model(request.model)
        if request.images:
            raise self.unsupported("editing of images")
        yield Progress(fraction=0.0, stage="painting")
        width, height, seed = request.width or 512, request.height or 512, request.seed or 0
        if not (64 <= width <= 2048 and 64 <= height <= 2048):
            raise BadSetting(f"an image has 64 to 2048 pixels a side, not {width} x {height}", setting="width")
        made = Media(self.engine.picture(request.prompt, width, height, seed), "image/png")
        warned = unsent(request, ("model", "width", "height", "seed"))
        return ImageResult(images=(made,), seed=seed, warnings=warned)
''',
    ),
    "stt": (
        "ModelInfo, Progress, TranscriptionRequest, TranscriptionResult",
        '''    def words(self, sound: bytes) -> str:
        """What is said in a WAV. Raises BadMedia for anything else."""
        facts = wav_facts(sound)
        if facts is None or facts.seconds == 0:
            raise BadMedia("this is no WAV, or there is no sound in it", setting="audio")
        return f"{facts.seconds:.1f} seconds of sound"
''',
        '''    def run_transcription(
        self, request: TranscriptionRequest, token: CancelToken
    ) -> Generator[Progress, None, TranscriptionResult]:
        """Write down what is said; the call can be cancelled at each `yield`."""
        self.check_model(request.model)
        yield Progress(fraction=0.0, stage="listening")
        text = self.engine.words(request.audio)
        return TranscriptionResult(text=text, warnings=unsent(request, ("model",)))
''',
    ),
    "tts": (
        "Media, ModelInfo, Progress, SpeechRequest, SpeechResult, Voice",
        '''    def sound(self, text: str) -> bytes:
        """A WAV: a tone for each word."""
        tones = [Tone(number * 0.3, number * 0.3 + 0.2, 180.0) for number in range(len(text.split()))]
        return wav(samples_of(tones, len(tones) * 0.3, 16000), 16000)
''',
        '''\
    def run_speech(self, request: SpeechRequest, token: CancelToken) -> Generator[Progress, None, SpeechResult]:
        """Speak; the call can be cancelled at each `yield`."""
        self.check_model(request.model)
        if request.voice not in (None, "default"):
            raise NotFound(f"there is no voice {request.voice!r}; there is: default", setting="voice")
        yield Progress(fraction=0.0, stage="speaking")
        made = Media(self.engine.sound(request.text), "audio/wav")
        return SpeechResult(audio=made, voice="default", warnings=unsent(request, ("model", "voice")))

    def run_voices(self) -> list[Voice]:
        """The voices."""
        return [Voice(name="default", language="en")]
''',
    ),
    "ttv": (
        "Media, ModelInfo, Progress, VideoRequest, VideoResult",
        '''    def film(self, prompt: str, seconds: float, seed: int) -> bytes:
        """An MP4."""
        return film(320, 240, seconds, 12, seed).data
''',
        '''    def run_video(self, request: VideoRequest, token: CancelToken) -> Generator[Progress, None, VideoResult]:
        """Make a film; the call can be cancelled at each `yield`."""
        self.check_model(request.model)
        yield Progress(fraction=0.0, stage="filming")
        seconds, seed = 2.0 if request.seconds is None else request.seconds, request.seed or 0
        if not 0.5 <= seconds <= 60:
            raise BadSetting(f"a film lasts 0.5 to 60 seconds, not {seconds:g}", setting="seconds")
        made = Media(self.engine.film(request.prompt, seconds, seed), "video/mp4")
        warned = unsent(request, ("model", "seconds", "seed"))
        return VideoResult(video=made, seconds=seconds, seed=seed, warnings=warned)
''',
    ),
    "ttm": (
        "Media, ModelInfo, MusicRequest, MusicResult, Progress",
        '''    def piece(self, prompt: str, seconds: float, seed: int) -> bytes:
        """A WAV: a tone for each beat."""
        tones = [Tone(beat / 2, beat / 2 + 0.4, 220.0 + 40 * ((beat + seed) % 5)) for beat in range(int(2 * seconds))]
        return wav(samples_of(tones, seconds, 22050), 22050)
''',
        '''    def run_music(self, request: MusicRequest, token: CancelToken) -> Generator[Progress, None, MusicResult]:
        """Make music; the call can be cancelled at each `yield`."""
        self.check_model(request.model)
        yield Progress(fraction=0.0, stage="playing")
        seconds, seed = 5.0 if request.seconds is None else request.seconds, request.seed or 0
        if not 1 <= seconds <= 600:
            raise BadSetting(f"a piece lasts 1 to 600 seconds, not {seconds:g}", setting="seconds")
        made = Media(self.engine.piece(request.prompt, seconds, seed), "audio/wav")
        warned = unsent(request, ("model", "seconds", "seed"))
        return MusicResult(audio=made, seconds=seconds, seed=seed, warnings=warned)
''',
    ),
}  # fmt: skip
_MAKERS = {
    "llm": "", "tti": "from lollms_client.families.mock.picture import png\n",
    "stt": "from lollms_client.families.mock.sound import wav_facts\n",
    "tts": "from lollms_client.families.mock.sound import Tone, samples_of, wav\n",
    "ttv": "from lollms_client.families.mock.film import film\n",
    "ttm": "from lollms_client.families.mock.sound import Tone, samples_of, wav\n",
}  # fmt: skip
_ERRORS = {
    "llm": "NotFound", "tti": "BadSetting, NotFound", "stt": "BadMedia, NotFound", "tts": "NotFound",
    "ttv": "BadSetting, NotFound", "ttm": "BadSetting, NotFound",
}  # fmt: skip


def engine_code(plan: Plan) -> str:
    """The module of the kind engine."""
    kind = plan.binding_type
    types, engine, run = _ENGINES[kind]
    base = f"Lollms{kind.upper()}Binding"
    types = f"{types}, WarningPart" if kind == "llm" else types
    return f'''"""{plan.said}, in this process."""

from collections.abc import Generator

from lollms_client.cancel import CancelToken
from lollms_client.errors import {_ERRORS[kind]}
from lollms_client.families.engine import EngineBinding
{_MAKERS[kind]}from lollms_client.families.unsent import unsent
from lollms_client.lollms_{kind}_binding import {base}
from lollms_client.types import {types}

BindingName = "{plan.class_name}"


class Engine:
    """{OPEN}: this stands where your library belongs. It makes something valid, so that the rest can be tried."""

{engine}

{_engine_class(plan, base, run)}{SELF_TEST}'''


def _engine_class(plan: Plan, base: str, run: str) -> str:
    return f'''\
class {plan.class_name}(EngineBinding[Engine], {base}):
    """{plan.said}."""

    def load(self) -> Engine:
        """Make the engine, at its first use. Import the library here, so that importing this module stays free."""
        return Engine()

    def check_model(self, model: str | None) -> None:
        """Raise NotFound for a model that is not there."""
        if model not in (None, "{plan.name}"):
            raise NotFound(f"there is no model {{model!r}}; there is: {plan.name}", setting="model")

{run}
    def run_models(self) -> list[ModelInfo]:
        """The models."""
        return [ModelInfo(name="{plan.name}")]
'''

"""The sound of a film: narration by espeak-ng over music by the composer, mixed to the film's length."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import numpy
from numpy.typing import NDArray

from lollms_client.engines.film.encoder import SOUND_RATE
from lollms_client.errors import LollmsError
from lollms_client.types.accounting import CallWarning, Progress
from lollms_client.types.music import MusicRequest
from lollms_client.types.speech import SpeechRequest

Sound = NDArray[numpy.float32]  # mono (n,) or stereo (n, 2), at SOUND_RATE


def narrate(text: str, voice: str | None, warnings: list[CallWarning]) -> Generator[Progress, None, Sound | None]:
    """The text spoken, mono; None with a warning where the speech engine is not installed or refuses."""
    try:
        from lollms_client.engines import audio
        from lollms_client.engines.espeak.manner import manner_of
        from lollms_client.engines.espeak.speech import Espeak
    except ImportError as problem:
        detail = f"the narration needs the package {problem.name}; run: lollms install espeak"
        warnings.append(CallWarning(kind="dropped", setting="narration", detail=detail))
        return None
    try:
        engine = Espeak()
        manner = manner_of(SpeechRequest(text=text, voice=voice), engine.catalogue, _no_parameter, {}, warnings)
        steps = engine.speak(text, manner)
        while True:
            try:
                done = next(steps)
            except StopIteration as stop:
                speech = stop.value
                break
            yield Progress(fraction=done, stage="speaking")
    except LollmsError as problem:
        warnings.append(CallWarning(kind="dropped", setting="narration", detail=problem.message))
        return None
    samples = audio.resample(speech.samples.astype(numpy.float32) / 32768, speech.sample_rate, SOUND_RATE)
    return numpy.asarray(samples, dtype=numpy.float32).reshape(-1)


def _no_parameter(name: str) -> Any:
    return None


def compose_music(
    prompt: str, seconds: float, seed: int, warnings: list[CallWarning]
) -> Generator[Progress, None, Sound | None]:
    """Music for the prompt, stereo; None with a warning where the music engine is not installed or refuses."""
    try:
        from lollms_client.engines import audio
        from lollms_client.engines.music import make_music
    except ImportError as problem:
        detail = f"the soundtrack needs the package {problem.name}; run: lollms install composer"
        warnings.append(CallWarning(kind="dropped", setting="soundtrack", detail=detail))
        return None
    try:
        request = MusicRequest(prompt=prompt, seconds=max(4.0, seconds), seed=seed, output_format="wav")
        result = yield from make_music(request)
        samples, _ = audio.decode(result.audio, SOUND_RATE, mono=False)
    except LollmsError as problem:
        warnings.append(CallWarning(kind="dropped", setting="soundtrack", detail=problem.message))
        return None
    return numpy.asarray(samples, dtype=numpy.float32)


def mix(music: Sound | None, speech: Sound | None, seconds: float) -> Sound:
    """Both together, stereo and exactly as long as the film: the music gives way while there is speech, and fades."""
    length = round(seconds * SOUND_RATE)
    result = numpy.zeros((length, 2), dtype=numpy.float32)
    gain = numpy.full(length, 0.8, dtype=numpy.float32)
    if speech is not None and len(speech):
        start = min(int(0.3 * SOUND_RATE), max(0, length - len(speech)))
        spoken = speech[: length - start]
        peak = float(numpy.abs(spoken).max()) or 1.0
        result[start : start + len(spoken)] += (spoken * (0.85 / peak))[:, None]
        ramp = numpy.zeros(length, dtype=numpy.float32)
        ramp[start : start + len(spoken)] = 1.0
        window = int(0.2 * SOUND_RATE)
        sums = numpy.cumsum(numpy.concatenate([numpy.zeros(window), ramp, numpy.zeros(window)]))
        smooth = (sums[2 * window :] - sums[:length]) / (2 * window)
        gain *= (1 - 0.75 * numpy.clip(smooth, 0, 1)).astype(numpy.float32)
    if music is not None and len(music):
        stereo = music if music.ndim == 2 else numpy.repeat(music[:, None], 2, axis=1)
        part = stereo[:length, :2] if stereo.shape[1] >= 2 else numpy.repeat(stereo[:length], 2, axis=1)
        result[: len(part)] += part * gain[: len(part), None]
    fade = min(length, int(0.6 * SOUND_RATE))
    if fade:
        result[length - fade :] *= numpy.linspace(1, 0, fade, dtype=numpy.float32)[:, None]
    peak = float(numpy.abs(result).max()) if length else 0.0
    return result / peak * 0.98 if peak > 0.98 else result


def music_prompt(prompt: str, wish: object) -> str:
    """What the composer is asked for: the wish where it is words, else a mood that fits the film."""
    if isinstance(wish, str) and wish.strip() and wish.strip().lower() not in ("true", "yes", "on", "auto"):
        return wish
    text = prompt.lower()
    for words, mood in (
        (("space", "astronaut", "rocket", "alien", "planet"), "dreamy ambient synth, spacious"),
        (("storm", "dragon", "battle", "pirate", "knight"), "dramatic orchestral adventure"),
        (("night", "sleep", "moon", "snow", "owl"), "calm gentle lullaby, piano"),
        (("race", "racing", "run", "chas", "car", "city"), "upbeat energetic, driving rhythm"),
        (("beach", "jungle", "island"), "relaxed sunny, guitar and marimba"),
        (("sea", "ocean", "underwater", "fish", "whale"), "flowing ambient, harp and strings"),
        (("ghost", "witch", "zombie", "skeleton"), "mysterious, minor key"),
    ):
        if any(word in text for word in words):
            return mood
    return random.Random(len(prompt)).choice(("happy light acoustic folk", "cheerful playful tune", "warm gentle pop"))

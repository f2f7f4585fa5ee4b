"""From a speech request to a manner of speaking: bounds, choices, and a warning for all that is not honoured."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from lollms_client.engines.espeak.speech import Manner
from lollms_client.engines.espeak.voices import Catalogue, EspeakVoice
from lollms_client.errors import BadSetting
from lollms_client.types import CallWarning, SpeechRequest

# What the engine can do: the lowest and highest value of each number.
BOUNDS: Mapping[str, tuple[float, float]] = {
    "speed": (0.46, 4.0),
    "pitch": (0.7, 1.67),
    "volume": (0.0, 2.0),
    "pitch_range": (0.0, 2.0),
    "word_gap": (0.0, 2.0),
    "sample_rate": (8_000, 192_000),
}
CAPITALS = ("none", "say", "pitch")
_SSML_START = re.compile(r"\s*(<\?xml[^>]*>\s*)?<speak[\s>]")


def manner_of(
    request: SpeechRequest,
    catalogue: Catalogue,
    parameter: Callable[[str], Any],
    settings: Mapping[str, Any],
    warnings: list[CallWarning],
) -> Manner:
    """Read how to speak out of a request, the binding's parameters and its settings.

    Appends a CallWarning for each value that is clamped or not honoured. Raises BadSetting for a value of a wrong
    type, NotFound for an unknown voice, variant or language.
    """

    def number(name: str, value: Any) -> float:
        return limited(name, 1.0 if value is None else value, warnings)

    voice, variant = _voice(request, catalogue, parameter("variant"), settings, warnings)
    for name in ("instructions", "seed"):
        if getattr(request, name) is not None:
            warnings.append(CallWarning(kind="unsupported", setting=name, detail=f"espeak-ng knows no {name}"))
    ssml = request.ssml if request.ssml is not None else bool(_SSML_START.match(request.text))
    if ssml and "<audio" in request.text:
        detail = "<audio> is not played; the text inside it is spoken"
        warnings.append(CallWarning(kind="unsupported", setting="ssml", detail=detail))
    return Manner(
        voice=voice,
        variant=variant,
        speed=number("speed", settings.get("speed") if request.speed is None else request.speed),
        pitch=number("pitch", settings.get("pitch") if request.pitch is None else request.pitch),
        volume=number("volume", settings.get("volume") if request.volume is None else request.volume),
        pitch_range=number("pitch_range", parameter("pitch_range")),
        word_gap=number("word_gap", parameter("word_gap") or 0.0),
        punctuation=_punctuation(parameter("punctuation")),
        capitals=_capitals(parameter("capitals")),
        ssml=ssml,
        phonemes=bool(parameter("phonemes")),
    )


def limited(name: str, value: Any, warnings: list[CallWarning]) -> float:
    """Bring a number into its bounds, with a warning where that changes it. Raises BadSetting for what is no number."""
    low, high = BOUNDS[name]
    try:
        given = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        given = math.nan
    if math.isnan(given):
        raise BadSetting(f"{name} must be a number from {low:g} to {high:g}, not {value!r}", setting=name)
    kept = min(max(given, low), high)
    if kept != given:
        detail = f"{given:g} is outside {low:g} to {high:g}; {kept:g} was used"
        warnings.append(CallWarning(kind="clamped", setting=name, detail=detail))
    return kept


def _voice(
    request: SpeechRequest,
    catalogue: Catalogue,
    variant: Any,
    settings: Mapping[str, Any],
    warnings: list[CallWarning],
) -> tuple[EspeakVoice, EspeakVoice | None]:
    name = request.voice
    if variant and "+" in (name or ""):
        detail = f"the voice {name} names a variant already"
        warnings.append(CallWarning(kind="dropped", setting="variant", detail=detail))
    elif variant:
        name = f"{name or ''}+{str(variant).removeprefix('+')}"
    found, chosen = catalogue.find(name, request.language, str(settings.get("voice") or "en-us"))
    if request.language:
        wanted = catalogue.best_for(request.language)
        if wanted is None or wanted.language.partition("-")[0] != found.language.partition("-")[0]:
            detail = f"the voice {found.name} speaks {found.language}, not {request.language}"
            warnings.append(CallWarning(kind="dropped", setting="language", detail=detail))
    return found, chosen


def _punctuation(value: Any) -> str:
    if value is None or value is False or value == "":
        return "none"
    if value is True:
        return "all"
    if not isinstance(value, str):
        raise BadSetting(
            f"punctuation must be none, all, or the characters to be spoken by name, not {value!r}",
            setting="punctuation",
        )
    return value


def _capitals(value: Any) -> str:
    if value is None:
        return "none"
    if value not in CAPITALS:
        raise BadSetting(
            f"capitals must be one of {', '.join(CAPITALS)}, not {value!r}",
            setting="capitals",
            options=list(CAPITALS),
        )
    return str(value)

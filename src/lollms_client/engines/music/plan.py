"""Decides what will be composed: the request's fields first, then the words of its prompt, then the genre's habits."""

from __future__ import annotations

import difflib
import math
import random

import msgspec

from lollms_client.engines.music.catalogue import Genre, Mood, genres, moods
from lollms_client.engines.music.ensemble import Ensemble, choose_ensemble
from lollms_client.engines.music.theory import SCALES, Key, parse_key
from lollms_client.engines.music.words import Found, read_words
from lollms_client.errors import BadSetting
from lollms_client.types import CallWarning, MusicRequest

SHORTEST, LONGEST, USUAL_SECONDS = 2.0, 600.0, 30.0
SLOWEST, FASTEST = 30.0, 300.0
_METERS = frozenset(
    {(2, 4), (3, 4), (4, 4), (5, 4), (6, 4), (7, 4), (6, 8), (7, 8), (9, 8), (12, 8), (5, 8), (3, 8), (2, 2)}
)
_GENRE_OF_MOOD = {
    "epic": "cinematic", "triumphant": "cinematic", "dark": "cinematic", "tense": "cinematic", "spooky": "cinematic",
    "mysterious": "ambient", "dreamy": "ambient", "calm": "new age", "peaceful": "new age", "sleepy": "lullaby",
    "sad": "classical", "romantic": "classical", "melancholic": "classical", "nostalgic": "folk", "angry": "metal",
    "energetic": "house", "playful": "swing", "groovy": "funk", "happy": "pop", "hopeful": "pop",
}  # fmt: skip


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All decisions before the first note. Shares run from 0 to 1."""

    genre: Genre
    moods: tuple[str, ...]
    key: Key
    meter: tuple[int, int]
    tempo: float  # felt beats a minute
    tempo_fixed: bool
    seconds: float
    energy: float
    density: float
    brightness: float
    register: int
    reverb: float
    ensemble: Ensemble
    seed: int


def make_plan(request: MusicRequest) -> tuple[Plan, list[CallWarning]]:
    """Turn a request into a plan, with warnings for all that cannot be honoured.

    Raises BadSetting for a blank request, a key or metre that cannot be read, and numbers that are none.
    """
    warnings: list[CallWarning] = []
    found = read_words(request.prompt)
    if not (request.prompt.strip() or request.genre or request.mood or request.instruments):
        raise BadSetting("the prompt is empty: describe the music, such as “calm piano, 30 seconds”", setting="prompt")
    seed = request.seed if request.seed is not None else random.SystemRandom().randrange(2**31)
    chance = random.Random(f"plan {seed}")
    mood_names = _moods(request, found, warnings)
    genre = _genre(request, found, mood_names, warnings)
    feelings = [moods()[name] for name in mood_names]
    tempo, fixed = _tempo(request, found, genre, feelings, chance, warnings)
    energy = _energy(request, found, genre, feelings)
    plan = Plan(
        genre=genre,
        moods=mood_names,
        key=_key(request, found, genre, feelings, chance),
        meter=_meter(request, found, genre, warnings),
        tempo=tempo,
        tempo_fixed=fixed,
        seconds=_seconds(request, found, warnings),
        energy=energy,
        density=_within(genre.melody.density + sum(f.density for f in feelings), 0.1, 0.95),
        brightness=_within(0.55 + 0.25 * (energy - 0.5) + sum(f.brightness for f in feelings), 0.1, 1.0),
        register=round(_within(genre.melody.register + sum(f.register for f in feelings), -9, 9)),
        reverb=_within(genre.reverb + sum(f.reverb for f in feelings), 0.0, 0.75),
        ensemble=choose_ensemble(request, found, genre, chance, warnings),
        seed=seed,
    )
    _warn_of_the_rest(request, found, warnings)
    return plan, warnings


def _within(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))


def _number(value: float, name: str) -> float:
    if not math.isfinite(value) or value <= 0:
        raise BadSetting(f"{name} must be a number above 0, not {value!r}", setting=name)
    return float(value)


def _clamped(value: float, low: float, high: float, name: str, unit: str, warnings: list[CallWarning]) -> float:
    kept = _within(value, low, high)
    if kept != value:
        detail = f"{value:g} {unit} asked for, {kept:g} made: the composer goes from {low:g} to {high:g} {unit}"
        warnings.append(CallWarning(kind="clamped", setting=name, detail=detail))
    return kept


def _seconds(request: MusicRequest, found: Found, warnings: list[CallWarning]) -> float:
    asked = _number(request.seconds, "seconds") if request.seconds is not None else found.seconds
    return _clamped(asked or USUAL_SECONDS, SHORTEST, LONGEST, "seconds", "seconds", warnings)


def _moods(request: MusicRequest, found: Found, warnings: list[CallWarning]) -> tuple[str, ...]:
    if request.mood is None:
        return found.moods
    named = read_words(request.mood).moods
    if not named:
        warnings.append(_unknown("mood", request.mood, list(moods())))
    return named or found.moods


def _genre(request: MusicRequest, found: Found, mood_names: tuple[str, ...], warnings: list[CallWarning]) -> Genre:
    if request.genre is not None:
        named = read_words(request.genre).genre
        if named is not None:
            return genres()[named]
        warnings.append(_unknown("genre", request.genre, list(genres())))
    if found.genre is not None:
        if found.other_genres and found.other_genres != ("waltz",):
            others = ", ".join(found.other_genres)
            detail = f"one genre leads a piece: {found.genre}, not {others}"
            warnings.append(CallWarning(kind="dropped", setting="genre", detail=detail))
        return genres()[found.genre]
    if found.era is not None:
        return genres()[found.era]
    if mood_names:
        return genres()[_GENRE_OF_MOOD.get(mood_names[0], "pop")]
    if not (found.instruments or request.genre):
        detail = "no genre or mood was recognised in the prompt: pop"
        warnings.append(CallWarning(kind="approximate", setting="genre", detail=detail))
    return genres()["classical" if found.solo else "pop"]


def _unknown(setting: str, value: str, known: list[str]) -> CallWarning:
    near = difflib.get_close_matches(value.lower(), known, n=3, cutoff=0.5)
    hint = f"; near: {', '.join(near)}" if near else f"; known: {', '.join(known)}"
    return CallWarning(kind="replaced", setting=setting, detail=f"{value!r} is not known{hint}")


def _tempo(
    request: MusicRequest,
    found: Found,
    genre: Genre,
    feelings: list[Mood],
    chance: random.Random,
    warnings: list[CallWarning],
) -> tuple[float, bool]:
    asked = _number(request.tempo, "tempo") if request.tempo is not None else found.tempo
    if asked is not None:
        return _clamped(asked, SLOWEST, FASTEST, "tempo", "beats a minute", warnings), True
    low, high = genre.tempo
    factor = found.tempo_factor or math.prod(feeling.tempo for feeling in feelings) ** (1 / max(1, len(feelings)))
    return round(_within((low + (high - low) * chance.uniform(0.3, 0.7)) * factor, 40.0, 220.0)), False


def _key(request: MusicRequest, found: Found, genre: Genre, feelings: list[Mood], chance: random.Random) -> Key:
    mode = found.mode or next((feeling.mode for feeling in feelings if feeling.mode), None)
    drawn = chance.choices(list(genre.modes), list(genre.modes.values()))[0]
    tonic = chance.choice((0, 2, 4, 5, 7, 9, 10, 3))
    if request.key is not None:
        text = request.key.strip()
        if text.lower() in SCALES:
            return Key(tonic, text.lower())
        key = parse_key(text)
        if key is None:
            raise BadSetting(f"{request.key!r} is no key: write it such as “D minor” or “F# major”", setting="key")
        return key
    return found.key or Key(tonic, mode or drawn)


def _meter(request: MusicRequest, found: Found, genre: Genre, warnings: list[CallWarning]) -> tuple[int, int]:
    given = request.extra.get("time_signature")
    text = str(given) if given else found.meter or ("3/4" if "waltz" in found.other_genres else genre.meter)
    top, _, bottom = text.partition("/")
    meter = (int(top), int(bottom)) if top.strip().isdecimal() and bottom.strip().isdecimal() else None
    if given and meter is None:
        raise BadSetting(f"{text!r} is no time signature: write it such as 3/4", setting="time_signature")
    if meter not in _METERS or meter is None:
        known = ", ".join(f"{above}/{below}" for above, below in sorted(_METERS))
        detail = f"{text} cannot be played; {genre.meter} is used. Known: {known}"
        warnings.append(CallWarning(kind="replaced", setting="time_signature", detail=detail))
        top, _, bottom = genre.meter.partition("/")
        return int(top), int(bottom)
    return meter


def _energy(request: MusicRequest, found: Found, genre: Genre, feelings: list[Mood]) -> float:
    given = request.extra.get("energy")
    if given is not None:
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= 1:
            raise BadSetting(f"energy must be a number from 0 to 1, not {given!r}", setting="energy")
        return float(given)
    return _within(genre.energy + sum(f.energy for f in feelings) + found.energy, 0.1, 1.0)


def _warn_of_the_rest(request: MusicRequest, found: Found, warnings: list[CallWarning]) -> None:
    if request.lyrics or found.vocals or request.instrumental is False:
        setting = "lyrics" if request.lyrics else "prompt" if found.vocals else "instrumental"
        detail = "the composer cannot sing: the music is instrumental"
        warnings.append(CallWarning(kind="unsupported", setting=setting, detail=detail))
    if request.audio is not None:
        detail = "the composer cannot go on from a sound: a new piece was written"
        warnings.append(CallWarning(kind="dropped", setting="audio", detail=detail))
    for name in found.unknown_instruments:
        detail = f"{name} is not among the instruments: others play its part"
        warnings.append(CallWarning(kind="unsupported", setting="instruments", detail=detail))
    if request.negative_prompt and request.negative_prompt.strip():
        left = read_words(request.negative_prompt)
        if not left.instruments and left.drums is None:
            detail = "only instruments can be left out by it, and it names none that are known"
            warnings.append(CallWarning(kind="dropped", setting="negative_prompt", detail=detail))
        elif left.genre or left.moods or left.key or left.tempo_factor:
            detail = "of it only the instruments were left out"
            warnings.append(CallWarning(kind="approximate", setting="negative_prompt", detail=detail))

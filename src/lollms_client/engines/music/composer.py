"""The composer: a request in, a piece of music out, as sound or as MIDI."""

from __future__ import annotations

from collections.abc import Generator

from lollms_client.engines.music.arrange import compose
from lollms_client.engines.music.description import describe, title_of
from lollms_client.engines.music.midi import write_midi
from lollms_client.engines.music.plan import Plan, make_plan
from lollms_client.engines.music.score import Score
from lollms_client.errors import BadSetting
from lollms_client.types import CallWarning, Media, MusicRequest, MusicResult, Progress, Usage

MODELS = {"composer": "wav", "composer-midi": "midi"}  # and the format each makes unless told
FORMATS = ("wav", "mp3", "flac", "opus", "midi")


def make_music(request: MusicRequest) -> Generator[Progress, None, MusicResult]:
    """Compose and play what is asked for; progress comes at least every tenth of a second or so.

    The same request with the same seed gives the same notes, and the same bytes in WAV and MIDI. Raises BadSetting for
    an unknown model or format and for values that cannot be read.
    """
    model = request.model or "composer"
    if model not in MODELS:
        raise BadSetting(f"no model {model!r}: there are {', '.join(MODELS)}", setting="model")
    form = (request.output_format or MODELS[model]).lower().lstrip(".")
    form = "midi" if form == "mid" else form
    plan, warnings = make_plan(request)
    yield Progress(fraction=0.0, stage="composing")
    score = compose(plan)
    if abs(score.timing.tempo / plan.tempo - 1) > 0.02 and plan.tempo_fixed:
        detail = (
            f"{score.timing.tempo:.0f} beats a minute instead of {plan.tempo:.0f}, to end within {plan.seconds:g} s"
        )
        warnings.append(CallWarning(kind="clamped", setting="tempo", detail=detail))
    yield Progress(fraction=0.05, stage="composing", detail=", ".join(section.name for section in score.sections))
    if form == "midi":
        media = Media(write_midi(score, title_of(plan)), "audio/midi")
    else:
        media = yield from _sound(score, plan, form)
    return _result(media, score, plan, model, warnings)


def _sound(score: Score, plan: Plan, form: str) -> Generator[Progress, None, Media]:
    from lollms_client.engines import audio
    from lollms_client.engines.music.synthesis.mix import render
    from lollms_client.engines.music.synthesis.signal import RATE

    audio.sound_format(form)
    playing = render(score, plan)
    try:
        while True:
            share, stage = next(playing)
            yield Progress(fraction=round(0.05 + 0.9 * share, 4), stage=stage, detail=_section_at(score, share))
    except StopIteration as stop:
        samples = stop.value
    writing = audio.encode_steps(samples, RATE, form)
    try:
        while True:
            yield Progress(fraction=round(0.95 + 0.05 * next(writing), 4), stage=f"writing {form}")
    except StopIteration as stop:
        media: Media = stop.value
    return media


def _section_at(score: Score, share: float) -> str:
    """The section that lies at such a share of the piece, for a person to read."""
    bar = share * score.timing.bars
    return next((s.name for s in score.sections if s.start <= bar < s.start + s.bars), score.sections[-1].name)


def _result(media: Media, score: Score, plan: Plan, model: str, warnings: list[CallWarning]) -> MusicResult:
    timing = score.timing
    sections = []
    for section in score.sections:
        start = timing.seconds(section.start * timing.bar)
        last = section is score.sections[-1]
        end = plan.seconds if last else timing.seconds((section.start + section.bars) * timing.bar)
        sections.append({"name": section.name, "start": round(start, 3), "end": round(end, 3), "bars": section.bars})
    return MusicResult(
        audio=media,
        seconds=plan.seconds,
        text=describe(plan, score),
        seed=plan.seed,
        usage=Usage(seconds=plan.seconds),
        warnings=tuple(warnings),
        model=model,
        extra={
            "tempo": round(timing.tempo, 2),
            "key": str(plan.key),
            "time_signature": f"{timing.numerator}/{timing.denominator}",
            "genre": plan.genre.name,
            "mood": ", ".join(plan.moods),
            "sections": sections,
            "instruments": list(plan.ensemble.names),
        },
    )

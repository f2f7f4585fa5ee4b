"""Says in a few lines what was composed: key, tempo, form, chords, instruments."""

from __future__ import annotations

from lollms_client.engines.music.plan import Plan
from lollms_client.engines.music.score import Score, Section


def title_of(plan: Plan) -> str:
    """A plain title, such as “calm jazz in D minor”."""
    return " ".join([*plan.moods[:1], plan.genre.name, "in", str(plan.key)])


def describe(plan: Plan, score: Score) -> str:
    """The piece in words. All of it is read from the score itself."""
    timing = score.timing
    form = ", ".join(f"{section.name} ({section.bars})" for section in score.sections)
    title = title_of(plan)
    meter = f"{timing.numerator}/{timing.denominator}"
    lines = [
        f"{title[0].upper()}{title[1:]}, {meter}, {timing.tempo:.0f} beats a minute, {plan.seconds:g} s; instrumental.",
        f"Form, in bars: {form}, last chord {score.chords[-1].chord.name}.",
    ]
    seen: set[str] = set()
    for section in score.sections:
        if section.role in ("verse", "chorus", "bridge") and section.role not in seen:
            seen.add(section.role)
            lines.append(
                f"Chords of the {plan.genre.labels.get(section.role, section.role)}: {_chords(score, section)}."
            )
    lines.append(f"Played by {', '.join(plan.ensemble.names)}.")
    return "\n".join(lines)


def _chords(score: Score, section: Section) -> str:
    bars: dict[int, list[str]] = {}
    for span in score.chords:
        if section.start <= span.bar < min(section.start + section.bars, section.start + 12, score.timing.bars):
            bars.setdefault(span.bar, []).append(span.chord.name)
    written = [" ".join(names) for names in bars.values()]
    for length in (1, 2, 4, 8):
        if len(written) > length and all(name == written[i % length] for i, name in enumerate(written)):
            written = written[:length]
            break
    return " | ".join(written)

"""Fits a form to a length: how many bars, at which tempo, and which sections."""

from __future__ import annotations

from lollms_client.engines.music.catalogue import Genre
from lollms_client.engines.music.plan import Plan
from lollms_client.engines.music.score import Section, Timing

_INTENSITY = {"intro": 0.4, "verse": 0.58, "chorus": 0.88, "bridge": 0.5, "solo": 0.78, "ending": 0.7}
_PATTERNS = {1: "V", 2: "VC", 3: "VBC", 4: "VCBC", 5: "VCVBC", 6: "VCVCBC", 7: "VCVCBSC", 8: "VCVCBSVC"}
_ROLES = {"V": "verse", "C": "chorus", "B": "bridge", "S": "solo"}


def fit_timing(plan: Plan) -> Timing:
    """Choose bars and tempo so that the last chord falls on a downbeat and the piece lasts exactly `plan.seconds`."""
    numerator, denominator = plan.meter
    bar = numerator * 4 / denominator
    beat = 1.5 if denominator == 8 and numerator % 3 == 0 and numerator > 3 else 1.0
    wished = plan.tempo * beat
    nominal = plan.seconds * wished / 60 / bar  # bars, last chord and all
    if nominal < 1.9:
        return _timing(plan, bar, 1, 1.9)
    tolerance = 0.008 if plan.tempo_fixed else 0.07
    best: tuple[float, int, float] | None = None
    for step in range(-20, 21):
        total = nominal * (1 + tolerance * step / 20)
        bar_seconds = plan.seconds / total
        for bars in range(max(1, int(total) - 3), int(total) + 1):
            hold = total - bars
            if hold < 0.7 or (hold * bar_seconds < 0.9 and bars > 1):
                continue
            uneven = 0.0 if bars < 4 or bars % 4 == 0 else 0.5 if bars % 2 == 0 else 1.1
            cost = abs(step) / 20 + uneven + 0.7 * abs(hold - 1.15) + 0.3 * max(0.0, hold * bar_seconds - 5)
            if best is None or cost < best[0]:
                best = (cost, bars, total)
    assert best is not None
    return _timing(plan, bar, best[1], best[2])


def _timing(plan: Plan, bar: float, bars: int, total: float) -> Timing:
    return Timing(
        numerator=plan.meter[0],
        denominator=plan.meter[1],
        quarter_bpm=total * bar * 60 / plan.seconds,
        bars=bars,
        hold=(total - bars) * bar,
    )


def fit_sections(bars: int, genre: Genre) -> list[Section]:
    """Divide `bars` into sections that sum up to them: from a single phrase to a song with several verses."""
    sizes = _sizes(bars, genre.section_bars)
    sections: list[Section] = []
    counts: dict[str, int] = {}
    totals: dict[str, int] = {}
    for role, _ in sizes:
        totals[role] = totals.get(role, 0) + 1
    start = 0
    for index, (role, length) in enumerate(sizes):
        occurrence = counts.get(role, 0)
        counts[role] = occurrence + 1
        label = genre.labels.get(role, role)
        last = role == "chorus" and all(later != "chorus" for later, _ in sizes[index + 1 :])
        intensity = 1.0 if last and len(sizes) > 3 else min(0.95, _INTENSITY[role] + 0.06 * min(occurrence, 2))
        name = f"{label} {occurrence + 1}" if totals[role] > 1 else label
        sections.append(
            Section(
                name=name, role=role, start=start, bars=length, intensity=intensity, occurrence=occurrence, last=last
            )
        )
        start += length
    return sections


def _sizes(bars: int, usual: int) -> list[tuple[str, int]]:
    if bars < 8:
        return [("verse", bars)]
    if bars < 12:
        head = bars - 8
        return ([("intro", head)] if head else []) + [("verse", 4), ("chorus", 4)]
    intro = 2 if bars < 24 else 4
    units = (bars - intro - 2) // 4
    ending = bars - intro - 4 * units
    if usual == 12:  # twelve bars belong together where there is room for them
        count = max(1, units // 3) if units >= 3 else 2
    else:
        count = max(2, round(units / (1 if units < 8 else 2 if bars <= 160 else 3)))
    pattern = _PATTERNS.get(count) or ("VCVCBC" + "SVCBVC" * count)[: count - 1] + "C"
    shares = [units // count] * count
    by_weight = sorted(range(count), key=lambda index: (pattern[index] != "C", -index))
    for index in by_weight[: units - sum(shares)]:
        shares[index] += 1
    middle = [(_ROLES[letter], 4 * share) for letter, share in zip(pattern, shares, strict=True)]
    return [("intro", intro), *middle, ("ending", ending)]

"""Drums from the patterns of a style: generate, infill, continue, vary, tap to drums."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dawg_ai.beat import BEATS_PER_BAR, STEPS_PER_BAR, STEPS_PER_BEAT
from dawg_ai.beat.feel import STRENGTHS, Knobs, drum_of, starts, steps_of
from dawg_ai.beat.style import DRUMS, Pattern, Style
from dawg_ai.midi import Events, merged

PHRASE_BARS = 4
LENGTH_BEATS = 0.1
# How much a stroke belongs to a pattern: what is written, and what may come on top as density grows.
BELONGS = {"X": 1.0, "x": 0.78, "o": 0.6}
ELSEWHERE, GHOST, TIMEKEEPER = 0.38, 0.22, 0.36  # from another pattern of the style; a ghost snare; a hat between
TIMEKEEPERS = ("hat", "ride", "shaker")
SPREAD = 0.06  # by how much one bar differs from another
THRESHOLDS = ((0.0, 0.5, 1.0), (0.97, 0.5, 0.12))  # density, and from where on a stroke is played


def generate(style: Style, bars: int, knobs: Knobs, density: float, tempo_bpm: float, seed: int) -> Events:
    """Drums of a style.

    Args:
        style: whose patterns, fills and feel.
        bars: how many, of four beats.
        knobs: of the feel.
        density: 0 for the accents alone, 0.5 as written, 1 for all that fits.
        tempo_bpm: tempo.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng([seed, 1])
    pattern = style.patterns[int(rng.integers(len(style.patterns)))]
    rows: list[tuple[int, str, float]] = []
    for bar in range(bars):
        ends_phrase = bars > 1 and (bar % PHRASE_BARS == PHRASE_BARS - 1 or bar == bars - 1)
        chosen = dict(pattern)
        if ends_phrase:
            chosen |= style.fills[int(rng.integers(len(style.fills)))]
        elif bar % PHRASE_BARS == 0 and bar:
            chosen["crash"] = "X..............."
        rows += [(STEPS_PER_BAR * bar + step, drum, v) for step, drum, v in _bar(style, chosen, bar, density, rng)]
    return played(style, rows, knobs, tempo_bpm, rng)


def _bar(
    style: Style, pattern: Pattern, bar: int, density: float, rng: np.random.Generator
) -> list[tuple[int, str, float]]:
    """Strokes of one bar: step, drum, velocity."""
    threshold = float(np.interp(density, *THRESHOLDS))
    found = []
    for drum, text in pattern.items():
        first = STEPS_PER_BAR * (bar % (len(text) // STEPS_PER_BAR))
        for step, token in enumerate(text[first : first + STEPS_PER_BAR]):
            belongs, velocity = BELONGS.get(token, 0.0), STRENGTHS.get(token, 0.0)
            if not belongs:
                belongs, velocity = _extra(style, drum, step)
            if belongs + rng.uniform(-SPREAD, SPREAD) * (token != "X") > threshold:
                found.append((step, drum, velocity))
    return found


def _extra(style: Style, drum: str, step: int) -> tuple[float, float]:
    """How much a stroke belongs that is not in the pattern, and its velocity."""
    elsewhere = [p[drum][step % len(p[drum])] for p in style.patterns if drum in p]
    tokens = [token for token in elsewhere if token in STRENGTHS]
    if tokens:
        return ELSEWHERE, 0.85 * max(STRENGTHS[token] for token in tokens)
    if drum in TIMEKEEPERS:
        return TIMEKEEPER - 0.1 * (step % 2), 0.5 - 0.1 * (step % 2)
    return (GHOST, 0.3) if drum == "snare" and step % 2 else (0.0, 0.0)


def played(
    style: Style, rows: Sequence[tuple[int, str, float]], knobs: Knobs, tempo_bpm: float, rng: np.random.Generator
) -> Events:
    """Strokes on the grid as notes with feel.

    Args:
        style: whose feel.
        rows: step, drum and velocity of each stroke.
        knobs: of the feel.
        tempo_bpm: tempo.
        rng: drawn from.
    """
    ordered = sorted(rows)
    steps = np.array([step for step, _, _ in ordered], np.int64)
    drums = [drum for _, drum, _ in ordered]
    begins = starts(steps, drums, style, knobs, tempo_bpm, rng)
    velocity = np.array([v for _, _, v in ordered])
    mean = velocity.mean() if len(velocity) else 0.0
    velocity = mean + knobs.dynamics * (velocity - mean)
    velocity = np.clip(velocity + knobs.amount * rng.normal(0.0, style.feel.dynamics, len(steps)), 1 / 127, 1.0)
    pitches = np.array([DRUMS[drum] for drum in drums], float)
    return merged([np.stack([begins, np.full(len(steps), LENGTH_BEATS), pitches, velocity], axis=1)])


def infill(given: Events, new: Events, locked: NDArray[np.bool_], bars: int) -> Events:
    """Keep the notes of locked cells and take all others from `new`.

    Args:
        given: what is there.
        new: generated for as many bars.
        locked: (steps of all bars, 128): cells that stay as they are, by sixteenth and General MIDI number.
        bars: how many.
    """

    def inside(notes: Events) -> NDArray[np.bool_]:
        steps = np.clip(steps_of(notes), 0, bars * STEPS_PER_BAR - 1)
        return np.asarray(locked[steps, np.round(notes[:, 2]).astype(int) % 128])

    return merged([given[inside(given)], new[~inside(new)]])


def continued(
    given: Events, given_bars: int, bars: int, style: Style, knobs: Knobs, tempo: float, seed: int
) -> Events:
    """Go on after what is there: its last two bars again, varied, and a fill at the end.

    Copying the bar before is what is hard to beat at this (see docs/plugins/beats.md).
    """
    length = min(2, max(1, given_bars))
    begin = (given_bars - length) * BEATS_PER_BAR
    model = given[steps_of(given) >= begin * STEPS_PER_BEAT].copy()
    model[:, 0] -= begin
    parts = [given]
    for bar in range(0, bars, length):
        again = vary(model, style, knobs, 0.15, tempo, seed + bar)
        again = again[steps_of(again) < min(length, bars - bar) * STEPS_PER_BAR]
        again[:, 0] += (given_bars + bar) * BEATS_PER_BAR
        parts.append(again)
    return merged(parts)


def vary(given: Events, style: Style, knobs: Knobs, amount: float, tempo_bpm: float, seed: int) -> Events:
    """Change a share of what is not an accent: weak strokes go, strokes of the style's patterns come.

    Args:
        given: drums, sorted by start.
        style: where new strokes are from.
        knobs: of the feel in which they are played.
        amount: 0 changes nothing, 1 replaces every stroke that is no accent.
        tempo_bpm: tempo.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng([seed, 2])
    if not len(given) or amount <= 0:
        return given.copy()
    bars = int(steps_of(given).max()) // STEPS_PER_BAR + 1
    weak = given[:, 3] < np.quantile(given[:, 3], 0.6)
    kept = given[~(weak & (rng.uniform(size=len(given)) < amount))]
    new = generate(style, bars, knobs, 0.6, tempo_bpm, seed)
    there = {(step, drum_of(p)) for step, p in zip(steps_of(given), given[:, 2], strict=True)}
    fresh = np.array([(s, drum_of(p)) not in there for s, p in zip(steps_of(new), new[:, 2], strict=True)], bool) & (
        rng.uniform(size=len(new)) < 0.5 * amount * (new[:, 3] < 0.8)
    )
    return merged([kept, new[fresh]])


def from_taps(taps: Events, style: Style, bars: int, seed: int) -> Events:
    """A drummer for a tapped rhythm: the pattern of the style that it resembles, at the taps' own times.

    Each tap gets the pattern's drums of its sixteenth, or a hat; strokes without a tap are left out.

    Args:
        taps: any notes; time and velocity count.
        style: where the drums are from.
        bars: how many.
        seed: decides between patterns that are equally near.
    """
    rng = np.random.default_rng([seed, 3])
    steps = np.clip(steps_of(taps), 0, bars * STEPS_PER_BAR - 1)
    tapped = np.zeros(bars * STEPS_PER_BAR, bool)
    tapped[steps] = True

    def likeness(pattern: Pattern) -> float:
        strokes = np.zeros_like(tapped)
        for step in range(len(tapped)):
            strokes[step] = any(text[step % len(text)] in "Xx" for text in pattern.values())
        return 2 * float((strokes & tapped).sum()) / max(1, int(strokes.sum() + tapped.sum()))

    order = rng.permutation(len(style.patterns))
    pattern = max((style.patterns[i] for i in order), key=likeness)
    rows = []
    for step, tap in dict(zip(steps.tolist(), taps, strict=True)).items():
        drums = {drum: text[step % len(text)] for drum, text in pattern.items() if text[step % len(text)] != "."}
        for drum, token in (drums or {"hat": "x"}).items():
            rows.append([tap[0], LENGTH_BEATS, DRUMS[drum], np.clip(tap[3] * STRENGTHS[token] / 0.72, 1 / 127, 1.0)])
    return merged([np.array(rows, np.float64).reshape(-1, 4)])

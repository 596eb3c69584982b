"""The sampler: a kernel that asks the network again and again until all bars are drawn, from a seed.

A window of two bars moves on by one bar. In each, hits are drawn in GROUPS passes, from the backbeat to the fills,
each given those before (as in MaskGIT, Chang et al. 2022, with a fixed order); then velocities and offsets in one.

Velocities and offsets share a part of their randomness within a bar and within a step (a Gaussian copula), so that
a bar is early as a whole and the drums of one step do not flam.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, exp, log, sqrt
from dawg_ai.plugins.beats.features import PITCHES

STEPS, DRUMS, BAR = 32, 9, 16
MAX_BARS = 32
SONG = MAX_BARS * BAR
GROUPS = 6
VELOCITY_BINS, OFFSET_BINS = 32, 33
MODES = ("generate", "humanise", "tap", "continue", "infill")
GENERATE, HUMANISE, TAP, CONTINUE, INFILL = range(5)
DRAW, PASS, FIRST, STAGE, LAST, OURS, SPARE, HAS_SPARE = range(8)  # of the state
HIT, HIT_KNOWN, VELOCITY, OFFSET, VALUE_KNOWN = range(5)  # of a cell
LENGTH_S = 0.1
FURTHEST = 0.75  # steps
SHARPNESS = 1.75  # factor on logits of hits, whose draws in one pass do not know of each other; by validation
MEAN_VELOCITY, USUAL_DYNAMICS = 0.55, 0.2  # of velocity, where dynamics are set
# Shares of variance that a bar, a step and a stroke alone have in what the network does not foresee.
OFFSET_BAR, OFFSET_STEP = 0.30, 0.40
VELOCITY_BAR, VELOCITY_STEP = 0.15, 0.10


@kernel
def group_of(step: int, drum: int) -> int:
    """In which pass a cell is drawn: kick and snare, hats and ride, then toms and crash; beats first."""
    if drum <= 1:
        return 0 if step % 4 == 0 else 1 if step % 2 == 0 else 2
    if drum == 2 or drum == 3 or drum == 8:
        return 3 if step % 2 == 0 else 4
    return 5


_plain = getattr(group_of, "py_func", group_of)  # nothing is compiled at import
GROUP_OF = np.array([[_plain(step, drum) for drum in range(DRUMS)] for step in range(STEPS)])


@kernel
def uniform(state: F64) -> float:
    """The next number between 0 and 1: MINSTD (Park and Miller 1988), exact in float64."""
    product = 16807.0 * state[DRAW]
    rest: float = product - 2147483647.0 * float(int(product / 2147483647.0))
    state[DRAW] = rest
    return rest / 2147483647.0


@kernel
def normal(state: F64) -> float:
    """The next standard normal number (Box and Muller 1958)."""
    radius = sqrt(-2.0 * log(uniform(state)))
    return radius * cos(2.0 * PI * uniform(state))


@kernel
def cumulative(z: float) -> float:
    """Standard normal distribution function, to 8e-8 (Abramowitz and Stegun 26.2.17).

    >>> round(cumulative(-1.959964), 6)
    0.025
    """
    t = 1.0 / (1.0 + 0.2316419 * abs(z))
    poly = 1.330274429
    poly = poly * t - 1.821255978
    poly = poly * t + 1.781477937
    poly = poly * t - 0.356563782
    poly = poly * t + 0.319381530
    upper = 0.3989422804014327 * exp(-0.5 * z * z) * poly * t
    return upper if z < 0.0 else 1.0 - upper


@kernel
def sigmoid(x: float) -> float:
    """Logistic function."""
    return 1.0 / (1.0 + exp(-x))


@kernel
def quantile(logits: F32, share: float) -> float:
    """Where the distribution over bins reaches `share`, in bins from the first one's lower end."""
    highest = np.float64(logits[0])
    for i in range(1, logits.shape[0]):
        highest = max(highest, np.float64(logits[i]))
    total = 0.0
    for i in range(logits.shape[0]):
        total += exp(np.float64(logits[i]) - highest)
    left = share * total
    for i in range(logits.shape[0]):
        weight = exp(np.float64(logits[i]) - highest)
        if left <= weight:
            return float(i) + left / weight
        left -= weight
    return float(logits.shape[0])


@kernel
def put_strokes(
    strokes: F32, tempo_bpm: float, song: F32, drum_count: F64, as_taps: bool, song_taps: F32
) -> int:  # fmt: skip
    """Put strokes on the grid, the hardest of each cell; return the number of bars that they take.

    Args:
        strokes: (rows, 3): start in seconds, drum, velocity.
        tempo_bpm: tempo.
        song: (SONG, DRUMS, 5), see `HIT` and what follows; hits, velocities and offsets are set.
        drum_count: (DRUMS,), strokes of each drum.
        as_taps: only time counts.
        song_taps: (SONG, 3): whether there is a tap, its offset, and its velocity.
    """
    bars = 1
    for i in range(strokes.shape[0]):
        velocity = strokes[i, 2]
        at = np.float64(strokes[i, 0]) * tempo_bpm / 15.0
        step = int(at + 0.5)
        if velocity <= 0.0 or at < 0.0 or step >= SONG:
            continue
        bars = max(bars, step // BAR + 1)
        offset = np.float32(at - float(step))
        if as_taps:
            if velocity > song_taps[step, 2]:
                song_taps[step, 0], song_taps[step, 1], song_taps[step, 2] = np.float32(1.0), offset, velocity
            continue
        drum = min(max(int(strokes[i, 1]), 0), DRUMS - 1)
        drum_count[drum] += 1.0
        if velocity > song[step, drum, VELOCITY]:
            song[step, drum, HIT], song[step, drum, VELOCITY] = np.float32(1.0), velocity
            song[step, drum, OFFSET] = offset
    return bars


@kernel
def fill_inputs(state: F64, song: F32, song_taps: F32, tapped: bool, cells: F32, taps: F32) -> None:
    """The window that begins at bar `state[FIRST]` as the network sees it."""
    first = int(state[FIRST]) * BAR
    for step in range(STEPS):
        for drum in range(DRUMS):
            known, valued = song[first + step, drum, HIT_KNOWN], song[first + step, drum, VALUE_KNOWN]
            hit = song[first + step, drum, HIT] * known
            cells[step, drum * 5 + HIT], cells[step, drum * 5 + HIT_KNOWN] = hit, known
            cells[step, drum * 5 + VELOCITY] = hit * valued * song[first + step, drum, VELOCITY]
            cells[step, drum * 5 + OFFSET] = hit * valued * song[first + step, drum, OFFSET]
            cells[step, drum * 5 + VALUE_KNOWN] = valued
        taps[step, 0] = song_taps[first + step, 0] if tapped else np.float32(0.0)
        taps[step, 1] = song_taps[first + step, 1] if tapped else np.float32(0.0)
        taps[step, 2] = np.float32(1.0) if tapped else np.float32(0.0)


@kernel
def density_bias(hit_logits: F32, state: F64, song: F32, density: float) -> float:
    """What to add to sharpened logits so that as many strokes are to be expected as are asked for; 0 where none are.

    Args:
        hit_logits: (STEPS, DRUMS).
        state: the window's place.
        song: see `put_strokes`.
        density: strokes a sixteenth; 0 leaves it to the network.
    """
    if density <= 0.0:
        return 0.0
    first, begin = int(state[FIRST]) * BAR, 0 if state[FIRST] == 0.0 else BAR
    low, high = -12.0, 12.0
    for _ in range(24):
        bias = 0.5 * (low + high)
        if expected_strokes(hit_logits, song, first, begin, bias) < density * float(STEPS - begin):
            low = bias
        else:
            high = bias
    return 0.5 * (low + high)


@kernel
def expected_strokes(hit_logits: F32, song: F32, first: int, begin: int, bias: float) -> float:
    """Strokes that are there, and those to be expected, from step `begin` of the window on."""
    expected = 0.0
    for step in range(begin, STEPS):
        for drum in range(DRUMS):
            if song[first + step, drum, HIT_KNOWN] > 0.0:
                expected += float(np.float64(song[first + step, drum, HIT]))
            else:
                expected += sigmoid(SHARPNESS * np.float64(hit_logits[step, drum]) + bias)
    return expected


@kernel
def draw_hits(hit_logits: F32, state: F64, song: F32, density: float) -> int:
    """Draw the hits of this stage's cells; return how many cells of later stages are still unknown."""
    first, stage = int(state[FIRST]) * BAR, int(state[STAGE])
    bias = density_bias(hit_logits, state, song, density)
    unknown = 0
    for step in range(STEPS):
        for drum in range(DRUMS):
            if song[first + step, drum, HIT_KNOWN] > 0.0:
                continue
            if group_of(step, drum) > stage:
                unknown += 1
                continue
            struck = uniform(state) < sigmoid(SHARPNESS * np.float64(hit_logits[step, drum]) + bias)
            song[first + step, drum, HIT] = np.float32(1.0 if struck else 0.0)
            song[first + step, drum, HIT_KNOWN] = np.float32(1.0)
    return unknown


@kernel
def draw_values(
    velocity_logits: F32, offset_logits: F32, center: F32, contrast: float, state: F64, song: F32, shared: F64
) -> None:  # fmt: skip
    """Draw velocity and offset of every stroke of the window that has none yet.

    `contrast` is a factor on how far velocities are from their mean; `shared` (MAX_BARS, 2) remembers what strokes of
    a bar have in common, of velocity and offset.
    """
    first = int(state[FIRST]) * BAR
    for step in range(STEPS):
        bar = (first + step) // BAR
        if step % BAR == 0 and shared[bar, 0] == 0.0:
            shared[bar, 0], shared[bar, 1] = normal(state), normal(state)
        velocity_step, offset_step = normal(state), normal(state)
        for drum in range(DRUMS):
            if song[first + step, drum, VALUE_KNOWN] > 0.0:
                continue
            song[first + step, drum, VALUE_KNOWN] = np.float32(1.0)
            if song[first + step, drum, HIT] == 0.0:
                continue
            z = sqrt(VELOCITY_BAR) * shared[bar, 0] + sqrt(VELOCITY_STEP) * velocity_step
            z += sqrt(1.0 - VELOCITY_BAR - VELOCITY_STEP) * normal(state)
            found = quantile(velocity_logits[step, drum], cumulative(z)) / float(VELOCITY_BINS)
            found = MEAN_VELOCITY + contrast * (found - MEAN_VELOCITY)
            song[first + step, drum, VELOCITY] = np.float32(min(max(found, 0.01), 1.0))
            z = sqrt(OFFSET_BAR) * shared[bar, 1] + sqrt(OFFSET_STEP) * offset_step
            z += sqrt(1.0 - OFFSET_BAR - OFFSET_STEP) * normal(state)
            found = (quantile(offset_logits[step, drum], cumulative(z)) - 0.5 * float(OFFSET_BINS)) / 32.0
            found += np.float64(center[step, drum])
            song[first + step, drum, OFFSET] = np.float32(min(max(found, -FURTHEST), FURTHEST))


@kernel
def write_cells(song: F32, begin: int, bars: int, tempo_bpm: float, played: F32) -> None:
    """All strokes of the grid from step `begin` on as notes."""
    row = 0
    for step in range(begin, bars * BAR):
        for drum in range(DRUMS):
            if song[step, drum, HIT] > 0.0:
                start_s = (float(step) + np.float64(song[step, drum, OFFSET])) * 15.0 / tempo_bpm
                played[row, 0], played[row, 1] = np.float32(max(0.0, start_s)), np.float32(LENGTH_S)
                played[row, 2], played[row, 3] = np.float32(PITCHES[drum]), song[step, drum, VELOCITY]
                row += 1


@kernel
def write_humanised(strokes: F32, given: F32, song: F32, tempo_bpm: float, amount: float, played: F32) -> None:
    """The strokes that were given, moved as their cells were; those of one cell keep their distances.

    Args:
        strokes: as they were given.
        given: the grid as it was given.
        song: the grid with the drawn velocities and offsets.
        tempo_bpm: tempo.
        amount: 0 leaves all as it was.
        played: (rows, 6), filled.
    """
    for i in range(min(strokes.shape[0], played.shape[0])):
        if strokes[i, 2] <= 0.0:
            continue
        step = int(np.float64(strokes[i, 0]) * tempo_bpm / 15.0 + 0.5)
        drum = min(max(int(strokes[i, 1]), 0), DRUMS - 1)
        start_s, velocity = np.float64(strokes[i, 0]), np.float64(strokes[i, 2])
        if step < SONG:
            moved = np.float64(song[step, drum, OFFSET]) - np.float64(given[step, drum, OFFSET])
            changed = np.float64(song[step, drum, VELOCITY]) - np.float64(given[step, drum, VELOCITY])
            start_s += amount * moved * 15.0 / tempo_bpm
            velocity += amount * changed
        played[i, 0], played[i, 1] = np.float32(max(0.0, start_s)), np.float32(LENGTH_S)
        played[i, 2], played[i, 3] = np.float32(PITCHES[drum]), np.float32(min(max(velocity, 0.01), 1.0))


@kernel
def begin(
    mode: int, pattern: F32, taps: F32, start: F32, keep: F32, tempo_bpm: float, bars: float,
    song: F32, given: F32, song_taps: F32, drum_count: F64, state: F64,
) -> None:  # fmt: skip
    """Put on the grid what is given, and say what of it is known."""
    asked = int(bars)
    if mode == HUMANISE:
        asked = put_strokes(pattern, tempo_bpm, song, drum_count, False, song_taps)
    elif mode == TAP:
        asked = put_strokes(taps, tempo_bpm, song, drum_count, True, song_taps)
    elif mode == INFILL:
        asked = put_strokes(keep, tempo_bpm, song, drum_count, False, song_taps)
    elif mode == CONTINUE:
        before = put_strokes(start, tempo_bpm, song, drum_count, False, song_taps)
        asked = min(before + asked, MAX_BARS)
        state[OURS] = float(before)
        state[FIRST] = float(before - 1)
    state[LAST] = float(max(asked, 2))
    for step in range(SONG):
        for drum in range(DRUMS):
            for what in range(5):
                given[step, drum, what] = song[step, drum, what]
            before_us = mode == CONTINUE and step < int(state[OURS]) * BAR
            kept = before_us or (mode == INFILL and drum_count[drum] > 0.0)
            song[step, drum, HIT_KNOWN] = np.float32(1.0 if kept or mode == HUMANISE else 0.0)
            song[step, drum, VALUE_KNOWN] = np.float32(1.0 if kept else 0.0)


@kernel
def decode(
    hit_logits: Annotated[F32, 32, 9],
    velocity_logits: Annotated[F32, 32, 9, 32],
    offset_logits: Annotated[F32, 32, 9, 33],
    center: Annotated[F32, 32, 9],
    mode: Annotated[F32, 5],
    pattern_strokes: Annotated[F32, "pattern_rows", 3],
    taps_strokes: Annotated[F32, "taps_rows", 3],
    start_strokes: Annotated[F32, "start_rows", 3],
    keep_strokes: Annotated[F32, "keep_rows", 3],
    seed: float,
    tempo_bpm: float,
    bars: float,
    density: float,
    feel: float,
    swing: float,
    push_ms: float,
    dynamics: float,
    amount: float,
    cells: Annotated[F32, 32, 45],
    taps: Annotated[F32, 32, 3],
    feel_vector: Annotated[F32, 10],
    song: Annotated[F32, 512, 9, 5],
    given: Annotated[F32, 512, 9, 5],
    song_taps: Annotated[F32, 512, 3],
    drum_count: Annotated[F64, 9],
    shared: Annotated[F64, 32, 2],
    played: Annotated[F32, 4608, 6],
    state: Annotated[F64, 8],
) -> int:
    """Draw hits, then velocities and offsets, window by window; returns 1 until all bars are there."""
    which = 0
    for i in range(5):
        if mode[i] > 0.5:
            which = i
    if state[PASS] == 0.0:
        state[DRAW] = seed + 1.0
        for _ in range(10):
            uniform(state)
        begin(which, pattern_strokes, taps_strokes, start_strokes, keep_strokes, tempo_bpm, bars, song, given,
              song_taps, drum_count, state)  # fmt: skip
        for phase in range(4):
            late = push_ms / 15000.0 * tempo_bpm + (swing if phase % 2 == 1 else 0.0)
            feel_vector[phase] = np.float32(late * feel)
        feel_vector[4], feel_vector[5] = np.float32(MEAN_VELOCITY * feel), np.float32(dynamics * feel)
        feel_vector[6] = np.float32(density)
        feel_vector[7] = feel_vector[8] = np.float32(feel)
        feel_vector[9] = np.float32(1.0 if density > 0.0 else 0.0)
    elif state[STAGE] < float(GROUPS):
        left = draw_hits(hit_logits, state, song, density)
        state[STAGE] = float(GROUPS) if left == 0 else state[STAGE] + 1.0
    else:
        contrast = dynamics / USUAL_DYNAMICS if feel > 0.0 else 1.0
        draw_values(velocity_logits, offset_logits, center, contrast, state, song, shared)
        state[STAGE] = 0.0
        state[FIRST] += 1.0
        if state[FIRST] + 2.0 > state[LAST]:
            total = int(state[LAST]) if which != GENERATE else max(int(bars), 1)
            if which == HUMANISE:
                write_humanised(pattern_strokes, given, song, tempo_bpm, amount, played)
            else:
                write_cells(song, 0, min(total, MAX_BARS), tempo_bpm, played)
            return 0
    state[PASS] += 1.0
    fill_inputs(state, song, song_taps, which == TAP, cells, taps)
    return 1

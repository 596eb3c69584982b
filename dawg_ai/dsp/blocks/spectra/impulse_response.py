"""Impulse responses of rooms, measured and reshaped: leading silence, length, decay time and energy.

Measured are the onset, the decay and the start of the noise floor. The decay is the slope of the backward (Schroeder)
integral from -5 to -25 dB (M. R. Schroeder, "New method of measuring reverberation time", JASA 37, 1965; ISO 3382-1
calls it T20), up to the noise floor (A. Lundeby et al., "Uncertainties of measurements in room acoustics", Acustica
81, 1995). To change the decay time, the response is multiplied by the exponential of the difference (J.-M. Jot, L.
Cerveau and O. Warusfel, "Analysis and synthesis of room reverberation based on a statistical time-frequency model",
AES 103, 1997). The noise after it fades at the new decay, so that it goes on into silence rather than rising (N. J.
Bryan and J. S. Abel, "Methods for extending room impulse responses beyond their noise floor", AES 129, 2010). All
channels are measured together, so that the stereo image stays.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, exp, log10

ONSET_THRESHOLD = 1e-3  # of the peak; what is below it, in front, is leading silence
NEPERS_PER_DB = 0.11512925464970229  # ln 10 / 20
MINUS_5_DB, MINUS_25_DB = 0.31622776601683794, 0.0031622776601683794  # of an energy
MAX_DECAY_DB = 100.0  # by then nothing of a decay is left above noise

# Facts: samples loaded, onset, start of the noise floor, decay in nepers per sample.
COUNT, ONSET, NOISE_START, DECAY_RATE = range(4)

# A plan: what is requested, in samples and factors, and then what that means for this response.
START, LENGTH, DECAY, PREDELAY, TRIM, NORMALISE, FADE = range(7)
REQUESTED = 7
FIRST_SAMPLE, KEPT, FADE_AT, DECAY_CHANGE, NOISE_AT, NOISE_FADE, ENERGY, GAIN = range(7, 15)
PLAN = 15


@kernel
def measure(ir: Annotated[F32, "channels", "taps"], facts: Annotated[F64, 4]) -> None:
    """Measure an impulse response; all channels together.

    Args:
        ir: (channels, taps); where none are loaded, it becomes a unit impulse.
        facts: in: `facts[COUNT]` samples are loaded. Out: the length without trailing zeros, the onset, the start of
            the noise floor, and the decay rate.
    """
    if facts[COUNT] == 0.0:
        for channel in range(ir.shape[0]):
            ir[channel, 0] = np.float32(1.0)
        facts[COUNT] = 1.0
    while facts[COUNT] > 1.0 and _energy(ir, int(facts[COUNT]) - 1, int(facts[COUNT])) == 0.0:
        facts[COUNT] -= 1.0
    count = int(facts[COUNT])
    onset, noise_start = _onset(ir, count), _noise_start(ir, count)
    decay_rate = _decay_rate(ir, onset, noise_start)
    # Without this limit, a fast decay before a slow one would be made louder without bound.
    deepest = float(onset) + MAX_DECAY_DB * NEPERS_PER_DB / decay_rate if decay_rate > 0.0 else float(noise_start)
    facts[ONSET], facts[NOISE_START], facts[DECAY_RATE] = float(onset), min(float(noise_start), deepest), decay_rate


@kernel
def _energy(ir: F32, first: int, end: int) -> float:
    """Sum of squares of all channels."""
    total = 0.0
    for channel in range(ir.shape[0]):
        row = ir[channel][first:end]
        for i in range(len(row)):
            total += np.float64(row[i]) * np.float64(row[i])
    return total


@kernel
def _onset(ir: F32, count: int) -> int:
    """The first sample of any channel within `ONSET_THRESHOLD` of the peak."""
    peak = 0.0
    for channel in range(ir.shape[0]):
        row = ir[channel][:count]
        for i in range(len(row)):
            peak = max(peak, abs(np.float64(row[i])))
    first = count - 1
    for channel in range(ir.shape[0]):
        row, quiet = ir[channel][:first], np.uintp(0)
        while quiet < np.uintp(len(row)) and abs(np.float64(row[quiet])) < ONSET_THRESHOLD * peak:
            quiet += np.uintp(1)
        first = int(quiet)
    return first


@kernel
def _noise_start(ir: F32, count: int) -> int:
    """Start of the noise floor: where the energy meets that of the last tenth, if that no longer decays."""
    tenth = count // 10
    piece = max(tenth // 10, 1)
    noise = _energy(ir, count - tenth, count)
    if tenth < 10 or noise < 0.8 * _energy(ir, count - 2 * tenth, count - tenth):
        return count
    threshold, at = 4.0 * noise * float(piece) / float(tenth), count - tenth
    while at >= piece and _energy(ir, at - piece, at) < threshold:
        at -= piece
    return at if at >= piece else count


@kernel
def _decay_rate(ir: F32, onset: int, noise_start: int) -> float:
    """Decay rate in nepers per sample: linear regression of the backward integral in dB; 0 if there is none."""
    whole = _energy(ir, onset, noise_start)
    if whole == 0.0:
        return 0.0
    remaining, n, x, y, xx, xy = whole, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(onset, noise_start):
        if MINUS_25_DB * whole <= remaining <= MINUS_5_DB * whole:
            at, level = float(i - onset), 10.0 * log10(remaining / whole)
            n, x, y, xx, xy = n + 1.0, x + at, y + level, xx + at * at, xy + at * level
        remaining -= _energy(ir, i, i + 1)
    denominator = n * xx - x * x
    return max(-NEPERS_PER_DB * (n * xy - x * y) / denominator, 0.0) if denominator > 0.0 else 0.0


@kernel
def plan_response(requested: F64, facts: Annotated[F64, 4], max_samples: int, plan: Annotated[F64, 15]) -> int:
    """Plan a reshaped response.

    Args:
        requested: (REQUESTED,): start, length, decay factor, pre-delay, trim, normalise, fade; samples and factors.
        facts: of `measure`.
        max_samples: the most that there is room for.
        plan: overwritten.

    Returns:
        The length of the planned response in samples.
    """
    for k in range(REQUESTED):
        plan[k] = requested[k]
    first = min((facts[ONSET] if requested[TRIM] > 0.5 else 0.0) + requested[START], facts[COUNT] - 1.0)
    kept = min(min(requested[LENGTH], facts[COUNT] - first), float(max_samples) - requested[PREDELAY])
    plan[FIRST_SAMPLE], plan[KEPT], plan[ENERGY], plan[GAIN] = first, kept, 0.0, 1.0
    plan[FADE_AT] = kept - requested[FADE] if first + kept < facts[COUNT] else kept
    plan[NOISE_AT] = max(facts[NOISE_START] - first, 0.0)
    plan[DECAY_CHANGE] = facts[DECAY_RATE] * (1.0 - 1.0 / requested[DECAY])
    plan[NOISE_FADE] = -facts[DECAY_RATE] / requested[DECAY] if requested[DECAY] != 1.0 else 0.0
    return int(requested[PREDELAY] + kept)


@kernel
def shape(ir: Annotated[F32, "taps"], plan: Annotated[F64, 15], start: int, out: Annotated[F64, "samples"]) -> float:
    """The next samples of one channel of the planned response.

    Args:
        ir: the channel.
        plan: of `plan_response`.
        start: first sample wanted.
        out: overwritten, at the level as recorded: `plan[GAIN]` is left to the caller.

    Returns:
        Their energy.
    """
    first, kept, predelay = int(plan[FIRST_SAMPLE]), int(plan[KEPT]), int(plan[PREDELAY])
    fade_at, noise_at, decay_change, noise_fade = plan[FADE_AT], plan[NOISE_AT], plan[DECAY_CHANGE], plan[NOISE_FADE]
    energy, as_recorded = 0.0, decay_change == 0.0 and noise_fade == 0.0
    for k in range(len(out)):
        out[k] = 0.0
    for i in range(max(start - predelay, 0), min(start - predelay + len(out), kept)):
        at = float(i)
        value = np.float64(ir[np.uintp(first + i)])
        if not as_recorded:
            value *= exp(decay_change * min(at, noise_at) + noise_fade * max(at - noise_at, 0.0))
        if at >= fade_at:
            value *= 0.5 + 0.5 * cos(PI * (at + 1.0 - fade_at) / (plan[FADE] + 1.0))
        out[np.uintp(i + predelay - start)] = value
        energy += value * value
    return energy

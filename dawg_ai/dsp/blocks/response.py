"""An impulse response, measured and shaped: its leading silence, its length, its decay and its energy.

Measured is when it begins, how fast it decays and where it sinks into noise. The decay is the slope of the backward
integral from -5 to -25 dB (M. R. Schroeder, "New method of measuring reverberation time", JASA 37, 1965; ISO 3382-1
calls it T20), which is taken up to the noise (A. Lundeby et al., "Uncertainties of measurements in room acoustics",
Acustica 81, 1995). To change the decay time, the response is multiplied by the exponential that makes up the
difference (J.-M. Jot, L. Cerveau and O. Warusfel, "Analysis and synthesis of room reverberation based on a
statistical time-frequency model", AES 103, 1997). What comes after, which is noise, fades as the decay now does, so
that it goes on into silence rather than rising (N. J. Bryan and J. S. Abel, "Methods for extending room impulse
responses beyond their noise floor", AES 129, 2010). All channels are measured together, so that the image stays.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, exp, log10

SILENCE = 1e-3  # of the peak: what is below, in front, is not the response yet
NEPERS_PER_DB = 0.11512925464970229  # ln 10 / 20
MINUS_5_DB, MINUS_25_DB = 0.31622776601683794, 0.0031622776601683794  # of an energy
DEPTH_DB = 100.0  # what the decay has gone down when nothing of it can be left above noise

COUNT, ONSET, KNEE, RATE = range(4)  # facts: samples there are, where it begins and ends, nepers per sample

# A plan: what is asked for, in samples and factors, and then what that makes of this response.
START, LENGTH, DECAY, PREDELAY, TRIM, NORMALISE, FADE = range(7)
ASKED = 7
FIRST, KEPT, EDGE, SLOPE, BEND, AFTER, ENERGY, GAIN = range(7, 15)
PLAN = 15


@kernel
def measure(ir: Annotated[F32, "channels", "most"], facts: Annotated[F64, 4]) -> None:
    """Fill `facts` for the first `facts[COUNT]` samples; where there are none, the response is a single 1."""
    if facts[COUNT] == 0.0:
        for channel in range(ir.shape[0]):
            ir[channel, 0] = np.float32(1.0)
        facts[COUNT] = 1.0
    while facts[COUNT] > 1.0 and _energy(ir, int(facts[COUNT]) - 1, int(facts[COUNT])) == 0.0:
        facts[COUNT] -= 1.0
    count = int(facts[COUNT])
    onset, knee = _onset(ir, count), _knee(ir, count)
    rate = _rate(ir, onset, knee)
    # Without this end, a fast decay before a slow one would be made louder without bound.
    deepest = float(onset) + DEPTH_DB * NEPERS_PER_DB / rate if rate > 0.0 else float(knee)
    facts[ONSET], facts[KNEE], facts[RATE] = float(onset), min(float(knee), deepest), rate


@kernel
def _energy(ir: F32, first: int, end: int) -> float:
    total = 0.0
    for channel in range(ir.shape[0]):
        row = ir[channel][first:end]
        for i in range(len(row)):
            total += np.float64(row[i]) * np.float64(row[i])
    return total


@kernel
def _onset(ir: F32, count: int) -> int:
    peak = 0.0
    for channel in range(ir.shape[0]):
        row = ir[channel][:count]
        for i in range(len(row)):
            peak = max(peak, abs(np.float64(row[i])))
    first = count - 1
    for channel in range(ir.shape[0]):
        row, quiet = ir[channel][:first], np.uintp(0)
        while quiet < np.uintp(len(row)) and abs(np.float64(row[quiet])) < SILENCE * peak:
            quiet += np.uintp(1)
        first = int(quiet)
    return first


@kernel
def _knee(ir: F32, count: int) -> int:
    """Where the response sinks into noise: into what the last tenth has, if that is no softer than the one before."""
    tenth = count // 10
    piece = max(tenth // 10, 1)
    noise = _energy(ir, count - tenth, count)
    if tenth < 10 or noise < 0.8 * _energy(ir, count - 2 * tenth, count - tenth):
        return count
    loud, at = 4.0 * noise * float(piece) / float(tenth), count - tenth
    while at >= piece and _energy(ir, at - piece, at) < loud:
        at -= piece
    return at if at >= piece else count


@kernel
def _rate(ir: F32, onset: int, knee: int) -> float:
    """How fast the amplitude decays, in nepers per sample: a line through the backward integral; 0 if it does not."""
    whole = _energy(ir, onset, knee)
    if whole == 0.0:
        return 0.0
    left, n, x, y, xx, xy = whole, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(onset, knee):
        if MINUS_25_DB * whole <= left <= MINUS_5_DB * whole:
            at, level = float(i - onset), 10.0 * log10(left / whole)
            n, x, y, xx, xy = n + 1.0, x + at, y + level, xx + at * at, xy + at * level
        left -= _energy(ir, i, i + 1)
    spread = n * xx - x * x
    return max(-NEPERS_PER_DB * (n * xy - x * y) / spread, 0.0) if spread > 0.0 else 0.0


@kernel
def lay_out(asked: F64, facts: Annotated[F64, 4], most: int, plan: Annotated[F64, 15]) -> int:
    """Plan what is `asked` for of a measured response; return how many samples it makes, at most `most`."""
    for k in range(ASKED):
        plan[k] = asked[k]
    first = min((facts[ONSET] if asked[TRIM] > 0.5 else 0.0) + asked[START], facts[COUNT] - 1.0)
    kept = min(min(asked[LENGTH], facts[COUNT] - first), float(most) - asked[PREDELAY])
    plan[FIRST], plan[KEPT], plan[ENERGY], plan[GAIN] = first, kept, 0.0, 1.0
    plan[EDGE] = kept - asked[FADE] if first + kept < facts[COUNT] else kept
    plan[BEND] = max(facts[KNEE] - first, 0.0)
    plan[SLOPE] = facts[RATE] * (1.0 - 1.0 / asked[DECAY])
    plan[AFTER] = -facts[RATE] / asked[DECAY] if asked[DECAY] != 1.0 else 0.0
    return int(asked[PREDELAY] + kept)


@kernel
def shape(ir: Annotated[F32, "most"], plan: Annotated[F64, 15], start: int, out: Annotated[F64, "samples"]) -> float:
    """The next samples of one channel of the planned response, from `start` on; return their energy.

    Their level is as recorded: `plan[GAIN]` is for whoever uses them.
    """
    first, kept, late = int(plan[FIRST]), int(plan[KEPT]), int(plan[PREDELAY])
    edge, bend, slope, after = plan[EDGE], plan[BEND], plan[SLOPE], plan[AFTER]
    energy, as_recorded = 0.0, slope == 0.0 and after == 0.0
    for k in range(len(out)):
        out[k] = 0.0
    for i in range(max(start - late, 0), min(start - late + len(out), kept)):
        at = float(i)
        value = np.float64(ir[np.uintp(first + i)])
        if not as_recorded:
            value *= exp(slope * min(at, bend) + after * max(at - bend, 0.0))
        if at >= edge:
            value *= 0.5 + 0.5 * cos(PI * (at + 1.0 - edge) / (plan[FADE] + 1.0))
        out[np.uintp(i + late - start)] = value
        energy += value * value
    return energy

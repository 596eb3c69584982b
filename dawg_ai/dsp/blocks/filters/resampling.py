"""Sample rate conversion by a polyphase FIR, for the browser; files go through soxr (`dawg_ai.audio.at_rate`).

Every output is the sum of 96 inputs around its place, weighted by a Kaiser-windowed sinc; going down, of as many more
as the rate is lower. The ratio of the rates in lowest terms, L / M, gives L phases, and the weights of each phase are
one polyphase branch of the table. At 44.1 kHz the filter is flat to 20 kHz and 100 dB down from 23 kHz on.

Source: J. O. Smith, "Digital Audio Resampling Home Page" (https://ccrma.stanford.edu/~jos/resample/), with the window
of J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", ISCAS 1974.
"""

import math
from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.filters.kaiser import kaiser_window
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.lanes import high, left, load4, low, right
from dawg_ai.dsp.math import PI, sin
from dawg_ai.errors import UsageError

UPSAMPLING_TAPS = 96
MAX_TAPS = 2048
BETA = 10.06  # of the Kaiser window: 100 dB of stop-band attenuation
CUTOFF = 0.975  # 6 dB down, as a part of the lower Nyquist frequency
CHUNK = 1024
MAX_WEIGHTS = 1 << 17  # in the table of branches
MAX_RATIO = 48  # outputs per input: from 4 to 192 kHz
MAX_RATE_HZ = 1e9

FOUR, EIGHT, TWELVE, SIXTEEN = np.uintp(4), np.uintp(8), np.uintp(12), np.uintp(16)


@kernel
def prepare(
    rates: Annotated[F64, 2], plan: Annotated[F64, 3], table: Annotated[F64, 131072], progress: Annotated[F64, 2]
) -> None:
    """Fill the table of polyphase branches.

    Args:
        rates: from and to, whole numbers of Hz.
        plan: overwritten with L, M and the taps per branch; L is 0 where the table has no room for L branches, or a
            block none for so many outputs, and where a rate is none.
        table: overwritten with the branches, one after the other.
        progress: overwritten: the place of the next output's first tap, and its phase.
    """
    plan[0] = 0.0
    if not (1.0 <= rates[0] <= MAX_RATE_HZ and 1.0 <= rates[1] <= float(MAX_RATIO) * rates[0]):
        return
    a, b = int(rates[0]), int(rates[1])
    while b > 0:
        a, b = b, a % b
    phases, step = int(rates[1]) // a, int(rates[0]) // a
    stretch = max(1.0, rates[0] / rates[1])
    taps = 16 * int(stretch * float(UPSAMPLING_TAPS) / 16.0 + 0.999)
    if phases * taps > MAX_WEIGHTS or taps > MAX_TAPS:
        return
    plan[0], plan[1], plan[2] = float(phases), float(step), float(taps)
    progress[0], progress[1] = float(taps // 2 + 1), 0.0
    half = 0.5 * float(taps)
    for phase in range(phases):
        for j in range(taps):
            place = float(j - taps // 2 + 1) - float(phase) / float(phases)
            angle = PI * CUTOFF / stretch * place
            sinc = sin(angle) / angle if place != 0.0 else 1.0
            table[phase * taps + j] = CUTOFF / stretch * sinc * kaiser_window(place / half, BETA)


@kernel
def block(
    x: Annotated[F32, "channels", "samples"],
    out: Annotated[F32, "channels", "outputs"],
    plan: Annotated[F64, 3],
    table: Annotated[F64, 131072],
    progress: Annotated[F64, 2],
    past: Annotated[F64, "channels", 2048],
    line: Annotated[F64, 3072],
) -> int:
    """Resample the next block.

    The first output is at the place of the first input; half a filter of silence at the end brings out the rest.

    Args:
        x: the block.
        out: overwritten; must have room for what the block gives.
        plan: of `prepare`.
        table: of `prepare`.
        progress: state.
        past: state: the last inputs.
        line: scratch.

    Returns:
        How many samples were written to `out`; none without a plan.
    """
    if plan[0] == 0.0:
        return 0
    taps, written = int(plan[2]), 0
    for start in range(0, x.shape[1], CHUNK):
        stop = min(start + CHUNK, x.shape[1])
        at, phase, count = int(progress[0]), int(progress[1]), 0
        for channel in range(x.shape[0]):
            _shift_in(past[channel, :taps], x[channel, start:stop], line)
            at, phase, count = _run_branches(line, stop - start, plan, table, progress, out[channel, written:])
        progress[0], progress[1] = float(at), float(phase)
        written += count
    return written


@kernel
def _shift_in(past: F64, x: F32, line: F64) -> None:
    """`past` and then `x` into `line`; its end becomes the past of the next call."""
    before, samples = np.uintp(past.shape[0]), np.uintp(x.shape[0])
    for i in range(before):
        line[i] = past[i]
    for i in range(samples):
        line[before + i] = x[i]
    for i in range(before):
        past[i] = line[samples + i]


@kernel
def _run_branches(line: F64, samples: int, plan: F64, table: F64, progress: F64, out: F32) -> tuple[int, int, int]:
    """All outputs whose taps lie within the line: the place and phase of the next one, and their number."""
    phases, step, taps = int(plan[0]), int(plan[1]), int(plan[2])
    at, phase, count = int(progress[0]), int(progress[1]), 0
    while at <= samples and count < out.shape[0]:
        out[count] = _dot_product(line[at : at + taps], table[phase * taps : (phase + 1) * taps])
        count += 1
        phase += step
        at += phase // phases
        phase = phase % phases
    return at - samples, phase, count


@kernel
def _dot_product(line: F64, weights: F64) -> float:
    """Dot product with sixteen independent accumulators."""
    a, b = load4(line, 0) * load4(weights, 0), load4(line, 4) * load4(weights, 4)
    c, d = load4(line, 8) * load4(weights, 8), load4(line, 12) * load4(weights, 12)
    for i in range(SIXTEEN, np.uintp(weights.shape[0]), SIXTEEN):
        a = a + load4(line, i) * load4(weights, i)
        b = b + load4(line, i + FOUR) * load4(weights, i + FOUR)
        c = c + load4(line, i + EIGHT) * load4(weights, i + EIGHT)
        d = d + load4(line, i + TWELVE) * load4(weights, i + TWELVE)
    four = (a + b) + (c + d)
    two = low(four) + high(four)
    return left(two) + right(two)


# A block gives one sample more than its own times the ratio.
MODULE = Module("resampling", (prepare, block), {"channels": 2, "samples": CHUNK, "outputs": MAX_RATIO * CHUNK + 1})


def resample(audio: F32, source_hz: int, target_hz: int) -> F32:
    """Convert the sample rate at the same pitch, to the bit as the browser does.

    Args:
        audio: (channels, samples).
        source_hz: its sample rate.
        target_hz: the sample rate wanted.

    Returns:
        (channels, samples * target_hz / source_hz, rounded up).

    Raises:
        UsageError: the rates have too small a common divisor, so that the table of branches would be too large.

    >>> resample(np.ones((1, 441), np.float32), 44_100, 48_000).shape
    (1, 480)
    """
    outputs = -(-audio.shape[1] * target_hz // source_hz)
    memory: dict[str, Any] = MODULE.allocate(channels=len(audio))
    memory["rates"][:] = source_hz, target_hz
    call(prepare, memory)
    taps = int(memory["plan"][2])
    if memory["plan"][0] == 0:
        divisor = math.gcd(source_hz, target_hz)
        raise UsageError(
            f"{source_hz} and {target_hz} Hz have only {divisor} Hz in common; expected rates such as 44100 and 48000"
        )
    memory["x"] = np.pad(audio, ((0, 0), (0, taps)))
    memory["out"] = np.zeros((len(audio), memory["x"].shape[1] * target_hz // source_hz + 2), np.float32)
    call(block, memory)
    out: F32 = memory["out"][:, :outputs]
    return out

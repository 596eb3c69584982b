"""Integrated loudness in LUFS: K-weighting, mean squares, and the gated mean over a programme.

    x -> K-weighting (high shelf, high-pass) -> squares -> channel weights -> sum per 100 ms
        -> gating blocks of 400 ms -> absolute gate -> relative gate -> mean -> LUFS

Source: ITU-R BS.1770-5 (2023), Annex 1. The standard prints its two filters for 48 kHz alone; for any other rate
they follow from the analogue filters behind the printed numbers, as B. De Man found them ("Evaluation of
implementations of the EBU R128 loudness measurement", AES 145, 2018) and as libebur128 has them.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.filters.biquad import coefficients, tick
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.lanes import high, join, left, low, pair, right
from dawg_ai.dsp.math import PI, amplitude, cos, finite, log10, power, sin

STEPS_PER_S = 10  # gating blocks of 400 ms begin every 100 ms
STEPS_PER_BLOCK = 4
ABSOLUTE_GATE_LUFS = -70.0  # quieter blocks do not count
LUFS_OFFSET = -0.691  # makes a 997 Hz sine of 0 dBFS in one channel read -3.01 LUFS
RELATIVE_GATE = 0.1  # of the mean square above the absolute gate: -10 LU


@kernel
def k_weighting(sample_rate_hz: float, weighting: Annotated[F64, 2, 5]) -> None:
    """Write the two biquads of the K-weighting: a high shelf for the head, then a high-pass.

    Args:
        sample_rate_hz: the sample rate.
        weighting: (2, 5), overwritten with rows `[b0, b1, b2, a1, a2]`.
    """
    half = PI * 1681.974450955533 / sample_rate_hz
    k, q = sin(half) / cos(half), 0.7071752369554196
    top = amplitude(3.999843853973347)
    middle = power(top, 0.4996667741545416)
    a0 = 1.0 + k / q + k * k
    weighting[0, 0] = (top + middle * k / q + k * k) / a0
    weighting[0, 1] = 2.0 * (k * k - top) / a0
    weighting[0, 2] = (top - middle * k / q + k * k) / a0
    weighting[0, 3] = 2.0 * (k * k - 1.0) / a0
    weighting[0, 4] = (1.0 - k / q + k * k) / a0
    half = PI * 38.13547087602444 / sample_rate_hz
    k, q = sin(half) / cos(half), 0.5003270373238773
    a0 = 1.0 + k / q + k * k
    weighting[1, 0], weighting[1, 1], weighting[1, 2] = 1.0, -2.0, 1.0
    weighting[1, 3] = 2.0 * (k * k - 1.0) / a0
    weighting[1, 4] = (1.0 - k / q + k * k) / a0


@kernel
def add_energy(
    x: Annotated[F32, "channels", "samples"], weighting: Annotated[F64, 2, 5], state: Annotated[F64, "channels", 5]
) -> None:
    """Add up the squares of K-weighted samples, two channels at a time.

    Args:
        x: (channels, samples).
        weighting: of `k_weighting`.
        state: (channels, 5): the filters' state, and the sum of squares, which is added to.
    """
    if x.shape[1] == 0:
        return
    last = np.uintp(x.shape[0] - 1)
    for first in range(np.uintp(0), np.uintp(x.shape[0]), np.uintp(2)):
        # Two channels at a time; one left over takes both lanes.
        second = min(first + np.uintp(1), last)
        _add_two_channels(x[first], x[second], weighting, state[first], state[second])


@kernel
def _add_two_channels(a: F32, b: F32, weighting: F64, s: F64, t: F64) -> None:
    """Four lanes hold two channels in both filters; the high-pass works one sample behind the shelf."""
    shelf, high_pass = coefficients(weighting[0]), coefficients(weighting[1])
    y, p, q = tick(_two_samples(a, b, 0), shelf, pair(s[0], t[0]), pair(s[1], t[1]))
    b0, b1, b2, a1, a2 = shelf
    d0, d1, d2, c1, c2 = high_pass
    both = _both(b0, d0), _both(b1, d1), _both(b2, d2), _both(a1, c1), _both(a2, c2)
    z, u, v = join(y, y), join(p, pair(s[2], t[2])), join(q, pair(s[3], t[3]))
    total = pair(s[4], t[4])
    for i in range(1, a.shape[0]):
        z, u, v = tick(join(_two_samples(a, b, i), low(z)), both, u, v)
        total = total + high(z) * high(z)
    y, p, q = tick(low(z), high_pass, high(u), high(v))
    total = total + y * y
    s[0], s[1], s[2], s[3], s[4] = left(low(u)), left(low(v)), left(p), left(q), left(total)
    t[0], t[1], t[2], t[3], t[4] = right(low(u)), right(low(v)), right(p), right(q), right(total)


@kernel
def _two_samples(a: F32, b: F32, i: Any) -> Any:
    """Sanitised samples of two channels."""
    return pair(finite(np.float64(a[i])), finite(np.float64(b[i])))


@kernel
def _both(shelf: float, high_pass: float) -> Any:
    """A coefficient of both filters for two channels."""
    return join(pair(shelf, shelf), pair(high_pass, high_pass))


@kernel
def take_energy(state: Annotated[F64, "channels", 5]) -> float:
    """Return the weighted sum of squares of all channels, and start again at 0.

    Args:
        state: of `add_energy`; the surrounds (fourth and fifth channel) are weighted by 1.41.
    """
    total = 0.0
    for channel in range(state.shape[0]):
        total += state[channel, 4] * (1.41 if channel >= 3 else 1.0)
        state[channel, 4] = 0.0
    return total


@kernel
def lufs(mean_square: float) -> float:
    """Loudness in LUFS of a K-weighted mean square, summed over channels; -inf for silence.

    >>> round(lufs(0.5), 3)
    -3.701
    """
    return LUFS_OFFSET + 10.0 * log10(mean_square)


@kernel
def absolute_gate() -> float:
    """The absolute gate as a mean square."""
    return power(10.0, (ABSOLUTE_GATE_LUFS - LUFS_OFFSET) / 10.0)


@kernel
def gated_mean(gate: float, energies: F64, steps_per_block: int) -> float:
    """Mean over the gating blocks that are louder than a gate.

    Args:
        gate: mean square.
        energies: (steps,), mean squares of steps; blocks begin with every step.
        steps_per_block: steps in a block, whose mean square is their mean; 1 for blocks that do not overlap.

    Returns:
        A mean square; 0 if no block is above the gate.
    """
    total, count = 0.0, 0.0
    for first in range(energies.shape[0] - steps_per_block + 1):
        energy = 0.0
        for each in energies[first : first + steps_per_block]:
            energy += each
        energy /= float(steps_per_block)
        if energy > gate:
            total += energy
            count += 1.0
    return total / max(count, 1.0)


@kernel
def gated_loudness(energies: F64, steps_per_block: int) -> float:
    """Integrated loudness in LUFS, by the absolute and the relative gate; -inf where nothing is above the first.

    Args:
        energies: (steps,), as in `gated_mean`.
        steps_per_block: as in `gated_mean`.
    """
    gate = absolute_gate()
    gate = max(gate, RELATIVE_GATE * gated_mean(gate, energies, steps_per_block))
    return lufs(gated_mean(gate, energies, steps_per_block))


@kernel
def prepare(sample_rate_hz: float, weighting: Annotated[F64, 2, 5]) -> None:
    """Run once, before the first block."""
    k_weighting(sample_rate_hz, weighting)


@kernel
def block(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    weighting: Annotated[F64, 2, 5],
    state: Annotated[F64, "channels", 5],
    progress: Annotated[F64, 2],
    energies: Annotated[F64, "steps"],
) -> None:
    """Measure the next samples.

    Channels are L, R, C, Ls, Rs, as far as there are; one channel alone counts as one loudspeaker, 3 dB below the
    same signal on two.

    Args:
        x: the block.
        sample_rate_hz: the sample rate.
        weighting: of `prepare`.
        state: of `add_energy`.
        progress: samples of the step under way, and steps done.
        energies: gets one mean square per 100 ms, until it is full.
    """
    step = int(sample_rate_hz / STEPS_PER_S + 0.5)
    start = 0
    while start < x.shape[1] and int(progress[1]) < energies.shape[0]:
        stop = min(start + step - int(progress[0]), x.shape[1])
        add_energy(x[:, start:stop], weighting, state)
        progress[0] += float(stop - start)
        if int(progress[0]) == step:
            energies[int(progress[1])] = take_energy(state) / float(step)
            progress[0] = 0.0
            progress[1] += 1.0
        start = stop


@kernel
def integrated(progress: Annotated[F64, 2], energies: Annotated[F64, "steps"]) -> float:
    """Integrated loudness in LUFS of all steps so far; -inf where nothing is above the absolute gate."""
    return gated_loudness(energies[: int(progress[1])], STEPS_PER_BLOCK)


MODULE = Module("loudness", (prepare, block, integrated), {"channels": 5, "samples": 4096, "steps": 72_000})


def integrated_lufs(audio: F32, sample_rate_hz: float) -> float:
    """Integrated loudness.

    Args:
        audio: (channels, samples); channels are L, R, C, Ls, Rs, as many as come.
        sample_rate_hz: its sample rate.

    Returns:
        LUFS; -inf for silence, and for less than 400 ms.

    >>> sine = np.sin(2 * np.pi * 997 / 48_000 * np.arange(48_000))
    >>> round(integrated_lufs(np.float32([sine]), 48_000), 2)
    -3.01
    """
    memory: dict[str, Any] = MODULE.allocate(
        channels=len(audio), steps=int(audio.shape[1] * STEPS_PER_S / sample_rate_hz) + 1
    )
    memory |= {"x": np.ascontiguousarray(audio, np.float32), "sample_rate_hz": float(sample_rate_hz)}
    for each in MODULE.kernels:
        result = call(each, memory)
    return float(result)

"""Loudness in LUFS: K-weighting, and the gated mean over a programme.

Source: ITU-R BS.1770-5 (2023), Annex 1. The standard prints its two filters for 48 kHz alone; for any other rate
they follow from the analogue filters behind the printed numbers, as B. De Man found them ("Evaluation of
implementations of the EBU R128 loudness measurement", AES 145, 2018) and as libebur128 has them.
"""

from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.blocks.biquad import coefficients, tick
from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.lanes import high, join, left, low, pair, right
from dawg_ai.dsp.math import PI, amplitude, cos, finite, log10, power, sin

STEPS_PER_S = 10  # gating blocks of 400 ms begin every 100 ms
STEPS_PER_BLOCK = 4
SILENCE = -70.0  # LUFS: the absolute gate
OFFSET = -0.691  # makes a 997 Hz sine of 0 dBFS in one channel read -3.01 LUFS


@kernel
def k_weighting(sample_rate_hz: float, weighting: Annotated[F64, 2, 5]) -> None:
    """Write the rows `[b0, b1, b2, a1, a2]` of the two filters: the head's high shelf, then the high-pass."""
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
    """Add the sum of squared K-weighted samples of each channel to `state[channel, 4]`; the rest is filter state."""
    if x.shape[1] == 0:
        return
    last = np.uintp(x.shape[0] - 1)
    for first in range(np.uintp(0), np.uintp(x.shape[0]), np.uintp(2)):
        # Two channels at a time; one left over takes both lanes.
        second = min(first + np.uintp(1), last)
        _add_two(x[first], x[second], weighting, state[first], state[second])


@kernel
def _add_two(a: F32, b: F32, weighting: F64, s: F64, t: F64) -> None:
    """Four lanes hold two channels in both filters: while the shelf is at a sample, the high-pass is at the last."""
    shelf, high_pass = coefficients(weighting[0]), coefficients(weighting[1])
    y, p, q = tick(_sample(a, b, 0), shelf, pair(s[0], t[0]), pair(s[1], t[1]))
    b0, b1, b2, a1, a2 = shelf
    d0, d1, d2, c1, c2 = high_pass
    both = _two(b0, d0), _two(b1, d1), _two(b2, d2), _two(a1, c1), _two(a2, c2)
    z, u, v = join(y, y), join(p, pair(s[2], t[2])), join(q, pair(s[3], t[3]))
    total = pair(s[4], t[4])
    for i in range(1, a.shape[0]):
        z, u, v = tick(join(_sample(a, b, i), low(z)), both, u, v)
        total = total + high(z) * high(z)
    y, p, q = tick(low(z), high_pass, high(u), high(v))
    total = total + y * y
    s[0], s[1], s[2], s[3], s[4] = left(low(u)), left(low(v)), left(p), left(q), left(total)
    t[0], t[1], t[2], t[3], t[4] = right(low(u)), right(low(v)), right(p), right(q), right(total)


@kernel
def _sample(a: F32, b: F32, i: Any) -> Any:
    return pair(finite(np.float64(a[i])), finite(np.float64(b[i])))


@kernel
def _two(shelf: float, high_pass: float) -> Any:
    return join(pair(shelf, shelf), pair(high_pass, high_pass))


@kernel
def take_energy(state: Annotated[F64, "channels", 5]) -> float:
    """The channels' energies in sum, the surrounds (fourth and fifth) weighted by 1.41; they start again at 0."""
    total = 0.0
    for channel in range(state.shape[0]):
        total += state[channel, 4] * (1.41 if channel >= 3 else 1.0)
        state[channel, 4] = 0.0
    return total


@kernel
def lufs(mean_square: float) -> float:
    """Loudness of a K-weighted mean square, summed over channels; -inf for silence."""
    return OFFSET + 10.0 * log10(mean_square)


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
    """Measure the next samples: `energies` gets one mean square per 100 ms, until it is full.

    `progress` counts the samples of the step under way and the steps done. Channels are L, R, C, Ls, Rs, as far as
    there are; one channel alone counts as a loudspeaker of its own, 3 dB below the same signal on two.
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
    gate = power(10.0, (SILENCE - OFFSET) / 10.0)
    return lufs(_mean_above(max(gate, 0.1 * _mean_above(gate, progress, energies)), progress, energies))


@kernel
def _mean_above(gate: float, progress: F64, energies: F64) -> float:
    """Mean energy of the 400 ms blocks above `gate`; 0 if there are none."""
    total, count = 0.0, 0.0
    for first in range(int(progress[1]) - STEPS_PER_BLOCK + 1):
        energy = 0.0
        for each in energies[first : first + STEPS_PER_BLOCK]:
            energy += each
        energy /= float(STEPS_PER_BLOCK)
        if energy > gate:
            total += energy
            count += 1.0
    return total / max(count, 1.0)


MODULE = Module("loudness", (prepare, block, integrated), {"channels": 5, "samples": 4096, "steps": 72_000})


def integrated_lufs(audio: F32, sample_rate_hz: float) -> float:
    """Integrated loudness of `audio` (channels, samples) in LUFS; silence, and less than 400 ms, give -inf.

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

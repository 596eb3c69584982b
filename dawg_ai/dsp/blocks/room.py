"""The measures of a room: how long the lines of its late part are, and when its early reflections come."""

import numpy as np

from dawg_ai.dsp.blocks.taps import ago
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8
from dawg_ai.dsp.math import amplitude, power, sqrt

SHORTEST_S, SPAN = 0.022, 3.3  # the lines: the shortest, and how many times longer the longest is
EARLY, EARLY_S = 8, 0.06
GOLDEN = 0.6180339887498949


@kernel
def line_lengths(count: int, sample_rate_hz: float, lengths: F64) -> None:
    """Primes nearest above a geometric series: no two lines share a period."""
    for k in range(count):
        lengths[k] = prime(int(SHORTEST_S * power(SPAN, float(k) / float(count - 1)) * sample_rate_hz))


@kernel
def prime(n: int) -> float:
    """The first prime from `n` on."""
    while not _is_prime(n):
        n += 1
    return float(n)


@kernel
def _is_prime(n: int) -> bool:
    divisor = 2
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 1
    return True


@kernel
def reflections(side: int, sample_rate_hz: float, taps: F64) -> None:
    """One tap of either sign in each eighth of `EARLY_S`, fading by 12 dB; rows of delay and gain, energy 1."""
    energy = 0.0
    for k in range(EARLY):
        turn = GOLDEN * float(2 * k + 3 * side + 1)
        place = (float(k) + turn - float(int(turn))) / float(EARLY)
        taps[k, 0] = float(int(place * EARLY_S * sample_rate_hz))
        taps[k, 1] = amplitude(-12.0 * place) * (1.0 if (k * 5 + side * 3) % 8 < 4 else -1.0)
        energy += taps[k, 1] * taps[k, 1]
    for k in range(EARLY):
        taps[k, 1] /= sqrt(energy)


@kernel
def reflect(line: F64, size: Index, at: Index, taps: F64, n: int, out: F64) -> None:
    """The reflections of `line` into `out`, all at once; in whole eights of samples."""
    a, b, c = ago(taps[0, 0], size, at), ago(taps[1, 0], size, at), ago(taps[2, 0], size, at)
    d, e, f = ago(taps[3, 0], size, at), ago(taps[4, 0], size, at), ago(taps[5, 0], size, at)
    g, h = ago(taps[6, 0], size, at), ago(taps[7, 0], size, at)
    p, q, r, s = taps[0, 1], taps[1, 1], taps[2, 1], taps[3, 1]
    t, u, v, w = taps[4, 1], taps[5, 1], taps[6, 1], taps[7, 1]
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        one = (p * load8(line, a + i) + q * load8(line, b + i)) + (r * load8(line, c + i) + s * load8(line, d + i))
        other = (t * load8(line, e + i) + u * load8(line, f + i)) + (v * load8(line, g + i) + w * load8(line, h + i))
        store8(out, i, one + other)

"""The measures of a room: how long the lines of its late part are, and when its early reflections come."""

from dawg_ai.dsp.kernel import F64, kernel
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

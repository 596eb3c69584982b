"""Delay lengths that are primes, so that no two delay lines of a reverberator share a period."""

from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.math import power

# Of a feedback delay network: the shortest line, and the longest over the shortest.
MIN_LINE_S, LINE_SPAN = 0.022, 3.3


@kernel
def line_lengths(count: int, sample_rate_hz: float, lengths: F64) -> None:
    """Delays of a feedback delay network: primes from a geometric series.

    Args:
        count: number of lines.
        sample_rate_hz: the sample rate.
        lengths: its first `count` entries are overwritten, in samples.
    """
    for k in range(count):
        lengths[k] = next_prime(int(MIN_LINE_S * power(LINE_SPAN, float(k) / float(count - 1)) * sample_rate_hz))


@kernel
def next_prime(n: int) -> float:
    """The first prime from `n` on."""
    while not _is_prime(n):
        n += 1
    return float(n)


@kernel
def _is_prime(n: int) -> bool:
    """Trial division."""
    divisor = 2
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 1
    return True

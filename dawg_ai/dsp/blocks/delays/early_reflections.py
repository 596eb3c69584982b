"""Early reflections: a sparse FIR of a few taps in a delay line (velvet noise).

Source: M. Karjalainen and H. Järveläinen, "Reverberation modeling using velvet noise", AES 30, 2007.
"""

import numpy as np

from dawg_ai.dsp.blocks.delays.delay_line import tap_at
from dawg_ai.dsp.kernel import F64, kernel
from dawg_ai.dsp.lanes import Index
from dawg_ai.dsp.lanes8 import EIGHT, load8, store8
from dawg_ai.dsp.math import amplitude, sqrt

EARLY_TAPS, EARLY_SPAN_S = 8, 0.06
GOLDEN = 0.6180339887498949


@kernel
def design_reflections(side: int, sample_rate_hz: float, taps: F64) -> None:
    """Write the taps of one side: one of either sign in each eighth of `EARLY_SPAN_S`, falling by 12 dB, of energy 1.

    Args:
        side: 0 or 1; both sides differ.
        sample_rate_hz: the sample rate.
        taps: (8, 2), overwritten: delay in samples, and gain.
    """
    energy = 0.0
    for k in range(EARLY_TAPS):
        turn = GOLDEN * float(2 * k + 3 * side + 1)
        place = (float(k) + turn - float(int(turn))) / float(EARLY_TAPS)
        taps[k, 0] = float(int(place * EARLY_SPAN_S * sample_rate_hz))
        taps[k, 1] = amplitude(-12.0 * place) * (1.0 if (k * 5 + side * 3) % 8 < 4 else -1.0)
        energy += taps[k, 1] * taps[k, 1]
    for k in range(EARLY_TAPS):
        taps[k, 1] /= sqrt(energy)


@kernel
def reflect(line: F64, size: Index, at: Index, taps: F64, n: int, out: F64) -> None:
    """Sum the reflections.

    Args:
        line: the ring buffer.
        size: of the ring.
        at: the write position.
        taps: of `design_reflections`.
        n: samples; computed in whole eights.
        out: overwritten.
    """
    a, b, c = tap_at(taps[0, 0], size, at), tap_at(taps[1, 0], size, at), tap_at(taps[2, 0], size, at)
    d, e, f = tap_at(taps[3, 0], size, at), tap_at(taps[4, 0], size, at), tap_at(taps[5, 0], size, at)
    g, h = tap_at(taps[6, 0], size, at), tap_at(taps[7, 0], size, at)
    p, q, r, s = taps[0, 1], taps[1, 1], taps[2, 1], taps[3, 1]
    t, u, v, w = taps[4, 1], taps[5, 1], taps[6, 1], taps[7, 1]
    for i in range(np.uintp(0), np.uintp(n), EIGHT):
        one = (p * load8(line, a + i) + q * load8(line, b + i)) + (r * load8(line, c + i) + s * load8(line, d + i))
        other = (t * load8(line, e + i) + u * load8(line, f + i)) + (v * load8(line, g + i) + w * load8(line, h + i))
        store8(out, i, one + other)

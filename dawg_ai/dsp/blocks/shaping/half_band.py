"""Half-band FIR filters for oversampling, one for each doubling of the sample rate.

Source: P. P. Vaidyanathan and T. Q. Nguyen, "A 'trick' for the design of FIR half-band filters", IEEE Transactions on
Circuits and Systems 34, 1987: the taps are those of a one-band equiripple filter,
`scipy.signal.remez(2 * K, [0, 2 * edge], [1])[:K]`, for `edge` of `PASSBAND_EDGES`.
"""

from typing import Any

from dawg_ai.dsp.kernel import F32, kernel

TAP_PAIRS = (32, 5, 3)  # K of each filter: 127, 19 and 11 taps
PASSBAND_EDGES = (20 / 88.2, 20 / 176.4, 20 / 352.8)  # over the higher rate
TAPS = 2 * TAP_PAIRS[0] + TAP_PAIRS[1] + TAP_PAIRS[2]


@kernel
def design(taps: F32) -> None:
    """Write the taps: of the first filter all, of the others one for each pair, from the innermost pair outwards."""
    _write_four(taps[0:], -2.8284134e-05, 4.687591e-05, -8.443722e-05, 0.00014054129)
    _write_four(taps[4:], -0.00022113486, 0.00033332853, -0.0004854984, 0.00068737613)
    _write_four(taps[8:], -0.00095013675, 0.0012865022, -0.0017108375, 0.0022392976)
    _write_four(taps[12:], -0.002890008, 0.003683344, -0.0046423334, 0.0057932707)
    _write_four(taps[16:], -0.007166639, 0.008798505, -0.010732651, 0.013023838)
    _write_four(taps[20:], -0.015742922, 0.018985027, -0.022883015, 0.027630616)
    _write_four(taps[24:], -0.03352417, 0.04104299, -0.05101744, 0.065021105)
    _write_four(taps[28:], -0.08643505, 0.12406613, -0.21023735, 0.63596094)
    for i in range(32):
        taps[63 - i] = taps[i]
    _write_four(taps[64:], 0.6138423, -0.15205932, 0.04879248, -0.01229063)
    _write_four(taps[68:], 0.0017277665, 0.58962166, -0.10335939, 0.013748335)


@kernel
def _write_four(taps: F32, a: float, b: float, c: float, d: float) -> None:
    """Four taps."""
    taps[0], taps[1], taps[2], taps[3] = a, b, c, d


@kernel
def second_taps(taps: F32) -> Any:
    """The taps of the second filter."""
    return taps[64], taps[65], taps[66], taps[67], taps[68]


@kernel
def third_taps(taps: F32) -> Any:
    """The taps of the third filter."""
    return taps[69], taps[70], taps[71]

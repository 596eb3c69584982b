"""The feedback matrix of a delay network: a rotation and Hadamard's matrix, both orthogonal, on eight lines.

Source: S. J. Schlecht and E. A. P. Habets, "Time-varying feedback matrices in feedback delay networks", JASA 138,
2015.
"""

from typing import Any

from dawg_ai.dsp.kernel import kernel
from dawg_ai.dsp.lanes8 import Rows

RSQRT_8, RSQRT_16 = 0.35355339059327373, 0.25  # 1 / sqrt(8), 1 / sqrt(16)


@kernel
def interpolate(rows: Rows, others: Rows, share: Any) -> Rows:
    """Linear interpolation from `rows` to `others`, by `share`."""
    a, b, c, d, e, f, g, h = rows
    i, j, k, l, m, n, o, p = others  # noqa: E741
    return (
        a + (i - a) * share, b + (j - b) * share, c + (k - c) * share, d + (l - d) * share,
        e + (m - e) * share, f + (n - f) * share, g + (o - g) * share, h + (p - h) * share,
    )  # fmt: skip


@kernel
def rotate(rows: Rows, cosine: Any, sine: Any) -> Rows:
    """Rotate in the planes of the lines k and k + 4; cosine and sine may carry a factor."""
    a, b, c, d, e, f, g, h = rows
    return (
        a * cosine - e * sine, b * cosine - f * sine, c * cosine - g * sine, d * cosine - h * sine,
        a * sine + e * cosine, b * sine + f * cosine, c * sine + g * cosine, d * sine + h * cosine,
    )  # fmt: skip


@kernel
def hadamard(rows: Rows) -> Rows:
    """Hadamard's matrix of order eight (fast Walsh-Hadamard transform), without the factor 1 / sqrt(8)."""
    a, b, c, d, e, f, g, h = rows
    a, b, c, d, e, f, g, h = a + b, a - b, c + d, c - d, e + f, e - f, g + h, g - h
    a, b, c, d, e, f, g, h = a + c, b + d, a - c, b - d, e + g, f + h, e - g, f - h
    return a + e, b + f, c + g, d + h, a - e, b - f, c - g, d - h


@kernel
def add_rows(x: Rows, y: Rows) -> Rows:
    """Sums of two groups of rows."""
    a, b, c, d, e, f, g, h = x
    i, j, k, l, m, n, o, p = y  # noqa: E741
    return a + i, b + j, c + k, d + l, e + m, f + n, g + o, h + p


@kernel
def subtract_rows(x: Rows, y: Rows) -> Rows:
    """Differences of two groups of rows."""
    a, b, c, d, e, f, g, h = x
    i, j, k, l, m, n, o, p = y  # noqa: E741
    return a - i, b - j, c - k, d - l, e - m, f - n, g - o, h - p

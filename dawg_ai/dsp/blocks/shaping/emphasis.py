"""First-order filters around a waveshaper, two channels at a time: emphasis, its inverse, tone, and a DC blocker."""

from typing import Any

import numpy as np

from dawg_ai.dsp.blocks.filters.one_pole import coefficients, tick
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.lanes import left, pair, right

PRE_EMPHASIS, DE_EMPHASIS, TONE, DC_BLOCKER = range(4)  # sections, and a channel's state


@kernel
def pre_emphasis(a: F32, b: F32, sections: F64, s: F64, t: F64) -> None:
    """The shelf before the waveshaper, in place.

    Args:
        a: samples of the first channel.
        b: samples of the second.
        sections: (4, 3).
        s: (4 or more,), state of the first channel.
        t: state of the second.
    """
    row, p = coefficients(sections[PRE_EMPHASIS]), pair(s[PRE_EMPHASIS], t[PRE_EMPHASIS])
    for i in range(np.uintp(a.shape[0])):
        v, p = tick(pair(np.float64(a[i]), np.float64(b[i])), row, p)
        a[i], b[i] = left(v), right(v)
    s[PRE_EMPHASIS], t[PRE_EMPHASIS] = left(p), right(p)


@kernel
def de_emphasis(a: F32, b: F32, sections: F64, tones: F64, s: F64, t: F64) -> None:
    """The inverse shelf, the tone shelf, and the DC blocker, in place: a waveshaper with a bias adds DC.

    Args:
        a: samples of the first channel.
        b: samples of the second.
        sections: (4, 3).
        tones: (3, samples), the tone shelf sample by sample.
        s: (4 or more,), state of the first channel.
        t: state of the second.
    """
    inverse, level = coefficients(sections[DE_EMPHASIS]), coefficients(sections[DC_BLOCKER])
    p, q = pair(s[DE_EMPHASIS], t[DE_EMPHASIS]), pair(s[TONE], t[TONE])
    r = pair(s[DC_BLOCKER], t[DC_BLOCKER])
    for i in range(np.uintp(a.shape[0])):
        v, p = tick(pair(np.float64(a[i]), np.float64(b[i])), inverse, p)
        v, q = tick(v, _at(tones, i), q)
        v, r = tick(v, level, r)
        a[i], b[i] = left(v), right(v)
    s[DE_EMPHASIS], s[TONE], s[DC_BLOCKER] = left(p), left(q), left(r)
    t[DE_EMPHASIS], t[TONE], t[DC_BLOCKER] = right(p), right(q), right(r)


@kernel
def _at(rows: F64, i: Any) -> Any:
    """A section at one sample."""
    return rows[0][i], rows[1][i], rows[2][i]


@kernel
def clear_filters(s: F64, t: F64) -> None:
    """Reset filters that are left out, so that they begin from silence."""
    for i in range(4):
        s[i], t[i] = 0.0, 0.0

"""LFO: a low-frequency oscillator with sine and cosine, a rotation per update (the coupled form).

Both outputs are the coordinates of a point on the unit circle, which every update turns by the same angle.
"""

from dawg_ai.dsp.kernel import kernel
from dawg_ai.dsp.math import PI, cos, sin


@kernel
def lfo_rotation(rate_hz: float, updates_hz: float) -> tuple[float, float]:
    """The rotation of one update, as its cosine and sine.

    Args:
        rate_hz: frequency of the oscillator.
        updates_hz: how often it is advanced per second.
    """
    angle = 2.0 * PI * rate_hz / updates_hz
    return cos(angle), sin(angle)


@kernel
def advance_lfo(cosine: float, sine: float, turn_cos: float, turn_sin: float) -> tuple[float, float]:
    """One update of the oscillator.

    Args:
        cosine: present cosine.
        sine: present sine.
        turn_cos: cosine of `lfo_rotation`.
        turn_sin: sine of `lfo_rotation`.

    Returns:
        The next cosine and sine.
    """
    return cosine * turn_cos - sine * turn_sin, cosine * turn_sin + sine * turn_cos

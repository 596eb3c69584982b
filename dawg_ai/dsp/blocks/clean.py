"""Sound without samples that no audio contains: in a kernel, copied, or mixed to one channel."""

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import finite


@kernel
def clean(x: F32, out: F32 | F64) -> None:
    """Copy samples to the beginning of `out`, with 0 in place of nan, infinities and sizes above 1e30."""
    for i in range(np.uintp(x.shape[0])):
        out[i] = finite(np.float64(x[i]))


@kernel
def _mix(x: F32, out: F32) -> None:
    for i in range(out.shape[0]):
        total = 0.0
        for channel in range(x.shape[0]):
            total += finite(np.float64(x[channel, i]))
        out[i] = total / float(x.shape[0])


def cleaned(audio: F32) -> F32:
    """A copy with 0 in place of nan, infinities and sizes above 1e30, in which one sample would spoil a whole window.

    >>> cleaned(np.float32([[1, np.nan]]))
    array([[1., 0.]], dtype=float32)
    """
    out = np.empty(audio.shape, np.float32)
    clean(np.ascontiguousarray(audio, np.float32).reshape(-1), out.reshape(-1))
    return out


def middle(audio: F32) -> F32:
    """The mean of all channels, (samples,), cleaned.

    >>> middle(np.float32([[1, np.nan], [0, 0.5]]))
    array([0.5 , 0.25], dtype=float32)
    """
    out = np.empty(audio.shape[1], np.float32)
    _mix(np.ascontiguousarray(audio, np.float32), out)
    return out

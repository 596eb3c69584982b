"""Sanitising: nan, infinities and absurdly large samples become silence before they reach a filter's state."""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import finite


@kernel
def sanitise(x: F32, out: F32 | F64) -> None:
    """Copy samples, with 0 in place of nan, infinities and absolute values above 1e30.

    Args:
        x: (samples,).
        out: at least as long; its first samples are overwritten.
    """
    for i in range(np.uintp(x.shape[0])):
        out[i] = finite(np.float64(x[i]))


@kernel
def _sanitise(x: Annotated[F32, "samples"], out: Annotated[F32, "samples"]) -> None:
    sanitise(x, out)


@kernel
def _average(x: Annotated[F32, "channels", "samples"], out: Annotated[F32, "samples"]) -> None:
    """The sanitised mean over channels."""
    for i in range(out.shape[0]):
        total = 0.0
        for channel in range(x.shape[0]):
            total += finite(np.float64(x[channel, i]))
        out[i] = total / float(x.shape[0])


def sanitised(audio: F32) -> F32:
    """A copy of `audio` without nan, infinities and absolute values above 1e30.

    One such sample would spoil every window of a spectrum that it lies in.

    Args:
        audio: (channels, samples).

    Returns:
        (channels, samples), float32.

    >>> sanitised(np.float32([[1, np.nan]]))
    array([[1., 0.]], dtype=float32)
    """
    out = np.empty(audio.shape, np.float32)
    _sanitise(np.ascontiguousarray(audio, np.float32).reshape(-1), out.reshape(-1))
    return out


def mono(audio: F32) -> F32:
    """The mean of all channels, sanitised.

    Args:
        audio: (channels, samples).

    Returns:
        (samples,), float32.

    >>> mono(np.float32([[1, np.nan], [0, 0.5]]))
    array([0.5 , 0.25], dtype=float32)
    """
    out = np.empty(audio.shape[1], np.float32)
    _average(np.ascontiguousarray(audio, np.float32), out)
    return out

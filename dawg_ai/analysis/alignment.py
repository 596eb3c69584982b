"""Alignment of two versions of one recording, to the sample.

The lag is the peak of the generalised cross-correlation with phase transform (GCC-PHAT; Knapp and Carter 1976): both
spectra are whitened, so that another tone or compression, which change magnitudes, leave a sharp peak. It is looked
for in three excerpts. Where they disagree, the two do not run at one speed, or are not one recording.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawg_ai.audio import Audio
from dawg_ai.errors import DawgError

MAX_LAG_S = 5.0
EXCERPT_S = 15.0
LEAST_COHERENCE = 0.1  # of the whitened peak; other music stays below 0.02


@dataclass(frozen=True)
class Alignment:
    """How the second version lies against the first.

    Args:
        lag_samples: by how much the second is later.
        inverted: whether its polarity is the opposite one.
    """

    lag_samples: int
    inverted: bool


def align(first: Audio, second: Audio, rate_hz: int) -> Alignment:
    """Find the lag between two versions.

    Args:
        first: (channels, samples).
        second: (channels, samples), of the same rate.
        rate_hz: the sample rate.

    Raises:
        DawgError: they are not the same recording, or drift apart.
    """
    one, other = first.mean(axis=0), second.mean(axis=0)
    length = min(len(one), len(other))
    size = min(int(EXCERPT_S * rate_hz), length)
    reach = min(int(MAX_LAG_S * rate_hz), length)
    found = []
    for start in sorted({0, (length - size) // 2, length - size}):
        excerpt = one[start : start + size]
        if not np.any(excerpt):
            continue
        padded = np.pad(other[max(0, start - reach) : start + size + reach], (max(0, reach - start), 0))
        at, height = _peak(excerpt, np.pad(padded, (0, max(0, size + 2 * reach - len(padded)))))
        if abs(height) >= LEAST_COHERENCE:
            found.append((at - reach, height < 0))
    if not found:
        raise DawgError(f"the two are not the same recording within {MAX_LAG_S:.0f} s of each other")
    lags = [lag for lag, _ in found]
    if max(lags) != min(lags) or len({inverted for _, inverted in found}) > 1:
        raise DawgError(
            f"the two drift apart: they are {min(lags)} to {max(lags)} samples from each other along the song"
        )
    return Alignment(*found[0])


def overlap(first: Audio, second: Audio, alignment: Alignment) -> tuple[Audio, Audio]:
    """Both versions where both are there, in the same polarity.

    Args:
        first: (channels, samples).
        second: (channels, samples).
        alignment: what `align` returned.
    """
    lag = alignment.lag_samples
    first, second = first[:, max(0, -lag) :], second[:, max(0, lag) :]
    length = min(first.shape[1], second.shape[1])
    return first[:, :length], (-second if alignment.inverted else second)[:, :length]


def _peak(excerpt: NDArray[np.float32], within: NDArray[np.float32]) -> tuple[int, float]:
    """Where in `within` the excerpt starts, and the height of the peak: 1 for the same, 0 for what is unlike it."""
    size = 1 << (len(excerpt) + len(within) - 1).bit_length()
    cross = np.fft.rfft(within.astype(np.float64), size) * np.conj(np.fft.rfft(excerpt.astype(np.float64), size))
    magnitude = np.abs(cross)
    # Bins that only hold rounding errors, as above a low-pass filter, would be as loud as the music.
    present = magnitude > 1e-10 * magnitude.max()
    white = np.where(present, cross / np.maximum(magnitude, 1e-300), 0)
    correlation = np.fft.irfft(white, size) / max(float(present.mean()), 1e-9)
    allowed = correlation[: len(within) - len(excerpt) + 1]
    at = int(np.argmax(np.abs(allowed)))
    return at, float(allowed[at])

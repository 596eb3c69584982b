"""Float samples to integers of 16 or 24 bits, with triangular dither.

Rounding alone makes an error that follows the signal: a quiet tone turns into harmonics. Noise with a triangular
density two steps wide (TPDF: the difference of two uniform draws) makes the mean and the power of the error the same
whatever the signal: white, a quarter of a squared step (S. P. Lipshitz, R. A. Wannamaker and J. Vanderkooy,
"Quantization and dither: a theoretical survey", JAES 40, 1992).

What needs no rounding gets no noise. Where a channel has been on the integer grid for `HOLD` samples, its samples
pass as they are: a 16-bit file written unchanged comes out bit for bit, and digital silence stays silent.
"""

import numpy as np
from numpy.typing import NDArray

from dawg_ai.audio.sound import Audio
from dawg_ai.dsp.blocks.dither import HOLD, quantise


class Quantiser:
    """Rounds one stream; the same integers whatever the sizes of its blocks.

    Args:
        bits: 16 or 24.
        channels: rows of each block.
        seed: of the noise; each channel has its own.

    >>> Quantiser(16, 1, 0)(np.float32([[0.0, 0.5, -1.0, 1.0]])).T
    array([[     0,  16384, -32768,  32767]], dtype=int32)
    """

    def __init__(self, bits: int, channels: int, seed: int) -> None:
        self._steps = 2.0 ** (bits - 1)  # of full scale
        self._keys = np.random.SeedSequence(seed).generate_state(channels, np.uint64).view(np.int64)
        self._state = np.array([[0, HOLD]] * channels, np.int64)

    def __call__(self, block: Audio) -> NDArray[np.int32]:
        """The next block, (channels, samples), as (samples, channels) of full scale 2^(bits - 1), clipped."""
        out = np.empty(block.shape[::-1], np.int32)
        quantise(np.ascontiguousarray(block, np.float32), out, self._steps, self._keys, self._state)
        return out

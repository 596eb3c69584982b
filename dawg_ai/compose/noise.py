"""Filtered noise, for snare wires, cymbals, claps and rooms."""

import numpy as np

from dawg_ai.audio import Audio
from dawg_ai.compose import rack

FILTER_Q = 0.5  # critically damped: a double real pole


def noise(samples: int, rng: np.random.Generator, low_hz: float, high_hz: float, width: float = 0.5) -> Audio:
    """Band-limited noise, with slopes of 12 dB per octave.

    Args:
        samples: Length.
        rng: The noise is drawn from it.
        low_hz: Corner of the high-pass.
        high_hz: Corner of the low-pass.
        width: Share of each channel's power that is uncorrelated: 0 is mono, 1 has correlation 0.

    Returns:
        (2, samples), RMS 1.
    """
    white = rng.standard_normal((3, samples), np.float32)
    sides = np.float32(np.sqrt(1 - width)) * white[:1] + np.float32(np.sqrt(width)) * white[1:]
    band = rack.equaliser(("high pass", low_hz, 0, FILTER_Q), ("low pass", high_hz, 0, FILTER_Q))
    filtered = rack.process(sides, band)
    return np.asarray(filtered / np.sqrt(np.mean(filtered**2)), np.float32)

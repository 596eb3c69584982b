"""Unweighted levels: sample peak, RMS, crest factor, DC offset, and the correlation of two channels."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel
from dawg_ai.dsp.math import finite, sqrt

# Entries of a channel's row of `sums`; the last is of products with the first channel.
COUNT, TOTAL, SQUARES, PEAK, PRODUCTS = range(5)


@kernel
def prepare(sums: Annotated[F64, "channels", 5]) -> None:
    """Run once, before the first block."""
    sums[:, :] = 0.0


@kernel
def block(x: Annotated[F32, "channels", "samples"], sums: Annotated[F64, "channels", 5]) -> None:
    """Measure the next samples.

    Args:
        x: (channels, samples); nan, infinities and absolute values above 1e30 count as 0.
        sums: state: count, sum, sum of squares, peak, products with the first channel.
    """
    first = x[0]
    for channel in range(x.shape[0]):
        own, row = x[channel], sums[channel]
        total, squares, peak, products = row[TOTAL], row[SQUARES], row[PEAK], row[PRODUCTS]
        for i in range(own.shape[0]):
            value = finite(np.float64(own[i]))
            total += value
            squares += value * value
            peak = max(peak, abs(value))
            products += value * finite(np.float64(first[i]))
        row[COUNT] += float(own.shape[0])
        row[TOTAL], row[SQUARES], row[PEAK], row[PRODUCTS] = total, squares, peak, products


@kernel
def correlation(sums: Annotated[F64, "channels", 5]) -> float:
    """Correlation of the first two channels, as a correlation meter shows it.

    Returns:
        1 for the same signal, 0 for unrelated ones, -1 for opposite polarity; 1 for one channel, or a silent one.
    """
    if sums.shape[0] < 2 or sums[0, SQUARES] == 0.0 or sums[1, SQUARES] == 0.0:
        return 1.0
    return float(sums[1, PRODUCTS] / (sqrt(sums[0, SQUARES]) * sqrt(sums[1, SQUARES])))


MODULE = Module("levels", (prepare, block, correlation), {"channels": 8, "samples": 4096})


@dataclass(frozen=True)
class Levels:
    """Levels of a whole programme; -inf for silence."""

    peak_db: float  # dBFS, the highest sample of any channel
    rms_db: float  # dBFS of the mean power of all channels; a full-scale sine reads -3.01
    dc_db: float  # dBFS of the largest mean of a channel
    correlation: float  # of the first two channels, -1 to 1

    @property
    def crest_db(self) -> float:
        """How far peaks stand out over the RMS level: 3.01 for a sine, 0 for a square; nan for silence."""
        return self.peak_db - self.rms_db if np.isfinite(self.rms_db) else np.nan


class Meter:
    """The meter at work, block by block."""

    def __init__(self, channels: int) -> None:
        self._memory: dict[str, Any] = MODULE.allocate(channels=channels)

    def update(self, audio: F32) -> None:
        """Measure the next samples, (channels, samples)."""
        self._memory["x"] = np.ascontiguousarray(audio, np.float32)
        call(block, self._memory)

    def result(self) -> Levels:
        """What all samples so far amount to."""
        sums = self._memory["sums"]
        count = max(float(sums[0, COUNT]), 1.0)
        return Levels(
            peak_db=_decibels(sums[:, PEAK].max()),
            rms_db=_decibels(np.sqrt(sums[:, SQUARES].mean() / count)),
            dc_db=_decibels(np.abs(sums[:, TOTAL]).max() / count),
            correlation=float(call(correlation, self._memory)),
        )


def measure(audio: F32) -> Levels:
    """Measure the levels of a sound.

    Args:
        audio: (channels, samples).

    Returns:
        Levels in dBFS; -inf for silence.

    >>> sine = np.sin(2 * np.pi * 100 / 48_000 * np.arange(48_000))
    >>> found = measure(np.float32([sine, -sine]))
    >>> round(found.rms_db, 2), round(found.crest_db, 2), round(found.correlation, 9)
    (-3.01, 3.01, -1.0)
    """
    meter = Meter(len(audio))
    meter.update(audio)
    return meter.result()


def _decibels(amplitude: float) -> float:
    """dB of an amplitude; -inf for 0."""
    return 20.0 * float(np.log10(amplitude)) if amplitude > 0.0 else -np.inf

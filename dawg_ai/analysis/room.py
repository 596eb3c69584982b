"""The acoustics of a room from its impulse response, in octave bands; the kernels are those of `dsp.meters.decay`."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawg_ai import audio
from dawg_ai.audio import Audio
from dawg_ai.dsp.meters import decay

BANDS_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
HIGHEST_BAND = 0.35  # of the sample rate: the upper edge of a band lies half an octave above
# The three ranges that a reverb is described by, as octave bands; keys of `decay_times`.
DECAY_TIMES = {"t60_low_s": BANDS_HZ[:2], "t60_mid_s": BANDS_HZ[2:5], "t60_high_s": BANDS_HZ[5:]}
ONSET_DB = -20.0  # of the highest sample: where the direct sound begins (ISO 3382-1, 5.3.3)


@dataclass(frozen=True)
class Band:
    """Figures of one octave band, or of all frequencies.

    Args:
        center_hz: None for all frequencies.
        figures: by name, as in `decay.FIGURES`; None where a figure is not defined.
    """

    center_hz: float | None
    figures: dict[str, float | None]


def analyse(path: Path) -> list[Band]:
    """Measure an impulse response.

    Args:
        path: the file.

    Returns:
        All frequencies, then the octave bands that the sample rate allows.

    Raises:
        UnusableAudio: the file cannot be read, or is silent.
    """
    sound, rate_hz = audio.read(path)
    return measure(sound, rate_hz)


def measure(response: Audio, rate_hz: float) -> list[Band]:
    """Measure an impulse response, (channels, samples); the energies of its channels are added."""
    start = onset(response)
    bands: list[float | None] = [None, *(hz for hz in BANDS_HZ if hz <= HIGHEST_BAND * rate_hz)]
    return [Band(center_hz, _figures(response, start, rate_hz, center_hz)) for center_hz in bands]


def decay_times(response: Audio, rate_hz: float) -> dict[str, float] | None:
    """Reverberation time in seconds of each range of DECAY_TIMES, the geometric mean of its octave bands.

    T30 counts, or T20 where the noise floor leaves no more.

    Args:
        response: (channels, samples), an impulse response.
        rate_hz: its sample rate.

    Returns:
        By name; None where no octave band of a range has either.
    """
    times: dict[float | None, float | None] = {
        band.center_hz: band.figures["t30_s"] or band.figures["t20_s"] for band in measure(response, rate_hz)
    }
    found = {}
    for name, centers_hz in DECAY_TIMES.items():
        known = [math.log(time_s) for hz in centers_hz if (time_s := times.get(hz))]
        if not known:
            return None
        found[name] = round(math.exp(sum(known) / len(known)), 4)
    return found


def onset(response: Audio) -> int:
    """The sample at which the direct sound begins."""
    power = (response.astype(np.float64) ** 2).max(0)
    return int(np.argmax(power >= power.max() * 10.0 ** (ONSET_DB / 10.0)))


def _figures(response: Audio, start: int, rate_hz: float, center_hz: float | None) -> dict[str, float | None]:
    energy = np.zeros(response.shape[1] - start)
    for channel in response.astype(np.float64):
        line = channel[start:].copy()
        if center_hz is not None:
            decay.octave_band(line, center_hz, float(rate_hz), np.zeros(5))
        energy += line**2
    found = np.zeros(len(decay.FIGURES))
    decay.decay_figures(energy, float(rate_hz), np.zeros_like(energy), found)
    return {
        name: float(value) if math.isfinite(value) else None for name, value in zip(decay.FIGURES, found, strict=True)
    }

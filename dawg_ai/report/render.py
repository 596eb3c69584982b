"""Before and after: excerpts of a song's versions, their spectra, and a picture of the equaliser's curve."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dawg_ai.audio import Audio
from dawg_ai.dsp import effect
from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS, CENTERS_HZ, band_powers
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.kernel import call
from dawg_ai.files import atomic_write
from dawg_ai.report.plot import ACCENT, AFTER, BEFORE, INK, frequency_axis, quiet
from dawg_ai.units import db_from_power

Curve = NDArray[np.float64]

FFT_SIZE = 16_384  # resolves 3 Hz at 44.1 kHz
MAX_PEAK = 0.9  # MP3 overshoots
TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
MIN_RANGE_DB = 3.0  # of the equaliser's axis, up and down
_TARGET: Mapping[str, Any] = {"color": INK, "linewidth": 1.2, "linestyle": (0, (4, 3))}


def excerpts(versions: Mapping[str, Audio], sample_rate_hz: int, seconds: float) -> dict[str, bytes]:
    """The same excerpt of each version as MP3, starting at a third of the song.

    Args:
        versions: Name -> (channels, samples), full scale 1.0; time-aligned and at equal loudness.
        sample_rate_hz: Sample rate of all versions.
        seconds: Length of the excerpt, or of the song if that is shorter.

    Returns:
        Name -> MP3; all are attenuated equally to keep the highest peak below `MAX_PEAK`.
    """
    length = min(audio.shape[1] for audio in versions.values())
    size = min(length, int(seconds * sample_rate_hz))
    start = min(length // 3, length - size)
    parts = {name: audio[:, start : start + size] for name, audio in versions.items()}
    headroom = min(1.0, MAX_PEAK / max(float(np.abs(part).max()) for part in parts.values()))
    return {name: _mp3(part * headroom, sample_rate_hz) for name, part in parts.items()}


def _mp3(audio: Audio, sample_rate_hz: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T, sample_rate_hz, format="MP3", subtype="MPEG_LAYER_III")
    return buffer.getvalue()


def spectrum_db(audio: Audio, sample_rate_hz: int) -> Curve:
    """Long-term average spectrum (Welch, Hann window, half overlap) in the bands of `spectra.octave_bands`.

    Args:
        audio: (channels, samples).
        sample_rate_hz: Its sampling rate.

    Returns:
        (55,) mean power in dB at `CENTERS_HZ`, minus the mean over bands with non-zero power.
    """
    window = np.hanning(FFT_SIZE)
    power = np.zeros(FFT_SIZE // 2 + 1)
    for start in range(0, max(1, audio.shape[1] - FFT_SIZE + 1), FFT_SIZE // 2):
        piece = audio[:, start : start + FFT_SIZE]
        padded = np.pad(piece, ((0, 0), (0, FFT_SIZE - piece.shape[1])))
        power += (np.abs(np.fft.rfft(padded * window)) ** 2).mean(0)
    bands = np.zeros(BANDS)
    band_powers(power, sample_rate_hz / FFT_SIZE, 0.5 * sample_rate_hz, bands)
    decibels = db_from_power(bands)
    return np.asarray(decibels - decibels[bands > 0].mean())


def response_db(effect_name: str, knobs: Mapping[str, float], sample_rate_hz: int, frequencies: Curve) -> Curve:
    """Magnitude response of an effect.

    Args:
        effect_name: An effect that declares a `curve`.
        knobs: Knob values; those not named keep their default.
        sample_rate_hz: Sample rate of the effect.
        frequencies: (points,) in Hz.

    Returns:
        (points,) gain in dB.

    >>> response_db("parametric", {"band1_db": 6.0}, 44_100, np.array([20.0])).round(1).tolist()
    [6.0]
    """
    chosen = effect.load(effect_name)
    assert chosen.curve, f"{effect_name} has no frequency response to draw"
    processor = Processor(chosen, sample_rate_hz, knobs, channels=1)
    decibels = np.zeros(len(frequencies))
    values = {"frequencies": frequencies, "decibels": decibels, "sample_rate_hz": float(sample_rate_hz)}
    call(chosen.curve, processor.memory | values)
    return decibels


def picture(path: Path, spectra_db: Mapping[str, Curve], curves_db: Mapping[str, Curve], target_db: Curve) -> None:
    """Write a PNG: spectra above, equaliser curves below.

    Args:
        path: The file to write.
        spectra_db: `original`, `before`, `after` and `matched` -> (55,) dB at `CENTERS_HZ`, level removed.
        curves_db: `after` and `matched` -> (55,) dB, the equaliser's response.
        target_db: (55,) dB, the response that undoes the degradation.
    """
    figure = Figure(figsize=(9, 6.2), layout="constrained", facecolor="white")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    above.fill_between(CENTERS_HZ, spectra_db["before"], spectra_db["after"], color=AFTER, alpha=0.1, linewidth=0)
    above.plot(CENTERS_HZ, spectra_db["before"], color=BEFORE, linewidth=2.0, label="before")
    above.plot(CENTERS_HZ, spectra_db["after"], color=AFTER, linewidth=2.2, label="after")
    above.plot(CENTERS_HZ, spectra_db["matched"], color=ACCENT, linewidth=2.2, label="after, with a reference")
    above.plot(CENTERS_HZ, spectra_db["original"], **_TARGET, label="original")
    above.set_ylabel("spectrum, dB")
    below.axhline(0, color=INK, linewidth=0.8)
    below.plot(CENTERS_HZ, curves_db["after"], color=AFTER, linewidth=2.2, label="what the plugin set")
    below.plot(CENTERS_HZ, curves_db["matched"], color=ACCENT, linewidth=2.2, label="with a reference")
    below.plot(CENTERS_HZ, target_db, **_TARGET, label="would undo the fault")
    range_db = max(MIN_RANGE_DB, float(np.abs([*curves_db.values(), target_db]).max()) * 1.15)
    below.set_ylim(-range_db, range_db)
    below.set_ylabel("equaliser, dB")
    below.set_xlabel("Hz")
    frequency_axis(below, TICKS_HZ)
    for axes in (above, below):
        quiet(axes)
        axes.legend(frameon=False, loc="best", fontsize=9)
    with atomic_write(path) as draft:
        figure.savefig(draft, dpi=130)

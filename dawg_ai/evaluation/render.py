"""Before and after, for ears and eyes: versions of a song at one loudness, and a picture of what an effect did."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from dawg_ai.audio import Audio
from dawg_ai.dsp import effect
from dawg_ai.dsp.blocks.bands import BANDS, CENTERS_HZ, band_powers
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.kernel import call
from dawg_ai.files import whole
from dawg_ai.units import db_from_power

Curve = NDArray[np.float64]

SIZE = 16_384  # samples of a spectrum: resolves 3 Hz
INK, GRID, BEFORE, AFTER, MATCHED = "#343a40", "#e9ecef", "#adb5bd", "#1971c2", "#d9480f"
_WANTED: Mapping[str, Any] = {"color": INK, "linewidth": 1.2, "linestyle": (0, (4, 3))}


def excerpts(versions: Mapping[str, Audio], sample_rate_hz: int, seconds: float) -> dict[str, bytes]:
    """The same part of each version, from the middle on, as MP3; all as much quieter as the loudest peak needs."""
    length = min(audio.shape[1] for audio in versions.values())
    size = min(length, int(seconds * sample_rate_hz))
    start = min(length // 3, length - size)
    parts = {name: audio[:, start : start + size] for name, audio in versions.items()}
    headroom = min(1.0, 0.9 / max(float(np.abs(part).max()) for part in parts.values()))
    return {name: _mp3(part * headroom, sample_rate_hz) for name, part in parts.items()}


def _mp3(audio: Audio, sample_rate_hz: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T, sample_rate_hz, format="MP3", subtype="MPEG_LAYER_III")
    return buffer.getvalue()


def spectrum_db(audio: Audio, sample_rate_hz: int) -> Curve:
    """Mean power in dB in each of the 55 bands of `dsp.bands`, level removed."""
    window = np.hanning(SIZE)
    power = np.zeros(SIZE // 2 + 1)
    for start in range(0, max(1, audio.shape[1] - SIZE + 1), SIZE // 2):
        piece = audio[:, start : start + SIZE]
        padded = np.pad(piece, ((0, 0), (0, SIZE - piece.shape[1])))
        power += (np.abs(np.fft.rfft(padded * window)) ** 2).mean(0)
    bands = np.zeros(BANDS)
    band_powers(power, sample_rate_hz / SIZE, 0.5 * sample_rate_hz, bands)
    decibels = db_from_power(bands)
    return np.asarray(decibels - decibels[bands > 0].mean())


def response_db(effect_name: str, knobs: Mapping[str, float], sample_rate_hz: int, frequencies: Curve) -> Curve:
    """What the effect does to each of `frequencies`, in dB."""
    chosen = effect.load(effect_name)
    assert chosen.curve, f"{effect_name} has no frequency response to draw"
    processor = Processor(chosen, sample_rate_hz, knobs, channels=1)
    decibels = np.zeros(len(frequencies))
    values = {"frequencies": frequencies, "decibels": decibels, "sample_rate_hz": float(sample_rate_hz)}
    call(chosen.curve, processor.memory | values)
    return decibels


def picture(path: Path, spectra_db: Mapping[str, Curve], curves_db: Mapping[str, Curve], cure_db: Curve) -> None:
    """Write a PNG: above the spectra of `original`, `before`, `after` and `matched`, below the equaliser's curves of
    `after` and `matched` beside the one that would undo the fault. All are at CENTERS_HZ, level removed.
    """
    figure = Figure(figsize=(9, 6.2), layout="constrained", facecolor="white")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    above.fill_between(CENTERS_HZ, spectra_db["before"], spectra_db["after"], color=AFTER, alpha=0.1, linewidth=0)
    above.plot(CENTERS_HZ, spectra_db["before"], color=BEFORE, linewidth=2.0, label="before")
    above.plot(CENTERS_HZ, spectra_db["after"], color=AFTER, linewidth=2.2, label="after")
    above.plot(CENTERS_HZ, spectra_db["matched"], color=MATCHED, linewidth=2.2, label="after, with a reference")
    above.plot(CENTERS_HZ, spectra_db["original"], **_WANTED, label="original")
    above.set_ylabel("spectrum, dB")
    below.axhline(0, color=INK, linewidth=0.8)
    below.plot(CENTERS_HZ, curves_db["after"], color=AFTER, linewidth=2.2, label="what the plugin set")
    below.plot(CENTERS_HZ, curves_db["matched"], color=MATCHED, linewidth=2.2, label="with a reference")
    below.plot(CENTERS_HZ, cure_db, **_WANTED, label="would undo the fault")
    most = max(3.0, float(np.abs([*curves_db.values(), cure_db]).max()) * 1.15)
    below.set_ylim(-most, most)
    below.set_ylabel("equaliser, dB")
    below.set_xscale("log")
    below.set_xlim(CENTERS_HZ[0], CENTERS_HZ[-1])
    below.set_xticks([50, 100, 200, 500, 1000, 2000, 5000, 10_000])
    below.xaxis.set_minor_locator(NullLocator())
    below.xaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"))
    below.set_xlabel("Hz")
    for axes in (above, below):
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK, length=0)
        axes.legend(frameon=False, loc="best", fontsize=9)
    with whole(path) as draft:
        figure.savefig(draft, dpi=130)

"""Objective measurements of a song: `analyse` returns its figures, and the curves behind them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dawg_ai import audio
from dawg_ai.analysis.loudness import Meter
from dawg_ai.dsp.meters import key, levels, meter, rhythm, spectrum


@dataclass(frozen=True)
class Figure:
    """A column of the table: key, heading, unit and number of decimals."""

    name: str
    label: str
    unit: str
    decimals: int


FIGURES = (
    Figure("duration_s", "length", "s", 1),
    Figure("rate_hz", "rate", "Hz", 0),
    Figure("channels", "ch", "", 0),
    Figure("integrated_lufs", "loudness", "LUFS", 1),
    Figure("range_lu", "range", "LU", 1),
    Figure("momentary_max_lufs", "M max", "LUFS", 1),
    Figure("short_term_max_lufs", "S max", "LUFS", 1),
    Figure("true_peak_db", "true peak", "dBTP", 1),
    Figure("plr_db", "PLR", "dB", 1),
    Figure("psr_db", "PSR", "dB", 1),
    Figure("rms_db", "RMS", "dBFS", 1),
    Figure("crest_db", "crest", "dB", 1),
    Figure("dc_db", "DC", "dBFS", 0),
    Figure("correlation", "corr", "", 2),
    Figure("tempo_bpm", "tempo", "bpm", 1),
    Figure("first_beat_s", "beat", "s", 2),
    Figure("key", "key", "", 0),
)

# Below these no tempo or key is stated.
SURE_OF_TEMPO = 6.0  # standard deviations above chance: random bursts stay below (tests/dsp/meters/test_rhythm.py)
SURE_OF_KEY = 0.02  # lead in correlation: two keys are not equally likely


@dataclass(frozen=True)
class Analysis:
    """Measurements of one file.

    Args:
        path: the file.
        figures: values by name, as in `FIGURES`; None where a figure is undefined.
        loudness: loudness over time.
        spectrum: long-term spectrum.
        rhythm: onsets and beats.
        key: pitch classes and the nearest key; None where there is none.
    """

    path: Path
    figures: Mapping[str, float | str | None]
    loudness: meter.Loudness
    spectrum: spectrum.Spectrum
    rhythm: rhythm.Rhythm
    key: key.Key | None


def analyse(path: Path) -> Analysis:
    """Measure a file.

    Args:
        path: an audio file.

    Raises:
        UnusableAudio: the file cannot be read; its `reason` says why.
    """
    sound = audio.open(path)
    rate_hz, channels = sound.rate_hz, sound.channels
    loudness_meter = Meter(channels, rate_hz, sound.layout)
    level_meter = levels.Meter(channels)
    spectrum_meter = spectrum.Meter(channels, rate_hz)
    rhythm_meter = rhythm.Meter(rate_hz)
    key_meter = key.Meter(rate_hz)
    samples = 0
    for block in sound.blocks():
        samples += block.shape[1]
        for each in (loudness_meter, level_meter, spectrum_meter, rhythm_meter, key_meter):
            each.update(block)
    loudness, unweighted, beat, tonality = (
        loudness_meter.result(),
        level_meter.result(),
        rhythm_meter.result(),
        key_meter.result(),
    )
    figures: dict[str, float] = {
        "duration_s": samples / rate_hz,
        "rate_hz": float(rate_hz),
        "channels": float(channels),
        "integrated_lufs": loudness.integrated_lufs,
        "range_lu": loudness.range_lu,
        "momentary_max_lufs": loudness.momentary_max_lufs,
        "short_term_max_lufs": loudness.short_term_max_lufs,
        "true_peak_db": loudness.true_peak_db,
        "plr_db": loudness.plr_db,
        "psr_db": loudness.psr_db,
        "rms_db": unweighted.rms_db,
        "crest_db": unweighted.crest_db,
        "dc_db": unweighted.dc_db,
        "correlation": unweighted.correlation,
    }
    if beat.regularity >= SURE_OF_TEMPO and len(beat.beats_s):
        figures |= {"tempo_bpm": beat.tempo_bpm, "first_beat_s": beat.beats_s[0]}
    shown: dict[str, float | str | None] = {figure.name: _rounded(figures.get(figure.name)) for figure in FIGURES}
    if tonality and tonality.lead >= SURE_OF_KEY:
        shown["key"] = tonality.name
    return Analysis(path, shown, loudness, spectrum_meter.result(), beat, tonality)


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def shown(analysis: Analysis, figure: Figure) -> str:
    """A figure as text, "-" where it is undefined."""
    value = analysis.figures[figure.name]
    if isinstance(value, float):
        return f"{value:.{figure.decimals}f}"
    return "-" if value is None else value

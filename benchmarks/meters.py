"""Meters and analysis of a minute of music, beside libebur128, pyloudnorm and librosa, on one thread.

    python benchmarks/meters.py                 # on songs composed here
    python benchmarks/meters.py ~/songs/*.ogg   # on your own, at least 20 for the agreement to mean something

CPU time in interleaved runs; results must agree before the timing. libebur128 is a shared library (Debian:
libebur128-1), called through ctypes with a whole song in one call.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import ctypes
import ctypes.util
import importlib
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from turns import RESULTS, compared, save

from dawg_ai import audio, compose
from dawg_ai.dsp.meters import key, mel, meter, rhythm, true_peak
from dawg_ai.dsp.meters.loudness import integrated_lufs

SECONDS = 60
INTEGRATED, RANGE, TRUE_PEAK, EVERYTHING = 5, 11, 49, 63  # modes of libebur128
MODES = {"major": 0, "mixolydian": 0, "lydian": 0, "dorian": 1, "minor": 1}


def installed(module: str, package: str) -> Any:
    """Import a peer, or print how to install it and return None."""
    try:
        return importlib.import_module(module)
    except ImportError:
        print(f"{module} is not here and is left out; get it with: pip install {package}")
        return None


def ebur128() -> Any:
    name = ctypes.util.find_library("ebur128")
    if name is None:
        print("libebur128 is not here and is left out; get it with: apt install libebur128-1")
        return None
    library = ctypes.CDLL(name)
    library.ebur128_init.restype = ctypes.c_void_p
    library.ebur128_init.argtypes = [ctypes.c_uint, ctypes.c_ulong, ctypes.c_int]
    library.ebur128_add_frames_float.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    for what in ("global", "range"):
        getattr(library, f"ebur128_loudness_{what}").argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)]
    library.ebur128_true_peak.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.POINTER(ctypes.c_double)]
    library.ebur128_destroy.argtypes = [ctypes.POINTER(ctypes.c_void_p)]
    return library


def measured(library: Any, frames: np.ndarray, rate: int, mode: int) -> dict[str, float]:
    """Measurements by libebur128 of `frames`, (samples, channels)."""
    state, value = ctypes.c_void_p(library.ebur128_init(frames.shape[1], rate, mode)), ctypes.c_double()
    library.ebur128_add_frames_float(state, frames.ctypes.data, len(frames))
    library.ebur128_loudness_global(state, value)
    found = {"lufs": value.value}
    if mode & RANGE == RANGE:
        library.ebur128_loudness_range(state, value)
        found["range"] = value.value
    if mode & TRUE_PEAK == TRUE_PEAK:
        peaks = []
        for channel in range(frames.shape[1]):
            library.ebur128_true_peak(state, channel, value)
            peaks.append(value.value)
        found["peak"] = 20 * np.log10(max(peaks))
    library.ebur128_destroy(state)
    return found


def songs(paths: list[str]) -> list[tuple[np.ndarray, int]]:
    if paths:
        return [(audio.stereo(sound), rate) for sound, rate in (audio.read(Path(path)) for path in paths)]
    return [(compose.song(style, seed)[0], compose.RATE) for style in compose.STYLES for seed in range(4)]


def minute(sound: np.ndarray, rate: int) -> np.ndarray:
    """The first minute; a shorter song is repeated."""
    return np.ascontiguousarray(np.tile(sound, -(-SECONDS * rate // sound.shape[1]))[:, : SECONDS * rate])


def agreement(library: Any, sounds: list[tuple[np.ndarray, int]]) -> list[dict[str, Any]]:
    """The largest difference from libebur128 over whole songs; true peaks differ by the error of its 4 x 12 taps."""
    away: dict[str, list[float]] = {"lufs": [], "range": [], "peak": []}
    for sound, rate in sounds:
        theirs, ours = measured(library, np.ascontiguousarray(sound.T), rate, EVERYTHING), meter.measure(sound, rate)
        away["lufs"].append(abs(ours.integrated_lufs - theirs["lufs"]))
        away["range"].append(abs(ours.range_lu - theirs["range"]))
        away["peak"].append(abs(ours.true_peak_db - theirs["peak"]))
    assert max(away["lufs"]) <= 0.03, max(away["lufs"])
    return [
        {"work": f"largest difference from libebur128 over {len(sounds)} songs: {what}", "ours": round(max(each), 4),
         "median": round(statistics.median(each), 4), "unit": unit}
        for (what, each), unit in zip(away.items(), ("LU", "LU", "dB"), strict=True)
    ]  # fmt: skip


def speed(library: Any, sound: np.ndarray, rate: int) -> list[dict[str, Any]]:
    frames, tiny = np.ascontiguousarray(sound.T), f"60 s stereo at {rate / 1000:g} kHz"
    rows = []

    def row(work: str, ours: Callable[[], object], peer: Callable[[], object]) -> None:
        rows.append(compared(work, ours, peer))

    if library:
        row(f"integrated loudness of {tiny}; peer: libebur128", lambda: integrated_lufs(sound, rate),
            lambda: measured(library, frames, rate, INTEGRATED))  # fmt: skip
        row(f"integrated loudness and true peak (8 x 32 taps) of {tiny}; peer: libebur128 (4 x 12 taps)",
            lambda: (integrated_lufs(sound, rate), true_peak.true_peak_db(sound)),
            lambda: measured(library, frames, rate, INTEGRATED | TRUE_PEAK))  # fmt: skip
        row(f"M, S, I, LRA and true peak, maxima every 10 ms, of {tiny}; peer: libebur128, all modes, no polling",
            lambda: meter.measure(sound, rate), lambda: measured(library, frames, rate, EVERYTHING))  # fmt: skip
    if pyloudnorm := installed("pyloudnorm", "pyloudnorm"):
        doubles, theirs = frames.astype(np.float64), pyloudnorm.Meter(rate, filter_class="DeMan")
        assert abs(theirs.integrated_loudness(doubles) - integrated_lufs(sound, rate)) < 0.03
        row(f"integrated loudness of {tiny}; peer: pyloudnorm", lambda: integrated_lufs(sound, rate),
            lambda: theirs.integrated_loudness(doubles))  # fmt: skip
    if librosa := installed("librosa", "librosa"):
        mono = sound[:1]
        bands = librosa.feature.melspectrogram(y=mono[0], sr=rate)
        np.testing.assert_allclose(mel.spectrogram(mono, rate).T, bands, rtol=1e-3, atol=1e-6 * bands.max())
        row(f"128 mel bands of 60 s mono at {rate / 1000:g} kHz; peer: librosa", lambda: mel.spectrogram(mono, rate),
            lambda: librosa.feature.melspectrogram(y=mono[0], sr=rate))  # fmt: skip
        row(f"onsets, tempo and beats of 60 s mono at {rate / 1000:g} kHz; peer: librosa",
            lambda: rhythm.measure(mono, rate), lambda: librosa.beat.beat_track(y=mono[0], sr=rate))  # fmt: skip
    return rows


def accuracy() -> list[dict[str, Any]]:
    """Accuracy of tempo, beats and key on the 48 composed songs, whose scores are known."""
    librosa, right = installed("librosa", "librosa"), {name: [0, 0, 0.0] for name in ("ours", "librosa")}
    keys, tonics, count = 0, 0, 0
    for style in compose.STYLES:
        for seed in range(8):
            sound, score = compose.song(style, seed)
            count += 1
            found, tonality = rhythm.measure(sound, compose.RATE), key.measure(sound, compose.RATE)
            found_by = {"ours": (found.tempo_bpm, found.beats_s)}
            if librosa:
                bpm, beats = librosa.beat.beat_track(y=sound.mean(axis=0), sr=compose.RATE, units="time")
                found_by["librosa"] = (float(np.atleast_1d(bpm)[0]), beats)
            written_s = 0.05 + np.arange(score.bars * 4) * score.beat_s
            for name, (bpm, beats) in found_by.items():
                right[name][0] += abs(bpm / score.tempo_bpm - 1) < 0.04
                right[name][1] += any(abs(bpm / score.tempo_bpm / each - 1) < 0.04 for each in (0.5, 1, 2))
                right[name][2] += f_measure(beats, written_s)
            if tonality:
                keys += (tonality.tonic, tonality.minor) == (score.tonic, MODES[score.scale])
                tonics += tonality.tonic == score.tonic
    rows = []
    for at, what in enumerate(
        ("tempo within 4 %", "tempo within 4 %, half and double allowed", "F-measure of beats")
    ):
        row: dict[str, Any] = {"work": f"{what}, {count} composed songs", "ours": round(right["ours"][at] / count, 3)}
        rows.append(row | ({"peer": round(right["librosa"][at] / count, 3)} if librosa else {}))
    rows.append({"work": f"key, dorian as minor, lydian and mixolydian as major, {count} composed songs",
                 "ours": round(keys / count, 3)})  # fmt: skip
    rows.append({"work": f"tonic, {count} composed songs", "ours": round(tonics / count, 3)})
    return rows


def f_measure(found_s: np.ndarray, written_s: np.ndarray) -> float:
    """Harmonic mean of precision and recall, a beat being right within 70 ms."""
    if not len(found_s):
        return 0.0
    away = np.abs(np.asarray(found_s)[:, None] - written_s)
    precision, recall = (away.min(axis=1) < 0.07).mean(), (away.min(axis=0) < 0.07).mean()
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def main() -> None:
    library, sounds = ebur128(), songs(sys.argv[1:])
    quality = (agreement(library, sounds) if library else []) + accuracy()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "meters_quality.json").write_text(json.dumps(quality, indent=1) + "\n")
    for row in quality:
        print(", ".join(f"{name}: {value}" for name, value in row.items()))
    sound, rate = sounds[0]
    save("meters", speed(library, minute(sound, rate), rate))


if __name__ == "__main__":
    main()

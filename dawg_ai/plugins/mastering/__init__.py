"""Mastering: tone, dynamics, width, and a loudness below a true-peak ceiling, all of it as knobs."""

from dawg_ai import platforms
from dawg_ai.dsp.effect import Knob
from dawg_ai.plugin import Link, Mode, Plugin, Preset, Signal, Source
from dawg_ai.plugins.mastering.decode import CROSSOVERS_HZ, HOLD_LOW, KNOBS, RATIO, decode
from dawg_ai.plugins.mastering.features import ATTACK_MS, FEATURES, RELEASE_MS
from dawg_ai.plugins.mastering.refine import refine

EQUALISER_BANDS = 6
REGIONS = 3  # low, middle, high
METHODS = ("learned", "rule")

_MEANINGS = {
    "mid": (55, "1/6-octave band levels of (left + right) / 2 in dB, one row a second"),
    "side": (55, "the same of (left - right) / 2"),
    "levels": (24, "percentiles of the side-chain's level in three bands, dBFS"),
    "powers": (3, "mean square of each of these bands in dB"),
    "peaks": (3, "highest absolute value of each in dB"),
    "loudness": (1, "K-weighted loudness of each second in LUFS"),
}
_FRAMES = {"song": "frames", "reference": "reference_frames"}
_SONG_S = 3 * 3600  # the longest song in seconds


def _preset(platform: platforms.Platform) -> Preset:
    target = {"loudness_lufs": platform.loudness_lufs, "ceiling_db": platform.ceiling_db}
    return Preset(platform.name, platform.why, target)


def _amount(name: str, label: str, default: float = 1.0, most: float = 1.5) -> Knob:
    return Knob(name, label, "", 0, most, default, 0.05)


def _band(number: int) -> dict[str, float]:
    """The multiband compressor's knobs that are fixed, of one band."""
    return {
        f"band{number}_ratio": RATIO,
        f"band{number}_attack_ms": ATTACK_MS[number - 1],
        f"band{number}_release_ms": RELEASE_MS[number - 1],
    }


_EQUALISER = tuple(
    f"band{band}_{what}" for band in range(1, EQUALISER_BANDS + 1) for what in ("kind", "hz", "db", "q")
)
_MULTIBAND = tuple(f"band{band}_{what}" for band in range(1, REGIONS + 1) for what in ("threshold_db", "gain_db"))
_FIXED = {
    "bands": 1,  # three
    "crossover1_hz": CROSSOVERS_HZ[0],
    "crossover2_hz": CROSSOVERS_HZ[1],
    **_band(1),
    **_band(2),
    **_band(3),
}

PLUGIN = Plugin(
    name="mastering",
    summary="Tone, dynamics and width of a finished song, and its loudness below a true-peak ceiling",
    sources=(Source("song", FEATURES), Source("reference", FEATURES, most=5)),
    controls=(
        Knob("loudness_lufs", "Loudness", "LUFS", -30, -5, -14, 0.1),
        Knob("ceiling_db", "Ceiling", "dBTP", -6, 0, -1, 0.1),
        Knob("most_reduction_db", "Most limiting", "dB", 0, 20, 6, 0.5),
        _amount("tone", "Tone"),
        _amount("dynamics", "Dynamics"),
        _amount("width", "Width"),
        _amount("reference_tone", "Tone of the reference", most=1),
        _amount("reference_level", "Loudness of the reference", 0, most=1),
        _amount("reference_width", "Width of the reference", most=1),
        Knob("method", "Method", "", 0, len(METHODS) - 1, 0, 1, "choice", METHODS),
    ),
    modes=(
        Mode("master", "Going by what finished music is like"),
        Mode("reference", "Going by one to five other songs", needs=("reference",)),
    ),
    inputs=(
        *(
            Signal(f"{source}_{name}", ("batch", frames, size), meaning)
            for source, frames in _FRAMES.items()
            for name, (size, meaning) in _MEANINGS.items()
        ),
        Signal("mode", ("batch", 2), "one-hot: master, reference"),
    ),
    outputs=(
        Signal("tone_bel", ("batch", 55), "gain that the spectrum is to get, in bel (10 dB)"),
        Signal("tone_doubt_db", ("batch", 55), "expected error of it in dB"),
        Signal("reduction_db", ("batch", REGIONS), "mean gain reduction of each band over the loud part"),
        Signal("reduction_doubt_db", ("batch", REGIONS), "expected error of it"),
        Signal("width_db", ("batch", REGIONS), "change of side against mid in each band"),
        Signal("width_doubt_db", ("batch", REGIONS), "expected error of it"),
    ),
    chain=(
        Link("parametric", (*_EQUALISER, "trim_db"), fixed={"design": 1}),  # the cookbook's: see curve_fit.py
        Link("multiband", _MULTIBAND, fixed=_FIXED),
        Link(
            "stereo",
            ("low_percent", "middle_percent", "high_percent"),
            fixed={"lower_hz": CROSSOVERS_HZ[0], "upper_hz": CROSSOVERS_HZ[1]},
        ),
        Link("limiter", ("drive_db", "ceiling_db", "release_ms")),
    ),
    data=("debian_games",),
    action="Master",
    presets=tuple(_preset(platform) for platform in platforms.table().values()),
    decode=decode,
    refine=refine,
    meters=("integrated_lufs", "true_peak_db"),
    max_passes=8,
    min_confidence=HOLD_LOW,
    capacity={"frames": _SONG_S, "reference_frames": _SONG_S},
    settings={
        "steps": 1000,
        "batch": 64,
        "learning_rate": 3e-3,
        "warmup": 0.05,
        "weight_decay": 0.05,
        "ema": 0.98,
        "evaluate_every": 200,
        "save_every_s": 20,
    },
)

assert sum(len(link.sets) for link in PLUGIN.chain) == KNOBS

"""Compressor: threshold, times and mix that suit a style and the material, or do what was done to a reference."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source
from dawg_ai.plugins.compressor.features import FEATURES
from dawg_ai.plugins.compressor.solving import STYLES, decode

_POWER = "mean square of each millisecond in dB, one row a second"
_PEAK = "highest sample of each millisecond in dBFS, one row a second"
_SETS = (
    "threshold_db",
    "ratio",
    "knee_db",
    "attack_ms",
    "release_ms",
    "lookahead_ms",
    "makeup_db",
    "mix_percent",
)
MAX_SECONDS = 1800

PLUGIN = Plugin(
    name="compressor",
    summary="A compressor set to suit a style and the material, or to do what was done to a reference",
    sources=(Source("song", FEATURES), Source("reference", FEATURES)),
    controls=(
        Knob("style", "Style", "", 0, len(STYLES) - 1, 1, 1, "choice", STYLES),
        Knob("amount", "Amount", "", 0, 1.5, 1, 0.05),
    ),
    modes=(
        Mode("style", "Compress in a style, as much as the material needs", needs=("style",)),
        Mode("reference", "Do to the song what was done to another recording", needs=("reference",)),
    ),
    inputs=(
        Signal("song_power_db", ("batch", "frames", 1000), _POWER),
        Signal("song_peak_db", ("batch", "frames", 1000), _PEAK),
        Signal("reference_power_db", ("batch", "reference_frames", 1000), _POWER),
        Signal("reference_peak_db", ("batch", "reference_frames", 1000), _PEAK),
    ),
    outputs=(
        Signal(
            "settings", ("batch", 4), "threshold relative to the gated level in dB, attack and release in ms, mix"
        ),
        Signal("doubt_db", ("batch", 1), "expected error of the gain reduction in dB, its mean removed"),
    ),
    chain=(Link("compressor", _SETS, fixed={"detector": 1}),),
    data=("debian_games", "stems"),
    decode=decode,
    capacity={"frames": MAX_SECONDS},
    settings={
        "steps": 200,
        "batch": 48,
        "learning_rate": 3e-3,
        "warmup": 0.05,
        "weight_decay": 0.02,
        "ema": 0.98,
        "evaluate_every": 50,
        "save_every_s": 20,
    },
)

"""Auto EQ: six visible bands that fix the tone of a track, or match it to references or a style."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source
from dawg_ai.plugins.auto_eq.features import FEATURES
from dawg_ai.plugins.auto_eq.fitting import decode

STYLES = ("ambient", "electronic", "funk", "hiphop", "house", "orchestral", "rock", "synthwave")
BANDS = 6

_LEVELS = "1/6-octave band levels in dB, one row a second"
_LOUDNESS = "K-weighted loudness of each second in LUFS"
_SETS = tuple(f"band{band}_{what}" for band in range(1, BANDS + 1) for what in ("kind", "hz", "db", "q"))

PLUGIN = Plugin(
    name="auto_eq",
    summary="Six equaliser bands that fix the tone of a track, or match it to references or a style",
    sources=(Source("song", FEATURES), Source("reference", FEATURES, most=5)),
    controls=(
        Knob("strength", "Amount", "", 0, 1.5, 1, 0.05),
        Knob("style", "Style", "", 0, len(STYLES), 0, 1, "choice", ("none", *STYLES)),
    ),
    modes=(
        Mode("fix", "Undo a fault in the track's tone, going by what music sounds like"),
        Mode("reference", "Bring the tone to that of one to five other files", needs=("reference",)),
        Mode("style", "Bring the tone to what is usual in a style", needs=("style",), proven_by="style"),
    ),
    inputs=(
        Signal("song_bands", ("batch", "frames", 55), _LEVELS),
        Signal("song_loudness", ("batch", "frames", 1), _LOUDNESS),
        Signal("reference_bands", ("batch", "reference_frames", 55), _LEVELS),
        Signal("reference_loudness", ("batch", "reference_frames", 1), _LOUDNESS),
        Signal("mode", ("batch", 3), "one-hot: fix, reference, style"),
        Signal("style", ("batch", 1 + len(STYLES)), "one-hot: none, then the styles"),
    ),
    outputs=(
        Signal("knobs", ("batch", len(_SETS) + 1), "a first guess of the equaliser's knobs in their units"),
        Signal("curve_bel", ("batch", 55), "the curve that the knobs are to make, in bel (10 dB)"),
        Signal("doubt_db", ("batch", 55), "expected error of the curve in dB"),
        Signal("weighted_db", ("batch", 55), "power spectrum of the song with K-weighting"),
    ),
    chain=(Link("parametric", (*_SETS, "trim_db"), fixed={"design": 1}),),  # the cookbook's filters: see response.py
    data=("debian_games",),
    decode=decode,
    settings={
        "steps": 1500,
        "batch": 128,
        "learning_rate": 2e-3,
        "warmup": 0.05,
        "weight_decay": 0.05,
        "ema": 0.99,
        "evaluate_every": 100,
        "save_every_s": 20,
    },
)

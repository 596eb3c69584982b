"""Reverb: the space of a reference, measured and put on the song, or one that fits the song's tempo."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source
from dawg_ai.plugins.reverb.bands import RANGES, ROWS
from dawg_ai.plugins.reverb.decoding import LENGTH_NAMES, decode
from dawg_ai.plugins.reverb.features import DRY, FRAMES, LAGS, REFERENCE, RESPONSE, SONG

PLUGIN = Plugin(
    name="reverb",
    summary="The space of a reference, or one that fits the song's tempo",
    sources=(
        Source("song", SONG, file=""),
        Source("reference", REFERENCE, file="audio"),
        Source("dry", DRY, file="dry", asked=False),
        Source("response", RESPONSE, file="response", asked=False),
    ),
    controls=(
        Knob("length", "Length", "", 0, len(LENGTH_NAMES) - 1, 1, 1, "choice", LENGTH_NAMES),
        Knob("mix_percent", "Mix", "%", 0, 100, 20, 1),
        Knob("width_percent", "Width", "%", 0, 100, 100, 1),
    ),
    modes=(
        Mode("suggest", "A pre-delay and a decay that fit the tempo that is heard in the song", needs=("length",)),
        Mode(
            "match",
            "The space of the reference: decay times, pre-delay, level, width",
            needs=("reference",),
            proven_by="T60 error",
        ),
    ),
    inputs=(
        Signal(
            "reference_bands", ("batch", ROWS, FRAMES), "levels of bands and ranges of the reference, dB, at 200 Hz"
        ),
        Signal("reference_profile", ("batch", RANGES + 1, LAGS), "mean level after an onset, relative to it, dB"),
    ),
    outputs=(
        Signal("times", ("batch", RANGES), "T60 of the ranges, log2 of seconds"),
        Signal("space", ("batch", 3), "pre-delay in ms, wet level in dB, width 0 to 1"),
        Signal(
            "doubt", ("batch", 2), "expected error of the mid T60, log2 octaves; logit of one source in one space"
        ),
    ),
    chain=(Link("reverb", ("low_s", "mid_s", "high_s", "predelay_ms", "width_percent", "mix_percent")),),
    data=("rooms", "dry_sounds", "debian_games"),
    decode=decode,
    min_confidence=0.2,
    settings={
        "steps": 500,
        "batch": 24,
        "learning_rate": 3e-3,
        "warmup": 0.05,
        "weight_decay": 0.05,
        "ema": 0.99,
        "evaluate_every": 250,
        "save_every_s": 30,
    },
)

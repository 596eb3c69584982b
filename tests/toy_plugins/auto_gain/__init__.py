"""The smallest complete plugin: brings a song to a level with the equaliser's trim."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source

from .features import FEATURES

PLUGIN = Plugin(
    name="auto_gain",
    summary="Brings a song to the level of a reference or a style.",
    sources=(Source("song", FEATURES), Source("reference", FEATURES, most=2)),
    controls=(
        Knob("strength", "Amount", "", 0, 1.5, 1, 0.05),
        Knob("style", "Style", "", 0, 2, 0, 1, "choice", ("none", "quiet", "loud")),
    ),
    modes=(
        Mode("fix", "to -18 dB"),
        Mode("reference", "to the level of a reference", needs=("reference",)),
        Mode("style", "to the level of a style", needs=("style",), proven_by="style"),
    ),
    inputs=(
        Signal("song_power", ("batch", "frames", 1), "mean square of each second"),
        Signal("reference_power", ("batch", "reference_frames", 1), "the same of the reference"),
        Signal("mode", ("batch", 3), "which mode, one-hot"),
        Signal("style", ("batch", 3), "which style, one-hot"),
        Signal("strength", ("batch", 1), "how much of it, 0 to 1.5"),
    ),
    outputs=(
        Signal("knobs", ("batch", 1), "the trim of the equaliser"),
        Signal("confidence", ("batch", 1), "how sure, 0 to 1"),
    ),
    chain=(Link("parametric", ("trim_db",)),),
    data=("demo",),
    settings={
        "steps": 60,
        "batch": 16,
        "learning_rate": 0.1,
        "ema": 0.9,
        "evaluate_every": 20,
        "save_every_s": 0.2,
    },
)

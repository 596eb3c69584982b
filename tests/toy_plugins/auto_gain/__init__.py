"""The smallest plugin that is whole: brings a song to a level with the equaliser's trim."""

from dawg_ai.plugin import Mode, Plugin, Signal

from .features import FEATURES

PLUGIN = Plugin(
    name="auto_gain",
    summary="Brings a song to the level of a reference or a style.",
    effect="eq",
    features=FEATURES,
    inputs=(
        Signal("power", ("batch", "frames", 1), "mean square of each second"),
        Signal("reference_power", ("batch", "reference_frames", 1), "the same of the reference"),
        Signal("mode", ("batch", 3), "which mode, one-hot"),
        Signal("style", ("batch", 2), "which style, one-hot"),
        Signal("strength", ("batch", 1), "how much of it, 0 to 1.5"),
    ),
    outputs=(
        Signal("knobs", ("batch", "knobs"), "the knobs of the equaliser"),
        Signal("confidence", ("batch", "groups"), "how sure, 0 to 1"),
    ),
    modes=(
        Mode("fix", "to -18 dB"),
        Mode("reference", "to the level of a reference", needs="reference", most=2),
        Mode("style", "to the level of a style", needs="style"),
    ),
    styles=("quiet", "loud"),
    settings={
        "steps": 60,
        "batch": 16,
        "learning_rate": 0.1,
        "ema": 0.9,
        "evaluate_every": 20,
        "save_every_s": 0.2,
    },
)

"""Auto EQ: six visible bands that fix the tone of a track, or match it to references or a style."""

from dawg_ai.plugin import Mode, Plugin, Signal
from dawg_ai.plugins.auto_eq.features import FEATURES

STYLES = ("ambient", "electronic", "funk", "hiphop", "house", "orchestral", "rock", "synthwave")

_BANDS = "1/6-octave band levels in dB, one row a second"
_LOUDNESS = "K-weighted loudness of each second in LUFS"

PLUGIN = Plugin(
    name="auto_eq",
    summary="Six equaliser bands that fix the tone of a track, or match it to references or a style",
    effect="eq",
    features=FEATURES,
    inputs=(
        Signal("bands", ("batch", "frames", 55), _BANDS),
        Signal("loudness", ("batch", "frames", 1), _LOUDNESS),
        Signal("reference_bands", ("batch", "reference_frames", 55), _BANDS),
        Signal("reference_loudness", ("batch", "reference_frames", 1), _LOUDNESS),
        Signal("mode", ("batch", 3), "one-hot: fix, reference, style"),
        Signal("style", ("batch", len(STYLES)), "one-hot, or zeros"),
        Signal("strength", ("batch", 1), "0 leaves the track alone, 1 is the suggestion, up to 1.5"),
    ),
    outputs=(
        Signal("knobs", ("batch", 25), "the equaliser's knobs in their units"),
        Signal("confidence", ("batch", 7), "for each band and the trim: 1 / (1 + expected error in dB)"),
    ),
    modes=(
        Mode("fix", "Undo a fault in the track's tone, going by what music sounds like"),
        Mode("reference", "Bring the tone to that of one to five other files", needs="reference", most=5),
        Mode("style", "Bring the tone to what is usual in a style", needs="style"),
    ),
    styles=STYLES,
    settings={
        "steps": 600,
        "batch": 128,
        "learning_rate": 2e-3,
        "warmup": 0.05,
        "weight_decay": 0.05,
        "ema": 0.99,
        "evaluate_every": 100,
        "save_every_s": 20,
    },
)

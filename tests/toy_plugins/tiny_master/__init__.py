"""A plugin that sets three effects and needs a solver: tone, width, and a limiter driven until a loudness is met."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source

from .features import FEATURES, refine

PLUGIN = Plugin(
    name="tiny_master",
    summary="Brings a song to a loudness, with a little tone and width",
    sources=(Source("song", FEATURES),),
    controls=(
        Knob("loudness_lufs", "Loudness", "LUFS", -30, -8, -16, 0.1),
        Knob("ceiling_db", "Ceiling", "dBTP", -6, 0, -1, 0.1),
    ),
    modes=(Mode("master", "To a loudness below a ceiling"),),
    inputs=(Signal("song_power", ("batch", "frames", 2), "mean square of each second, low and high"),),
    outputs=(Signal("knobs", ("batch", 5), "tone, width, drive, ceiling"), Signal("confidence", ("batch", 4), "")),
    chain=(
        Link("parametric", ("band1_db", "band6_db"), {"design": 1}),
        Link("stereo", ("high_percent",)),
        Link("limiter", ("drive_db", "ceiling_db")),
    ),
    data=("demo",),
    refine=refine,
    meters=("integrated_lufs", "true_peak_db"),
    max_passes=8,
    settings={"steps": 30, "batch": 8, "learning_rate": 0.02, "ema": 0.9, "evaluate_every": 15},
)

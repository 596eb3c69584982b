"""A plugin that takes notes, samples hits with a seed in four passes of its network, and plays a drum kit."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source

from .features import FEATURES, decode

PLUGIN = Plugin(
    name="tiny_drums",
    summary="Two bars of drums, from nothing or after a pattern",
    sources=(Source("pattern", FEATURES, file="notes"),),
    controls=(
        Knob("seed", "Seed", "", 0, 1_000_000, 0, 1),
        Knob("density", "Density", "", -3, 3, 0, 0.1),
        Knob("tempo_bpm", "Tempo", "bpm", 60, 200, 120, 1),
    ),
    modes=(Mode("generate", "Drums from nothing"), Mode("follow", "Drums after a pattern", needs=("pattern",))),
    inputs=(
        Signal("pattern_hits", ("batch", "rows", 3), "hits of the pattern, a row for each sixteenth"),
        Signal("grid", ("batch", 32, 3), "hits so far"),
        Signal("mode", ("batch", 2), "one-hot: generate, follow"),
    ),
    outputs=(Signal("logits", ("batch", 32, 3), "of a hit, for each sixteenth and drum"),),
    chain=(Link("kit", plays="played"),),
    data=("demo",),
    decode=decode,
    max_passes=4,
    settings={"steps": 40, "batch": 16, "learning_rate": 0.05, "ema": 0.9, "evaluate_every": 20},
)

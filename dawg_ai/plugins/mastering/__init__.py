"""Mastering (stub until the declaration is merged)."""

from dawg_ai.plugin import Mode, Plugin, Source
from dawg_ai.plugins.mastering.features import FEATURES

PLUGIN = Plugin(
    name="mastering",
    summary="Tone, dynamics, width, loudness",
    sources=(Source("song", FEATURES), Source("reference", FEATURES, most=5)),
    controls=(),
    modes=(Mode("master", "Blind"), Mode("reference", "With references", needs=("reference",))),
    inputs=(),
    outputs=(),
    chain=(),
    data=("debian_games",),
)

"""Features of delay: the tempo of a song, lag maps of a reference, and those of excerpts with known echoes."""

from dawg_ai.features.audio import AudioFeatures
from dawg_ai.features.beat import BEAT as SONG
from dawg_ai.plugins.delay import echoed, lag_maps

__all__ = ["ECHOED", "REFERENCE", "SONG"]

REFERENCE = AudioFeatures(
    frame_s=lag_maps.FRAME_S,
    hop_s=lag_maps.HOP_S,
    outputs=(),
    prepare=lag_maps.prepare,
    frame=lag_maps.frame,
    finish=lag_maps.finish,
    whole=("maps", "peak_ms"),
)
ECHOED = AudioFeatures(
    frame_s=echoed.EXCERPT_S,
    hop_s=echoed.EVERY_S,
    outputs=("variants", "truth"),
    prepare=echoed.prepare_echoed,
    frame=echoed.frame_echoed,
)

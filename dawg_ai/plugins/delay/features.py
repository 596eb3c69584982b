"""Features of delay: the tempo of a song, lag maps of a reference, and those of excerpts with known echoes."""

from dawg_ai.features.audio import AudioFeatures
from dawg_ai.plugins.delay import beat, echoed, lag_maps

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
SONG = AudioFeatures(
    frame_s=beat.CHUNK_S,
    outputs=(),
    prepare=beat.prepare_beat,
    frame=beat.frame_beat,
    finish=beat.finish_beat,
    whole=("tempo_bpm", "tempo_confidence", "first_beat_s"),
)

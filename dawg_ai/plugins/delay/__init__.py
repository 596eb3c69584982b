"""Delay: echoes in time with the song, or those of a reference, or none where none can be heard."""

from dawg_ai.dsp.effect import Knob
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source
from dawg_ai.plugins.delay.decoding import BEATS, CANDIDATES, NOTE_NAMES, decode
from dawg_ai.plugins.delay.features import ECHOED, REFERENCE, SONG
from dawg_ai.plugins.delay.lag_maps import LAGS, ROWS

PLUGIN = Plugin(
    name="delay",
    summary="Echoes in time with the song, or those of a reference",
    sources=(
        Source("song", SONG, file=""),
        Source("reference", REFERENCE, file=""),
        Source("echoed", ECHOED, asked=False),
    ),
    controls=(
        Knob("note", "Note", "", 0, len(NOTE_NAMES) - 1, NOTE_NAMES.index("1/8."), 1, "choice", NOTE_NAMES),
        Knob("beat", "Beat", "", 0, len(BEATS) - 1, 0, 1, "choice", BEATS),
        Knob("feedback_percent", "Feedback", "%", 0, 95, 35, 1),
        Knob("high_cut_hz", "Damping", "Hz", 500, 20_000, 6000, 10, "log"),
        Knob("mix_percent", "Mix", "%", 0, 100, 25, 1),
        Knob("ping_pong", "Ping-pong", "", 0, 1, 0, 1, "choice", ("off", "on")),
        Knob("duck_db", "Ducking", "dB", 0, 24, 0, 0.1),
    ),
    modes=(
        Mode("sync", "Echoes a note apart, at the tempo that is heard in the song", needs=("note",)),
        Mode("match", "The echoes of the reference: time, feedback, level, damping", needs=("reference",)),
    ),
    inputs=(Signal("reference_maps", ("batch", ROWS, LAGS), "lag maps of the reference, a lag each millisecond"),),
    outputs=(
        Signal("heat", ("batch", CANDIDATES + 1), "logits: each peak of the maps is an echo, and none is"),
        Signal("lag", ("batch", CANDIDATES), "index of each peak in the maps"),
        Signal("alike", ("batch", 4, CANDIDATES), "of an echo there: feedback, dB, octaves above 1 kHz, ping-pong"),
    ),
    chain=(
        Link(
            "delay",
            (
                "time_ms",
                "sync",
                "tempo_bpm",
                "mode",
                "feedback_percent",
                "high_cut_hz",
                "duck_db",
                "mix_percent",
            ),
        ),
    ),
    data=("debian_games",),
    decode=decode,
    min_confidence=0.85,
    settings={
        "steps": 800,
        "batch": 64,
        "learning_rate": 3e-3,
        "warmup": 0.05,
        "weight_decay": 0.05,
        "ema": 0.99,
        "evaluate_every": 100,
        "save_every_s": 30,
    },
)

"""A bass that plays notes: a plucked string, a round sub, or a sawtooth with a sine an octave below.

    notes -> for each note: partials -> low-pass that closes -> envelope -> * velocity, level -> + x -> y

`dawg_ai.dsp.blocks.instruments.partials` makes the sound; here are its patches.
"""

from typing import Annotated

from dawg_ai.dsp.blocks.instruments.partials import CHUNK, Patches, knobs, play_tones, set_tones, tones_tail
from dawg_ai.dsp.blocks.instruments.score import append
from dawg_ai.dsp.effect import Effect
from dawg_ai.dsp.kernel import F32, F64, kernel

SOUNDS = ("finger", "sub", "saw")
# Width, attack, decay, sustain, release; open and closed cutoff, time of its fall; detuning, vibrato, octave below.
PATCHES: Patches = (
    (0.19, 0.003, 0.7, 0.25, 0.03, 1700.0, 420.0, 0.09, 0.0, 0.0, 0.0),
    (0.5, 0.006, 0.9, 0.7, 0.05, 320.0, 150.0, 0.12, 0.0, 0.0, 0.0),
    (0.0, 0.003, 0.35, 0.45, 0.04, 2600.0, 300.0, 0.11, 0.0, 0.0, 0.35),
)


@kernel
def prepare(knobs: Annotated[F64, 4], sample_rate_hz: float, settings: Annotated[F64, 4]) -> None:
    """Knobs to settings."""
    set_tones(knobs, settings)


@kernel
def play(notes: Annotated[F32, "rows", 6], score: Annotated[F32, 8192, 6], state: Annotated[F64, 1]) -> int:
    """Append notes to the score; return how many there was room for."""
    return append(notes, score, state)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    settings: Annotated[F64, 4],
    score: Annotated[F32, 8192, 6],
    kept: Annotated[F64, 8192, 4],
    ramp: Annotated[F64, 4, 4],
    rows: Annotated[F64, 4, CHUNK],
    state: Annotated[F64, 1],
    position: Annotated[F64, 1],
) -> None:
    """The input, and on top of it the notes that sound now."""
    play_tones(x, y, PATCHES, sample_rate_hz, settings, score, kept, ramp, rows, state, position)


@kernel
def tail(
    sample_rate_hz: float,
    settings: Annotated[F64, 4],
    score: Annotated[F32, 8192, 6],
    state: Annotated[F64, 1],
    position: Annotated[F64, 1],
) -> int:
    """Samples until the last note has died away."""
    return tones_tail(PATCHES, sample_rate_hz, settings, score, state, position)


EFFECT = Effect(
    "bass",
    "A bass guitar, a sub or a synthesiser bass that plays notes.",
    knobs(SOUNDS),
    prepare,
    process,
    tail=tail,
    play=play,
    example={"level_db": 0},
)

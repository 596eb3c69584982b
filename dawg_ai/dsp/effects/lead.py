"""A lead that plays notes: a square wave with vibrato, a wide sawtooth, or a pluck; the sides are detuned.

    notes -> for each note: partials -> low-pass that closes -> envelope -> * velocity, level -> + x -> y

`dawg_ai.dsp.blocks.instruments.partials` makes the sound; here are its patches.
"""

from typing import Annotated

from dawg_ai.dsp.blocks.instruments.partials import CHUNK, Patches, knobs, play_tones, set_tones, tones_tail
from dawg_ai.dsp.blocks.instruments.score import append
from dawg_ai.dsp.effect import Effect
from dawg_ai.dsp.kernel import F32, F64, kernel

SOUNDS = ("square", "saw", "pluck")
# Width, attack, decay, sustain, release; open and closed cutoff, time of its fall; detuning, vibrato, octave below.
PATCHES: Patches = (
    (0.5, 0.004, 0.5, 0.55, 0.08, 5200.0, 2200.0, 0.2, 9.0, 7.0, 0.0),
    (0.0, 0.004, 0.4, 0.5, 0.1, 7000.0, 2400.0, 0.18, 14.0, 6.0, 0.0),
    (0.27, 0.002, 0.28, 0.0, 0.12, 6500.0, 700.0, 0.09, 6.0, 0.0, 0.0),
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
    "lead",
    "A synthesiser lead that plays notes: square, sawtooth or pluck.",
    knobs(SOUNDS),
    prepare,
    process,
    tail=tail,
    play=play,
    example={"level_db": 0},
)

"""A plugin of one page that uses all that bundle format 2 has."""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.effect import Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.features.audio import AudioFeatures
from dawg_ai.features.notes import NoteFeatures
from dawg_ai.plugin import Link, Mode, Plugin, Signal, Source


@kernel
def prepare(sample_rate_hz: float, tables: Annotated[F64, 1]) -> None:
    tables[0] = 1.0 / sample_rate_hz


@kernel
def frame(
    x: Annotated[F32, "channels", "samples"],
    tables: Annotated[F64, 1],
    level: Annotated[F32, 2],
    sums: Annotated[F64, 1],
) -> None:
    """A row of the mean square and the largest sample of each frame; `sums` adds the first up."""
    total, largest = 0.0, 0.0
    for channel in range(x.shape[0]):
        for i in range(x.shape[1]):
            sample = np.float64(x[channel, i])
            total += sample * sample * tables[0]
            largest = max(largest, abs(sample))
    level[0], level[1] = np.float32(total), np.float32(largest)
    sums[0] += total


@kernel
def finish(frames: int, sums: Annotated[F64, 1], mean: Annotated[F32, 1]) -> None:
    mean[0] = np.float32(sums[0] / float(frames))


@kernel
def encode(notes: Annotated[F32, "rows", 6], steps: Annotated[F32, 64, 2]) -> int:
    """One row for each note that there is room for: its pitch and its velocity."""
    count = min(notes.shape[0], steps.shape[0])
    for i in range(count):
        steps[i, 0], steps[i, 1] = notes[i, 2] / np.float32(127.0), notes[i, 3]
    return count


@kernel
def decode(
    song_level: Annotated[F32, "frames", 2],
    seed: float,
    grid: Annotated[F32, 3],
    levels: Annotated[F64, "frames"],
    passes: Annotated[F64, 1],
) -> int:
    """Three passes, each of which changes what the network sees next."""
    passes[0] += 1.0
    for i in range(levels.shape[0]):
        levels[i] += np.float64(song_level[i, 1])
    grid[0] = np.float32(np.float64(grid[0]) / 3.0 + levels[0] + 0.001 * seed)
    return 1 if passes[0] < 3.0 else 0


@kernel
def refine(
    measured: Annotated[F64, 2], target_lufs: float, knobs: Annotated[F64, 4], renders: Annotated[F64, 1]
) -> int:
    """Drive the limiter until the loudness is there."""
    renders[0] += 1.0
    missing = target_lufs - measured[0]
    if abs(missing) < 0.05:
        return 0
    knobs[3] += missing
    return 1


FEATURES = AudioFeatures(0.5, ("level",), prepare, frame, hop_s=0.15, finish=finish, whole=("mean",))

PLUGIN = Plugin(
    name="tiny",
    summary="All that a bundle can have",
    sources=(
        Source("song", FEATURES),
        Source("reference", FEATURES, most=3),
        Source("melody", NoteFeatures(("steps",), encode), file="notes", most=2),
    ),
    controls=(
        Knob("amount", "Amount", "", 0, 1.5, 1, 0.05),
        Knob("seed", "Seed", "", 0, 1000, 3, 1),
        Knob("target_lufs", "Loudness", "LUFS", -24, -6, -14, 0.1),
        Knob("style", "Style", "", 0, 2, 0, 1, "choice", ("none", "rock", "jazz")),
    ),
    modes=(
        Mode("fix", ""),
        Mode("reference", "", ("reference",)),
        Mode("style", "", ("style", "reference", "melody")),
    ),
    inputs=(
        Signal("song_level", ("batch", "frames", 2), ""),
        Signal("reference_level", ("batch", "reference_frames", 2), ""),
        Signal("melody_steps", ("batch", "rows", 2), ""),
        Signal("song_mean", ("batch", 1), ""),
        Signal("reference_mean", ("batch", 1), ""),
        Signal("mode", ("batch", 3), ""),
        Signal("amount", ("batch", 1), ""),
        Signal("style", ("batch", 3), ""),
        Signal("grid", ("batch", 3), ""),
    ),
    outputs=(
        Signal("knobs", ("batch", 4), ""),
        Signal("confidence", ("batch", 3), ""),
        Signal("grid", ("batch", 3), ""),
    ),
    chain=(
        Link("parametric", ("band1_hz", "band1_db", "trim_db"), {"design": 1}),
        Link("limiter", ("drive_db",)),
    ),
    data=(),
    decode=decode,
    refine=refine,
    meters=("integrated_lufs", "true_peak_db"),
    max_passes=5,
    capacity={"frames": 4096},
)

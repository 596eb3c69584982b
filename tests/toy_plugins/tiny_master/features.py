"""The power of each second, of the sound and of its differences, and the solver for loudness."""

from typing import Annotated

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.features.audio import AudioFeatures

DRIVE, CEILING = 3, 4
PAST_DRIVE, PAST_LUFS, PASSES = range(3)


@kernel
def prepare(sample_rate_hz: float) -> None:
    """Nothing needs preparing."""


@kernel
def frame(x: Annotated[F32, "channels", "samples"], sample_rate_hz: float, power: Annotated[F32, 2]) -> None:
    """Mean squares of the samples and of the differences between neighbours."""
    low, high = 0.0, 0.0
    for channel in range(x.shape[0]):
        for i in range(1, x.shape[1]):
            low += float(x[channel, i]) ** 2
            high += (float(x[channel, i]) - float(x[channel, i - 1])) ** 2
    power[0] = low / (x.shape[0] * x.shape[1])
    power[1] = high / (x.shape[0] * x.shape[1])


@kernel
def refine(
    measured: Annotated[F64, 2],
    loudness_lufs: float,
    ceiling_db: float,
    knobs: Annotated[F64, 5],
    memory: Annotated[F64, 3],
) -> int:
    """Secant steps of the limiter's drive until the loudness is met within 0.05 LU."""
    missing = loudness_lufs - measured[0]
    if memory[PASSES] > 0.0 and abs(missing) <= 0.05:
        return 0
    slope = 1.0
    if memory[PASSES] > 1.0 and abs(knobs[DRIVE] - memory[PAST_DRIVE]) > 1e-6:
        slope = min(max((measured[0] - memory[PAST_LUFS]) / (knobs[DRIVE] - memory[PAST_DRIVE]), 0.2), 1.0)
    memory[PAST_DRIVE], memory[PAST_LUFS] = knobs[DRIVE], measured[0]
    memory[PASSES] += 1.0
    knobs[CEILING] = ceiling_db
    knobs[DRIVE] = min(max(knobs[DRIVE] + missing / slope, 0.0), 24.0)
    return 1


FEATURES = AudioFeatures(frame_s=1.0, outputs=("power",), prepare=prepare, frame=frame)

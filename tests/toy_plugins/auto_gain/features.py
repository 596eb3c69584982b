"""The power of each frame."""

from typing import Annotated

from dawg_ai.dsp.kernel import F32, kernel
from dawg_ai.features.audio import AudioFeatures


@kernel
def prepare(sample_rate_hz: float) -> None:
    """Nothing needs preparing."""


@kernel
def frame(x: Annotated[F32, "channels", "samples"], sample_rate_hz: float, power: Annotated[F32, 1]) -> None:
    """Mean square of the frame."""
    total = 0.0
    for channel in range(x.shape[0]):
        for i in range(x.shape[1]):
            total += float(x[channel, i]) ** 2
    power[0] = total / (x.shape[0] * x.shape[1])


FEATURES = AudioFeatures(frame_s=1.0, outputs=("power",), prepare=prepare, frame=frame)

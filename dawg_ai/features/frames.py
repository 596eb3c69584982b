"""Features of audio, frame by frame: one kernel that training and browser share.

A plugin says how long a frame is and which kernel turns a frame of samples into rows of numbers; everything that
walks over a song, here or in the browser, follows from that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dawg_ai.dsp.kernel import F32, Module, call

HIGHEST_RATE_HZ = 192_000


@dataclass(frozen=True)
class FrameFeatures:
    """`prepare(sample_rate_hz, <tables>)` once, then `frame(x, sample_rate_hz, <tables, state>, <outputs>)` for
    each whole frame of `frame_s` seconds; `x` is (channels, samples). `outputs` names the float32 arrays that the
    kernel fills, one row of the result per frame. A song shorter than a frame is padded with silence to one.
    """

    frame_s: float
    outputs: tuple[str, ...]
    prepare: Callable[..., Any]
    frame: Callable[..., Any]

    @property
    def module(self) -> Module:
        """The kernels as one WebAssembly module."""
        samples = round(HIGHEST_RATE_HZ * self.frame_s)
        return Module("features", (self.prepare, self.frame), {"channels": 2, "samples": samples})

    def extract(self, audio: F32, sample_rate_hz: int) -> dict[str, F32]:
        """All features of `audio` (channels, samples): name -> (frames, ...) float32."""
        size = int(sample_rate_hz * self.frame_s)
        if audio.shape[1] < size:
            audio = np.pad(audio, ((0, 0), (0, size - audio.shape[1])))
        frames = audio.shape[1] // size
        memory: dict[str, Any] = self.module.allocate(channels=len(audio))
        memory["sample_rate_hz"] = float(sample_rate_hz)
        call(self.prepare, memory)
        rows: dict[str, list[F32]] = {name: [] for name in self.outputs}
        for index in range(frames):
            memory["x"] = np.ascontiguousarray(audio[:, index * size : (index + 1) * size], np.float32)
            call(self.frame, memory)
            for name in self.outputs:
                rows[name].append(memory[name].copy())
        return {name: np.stack(values) for name, values in rows.items()}

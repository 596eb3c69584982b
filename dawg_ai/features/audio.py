"""Audio features: kernels that training, Python and the browser share.

A plugin declares frame length, hop and the kernel that turns a frame of samples into rows of numbers. Iteration over
a song is the same for all plugins.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dawg_ai import audio
from dawg_ai.audio import Blocks, Sound
from dawg_ai.dsp.instance import Instance
from dawg_ai.dsp.kernel import F32, signature
from dawg_ai.dsp.limits import check_rate

MAX_RATE_HZ = 192_000  # the browser lays out memory for a frame at this rate

Arrays = dict[str, F32]


@dataclass(frozen=True)
class AudioExtractor:
    """`AudioFeatures` with kernels by their export names, as a bundle declares them."""

    kind: ClassVar[str] = "audio"

    prepare: str
    frame: str
    finish: str | None
    frame_s: float
    hop_s: float
    outputs: tuple[str, ...]
    whole: tuple[str, ...]

    def declaration(self) -> dict[str, Any]:
        """As JSON, for a bundle."""
        return {"kind": self.kind, **asdict(self)}

    def read(self, path: Path) -> Sound:
        """Open a file of audio; see `dawg_ai.audio.audible`."""
        return audio.audible(path)

    def extract(self, kernels: Instance, sound: Sound) -> Arrays:
        """Compute the features of one file.

        Args:
            kernels: a fresh instance of the module; its memory is zeros.
            sound: audio. Surround is downmixed to stereo; a file shorter than a frame is padded with silence to one.

        Returns:
            `outputs` as (frames, ...), and `whole`, one array each.

        Raises:
            UsageError: the sample rate is out of range (`limits.check_rate`).
        """
        rate_hz = sound.rate_hz
        check_rate(rate_hz, "features are taken", MAX_RATE_HZ)
        size, hop = (int(rate_hz * seconds) for seconds in (self.frame_s, self.hop_s))
        scalars = {"sample_rate_hz": float(rate_hz), "frames": 0}
        kernels.call(self.prepare, scalars)
        rows: dict[str, list[F32]] = {name: [] for name in self.outputs}
        for frame in _frames(audio.folded(sound).blocks(), size, hop):
            scalars["frames"] += 1
            kernels.set("x", frame)
            kernels.call(self.frame, scalars)
            for name in self.outputs:
                rows[name].append(kernels.get(name))
        if self.finish:
            kernels.call(self.finish, scalars)
        return {**{name: np.stack(values) for name, values in rows.items()}, **self._whole(kernels)}

    def absent(self, kernels: Instance) -> Arrays:
        """The features of an absent source: one row of zeros, and zeros for `whole`."""
        rows = {name: np.zeros_like(kernels.get(name))[None] for name in self.outputs}
        return {**rows, **{name: np.zeros_like(array) for name, array in self._whole(kernels).items()}}

    def join(self, files: Sequence[Arrays]) -> Arrays:
        """Join the features of several files: rows are concatenated, arrays of `whole` averaged."""
        rows = {name: np.concatenate([each[name] for each in files]) for name in self.outputs}
        return {**rows, **{name: _mean([each[name] for each in files]) for name in self.whole}}

    def _whole(self, kernels: Instance) -> Arrays:
        return {name: kernels.get(name) for name in self.whole}


def _frames(blocks: Blocks, size: int, hop: int) -> Iterator[F32]:
    """Whole frames of a sound, every `hop` samples; one that is padded where the sound is shorter than a frame."""
    waiting, skipped, found = next(blocks, np.zeros((1, 0), np.float32)), 0, False
    while True:
        for start in range(skipped, waiting.shape[1] - size + 1, hop):
            yield waiting[:, start : start + size]
            skipped, found = start + hop, True
        block = next(blocks, None)
        if block is None:
            break
        skipped, waiting = max(0, skipped - waiting.shape[1]), waiting[:, skipped:]
        waiting = np.concatenate([waiting, block], axis=1)
    if not found:
        yield np.pad(waiting, ((0, 0), (0, size - waiting.shape[1])))


def _mean(arrays: Sequence[NDArray[np.float32]]) -> F32:
    total = np.zeros(arrays[0].shape, np.float64)
    for each in arrays:
        total += each
    return np.asarray(total / len(arrays), np.float32)


@dataclass(frozen=True)
class AudioFeatures:
    """Kernels that turn audio into named arrays, float32.

    Args:
        frame_s: length of a frame in seconds.
        outputs: arrays that `frame` fills: one row of the result per frame.
        prepare: `prepare(sample_rate_hz, <tables>)`, once per file.
        frame: `frame(x, sample_rate_hz, <tables, state>, <outputs>)` for each whole frame; `x` is (channels, samples)
            with one or two channels.
        hop_s: seconds from the start of a frame to that of the next; by default frames do not overlap.
        finish: `finish(sample_rate_hz, frames, <state>, <whole>)`, once, after the last of `frames` frames.
        whole: arrays that `finish` fills, such as a map of lags: one of each per file.
    """

    frame_s: float
    outputs: tuple[str, ...]
    prepare: Callable[..., Any]
    frame: Callable[..., Any]
    hop_s: float | None = None
    finish: Callable[..., Any] | None = None
    whole: tuple[str, ...] = ()

    @property
    def kernels(self) -> tuple[Callable[..., Any], ...]:
        """The kernels that are declared."""
        return tuple(each for each in (self.prepare, self.frame, self.finish) if each)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all arrays."""
        return (*self.outputs, *self.whole)

    @property
    def capacity(self) -> dict[str, int]:
        """The largest sizes of free dimensions."""
        return {"channels": 2, "samples": round(MAX_RATE_HZ * self.frame_s)}

    @property
    def extractor(self) -> AudioExtractor:
        """The extractor of these features."""
        finish = signature(self.finish).name if self.finish else None
        prepare, frame = signature(self.prepare).name, signature(self.frame).name
        hop_s = self.frame_s if self.hop_s is None else self.hop_s
        return AudioExtractor(prepare, frame, finish, self.frame_s, hop_s, self.outputs, self.whole)

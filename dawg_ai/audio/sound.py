"""`Sound`: audio as a stream of blocks, with its sample rate and its channel layout."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import soxr
from numpy.typing import NDArray

from dawg_ai.audio import layout as layouts

Audio = NDArray[np.float32]
Blocks = Iterator[Audio]

MOST_PROMISED = 1 << 30  # samples of all channels for which memory is set aside: 4 GiB
MOST_KEPT = 1 << 25  # samples of all channels that `kept` holds: 128 MiB, six minutes of stereo
BLOCK_SAMPLES = 1 << 16  # of the blocks that are read and rendered: 0.7 MB of stereo with its copies


@dataclass(frozen=True)
class Sound:
    """Audio that is read, computed or held in memory, block by block.

    Args:
        rate_hz: the sample rate.
        channels: how many.
        blocks: begins to read: (channels, samples) float32, contiguous, none of them empty. It may be called again,
            for a second pass. A file that turns out to be unusable raises `UnusableAudio` on the way.
        layout: mask of loudspeakers (`dawg_ai.audio.layout`); 0 if it is not known.
        bits: of a sample of the file it comes from: "16", "24" or "32f".
        promised: how many samples a header promises; 0 if none does.
    """

    rate_hz: int
    channels: int
    blocks: Callable[[], Blocks] = field(repr=False)
    layout: int = 0
    bits: str = "32f"
    promised: int = 0

    def audio(self) -> Audio:
        """All of it, (channels, samples)."""
        # A damaged header may promise more than there is memory for.
        room = self.promised if self.channels * self.promised <= MOST_PROMISED else 0
        whole, at = np.empty((self.channels, room), np.float32), 0
        more: list[Audio] = []
        for block in self.blocks():
            if more or at + block.shape[1] > room:
                more.append(block)
            else:
                whole[:, at : at + block.shape[1]] = block
                at += block.shape[1]
        if at == room and not more:
            return whole
        return np.concatenate([whole[:, :at], *more], axis=1)


def held(audio: Audio, rate_hz: int, layout: int = 0) -> Sound:
    """A sound that is held in memory.

    Args:
        audio: (channels, samples).
        rate_hz: its sample rate.
        layout: mask of loudspeakers.

    >>> [block.shape for block in held(np.zeros((2, 70_000), np.float32), 44_100).blocks()]
    [(2, 65536), (2, 4464)]
    """

    def blocks() -> Blocks:
        for start in range(0, audio.shape[1], BLOCK_SAMPLES):
            yield np.ascontiguousarray(audio[:, start : start + BLOCK_SAMPLES], np.float32)

    return Sound(rate_hz, len(audio), blocks, layout)


def kept(sound: Sound, most: int = MOST_KEPT) -> Sound:
    """A sound that is decoded or rendered once: its blocks are kept when they have all been read.

    Args:
        sound: one that is read more than once.
        most: samples of all channels up to which that is done; a longer one is decoded or rendered anew.
    """
    whole: list[Audio] = []

    def blocks() -> Blocks:
        if whole:
            yield from whole
            return
        read: list[Audio] = []
        samples = 0
        for block in sound.blocks():
            samples += block.size
            if samples <= most:
                read.append(block)
            else:
                read.clear()
            yield block
        if samples <= most:
            whole[:] = read

    return replace(sound, blocks=blocks)


def folded(sound: Sound) -> Sound:
    """Downmix surround to stereo, as `stereo`; mono and stereo stay as they are."""
    if sound.channels <= 2:
        return sound
    return replace(
        sound, channels=2, layout=0, blocks=lambda: (stereo(block, sound.layout) for block in sound.blocks())
    )


def resampled(sound: Sound, wanted_hz: int) -> Sound:
    """Resample as `at_rate` does, block by block."""
    if sound.rate_hz == wanted_hz:
        return sound

    def blocks() -> Blocks:
        stream = soxr.ResampleStream(sound.rate_hz, wanted_hz, sound.channels, "float32", "HQ")
        for block in sound.blocks():
            if len(out := stream.resample_chunk(block.T)):
                yield np.ascontiguousarray(out.T)
        if len(rest := stream.resample_chunk(np.zeros((0, sound.channels), np.float32), last=True)):
            yield np.ascontiguousarray(rest.T)

    return replace(sound, rate_hz=wanted_hz, blocks=blocks, promised=0)


def stereo(audio: Audio, layout: int = 0) -> Audio:
    """Downmix surround to stereo; mono and stereo stay as they are.

    Summed by ITU-R BS.775-3 (centre and surrounds at -3 dB, low-frequency channel left out). Where the layout is not
    known, three to eight channels are taken for the usual one of as many, and of others the first two are taken.

    Args:
        audio: (channels, samples), channels in WAVE order.
        layout: mask of loudspeakers.

    Returns:
        (1 or 2, samples); a downmix may exceed full scale.

    >>> centre_only = np.array([[0.0], [0.0], [1.0]], np.float32)
    >>> stereo(centre_only)
    array([[0.70710677],
           [0.70710677]], dtype=float32)
    """
    channels = len(audio)
    if channels <= 2:
        return audio
    gains = layouts.fold_gains(layouts.of(channels, layout))
    if not gains:
        return audio[:2]
    return np.asarray(np.array(gains, np.float32).T @ audio, np.float32)


def at_rate(audio: Audio, rate_hz: int, wanted_hz: int) -> Audio:
    """Resample by soxr's "HQ" setting: aliases and noise below -130 dB, flat to 0.91 of the lower Nyquist frequency.

    Args:
        audio: (channels, samples).
        rate_hz: its sample rate.
        wanted_hz: the sample rate of the result.

    Returns:
        (channels, resampled samples); the same array where both rates are equal.

    >>> at_rate(np.zeros((2, 441), np.float32), 44_100, 48_000).shape
    (2, 480)
    """
    if rate_hz == wanted_hz:
        return audio
    return np.ascontiguousarray(soxr.resample(audio.T, rate_hz, wanted_hz, "HQ").T)

"""Several files as one sound: what is done to an album is done to all of it, as if it were one long song.

So the songs keep their relation in loudness, joins without a gap stay without one, and filters and gain run on from
song to song.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from dawg_ai.audio import Audio, Blocks, Sound, folded, resampled


class Joined:
    """Sounds one after another.

    Args:
        sounds: of one sample rate, and one number of channels.
    """

    def __init__(self, sounds: Sequence[Sound]) -> None:
        self._sounds = sounds
        self._lengths: list[int] = []

    @property
    def sound(self) -> Sound:
        """All of them."""
        return replace(self._sounds[0], blocks=self._blocks, promised=sum(each.promised for each in self._sounds))

    def pieces(self, whole: Sound) -> Iterator[Sound]:
        """Cut a sound where these were joined.

        Each piece is read once, from its beginning to its end, before the next.

        Args:
            whole: what became of `sound`, which was read to its end before.
        """
        cut = _Cut(whole.blocks())
        for length, source in zip(self._lengths, self._sounds, strict=True):
            yield replace(whole, blocks=partial(cut.take, length), layout=source.layout, bits=source.bits)

    def _blocks(self) -> Blocks:
        lengths = [0] * len(self._sounds)
        for at, sound in enumerate(self._sounds):
            for block in sound.blocks():
                lengths[at] += block.shape[1]
                yield block
        self._lengths = lengths


class _Cut:
    """Blocks of which so many samples are taken at a time."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._rest: Audio | None = None

    def take(self, samples: int) -> Blocks:
        while samples:
            block = self._rest if self._rest is not None else next(self._blocks, None)
            if block is None:
                return
            part, rest = block[:, :samples], block[:, samples:]
            self._rest = rest if rest.shape[1] else None
            samples -= part.shape[1]
            yield part


def alike(sounds: Sequence[Sound]) -> bool:
    """Whether all have one sample rate and one number of channels."""
    return len({(each.rate_hz, each.channels) for each in sounds}) <= 1


def runs(sounds: Sequence[Sound]) -> list[list[int]]:
    """Positions of sounds in stretches of one sample rate and one number of channels."""
    found: list[list[int]] = []
    for at, sound in enumerate(sounds):
        if found and alike([sounds[found[-1][-1]], sound]):
            found[-1].append(at)
        else:
            found.append([at])
    return found


def as_stereo(sound: Sound, rate_hz: int) -> Sound:
    """A sound as two channels of a rate, for measuring it beside others."""
    found = resampled(folded(sound), rate_hz)
    if found.channels == 2:
        return found
    return replace(found, channels=2, layout=0, blocks=lambda: (block.repeat(2, axis=0) for block in found.blocks()))

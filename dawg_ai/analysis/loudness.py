"""Loudness and true peak of any channel layout, by the meter of `dawg_ai.dsp.meters.meter`."""

from dataclasses import replace

import numpy as np

from dawg_ai.audio import Audio, Sound, layout
from dawg_ai.dsp.meters import meter
from dawg_ai.dsp.meters.meter import Loudness

# The meter takes left, right and centre, and then surrounds, which weigh 1.41.
_FRONT = 3
_SURROUND_WEIGHT = 1.41


class Meter:
    """The meter at work on blocks of a layout.

    Loudness is of all channels but the low-frequency one, by ITU-R BS.1770-5; true peak is of all channels. Where the
    layout is not known, all channels weigh the same.

    Args:
        channels: how many, in WAVE order.
        sample_rate_hz: the sample rate.
        mask: the layout; 0: the usual one of as many channels.
    """

    def __init__(self, channels: int, sample_rate_hz: float, mask: int = 0) -> None:
        speakers = layout.speakers(layout.of(channels, mask)) or (layout.FL,) * channels
        loudspeakers = [k for k, speaker in enumerate(speakers) if speaker != layout.LFE]
        front = [k for k in loudspeakers if not layout.is_surround(speakers[k])]
        self._front, more = front[:_FRONT], front[_FRONT:]
        self._behind = [k for k in loudspeakers if k not in front] + more
        # Fronts beyond the third stand where surrounds are expected, and are scaled to weigh 1.
        self._gains = np.array([[1.0 if k not in more else _SURROUND_WEIGHT**-0.5] for k in self._behind], np.float32)
        # Of these only the peak counts, or it is not to be seen in the meter of the loudspeakers.
        self._peaks_alone = [k for k in range(channels) if k not in loudspeakers] + more
        self._padding = _FRONT - len(self._front) if self._behind else 0
        self._loudspeakers = meter.Meter(len(self._front) + self._padding + len(self._behind), sample_rate_hz)
        self._others = meter.Meter(len(self._peaks_alone), sample_rate_hz) if self._peaks_alone else None

    def update(self, audio: Audio) -> None:
        """Measure the next samples, (channels, samples)."""
        if self._others:
            self._others.update(audio[self._peaks_alone])
        if self._behind:
            silence = np.zeros((self._padding, audio.shape[1]), np.float32)
            audio = np.concatenate([audio[self._front], silence, audio[self._behind] * self._gains])
        self._loudspeakers.update(audio if self._behind else audio[self._front])

    def result(self) -> Loudness:
        """What all samples amount to; the meter takes no more after it."""
        found = self._loudspeakers.result()
        if not self._others:
            return found
        others = self._others.result()
        return replace(
            found,
            true_peak_db=max(found.true_peak_db, others.true_peak_db),
            peaks_db=np.maximum(found.peaks_db, others.peaks_db),
        )


def measure(sound: Sound) -> Loudness:
    """Measure a sound.

    >>> from dawg_ai.audio import held
    >>> sine = 0.5 * np.sin(2 * np.pi * 997 / 48_000 * np.arange(240_000))
    >>> low_frequency_alone = np.float32([0 * sine, 0 * sine, 0 * sine, sine, 0 * sine, 0 * sine])
    >>> found = measure(held(low_frequency_alone, 48_000))
    >>> found.integrated_lufs, round(found.true_peak_db, 2)
    (-inf, -6.02)
    """
    at_work = Meter(sound.channels, sound.rate_hz, sound.layout)
    for block in sound.blocks():
        at_work.update(block)
    return at_work.result()

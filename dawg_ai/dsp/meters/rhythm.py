"""Rhythm: onset strength, tempo by autocorrelation, and beats by dynamic programming.

    mel spectrogram in dB -> mean rise of low, middle and high bands (spectral flux) -> onset strength
    rise of each range, standardised -> sum of autocorrelations -> mean at multiples of each tempo's beat -> tempo
    onset strength, tempo -> dynamic programming -> beats

Sounds are converted to 44.1 kHz first, so that the same sound has the same frames at any rate. Onset strength is
librosa's (`librosa.onset.onset_strength`; S. Dixon, "Onset detection revisited", DAFx 2006). Beats are those of D. P.
W. Ellis, "Beat tracking by dynamic programming", J. New Music Research 36, 2007.
"""

from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any

import numpy as np
import soxr

from dawg_ai.dsp.blocks.sanitise import mono
from dawg_ai.dsp.kernel import F32, F64, I32, Module, call, kernel
from dawg_ai.dsp.math import log, log10, sqrt
from dawg_ai.dsp.meters.mel import BANDS, HOP, WINDOW_SIZE, Spectrogram
from dawg_ai.dsp.meters.tempo import RANGES, autocorrelation, regularity, tempo

RATE_HZ = 44_100
SPOOL_BYTES = 1 << 26  # of the mel spectrogram that are kept in memory: 25 minutes
CHUNK_FRAMES = 4096

FLOOR_DB = 80.0  # below the loudest band: lower levels count as this
ONSET_DELAY_FRAMES = WINDOW_SIZE // (2 * HOP)  # from the first frame that sees an onset to the one centred on it
MIDDLE_BAND, HIGH_BAND = 8, 48  # first mel bands of the middle and high range: 250 Hz and 1.9 kHz

TIGHTNESS = 100.0  # cost of a beat off the tempo, per squared natural logarithm of the ratio


@kernel
def onsets(
    mel: Annotated[F32, "frames", 128],
    highest: float,
    levels: Annotated[F64, 128],
    rises: Annotated[F64, 3, "frames"],
    strength: Annotated[F64, "frames"],
) -> None:
    """Onset strength of the next frames.

    Args:
        mel: (frames, 128), powers.
        highest: the highest of all frames of the song.
        levels: state: the levels in dB of the frame before; at the beginning higher than any.
        rises: overwritten: the mean rise of the low, middle and high bands in dB.
        strength: (frames,), overwritten: the mean rise of all bands.
    """
    floor = 10.0 * log10(max(highest, 1e-10)) - FLOOR_DB
    for frame in range(mel.shape[0]):
        low = _rise(mel[frame], 0, MIDDLE_BAND, floor, levels)
        middle = _rise(mel[frame], MIDDLE_BAND, HIGH_BAND, floor, levels)
        high = _rise(mel[frame], HIGH_BAND, mel.shape[1], floor, levels)
        rises[0, frame] = low / float(MIDDLE_BAND)
        rises[1, frame] = middle / float(HIGH_BAND - MIDDLE_BAND)
        rises[2, frame] = high / float(mel.shape[1] - HIGH_BAND)
        strength[frame] = (low + middle + high) / float(mel.shape[1])


@kernel
def _rise(powers: F32, first: int, end: int, floor: float, levels: F64) -> float:
    """Sum of the rises in dB from `levels`, which becomes the levels of `powers`, of at least `floor`."""
    total = 0.0
    for band in range(first, end):
        level = max(10.0 * log10(max(np.float64(powers[band]), 1e-10)), floor)
        total += max(level - levels[band], 0.0)
        levels[band] = level
    return total


@kernel
def beats(
    strength: Annotated[F64, "frames"],
    bpm: float,
    frames_per_s: float,
    score: Annotated[F64, "frames"],
    before: Annotated[I32, "frames"],
    found: Annotated[I32, "frames"],
) -> int:
    """Beats by dynamic programming.

    Args:
        strength: (frames,), onset strength.
        bpm: the tempo.
        frames_per_s: rate of the onset strength.
        score: scratch.
        before: scratch: the beat before each.
        found: overwritten with the frames of the beats.

    Returns:
        How many beats there are.
    """
    frames, beat = strength.shape[0], 60.0 * frames_per_s / bpm
    squares = 0.0
    for each in strength:
        squares += each * each
    scale = 1.0 / max(sqrt(squares / float(max(frames, 1))), 1e-12)
    last = 0
    for t in range(frames):
        score[t], before[t] = strength[t] * scale, -1
        best = 0.0
        for gap in range(int(0.5 * beat + 0.5), min(int(2.0 * beat + 0.5), t) + 1):
            off = log(float(gap) / beat)
            reached = score[t - gap] - TIGHTNESS * off * off
            if reached > best:
                best, before[t] = reached, t - gap
        score[t] += best
        if score[t] >= score[last]:
            last = t
    count, at = 0, last
    while at >= 0 and score[at] > 0.0:
        found[count] = at
        count += 1
        at = int(before[at])
    for i in range(count // 2):
        found[i], found[count - 1 - i] = found[count - 1 - i], found[i]
    return count


MODULE = Module("rhythm", (onsets, autocorrelation, tempo, regularity, beats), {"frames": 65_536, "lags": 4096})


@dataclass(frozen=True)
class Rhythm:
    """The rhythm of a song."""

    strength: F64  # (frames,), dB of rise
    frames_per_s: float
    tempo_bpm: float
    regularity: float  # standard deviations above chance; 0 where it is too short or has too few onsets to tell
    beats_s: F64  # times of the beats


class Meter:
    """The meter at work, block by block. Its mel spectrogram goes to a temporary file, if it is large."""

    def __init__(self, sample_rate_hz: float) -> None:
        at_another_rate = sample_rate_hz != RATE_HZ
        self._resampler = soxr.ResampleStream(sample_rate_hz, RATE_HZ, 1, "float32") if at_another_rate else None
        self._spectrogram = Spectrogram(RATE_HZ)
        self._mel = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115, closed by `_onsets`
        self._frames, self._highest = 0, 0.0

    def update(self, audio: F32) -> None:
        """Measure the next samples, (channels, samples)."""
        sound = mono(audio)
        if self._resampler:
            sound = self._resampler.resample_chunk(sound)
        self._keep(self._spectrogram.update(sound[None]))

    def _keep(self, mel: F32) -> None:
        self._frames += len(mel)
        self._highest = max(self._highest, float(mel.max(initial=0.0)))
        self._mel.write(mel.tobytes())

    def result(self) -> Rhythm:
        """What all samples amount to; the meter takes no more after it."""
        if self._resampler:
            rest = self._resampler.resample_chunk(np.zeros(0, np.float32), last=True)
            self._keep(self._spectrogram.update(rest[None]))
        self._keep(self._spectrogram.rest())
        frames_per_s = RATE_HZ / HOP
        lags = min(self._frames // 2 + 2, MODULE.capacity["lags"])
        memory: dict[str, Any] = MODULE.allocate(frames=self._frames, lags=lags)
        memory |= {"frames_per_s": frames_per_s, "frames": self._frames}
        self._onsets(memory["rises"], memory["strength"])
        call(autocorrelation, memory)
        memory["bpm"] = call(tempo, memory)
        count = call(beats, memory)
        return Rhythm(
            strength=memory["strength"],
            frames_per_s=frames_per_s,
            tempo_bpm=memory["bpm"],
            regularity=call(regularity, memory),
            # What begins between two frames shows in the second of them, half a frame late on average.
            beats_s=np.maximum(memory["found"][:count] - 0.5, 0.0) / frames_per_s,
        )

    def _onsets(self, rises: F64, strength: F64) -> None:
        """Write the onset strength of all frames, each where the frame that is centred on the onset is."""
        levels, at = np.full(BANDS, np.inf), ONSET_DELAY_FRAMES
        with self._mel as file:
            file.seek(0)
            while data := file.read(4 * BANDS * CHUNK_FRAMES):
                mel = np.frombuffer(data, np.float32).reshape(-1, BANDS)
                chunk_rises, chunk_strength = np.zeros((RANGES, len(mel))), np.zeros(len(mel))
                onsets(mel, self._highest, levels, chunk_rises, chunk_strength)
                kept = max(0, min(len(mel), len(strength) - at))
                rises[:, at : at + kept] = chunk_rises[:, :kept]
                strength[at : at + kept] = chunk_strength[:kept]
                at += len(mel)


def measure(audio: F32, sample_rate_hz: float) -> Rhythm:
    """Measure the rhythm of a sound.

    Args:
        audio: (channels, samples).
        sample_rate_hz: its sample rate.

    Returns:
        Onset strength, tempo, regularity and beats.

    >>> clicks = np.zeros(44_100 * 10, np.float32)
    >>> clicks[::22_050] = 1.0
    >>> round(measure(clicks[None], 44_100).tempo_bpm)
    120
    """
    meter = Meter(sample_rate_hz)
    meter.update(audio)
    return meter.result()

"""Rhythm: onset strength, tempo by autocorrelation, and beats by dynamic programming.

    mel spectrogram in dB -> mean rise of all bands (spectral flux) -> onset strength
    onset strength -> autocorrelation -> mean at multiples of each tempo's beat, with a preference -> tempo
    onset strength, tempo -> dynamic programming -> beats

Onset strength is librosa's (`librosa.onset.onset_strength`; S. Dixon, "Onset detection revisited", DAFx 2006). The
tempo is the lag at whose first eight multiples the autocorrelation is highest, under a log-normal preference for 110
beats a minute, refined with 32 multiples. It is taken as steady for the whole song, and far from 110 may be read as
half, twice or two thirds of what it is. Beats are those of D. P. W. Ellis, "Beat tracking by dynamic programming", J.
New Music Research 36, 2007.
"""

from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, I32, Module, call, kernel
from dawg_ai.dsp.math import exp, log, log2, log10, sqrt
from dawg_ai.dsp.meters.mel import BANDS, HOP, WINDOW_SIZE, Spectrogram

SPOOL_BYTES = 1 << 26  # of the mel spectrogram that are kept in memory: 25 minutes
CHUNK_FRAMES = 4096

FLOOR_DB = 80.0  # below the loudest band: lower levels count as this
ONSET_DELAY_FRAMES = WINDOW_SIZE // (2 * HOP)  # from the first frame that sees an onset to the one centred on it

SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
COARSE_BPM, FINE_BPM = 0.25, 0.01
PREFERRED_BPM, PREFERENCE_OCTAVES = 110.0, 0.7  # centre and standard deviation, in octaves, of the preference
MULTIPLES, FINE_MULTIPLES = 8, 32
TIGHTNESS = 100.0  # cost of a beat off the tempo, per squared natural logarithm of the ratio


@kernel
def onsets(mel: Annotated[F32, "frames", 128], strength: Annotated[F64, "frames"]) -> None:
    """Onset strength.

    Args:
        mel: (frames, 128), powers.
        strength: (frames,), overwritten: the mean rise of all bands in dB, at the frame that is centred on the onset.
    """
    highest = 1e-10
    for frame in range(mel.shape[0]):
        for band in range(mel.shape[1]):
            highest = max(highest, np.float64(mel[frame, band]))
    floor = 10.0 * log10(highest) - FLOOR_DB
    strength[:] = 0.0
    for frame in range(1, mel.shape[0] - ONSET_DELAY_FRAMES):
        rise = 0.0
        for band in range(mel.shape[1]):
            rise += max(_level_db(mel[frame, band], floor) - _level_db(mel[frame - 1, band], floor), 0.0)
        strength[frame + ONSET_DELAY_FRAMES] = rise / float(mel.shape[1])


@kernel
def _level_db(power: float, floor: float) -> float:
    """Level in dB, at least `floor`."""
    return max(10.0 * log10(max(np.float64(power), 1e-10)), floor)


@kernel
def autocorrelation(strength: Annotated[F64, "frames"], correlation: Annotated[F64, "lags"]) -> None:
    """Autocorrelation of the onset strength without its mean, normalised to 1 at lag 0 and for the overlap.

    Args:
        strength: (frames,).
        correlation: (lags,), overwritten.
    """
    frames, lags = strength.shape[0], correlation.shape[0]
    mean = 0.0
    for each in strength:
        mean += each
    mean /= float(max(frames, 1))
    correlation[:] = 0.0
    for t in range(frames):
        now, later = strength[t] - mean, strength[t : min(t + lags, frames)]
        for lag in range(later.shape[0]):
            correlation[lag] += now * (later[lag] - mean)
    whole = correlation[0]
    for lag in range(min(lags, frames)):
        correlation[lag] /= max(whole * (1.0 - float(lag) / float(frames)), 1e-30)


@kernel
def tempo(frames_per_s: float, frames: int, correlation: Annotated[F64, "lags"]) -> float:
    """Tempo in beats per minute.

    Args:
        frames_per_s: rate of the onset strength.
        frames: its length.
        correlation: of `autocorrelation`.
    """
    best, found = -1e9, PREFERRED_BPM
    for i in range(int((FASTEST_BPM - SLOWEST_BPM) / COARSE_BPM) + 1):
        bpm = SLOWEST_BPM + COARSE_BPM * float(i)
        deviations = log2(bpm / PREFERRED_BPM) / PREFERENCE_OCTAVES
        score = regularity(bpm, MULTIPLES, frames_per_s, frames, correlation) * exp(-0.5 * deviations * deviations)
        if score > best:
            best, found = score, bpm
    around, best = found, -1e9
    for i in range(-int(0.03 * around / FINE_BPM), int(0.03 * around / FINE_BPM) + 1):
        bpm = around + FINE_BPM * float(i)
        score = regularity(bpm, FINE_MULTIPLES, frames_per_s, frames, correlation)
        if score > best:
            best, found = score, bpm
    return found


@kernel
def regularity(
    bpm: float, multiples: int, frames_per_s: float, frames: int, correlation: Annotated[F64, "lags"]
) -> float:
    """Mean autocorrelation at the multiples of a beat, as far as they are at most half the frames.

    Args:
        bpm: the tempo.
        multiples: how many.
        frames_per_s: rate of the onset strength.
        frames: its length.
        correlation: of `autocorrelation`.

    Returns:
        From 0, by chance, to 1.
    """
    beat, total, count = 60.0 * frames_per_s / bpm, 0.0, 0.0
    for multiple in range(1, multiples + 1):
        lag = beat * float(multiple)
        whole = int(lag)
        if whole + 1 < correlation.shape[0] and (2 * whole < frames or multiple == 1):
            share = lag - float(whole)
            total += (1.0 - share) * correlation[whole] + share * correlation[whole + 1]
            count += 1.0
    return total / max(count, 1.0)


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
    regularity: float  # how much the song keeps to its tempo: 0 not at all, 1 like a machine
    beats_s: F64  # times of the beats


class Meter:
    """The meter at work, block by block. Its mel spectrogram goes to a temporary file, if it is large."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._frames_per_s = sample_rate_hz / HOP
        self._spectrogram = Spectrogram(sample_rate_hz)
        self._mel = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115, closed by `_strength`
        self._frames, self._highest = 0, 0.0

    def update(self, audio: F32) -> None:
        """Measure the next samples, (channels, samples)."""
        self._keep(self._spectrogram.update(audio))

    def _keep(self, mel: F32) -> None:
        self._frames += len(mel)
        self._highest = max(self._highest, float(mel.max(initial=0.0)))
        self._mel.write(mel.tobytes())

    def result(self) -> Rhythm:
        """What all samples amount to; the meter takes no more after it."""
        self._keep(self._spectrogram.rest())
        memory: dict[str, Any] = MODULE.allocate(frames=self._frames, lags=MODULE.capacity["lags"])
        memory |= {"frames_per_s": self._frames_per_s, "frames": self._frames, "multiples": MULTIPLES}
        memory["strength"][:] = self._strength()
        call(autocorrelation, memory)
        memory["bpm"] = call(tempo, memory)
        count = call(beats, memory)
        return Rhythm(
            strength=memory["strength"],
            frames_per_s=self._frames_per_s,
            tempo_bpm=memory["bpm"],
            regularity=call(regularity, memory),
            beats_s=memory["found"][:count] / self._frames_per_s,
        )

    def _strength(self) -> F64:
        """Onset strength of all frames.

        `onsets` looks for the loudest band in all that it is given, and at no other value of the last frames: there
        each chunk gets the loudest band of the whole.
        """
        strength = np.zeros(self._frames)
        last = np.zeros((ONSET_DELAY_FRAMES, BANDS), np.float32)
        last[:, 0] = self._highest
        with self._mel as file:
            file.seek(0)
            before = np.zeros((0, BANDS), np.float32)
            at = 0  # the frame that `before` holds
            while data := file.read(4 * BANDS * CHUNK_FRAMES):
                chunk = np.concatenate([before, np.frombuffer(data, np.float32).reshape(-1, BANDS), last])
                rises = np.zeros(len(chunk))
                onsets(chunk, rises)
                part = strength[at + 1 + ONSET_DELAY_FRAMES : at + len(chunk)]
                part[:] = rises[1 + ONSET_DELAY_FRAMES :][: len(part)]
                at += len(chunk) - len(last) - 1
                before = chunk[-len(last) - 1 : -len(last)]
        return strength


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

"""The beat of the song: the same tempo as `dawg analyse` gives, from the same kernels, and where the beats fall.

song -> mono -> 44.1 kHz -> mel bands -> rises of three ranges -> tempo (`dsp/meters/tempo.py`)
onset strength, folded at the beat -> where in the beat most onsets are
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import exp, finite
from dawg_ai.dsp.meters import mel
from dawg_ai.dsp.meters.rhythm import onsets
from dawg_ai.dsp.meters.tempo import autocorrelation, regularity, tempo
from dawg_ai.features.audio import AudioFeatures

CHUNK_S = 2.0
RATE_HZ = 44_100.0  # of the frames, whatever the song's
FRAMES = 65_536  # 12 minutes and 41 seconds
LAGS = 4096
PHASES = 64
STATED, SURE = 6.0, 0.85  # regularity from which on `dawg analyse` states a tempo, and the confidence there

PLACE, PENDING, COUNT, HIGHEST, BEFORE = range(5)  # of the state


@kernel
def prepare_beat(
    sample_rate_hz: float,
    mel_window: Annotated[F32, 2048],
    mel_cosines: Annotated[F32, 2048],
    mel_sines: Annotated[F32, 2048],
    edges: Annotated[F64, 130],
    rising: Annotated[F32, 1025],
    falling: Annotated[F32, 1025],
    beat_levels: Annotated[F64, 128],
) -> None:
    """Fill the tables of the mel spectrogram."""
    mel.prepare(RATE_HZ, mel_window, mel_cosines, mel_sines, edges, rising, falling)
    beat_levels[:] = 1e9  # no band rises into the first frame


@kernel
def frame_beat(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    mel_window: Annotated[F32, 2048],
    mel_cosines: Annotated[F32, 2048],
    mel_sines: Annotated[F32, 2048],
    edges: Annotated[F64, 130],
    rising: Annotated[F32, 1025],
    falling: Annotated[F32, 1025],
    mel_work: Annotated[F32, 4, 16464],
    mel_spectra: Annotated[F32, 16400],
    mel_bands: Annotated[F32, 2048],
    pending: Annotated[F32, 12288],
    rows: Annotated[F32, 16, 128],
    beat_levels: Annotated[F64, 128],
    chunk_rises: Annotated[F64, 3, 16],
    chunk_strength: Annotated[F64, 16],
    beat_state: Annotated[F64, 5],
    all_rises: Annotated[F64, 3, 65536],
    all_strength: Annotated[F64, 65536],
) -> None:
    """Add the onset strength of two seconds; samples that fill no frame yet wait for the next."""
    channels, samples = x.shape
    step, place = sample_rate_hz / RATE_HZ, beat_state[PLACE]
    waiting = int(beat_state[PENDING])
    # Linear interpolation: what it folds back or takes away at the top moves no onset.
    while place < float(samples):
        whole = int(place)
        share = place - float(whole)
        here, before = 0.0, beat_state[BEFORE]
        for channel in range(channels):
            here += finite(np.float64(x[channel, whole])) / float(channels)
        if whole > 0:
            before = 0.0
            for channel in range(channels):
                before += finite(np.float64(x[channel, whole - 1])) / float(channels)
        pending[waiting] = before + share * (here - before)
        waiting += 1
        place += step
        if waiting == mel.SPAN:
            mel.frames16(
                pending[: mel.SPAN], RATE_HZ, mel_window, mel_cosines, mel_sines, edges, rising, falling, mel_work,
                mel_spectra, mel_bands,
            )  # fmt: skip
            _add_frames(
                mel_bands, rows, beat_levels, chunk_rises, chunk_strength, beat_state, all_rises, all_strength
            )
            waiting -= 16 * mel.HOP
            for i in range(waiting):
                pending[i] = pending[i + 16 * mel.HOP]
    last = 0.0
    for channel in range(channels):
        last += finite(np.float64(x[channel, samples - 1])) / float(channels)
    beat_state[PLACE], beat_state[PENDING], beat_state[BEFORE] = place - float(samples), float(waiting), last


@kernel
def _add_frames(
    bands: F32,
    rows: F32,
    levels: F64,
    chunk_rises: F64,
    chunk_strength: F64,
    state: F64,
    all_rises: F64,
    all_strength: F64,
) -> None:
    """Rises of sixteen frames; the floor is below the highest band so far."""
    for at in range(16):
        for band in range(mel.BANDS):
            rows[at, band] = bands[band * 16 + at]
            state[HIGHEST] = max(state[HIGHEST], np.float64(rows[at, band]))
    onsets(rows, state[HIGHEST], levels, chunk_rises, chunk_strength)
    count = int(state[COUNT])
    for at in range(16):
        if count + at < FRAMES:
            for k in range(3):
                all_rises[k, count + at] = chunk_rises[k, at]
            all_strength[count + at] = chunk_strength[at]
    state[COUNT] = float(min(count + 16, FRAMES))


@kernel
def finish_beat(
    sample_rate_hz: float,
    frames: int,
    beat_state: Annotated[F64, 5],
    all_rises: Annotated[F64, 3, 65536],
    all_strength: Annotated[F64, 65536],
    correlation: Annotated[F64, 4096],
    phases: Annotated[F64, 64],
    tempo_bpm: Annotated[F32, 1],
    tempo_confidence: Annotated[F32, 1],
    first_beat_s: Annotated[F32, 1],
) -> None:
    """Tempo, how sure it is (SURE where `dawg analyse` begins to state one), and the time of the first beat."""
    count = int(beat_state[COUNT])
    frames_per_s = RATE_HZ / float(mel.HOP)
    tempo_bpm[0], tempo_confidence[0], first_beat_s[0] = 120.0, 0.0, 0.0
    if count == 0:
        return
    known = correlation[: min(count // 2 + 2, LAGS)]
    autocorrelation(all_rises[:, :count], known)
    bpm = tempo(frames_per_s, count, known)
    tempo_bpm[0] = bpm
    certain = regularity(all_strength[:count], bpm, frames_per_s, known)
    tempo_confidence[0] = 1.0 / (1.0 + (1.0 / SURE - 1.0) * exp(STATED - certain))
    first_beat_s[0] = _first_beat(all_strength[:count], 60.0 * frames_per_s / bpm, phases) / frames_per_s


@kernel
def _first_beat(strength: F64, beat: float, phases: F64) -> float:
    """The first frame of a steady beat: where most of the onset strength is, folded at the beat."""
    phases[:] = 0.0
    for t in range(strength.shape[0]):
        turns = float(t) / beat
        phases[int((turns - float(int(turns))) * float(PHASES)) % PHASES] += strength[t]
    best, found = -1.0, 0
    for k in range(PHASES):
        total = phases[k - 1] + phases[k] + phases[(k + 1) % PHASES]
        if total > best:
            best, found = total, k
    # An onset shows in the first frame that reaches it, half a frame late on average.
    at = beat * (float(found) + 0.5) / float(PHASES) + float(mel.WINDOW_SIZE) / float(2 * mel.HOP) + 1.5
    return at - beat * float(int(at / beat))


BEAT = AudioFeatures(
    frame_s=CHUNK_S,
    outputs=(),
    prepare=prepare_beat,
    frame=frame_beat,
    finish=finish_beat,
    whole=("tempo_bpm", "tempo_confidence", "first_beat_s"),
)

"""The knobs: of echoes in time with the song, or of those that the network has found in the reference."""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import amplitude, exp, power

NOTE_NAMES = ("1/16", "1/8T", "1/16.", "1/8", "1/4T", "1/8.", "1/4", "1/2T", "1/4.", "1/2", "1/2.", "1/1")
NOTE_CHOICES = (8, 10, 9, 11, 13, 12, 14, 16, 15, 17, 18, 20)  # the same as the effect counts them, from 1
BEATS = ("as heard", "half", "double")

SYNC, MATCH = range(2)
CANDIDATES = 64  # peaks of the lag maps that the network compares
AROUND = 2.0  # milliseconds: lags so close are the same echo


@kernel
def decode(
    mode: Annotated[F32, 2],
    song_tempo_bpm: Annotated[F32, 1],
    song_tempo_confidence: Annotated[F32, 1],
    reference_peak_ms: Annotated[F32, 1024],
    heat: Annotated[F32, 65],
    lag: Annotated[F32, 64],
    alike: Annotated[F32, 4, 64],
    note: float,
    beat: float,
    feedback_percent: float,
    high_cut_hz: float,
    mix_percent: float,
    ping_pong: float,
    duck_db: float,
    knobs: Annotated[F64, 8],
    confidence: Annotated[F64, 3],
    shares: Annotated[F64, 65],
) -> int:
    """Set the knobs of the delay: time, sync, tempo, mode, feedback, high cut, ducking, mix.

    `confidence` is that of the tempo in sync, and of the echo in match: the share that the peaks within two
    milliseconds of the most likely one have of all peaks and of no echo. `shares` is overwritten.
    """
    knobs[0], knobs[1], knobs[2] = 350.0, 0.0, 120.0
    knobs[3], knobs[4], knobs[5], knobs[6], knobs[7] = ping_pong, feedback_percent, high_cut_hz, duck_db, mix_percent
    sure = 0.0
    if mode[SYNC] > 0.5:
        sure = float(song_tempo_confidence[0])
        bpm = float(song_tempo_bpm[0])
        if beat == 1.0:
            bpm *= 0.5
        elif beat == 2.0:
            bpm *= 2.0
        knobs[2] = min(max(bpm, 20.0), 300.0)
        knobs[1] = float(NOTE_CHOICES[int(note)])
    else:
        peak = _softmax_peak(heat, shares)
        for i in range(CANDIDATES):
            if abs(lag[i] - lag[peak]) <= AROUND:
                sure += shares[i]
        knobs[0] = float(reference_peak_ms[int(lag[peak])])
        gain = amplitude(min(max(np.float64(alike[1, peak]), -40.0), 6.0))
        knobs[3] = 1.0 if alike[3, peak] > 0.0 else 0.0
        knobs[4] = 100.0 * min(max(np.float64(alike[0, peak]), 0.0), 0.95)
        knobs[5] = min(max(1000.0 * power(2.0, np.float64(alike[2, peak])), 500.0), 20_000.0)
        knobs[7] = 100.0 * gain / (1.0 + gain)
    confidence[:] = min(sure, 1.0)
    return 0


@kernel
def _softmax_peak(heat: F32, shares: F64) -> int:
    """Softmax of the logits into `shares`; the peak with the highest."""
    highest, total, best = -1e30, 0.0, 0
    for i in range(CANDIDATES + 1):
        highest = max(highest, np.float64(heat[i]))
    for i in range(CANDIDATES + 1):
        shares[i] = exp(np.float64(heat[i]) - highest)
        total += shares[i]
    for i in range(CANDIDATES + 1):
        shares[i] /= total
        if i < CANDIDATES and shares[i] > shares[best]:
            best = i
    return best

"""A singing voice: harmonics and noise through a filter that changes a hundred times a second.

    curves -> pitch -> phase -> harmonics k f0, each a sine with the amplitude and minimum phase
              harmonic_db --->   of the harmonic envelope at its frequency ----------------------> + -> * level -> + x
              noise_db -----> noise of random phases with the power of the noise envelope ------->

Harmonics are summed one by one (Clenshaw's recurrence), up to the first limit of 12 kHz or just below half the sample
rate, so nothing aliases whatever the pitch. Their phase is a closed form of the rows before, wrapped at every row: it
does not drift, and is the same at every sample rate. Amplitudes and phases go linearly from row to row; noise
overlaps by windows whose squares sum to one, as in spectral modelling synthesis (X. Serra and J. O. Smith, Computer
Music Journal 14(4), 1990). Every sample is a function of the rows and of the time alone, so blocks of any size, and
jumps, give the same bits.

A row is a frame of 10 ms: pitch (MIDI note number with a fraction), then both envelopes in dB of power per Hz at
frequencies spaced evenly in mel, 60 for the harmonics and 24 for the noise. Full scale is 1.0.
"""

import math
from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.spectra import fft
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.limits import within
from dawg_ai.dsp.math import PI, amplitude, cos, exp, finite, log, log2, power, sin, sqrt

FRAME_HZ = 100.0
HARMONIC_ANCHORS, NOISE_ANCHORS = 60, 24
COLUMNS = 1 + HARMONIC_ANCHORS + NOISE_ANCHORS
MAX_FRAMES = 24_000  # four minutes
LIMIT_HZ = 12_000.0
NYQUIST_SHARE = 0.48  # harmonics and noise stay below this share of the sample rate
FADE = 0.95  # of the limit; from there harmonics fade out, so that none begins or ends at once
LOWEST_PITCH, HIGHEST_PITCH = 24.0, 108.0
FLOOR_DB, CEILING_DB = -120.0, 20.0  # of envelopes
MAX_HARMONICS = 384
PHASE_SIZE = 512  # of the transform that finds the minimum phase
PHASE_BINS = PHASE_SIZE // 2
MAX_NOISE = 8192  # samples of a frame of noise at 384 kHz
WORK = MAX_NOISE + 16
TILT_HZ = 1000.0  # which brightness leaves as it is
MAX_POSITION = 1e12  # samples; whatever a host sets is held within
MAX_TAIL = 2**31 - 1  # samples, all that the browser's integers hold
COUNT, FRAME, READY = range(3)  # of the state: rows; the frame whose filters are in place, plus one
LEVEL, FORMANT, BRIGHTNESS, BREATH = range(4)  # settings
COSINE, SINE = range(2)  # lines of partials


@kernel
def mel(hz: float) -> float:
    """Mel scale of O'Shaughnessy (1987)."""
    return 1127.01048 * log(1.0 + hz / 700.0)


@kernel
def hertz(mels: float) -> float:
    """The inverse of `mel`."""
    return 700.0 * (exp(mels / 1127.01048) - 1.0)


MELS = 3266.3885  # mel(LIMIT_HZ), where the last anchor is


@kernel
def prepare(
    knobs: Annotated[F64, 4],
    sample_rate_hz: float,
    settings: Annotated[F64, 4],
    cosines: Annotated[F64, 2, 2048],
    sines: Annotated[F64, 2, 2048],
) -> None:
    """Knobs to factors, and the twiddle factors of both transforms."""
    settings[LEVEL] = amplitude(knobs[0])
    settings[FORMANT] = power(2.0, -knobs[1] / 12.0)
    settings[BRIGHTNESS] = knobs[2]
    settings[BREATH] = knobs[3] / 100.0
    fft.prepare(PHASE_SIZE, cosines[0], sines[0])
    fft.prepare(noise_size(sample_rate_hz), cosines[1], sines[1])


@kernel
def noise_size(sample_rate_hz: float) -> int:
    """A power of two that holds two frames.

    >>> noise_size(44_100.0), noise_size(384_000.0)
    (1024, 8192)
    """
    size = 128
    while float(size) < 2.0 * sample_rate_hz / FRAME_HZ + 2.0 and size < MAX_NOISE:
        size *= 2
    return size


@kernel
def play(
    curves: Annotated[F32, "rows", 85],
    score: Annotated[F32, 24000, 85],
    tone: Annotated[F64, 24000, 2],
    state: Annotated[F64, 3],
) -> int:
    """Append rows to the score, held within range; return how many there was room for.

    `tone` gets each row's fundamental frequency in Hz and its phase in cycles, 0 to 1.
    """
    count = int(state[COUNT])
    taken: int = min(curves.shape[0], MAX_FRAMES - count)
    for i in range(count, count + taken):
        row = curves[i - count]
        pitch = within(np.float64(row[0]), LOWEST_PITCH, 60.0, HIGHEST_PITCH)
        score[i, 0] = np.float32(pitch)
        for column in range(1, COLUMNS):
            score[i, column] = np.float32(within(np.float64(row[column]), FLOOR_DB, FLOOR_DB, CEILING_DB))
        tone[i, 0] = 440.0 * power(2.0, (pitch - 69.0) / 12.0)
        if i > 0:
            cycles = tone[i - 1, 1] + 0.5 * (tone[i - 1, 0] + tone[i, 0]) / FRAME_HZ
            tone[i, 1] = cycles - float(int(cycles))
    state[COUNT] = float(count + taken)
    state[READY] = 0.0
    return taken


@kernel
def level_db(anchors: F32, mels: float) -> float:
    """An envelope between its anchors, whose frequencies are spaced evenly from 0 to MELS."""
    last = anchors.shape[0] - 1
    at = within(mels * float(last) / MELS, 0.0, 0.0, float(last))
    low = min(int(at), last - 1)
    share = at - float(low)
    below, above = float(anchors[low]), float(anchors[low + 1])
    return (1.0 - share) * below + share * above


@kernel
def _tilt_db(hz: float, settings: F64) -> float:
    """What brightness adds: dB per octave from 1 kHz on, down and up, for two octaves."""
    gain_db: float = settings[BRIGHTNESS] * within(log2(max(hz, 1.0) / TILT_HZ), -2.0, 0.0, 2.0)
    return gain_db


@kernel
def _minimum_phase(
    anchors: F32, settings: F64, angles: F64, work: F64, cosines: F64, sines: F64
) -> None:  # fmt: skip
    """Phase of the harmonic envelope at frequencies spaced evenly up to 12 kHz, by folding its cepstrum.

    A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 13.4.
    """
    re, im = work[0], work[1]
    for k in range(PHASE_BINS + 1):
        hz = LIMIT_HZ * float(k) / float(PHASE_BINS)
        value = (level_db(anchors, mel(hz * settings[FORMANT])) + _tilt_db(hz, settings)) * 0.1151292546497023
        re[k] = value
        if 0 < k < PHASE_BINS:
            re[PHASE_SIZE - k] = value
    im[:PHASE_SIZE] = 0.0
    fft.transform(PHASE_SIZE, re, im, work[2], work[3], cosines, sines)
    for n in range(PHASE_SIZE):
        re[n] = 2.0 * re[n] / float(PHASE_SIZE) if 0 < n < PHASE_BINS else 0.0
        im[n] = 0.0
    fft.transform(PHASE_SIZE, re, im, work[2], work[3], cosines, sines)
    for k in range(PHASE_BINS + 1):
        angles[k] = im[k]


@kernel
def _partials(
    frame: int,
    count: int,
    sample_rate_hz: float,
    score: F32,
    tone: F64,
    settings: F64,
    partials: F64,
    angles: F64,
    work: F64,
    cosines: F64,
    sines: F64,
) -> None:
    """Cosine and sine amplitudes of the harmonics of a frame, whose number is at 0; zeros outside of the score."""
    partials[:] = 0.0
    if frame < 0 or frame >= count:
        return
    anchors = score[frame, 1 : 1 + HARMONIC_ANCHORS]
    hz = tone[frame, 0]
    # A harmonic is left out where the one frame or the other would bring it above the limit.
    highest = max(hz, tone[max(frame - 1, 0), 0], tone[min(frame + 1, count - 1), 0])
    limit = min(LIMIT_HZ, NYQUIST_SHARE * sample_rate_hz)
    _minimum_phase(anchors, settings, angles, work, cosines, sines)
    partials[COSINE, 0] = float(min(int(limit / highest), MAX_HARMONICS - 1))
    kept = sqrt(2.0 * hz * (1.0 - settings[BREATH])) * settings[LEVEL]
    for k in range(1, int(partials[COSINE, 0]) + 1):
        at_hz = float(k) * hz
        fade = within((1.0 - float(k) * highest / limit) / (1.0 - FADE), 0.0, 0.0, 1.0)
        value_db = level_db(anchors, mel(at_hz * settings[FORMANT])) + _tilt_db(at_hz, settings)
        size = fade * kept * amplitude(value_db)
        at = min(at_hz / LIMIT_HZ, 1.0) * float(PHASE_BINS)
        low = min(int(at), PHASE_BINS - 1)
        angle = angles[low] + (at - float(low)) * (angles[low + 1] - angles[low])
        partials[COSINE, k] = size * cos(angle)
        partials[SINE, k] = -size * sin(angle)


@kernel
def _hash(frame: int, line: int) -> float:
    """A number from 0 to 1 for each frame and line: a hash of two numbers, by products that fit into 64 bits."""
    h = (line + 7919 * frame + 1) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    h = ((h ^ (h >> 16)) * 73244475) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return float(h) / 4294967296.0


@kernel
def _noise(
    frame: int,
    count: int,
    sample_rate_hz: float,
    score: F32,
    settings: F64,
    noise: F64,
    work: F64,
    cosines: F64,
    sines: F64,
) -> None:
    """The noise of a frame: sines of random phases with the power of the noise envelope."""
    size = noise_size(sample_rate_hz)
    noise[:size] = 0.0
    if frame < 0 or frame >= count:
        return
    harmonic, aspirated = score[frame, 1 : 1 + HARMONIC_ANCHORS], score[frame, 1 + HARMONIC_ANCHORS :]
    spacing_hz = sample_rate_hz / float(size)
    limit = min(LIMIT_HZ, NYQUIST_SHARE * sample_rate_hz)
    re, im = work[0], work[1]
    re[:size] = 0.0
    im[:size] = 0.0
    for k in range(1, int(limit / spacing_hz) + 1):
        mels = mel(float(k) * spacing_hz * settings[FORMANT])
        density = amplitude(2.0 * level_db(aspirated, mels))
        density += settings[BREATH] * amplitude(2.0 * level_db(harmonic, mels))
        tilt = amplitude(_tilt_db(float(k) * spacing_hz, settings))
        size_of = settings[LEVEL] * tilt * sqrt(2.0 * density * spacing_hz)
        angle = 2.0 * PI * _hash(frame, k)
        re[k] = size_of * cos(angle)
        im[k] = size_of * sin(angle)
    fft.transform(size, re, im, work[2], work[3], cosines, sines)
    _copy(re[:size], noise[:size])


@kernel
def _copy(a: F64, b: F64) -> None:
    for i in range(b.shape[0]):
        b[i] = a[i]


@kernel
def _sum(partials: F64, share: float, angle: float) -> float:
    """All harmonics at one sample, `share` of the way from one frame's amplitudes to the next (Clenshaw)."""
    first, second = partials[0], partials[1]
    twice = 2.0 * cos(angle)
    c1, c2, s1, s2 = 0.0, 0.0, 0.0, 0.0
    last = int(max(first[COSINE, 0], second[COSINE, 0]))
    for j in range(last):
        k = np.uintp(last - j)
        even = first[COSINE, k] + share * (second[COSINE, k] - first[COSINE, k])
        odd = first[SINE, k] + share * (second[SINE, k] - first[SINE, k])
        c1, c2 = even + twice * c1 - c2, c1
        s1, s2 = odd + twice * s1 - s2, s1
    return 0.5 * twice * c1 - c2 + s1 * sin(angle)


@kernel
def _place(position: F64) -> float:
    """How many samples have been played."""
    return within(position[0], -MAX_POSITION, 0.0, MAX_POSITION)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    settings: Annotated[F64, 4],
    score: Annotated[F32, 24000, 85],
    tone: Annotated[F64, 24000, 2],
    partials: Annotated[F64, 2, 2, 384],
    noise: Annotated[F64, 2, 8192],
    angles: Annotated[F64, 257],
    work: Annotated[F64, 4, 8208],
    cosines: Annotated[F64, 2, 2048],
    sines: Annotated[F64, 2, 2048],
    state: Annotated[F64, 3],
    position: Annotated[F64, 1],
) -> None:
    """The input, and on top of it the voice."""
    count = int(state[COUNT])
    size = noise_size(sample_rate_hz)
    for i in range(x.shape[1]):
        sample = _place(position)
        at = sample * FRAME_HZ / sample_rate_hz
        value = 0.0
        if 0.0 <= at < float(count):
            frame = int(at)
            if state[READY] == 0.0 or int(state[FRAME]) != frame:
                for which in range(2):
                    if which == 0 and state[READY] != 0.0 and int(state[FRAME]) == frame - 1:
                        _copy(partials[1, COSINE], partials[0, COSINE])
                        _copy(partials[1, SINE], partials[0, SINE])
                        _copy(noise[1, :size], noise[0, :size])
                        continue
                    _partials(
                        frame + which, count, sample_rate_hz, score, tone, settings, partials[which], angles, work,
                        cosines[0], sines[0],
                    )  # fmt: skip
                    _noise(
                        frame + which, count, sample_rate_hz, score, settings, noise[which], work, cosines[1],
                        sines[1],
                    )  # fmt: skip
                state[FRAME] = float(frame)
                state[READY] = 1.0
            share = at - float(frame)
            hz, following_hz = tone[frame, 0], tone[min(frame + 1, count - 1), 0]
            cycles = tone[frame, 1] + (hz * share + 0.5 * (following_hz - hz) * share * share) / FRAME_HZ
            value = _sum(partials, share, 2.0 * PI * (cycles - float(int(cycles))))
            # Frame f's noise begins one frame before it. The windows are the two halves of a sine.
            begun = int(sample - (float(frame) - 1.0) * sample_rate_hz / FRAME_HZ)
            following = int(sample - float(frame) * sample_rate_hz / FRAME_HZ)
            quarter = 0.5 * PI * share
            value += cos(quarter) * noise[0, min(max(begun, 0), size - 1)]
            value += sin(quarter) * noise[1, min(max(following, 0), size - 1)]
            value *= min(at, 1.0)  # the first frame fades in, as the last one fades out
        for channel in range(x.shape[0]):
            y[channel, i] = np.float32(finite(np.float64(x[channel, i])) + value)
        position[0] = sample + 1.0


@kernel
def tail(sample_rate_hz: float, state: Annotated[F64, 3], position: Annotated[F64, 1]) -> int:
    """Samples until the last frame has faded."""
    end = state[COUNT] * sample_rate_hz / FRAME_HZ
    return int(within(end - _place(position) + 0.999, 0.0, 0.0, float(MAX_TAIL)))


def _vowel(pitch: float, *formants_hz: float) -> tuple[float, ...]:
    """A row of the demo: an envelope that falls, with a resonance at each formant."""

    def level(anchor: int, anchors: int) -> float:
        hz = 700.0 * (math.exp(MELS * anchor / (anchors - 1) / 1127.01048) - 1.0)
        peaks = sum(25.0 * math.exp(-0.5 * ((hz - formant) / (60.0 + 0.1 * formant)) ** 2) for formant in formants_hz)
        return round(8.0 * (peaks - 55.0 - hz / 300.0)) / 8.0

    harmonics = (level(anchor, HARMONIC_ANCHORS) for anchor in range(HARMONIC_ANCHORS))
    return pitch, *harmonics, *(level(anchor, NOISE_ANCHORS) - 25.0 for anchor in range(NOISE_ANCHORS))


EFFECT = Effect(
    "voice",
    "A singing voice of harmonics and noise that plays curves: pitch and filters, a hundred rows a second.",
    (
        Knob("level_db", "Level", "dB", -40, 12, 0, 0.1),
        Knob("formant_semitones", "Formants", "semitones", -12, 12, 0, 0.1),
        Knob("brightness_db", "Brightness", "dB", -6, 6, 0, 0.1),
        Knob("breath_percent", "Breath", "%", 0, 90, 0, 1),
    ),
    prepare,
    process,
    tail=tail,
    play=play,
    # The vowels of Peterson and Barney (1952): a, i, u.
    rows=(_vowel(52.0, 730, 1090, 2440), _vowel(55.0, 270, 2290, 3010), _vowel(57.0, 300, 870, 2240)),
)

"""Lag maps: how much of a sound comes again after each lag from 40 to 1063 ms.

    frames of 3 s -> FFT -> log power of mid, left and right, whitened (running mean over frequency removed)
        -> cosine transform of four bands -> cepstrum of each band; its mean and deviation over the frames
    the same spectra, not as logarithms -> whitened autocorrelation;  rises of level -> onset autocorrelation
    -> the highest point of each millisecond, with what every map has there and at half, twice and thrice the lag

An echo of gain w after a delay multiplies the spectrum by 1 + w exp(-i omega tau), so it adds a peak of height w at
tau to the cepstrum (B. P. Bogert, M. J. R. Healy, J. W. Tukey, "The quefrency alanysis of time series for echoes",
1963). Four bands tell a damped echo from a bright one, and an echo, which is there all the time, from a loop.
"""

from typing import Annotated

import numpy as np

from dawg_ai.dsp.blocks.spectra import fft
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.math import PI, cos, finite, log, sqrt

FRAME_S, HOP_S = 3.0, 1.5
MAX_FRAMES = 40  # of a file: a minute tells as much as an hour
MAX_WINDOW = 524_288  # samples of a window at 192 kHz

FIRST_LAG_MS, LAGS = 40, 1024  # one a millisecond
BANDS = 4
EDGES_HZ = (80.0, 400.0, 1200.0, 3500.0, 10_000.0)
CEPSTRUM_SIZE = 65_536  # of the largest transform back: twice 10 kHz times 3 s
HALF = CEPSTRUM_SIZE // 2 + 1

WHITEN_HZ = 86.0  # half of the width of the running mean
CLIP = 2.0  # of a whitened logarithm of power, natural: what sticks out is a tone and says nothing of an echo
CLIP_RATIO = 8.0  # of a whitened power
FLOOR = 1e-10  # of the highest power
SILENCE = 1e-8  # mean square of a frame that is left out
AROUND_S = 0.02  # half of the width over which a map's local scale is taken

BLOCK_S = 0.002  # of the onset strength
MAX_BLOCKS, ONSET_LAGS = 1600, 540

# Rows of the map.
CEPSTRUM, SCORE, DEVIATION, LEFT, RIGHT, WHITENED, ONSET, TWICE, TWICE_SCORE, THRICE_SCORE, HALF_SCORE = (
    0, 4, 8, 12, 13, 14, 15, 16, 17, 18, 19,
)  # fmt: skip
ROWS = 20

MID, SIDE_LEFT, SIDE_RIGHT, FLAT = range(4)  # rows of spectra


@kernel
def window_size(sample_rate_hz: float) -> int:
    """The largest power of two of samples in a frame: 131,072 at 44.1 and 48 kHz.

    >>> [window_size(rate) for rate in (8_000.0, 44_100.0, 48_000.0, 192_000.0)]
    [16384, 131072, 131072, 524288]
    """
    size = 64
    while 2 * size <= MAX_WINDOW and float(2 * size) <= FRAME_S * sample_rate_hz:
        size *= 2
    return size


@kernel
def highest_bin(sample_rate_hz: float) -> int:
    """The bin that the highest band ends before."""
    size = window_size(sample_rate_hz)
    return min(int(EDGES_HZ[BANDS] * float(size) / sample_rate_hz), size // 2)


@kernel
def cepstrum_size(sample_rate_hz: float) -> int:
    """Size of the transform from a spectrum to its cepstrum."""
    size = 16
    while size < 2 * highest_bin(sample_rate_hz):
        size *= 2
    return size


@kernel
def prepare(
    sample_rate_hz: float,
    window: Annotated[F64, 524288],
    cosines: Annotated[F64, 131072],
    sines: Annotated[F64, 131072],
    lag_cosines: Annotated[F64, 16384],
    lag_sines: Annotated[F64, 16384],
) -> None:
    """Fill the tables: a Hann window, and twiddle factors of both transforms."""
    size = window_size(sample_rate_hz)
    for i in range(size):
        window[i] = 0.5 - 0.5 * cos(2.0 * PI * float(i) / float(size))
    fft.prepare(size, cosines, sines)
    fft.prepare(cepstrum_size(sample_rate_hz), lag_cosines, lag_sines)


@kernel
def frame(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    window: Annotated[F64, 524288],
    cosines: Annotated[F64, 131072],
    sines: Annotated[F64, 131072],
    lag_cosines: Annotated[F64, 16384],
    lag_sines: Annotated[F64, 16384],
    work: Annotated[F64, 4, 524384],
    lag_work: Annotated[F64, 4, 65632],
    spectra: Annotated[F64, 4, 32769],
    sums: Annotated[F64, 4, 32769],
    moments: Annotated[F64, 8, 32769],
    rises: Annotated[F64, 1600],
    onsets: Annotated[F64, 540],
    counted: Annotated[F64, 1],
) -> None:
    """Add one frame of mono or stereo to the sums; silence, and what comes after MAX_FRAMES, is left out."""
    size, end = window_size(sample_rate_hz), highest_bin(sample_rate_hz)
    if counted[0] >= float(MAX_FRAMES) or _mean_square(x) < SILENCE:
        return
    counted[0] += 1.0
    _powers(x, size, end, window, cosines, sines, work, spectra)
    reach = max(int(WHITEN_HZ * float(size) / sample_rate_hz), 1)
    for k in range(end):
        spectra[FLAT, k] = spectra[MID, k]
    _flatten(spectra[FLAT, :end], reach, work[0])
    for row in range(FLAT):
        _logarithms(spectra[row, :end])
        _whiten(spectra[row, :end], reach, work[0])
    for row in range(4):
        for k in range(end):
            sums[row, k] += spectra[row, k]
    for band in range(0, BANDS, 2):
        _cepstra(spectra[MID], spectra[MID], band, band + 1, sample_rate_hz, lag_work, lag_cosines, lag_sines)
        for i in range(cepstrum_size(sample_rate_hz) // 2):
            for half in range(2):
                value = lag_work[half, i]
                moments[band + half, i] += value
                moments[BANDS + band + half, i] += value * value
    _add_onsets(x, sample_rate_hz, rises, onsets)


@kernel
def finish(
    sample_rate_hz: float,
    frames: int,
    lag_cosines: Annotated[F64, 16384],
    lag_sines: Annotated[F64, 16384],
    lag_work: Annotated[F64, 4, 65632],
    spectra: Annotated[F64, 4, 32769],
    sums: Annotated[F64, 4, 32769],
    moments: Annotated[F64, 8, 32769],
    onsets: Annotated[F64, 540],
    counted: Annotated[F64, 1],
    scales: Annotated[F64, 6, 32769],
    maps: Annotated[F32, 20, 1024],
    peak_ms: Annotated[F32, 1024],
) -> None:
    """The maps of the whole file.

    `maps`: for each millisecond from FIRST_LAG_MS on, at the highest point of all bands together: cepstrum of the
    four bands (an echo of gain w reads about w), the same in its local standard deviations, its deviation over the
    frames; cepstrum of left and right; whitened and onset autocorrelation; cepstrum at twice the lag, and the
    standard deviations at twice, thrice and half the lag. `peak_ms`: where in the millisecond that point is.
    """
    maps[:] = 0.0
    for i in range(LAGS):
        peak_ms[i] = float(FIRST_LAG_MS + i)
    count = counted[0]
    if count == 0.0:
        return
    lags_per_s = float(cepstrum_size(sample_rate_hz)) * sample_rate_hz / float(window_size(sample_rate_hz))
    last = cepstrum_size(sample_rate_hz) // 2
    for band in range(BANDS):
        for i in range(last):
            mean = moments[band, i] / count
            variance = max(moments[BANDS + band, i] / count - mean * mean, 0.0)
            moments[band, i], moments[BANDS + band, i] = mean, sqrt(variance)
        _local_scale(moments[band, :last], int(AROUND_S * lags_per_s), scales[band], spectra[0])
    total, flat = scales[4], scales[5]
    for i in range(last):
        total[i] = 0.0
        for band in range(BANDS):
            total[i] += 0.5 * moments[band, i] / scales[band, i]
    whole = BANDS  # of bands: all of them
    _cepstra(sums[FLAT], sums[FLAT], whole, whole, sample_rate_hz, lag_work, lag_cosines, lag_sines)
    _local_scale(lag_work[0, :last], int(AROUND_S * lags_per_s), flat, spectra[0])
    for i in range(last):
        flat[i] = lag_work[0, i] / flat[i]
    _cepstra(sums[SIDE_LEFT], sums[SIDE_RIGHT], whole, whole, sample_rate_hz, lag_work, lag_cosines, lag_sines)
    for i in range(LAGS):
        start = int((float(FIRST_LAG_MS + i) - 0.5) * 0.001 * lags_per_s)
        stop = int((float(FIRST_LAG_MS + i) + 0.5) * 0.001 * lags_per_s)
        if stop > last:
            break  # longer than half a window, which is 1.02 s at 8, 16 and 32 kHz
        peak = start
        for at in range(start, max(stop, start + 1)):
            if total[at] > total[peak]:
                peak = at
        peak_ms[i] = 1000.0 * float(peak) / lags_per_s
        for band in range(BANDS):
            maps[CEPSTRUM + band, i] = moments[band, peak]
            maps[SCORE + band, i] = moments[band, peak] / scales[band, peak]
            maps[DEVIATION + band, i] = moments[BANDS + band, peak]
        maps[LEFT, i], maps[RIGHT, i] = lag_work[0, peak] / count, lag_work[1, peak] / count
        maps[WHITENED, i], maps[ONSET, i] = flat[peak], _onset(onsets, peak / lags_per_s) / count
        twice = _highest(total, 2 * peak - 2, 2 * peak + 3, last)
        if twice > 0:
            maps[TWICE, i] = 0.5 * (moments[1, twice] + moments[2, twice])
            maps[TWICE_SCORE, i] = total[twice]
        thrice = _highest(total, 3 * peak - 3, 3 * peak + 4, last)
        if thrice > 0:
            maps[THRICE_SCORE, i] = total[thrice]
        maps[HALF_SCORE, i] = total[_highest(total, peak // 2 - 1, peak // 2 + 2, last)]


@kernel
def _mean_square(x: F32) -> float:
    total = 0.0
    for channel in range(x.shape[0]):
        for i in range(x.shape[1]):
            value = finite(np.float64(x[channel, i]))
            total += value * value
    return total / float(x.shape[0] * x.shape[1])


@kernel
def _powers(x: F32, size: int, end: int, window: F64, cosines: F64, sines: F64, work: F64, spectra: F64) -> None:
    """Power of mid, left and right: both channels share a transform, as real and imaginary part."""
    one, other = x[0], x[x.shape[0] - 1]
    re, im = work[0, :size], work[1, :size]
    for i in range(size):
        re[i] = finite(np.float64(one[i])) * window[i]
        im[i] = finite(np.float64(other[i])) * window[i]
    fft.transform(size, re, im, work[2], work[3], cosines, sines)
    for k in range(end):
        back = (size - k) % size
        left_re, left_im = 0.5 * (re[k] + re[back]), 0.5 * (im[k] - im[back])
        right_re, right_im = 0.5 * (im[k] + im[back]), 0.5 * (re[back] - re[k])
        mid_re, mid_im = 0.5 * (left_re + right_re), 0.5 * (left_im + right_im)
        spectra[MID, k] = mid_re * mid_re + mid_im * mid_im
        spectra[SIDE_LEFT, k] = left_re * left_re + left_im * left_im
        spectra[SIDE_RIGHT, k] = right_re * right_re + right_im * right_im


@kernel
def _logarithms(powers: F64) -> None:
    """Natural logarithms, in place, of at least FLOOR of the highest."""
    highest = 1e-30
    for each in powers:
        highest = max(highest, each)
    for k in range(powers.shape[0]):
        powers[k] = log(powers[k] + FLOOR * highest)


@kernel
def _running_mean(row: F64, reach: int, totals: F64, k: int) -> float:
    """Mean of the neighbours of entry `k` from their cumulative sums."""
    low, high = max(k - reach, 0), min(k + reach + 1, row.shape[0])
    return float((totals[high] - totals[low]) / float(high - low))


@kernel
def _accumulate(row: F64, totals: F64) -> None:
    totals[0] = 0.0
    for k in range(row.shape[0]):
        totals[k + 1] = totals[k] + row[k]


@kernel
def _whiten(row: F64, reach: int, totals: F64) -> None:
    """Logarithms without their running mean, clipped."""
    _accumulate(row, totals)
    for k in range(row.shape[0]):
        row[k] = min(max(row[k] - _running_mean(row, reach, totals, k), -CLIP), CLIP)


@kernel
def _flatten(row: F64, reach: int, totals: F64) -> None:
    """Powers over their running mean, clipped."""
    _accumulate(row, totals)
    highest = 1e-30
    for each in row:
        highest = max(highest, each)
    for k in range(row.shape[0]):
        mean = _running_mean(row, reach, totals, k) + FLOOR * highest
        row[k] = min(row[k] / mean, CLIP_RATIO) - 1.0


@kernel
def _band_edge(edge: int, sample_rate_hz: float) -> int:
    """The first bin of a band."""
    at = int(EDGES_HZ[edge] * float(window_size(sample_rate_hz)) / sample_rate_hz)
    return min(at, highest_bin(sample_rate_hz))


@kernel
def _cepstra(
    one: F64, other: F64, band: int, other_band: int, sample_rate_hz: float, lag_work: F64, cosines: F64, sines: F64
) -> None:
    """Cosine transforms of a band of two spectra, into rows 0 and 1 of `lag_work`; band BANDS is all bands."""
    size = cepstrum_size(sample_rate_hz)
    lag_work[0, :size], lag_work[1, :size] = 0.0, 0.0
    _put_band(one, band, sample_rate_hz, size, lag_work[0])
    _put_band(other, other_band, sample_rate_hz, size, lag_work[1])
    fft.transform(size, lag_work[0], lag_work[1], lag_work[2], lag_work[3], cosines, sines)


@kernel
def _put_band(row: F64, band: int, sample_rate_hz: float, size: int, out: F64) -> None:
    """Both halves of an even spectrum, scaled so that 2 w cos(omega tau) gives w at tau."""
    first, end = (0, BANDS) if band == BANDS else (band, band + 1)
    start, stop = _band_edge(first, sample_rate_hz), _band_edge(end, sample_rate_hz)
    scale = 0.5 / float(max(stop - start, 1))
    for k in range(max(start, 1), stop):
        out[k] = row[k] * scale
        out[size - k] = row[k] * scale


@kernel
def _local_scale(row: F64, reach: int, scale: F64, totals: F64) -> None:
    """Root mean square of what is around each lag."""
    count = row.shape[0]
    totals[0] = 0.0
    for i in range(count):
        totals[i + 1] = totals[i] + row[i] * row[i]
    for i in range(count):
        low, high = max(i - reach, 0), min(i + reach + 1, count)
        scale[i] = sqrt((totals[high] - totals[low]) / float(high - low)) + 1e-9


@kernel
def _highest(row: F64, start: int, stop: int, end: int) -> int:
    """Where the highest value from `start` to `stop` is; 0 where these are not within the row."""
    if stop > end:
        return 0
    found = start
    for i in range(start, stop):
        if row[i] > row[found]:
            found = i
    return found


@kernel
def _add_onsets(x: F32, sample_rate_hz: float, rises: F64, onsets: F64) -> None:
    """Add the autocorrelation of this frame's rises of level, those of the differences of samples."""
    size = max(int(BLOCK_S * sample_rate_hz), 1)
    blocks = min(x.shape[1] // size, MAX_BLOCKS)
    one, other = x[0], x[x.shape[0] - 1]
    mean = 0.0
    for block in range(blocks):
        energy, before = 0.0, 0.0
        for i in range(block * size, (block + 1) * size):
            value = finite(np.float64(one[i])) + finite(np.float64(other[i]))
            difference = value - before if i > block * size else 0.0
            energy += difference * difference
            before = value
        rises[block] = energy
        mean += energy / float(blocks)
    before = log(rises[0] + 1e-4 * mean + 1e-30)
    mean_rise = 0.0
    for block in range(blocks):
        level = log(rises[block] + 1e-4 * mean + 1e-30)
        rises[block] = max(level - before, 0.0)
        mean_rise += rises[block] / float(blocks)
        before = level
    power = 1e-30
    for block in range(blocks):
        rises[block] -= mean_rise
        power += rises[block] * rises[block] / float(blocks)
    for lag in range(min(ONSET_LAGS, blocks)):
        total = 0.0
        later = rises[lag:blocks]
        for i in range(later.shape[0]):
            total += rises[i] * later[i]
        onsets[lag] += total / (power * float(blocks - lag))


@kernel
def _onset(onsets: F64, lag_s: float) -> float:
    """The onset autocorrelation between two of its lags."""
    at = lag_s / BLOCK_S
    whole = min(int(at), ONSET_LAGS - 2)
    share = min(at - float(whole), 1.0)
    return float((1.0 - share) * onsets[whole] + share * onsets[whole + 1])

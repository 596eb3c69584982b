"""The mastering room: reverb, tonal balance, glue, loudness and a limiter."""

import numpy as np
from numpy.typing import NDArray

from dawg_ai.data.compose.sound import BALANCE_HZ, Sound
from dawg_ai.data.compose.voices import RATE, Audio

CEILING = 10 ** (-1.7 / 20)  # of samples; the true peak stays under full scale
CORRECTION = 0.62  # how much of the way to the style's balance the equaliser goes
REACH_DB = 10.0  # and how far at most
REACH = 4096  # samples the equaliser looks to either side
BLOCK = 64  # samples per value of a gain curve


def master(dry: Audio, send: Audio, sound: Sound, rng: np.random.Generator) -> Audio:
    """The finished record, `(2, samples)`, from the dry mix, `(2, samples)`, and its send to the room, `(samples,)`.

    Room and equaliser are convolutions, done block by block in the spectrum and added up where blocks overlap.
    """
    samples = dry.shape[1]
    response = room(sound, rng)
    overlap = response.shape[1] + 2 * REACH
    size = 1 << (2 * overlap).bit_length()
    hop = size - overlap
    starts = range(0, samples, hop)
    space = np.fft.rfft(response, size)
    spectra = np.empty((len(starts), 2, size // 2 + 1), np.complex64)
    for spectrum, start in zip(spectra, starts, strict=True):
        spectrum[:] = np.fft.rfft(send[start : start + hop], size) * space
        spectrum += np.fft.rfft(dry[:, start : start + hop], size)
    tone = equaliser(spectra, size, sound, rng)
    record = np.zeros((2, starts[-1] + size), np.float32)
    for spectrum, start in zip(spectra, starts, strict=True):
        record[:, start : start + size] += np.fft.irfft(spectrum * tone, size)
    mix = record[:, REACH : REACH + samples]
    glue(mix, sound.glue)
    mix *= np.float32(10 ** ((sound.loudness_lufs - loudness(mix)) / 20))
    limit(mix)
    fade = int(1.0 * RATE)
    mix[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32) ** 2
    return mix


def room(sound: Sound, rng: np.random.Generator) -> Audio:
    """Impulse response, `(2, samples)`, energy 1 per side: early reflections, then noise that darkens as it dies."""
    length = int(1.1 * sound.room_s * RATE)
    time = np.arange(length, dtype=np.float32) / np.float32(RATE)
    white = np.fft.rfft(rng.standard_normal((2, length), np.float32), 1 << length.bit_length())
    hz = np.fft.rfftfreq(1 << length.bit_length(), 1 / RATE)
    response = np.zeros((2, length), np.float32)
    edges = (180.0, 900.0, sound.room_hz, 16000.0)
    for low, high, decay in zip(edges[:-1], edges[1:], (1.0, 0.9, 0.45), strict=True):
        band = (1 / (1 + (low / np.maximum(hz, 1)) ** 4) / (1 + (hz / high) ** 4)).astype(np.float32)
        part = np.fft.irfft(white * band)[:, :length]
        response += part * np.exp(time * np.float32(-6.9 / (decay * sound.room_s)))
    start = int(sound.predelay_s * RATE)
    response = np.pad(response, ((0, 0), (start, 0)))[:, :length]
    for _ in range(8):
        at, side = int(rng.uniform(0.3, 3) * start), int(rng.integers(2))
        response[side, at] += np.float32(rng.uniform(0.5, 1.5) * np.abs(response).max() * 0.5)
    energy = float(np.mean(np.sum(response**2, axis=1)))
    return np.asarray(response / np.sqrt(energy), np.float32)


def equaliser(
    spectra: NDArray[np.complex64], size: int, sound: Sound, rng: np.random.Generator
) -> NDArray[np.complex64]:
    """Response per bin that moves the song towards its style's balance and takes away what lies below hearing.

    `spectra` is `(blocks, 2, bins)`. Linear phase, late by `REACH` samples and twice that long.
    """
    edges_hz = 25.0 * 2 ** (np.arange(30) / 3)
    edges = np.minimum((edges_hz * size / RATE).astype(int), spectra.shape[2] - 1)
    power = sum(np.sum(block.real**2 + block.imag**2, axis=0, dtype=np.float64) for block in spectra)
    bands_db = 10 * np.log10(np.add.reduceat(power, edges)[:-1] + 1e-12)
    centres = np.log2(np.sqrt(edges_hz[:-1] * edges_hz[1:]))
    wanted_db = np.interp(centres, np.log2(BALANCE_HZ), sound.balance_db) + rng.normal(0, 0.6, centres.size)
    missing_db = wanted_db - bands_db
    missing_db -= missing_db[(edges_hz[:-1] > 90) & (edges_hz[:-1] < 5000)].mean()
    smooth_db = np.convolve(np.pad(missing_db, 1, "edge"), (0.25, 0.5, 0.25), "valid")
    gain_db = np.clip(CORRECTION * smooth_db, -REACH_DB, REACH_DB)
    hz = np.arange(size // 2 + 1) * (RATE / size)
    curve = 10 ** (np.interp(np.log2(np.maximum(hz, 1)), centres, gain_db) / 20)
    curve /= 1 + (24 / np.maximum(hz, 0.1)) ** 6
    impulse = np.roll(np.fft.irfft(curve), REACH)[: 2 * REACH] * np.hanning(2 * REACH)
    return np.fft.rfft(impulse.astype(np.float32), size).astype(np.complex64)


def per_block(mix: Audio) -> NDArray[np.float32]:
    """The mix in blocks, `(2, blocks, BLOCK)`, the last one filled with silence."""
    blocks = -(-mix.shape[1] // BLOCK)
    return np.pad(mix, ((0, 0), (0, blocks * BLOCK - mix.shape[1]))).reshape(2, blocks, BLOCK)


def ride(mix: Audio, gain: NDArray[np.float64]) -> None:
    """Multiply in place by a gain given at the start of each block, `(blocks + 1,)`, and straight lines between."""
    ramp = np.arange(BLOCK, dtype=np.float32) / np.float32(BLOCK)
    start = gain[:-1].astype(np.float32)
    line = start[:, None] + np.diff(gain).astype(np.float32)[:, None] * ramp
    mix *= line.ravel()[: mix.shape[1]]


def smoothed(curve: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """A mean weighted by a raised cosine, as long as the curve."""
    weights = np.hanning(window + 2)[1:-1]
    return np.convolve(np.pad(curve, window // 2, "edge"), weights / weights.sum(), "valid")[: curve.size]


def glue(mix: Audio, amount: float) -> None:
    """A slow bus compressor, in place: takes `amount` of every decibel between the moment's level and the mean."""
    blocks = per_block(mix)
    power = np.einsum("cbs,cbs->b", blocks, blocks).astype(np.float64)
    momentary_db = 10 * np.log10(smoothed(power, 201) + 1e-9)
    mean_db = 10 * np.log10(power.mean() + 1e-9)
    above_db = np.clip(momentary_db - mean_db, -6, 12)
    gain = 10 ** (-amount * smoothed(above_db, 41) / 20)
    ride(mix, np.append(gain, gain[-1]))


def limit(mix: Audio) -> None:
    """No sample above the ceiling, in place: the gain looks 6 ms ahead, and moves without corners."""
    peaks = np.abs(per_block(mix)).max(axis=(0, 2)).astype(np.float64)
    needed = np.minimum(1.0, CEILING / np.maximum(peaks, 1e-9))
    reach = 4
    padded = np.pad(np.append(needed, 1.0), reach + 1, constant_values=1.0)
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 3).min(axis=1)
    ride(mix, smoothed(lowest, 2 * reach + 1))


def loudness(mix: Audio) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4), its blocks not overlapping and weighted in the spectrum."""
    block = int(0.4 * RATE)
    blocks = mix[:, : mix.shape[1] // block * block].reshape(2, -1, block)
    spectra = np.fft.rfft(blocks * np.hanning(block).astype(np.float32))
    hz = np.maximum(np.fft.rfftfreq(block, 1 / RATE), 1.0)
    low_cut = 1 / (1 + (38.1 / hz) ** 2) ** 2  # the RLB curve: two poles at 38 Hz
    head = (1 + 2.512 * (hz / 1655) ** 4) / (1 + (hz / 1655) ** 4)  # and the head: 4 dB up above 1.5 kHz
    power = np.einsum("cbf,cbf,f->b", spectra, spectra.conj(), low_cut * head).real
    power *= 2 / (block * block * 0.375)
    gate = power[power > 10 ** ((-70 + 0.691) / 10)]
    gate = gate[gate > 0.1 * gate.mean()]
    return float(-0.691 + 10 * np.log10(gate.mean()))

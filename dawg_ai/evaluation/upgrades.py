"""The engine beside what a first version does: how good, and how long it takes."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawg_ai.audio import Audio
from dawg_ai.dsp.blocks import fft
from dawg_ai.dsp.blocks.biquad import LOW_PASS
from dawg_ai.dsp.blocks.distortion import FOURFOLD
from dawg_ai.dsp.effect import Effect, Processor
from dawg_ai.dsp.effects import eq, saturation
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.evaluation import naive
from dawg_ai.files import whole

RATE = 44_100
SECONDS = 10
SIZE = 1 << 15  # samples of a measured tone
BLOCK = 2048  # points of a Fourier transform
RUNS = 5
DRIVE_DB, CORNER_HZ = 14.0, 1000.0

Line = NDArray[np.float32]  # one channel


@dataclass(frozen=True)
class Upgrade:
    """One thing done in two ways, each a function from a line to a line of the same length."""

    name: str
    quality: str  # what is measured; less is better
    naive: Callable[[Line], Line]
    engine: Callable[[Line], Line]
    measured: Callable[[Callable[[Line], Line]], float]


def through(effect: Effect, knobs: Mapping[str, float]) -> Callable[[Line], Line]:
    """An effect as a function of one line, without its latency."""

    def run(x: Line) -> Line:
        processor = Processor(effect, RATE, knobs, channels=1)
        late = processor.latency_samples
        padded: Audio = np.concatenate([x, np.zeros(late, np.float32)])[None]
        return processor.process(padded)[0, late:]

    return run


def into(way: Callable[..., None], *arguments: Any) -> Callable[[Line], Line]:
    """A kernel that takes a line, arguments, and a line to write, as a function."""

    def run(x: Line) -> Line:
        y = np.zeros_like(x)
        way(x, *arguments, y)
        return y

    return run


def naive_spectra(x: Line) -> Line:
    """Transform block by block; real and imaginary parts of the lower half, in place of the samples."""
    y = np.zeros_like(x)
    re, im = np.zeros((2, BLOCK), np.float32)
    for start in range(0, len(x) - BLOCK + 1, BLOCK):
        naive.transform(x[start : start + BLOCK], re, im)
        y[start : start + BLOCK] = np.concatenate([re[: BLOCK // 2], im[: BLOCK // 2]])
    return y


def engine_spectra(x: Line) -> Line:
    """The same by the engine."""
    y = np.zeros_like(x)
    cosines, sines = np.zeros((2, BLOCK // 4))
    re, im, work_re, work_im = np.zeros((4, BLOCK))
    fft.prepare(BLOCK, cosines, sines)
    for start in range(0, len(x) - BLOCK + 1, BLOCK):
        re[:], im[:] = x[start : start + BLOCK], 0.0
        fft.transform(BLOCK, re, im, work_re, work_im, cosines, sines)
        y[start : start + BLOCK] = np.concatenate([re[: BLOCK // 2], im[: BLOCK // 2]])
    return y


TAPS, PHASES = 32, 1024


def sinc_table() -> NDArray[np.float64]:
    """Kaiser-windowed sincs for delays of 0 to 1 sample, (phases + 1, taps)."""
    place = np.arange(TAPS) - (TAPS // 2 - 1) - np.arange(PHASES + 1)[:, None] / PHASES
    window = np.i0(9.0 * np.sqrt(np.maximum(1 - (place / (TAPS / 2)) ** 2, 0))) / np.i0(9.0)
    table: NDArray[np.float64] = np.sinc(place) * window
    table /= table.sum(axis=1, keepdims=True)
    return table


@kernel
def sinc_delay(x: F32, samples: F32, table: F64, y: F32) -> None:
    """A delay of at least 16 samples through 32 taps of a windowed sinc, blended between tabulated fractions."""
    for i in range(x.shape[0]):
        place = float(i) - np.float64(samples[i])
        whole_samples = int(np.floor(place))
        phase = (place - float(whole_samples)) * float(PHASES)
        row = int(phase)
        blend = phase - float(row)
        first = whole_samples - (TAPS // 2 - 1)
        total = 0.0
        if first >= 0 and first + TAPS <= x.shape[0]:
            for j in range(TAPS):
                tap = table[row, j] + blend * (table[row + 1, j] - table[row, j])
                total += tap * np.float64(x[first + j])
        y[i] = total


def tone(hz: float) -> tuple[Line, int]:
    """Three periods of `SIZE` samples of a full-scale sine at an odd bin near `hz`, and the bin."""
    k = round(hz / RATE * SIZE) | 1
    return np.sin(2 * np.pi * k * np.arange(3 * SIZE) / SIZE).astype(np.float32), k


def spectrum_error_db(spectra: Callable[[Line], Line]) -> float:
    """Error of a transform of noise, over the transform."""
    x = np.random.default_rng(0).standard_normal(BLOCK).astype(np.float32)
    true = np.fft.rfft(x.astype(np.float64))[: BLOCK // 2]
    found = spectra(x).astype(np.float64)
    error = found - np.concatenate([true.real, true.imag])
    return float(10 * np.log10((error**2).sum() / (found**2).sum()))


def alias_db(distort: Callable[[Line], Line]) -> float:
    """Power below 20 kHz that is no overtone of a 5 kHz tone, over the tone."""
    x, k = tone(5000)
    power = np.abs(np.fft.rfft(distort(x)[SIZE : 2 * SIZE].astype(np.float64))) ** 2
    folded = power[: int(20_000 / RATE * SIZE)].copy()
    folded[::k] = 0
    return float(10 * np.log10(folded.sum() / power[k]))


def delay_error_db(delayed: Callable[[Line], Line]) -> float:
    """Error of a 5 kHz tone through the gliding delay, over the tone."""
    n = np.arange(2 * SIZE)
    hz = 5000 / RATE
    x = np.sin(2 * np.pi * hz * n).astype(np.float32)
    true = np.sin(2 * np.pi * hz * (n - gliding(len(n)).astype(np.float64)))
    error = (delayed(x) - true)[SIZE:-100]
    return float(10 * np.log10((error**2).mean() / (true[SIZE:-100] ** 2).mean()))


def slope_error_db(filtered: Callable[[Line], Line]) -> float:
    """Largest difference from the analogue second-order low-pass between 20 Hz and 10 kHz."""
    impulse = np.zeros(SIZE, np.float32)
    impulse[0] = 1
    f = np.fft.rfftfreq(SIZE, 1 / RATE)
    heard = (f >= 20) & (f <= 10_000)
    true = -10 * np.log10(1 + (f[heard] / CORNER_HZ) ** 4)
    found = 20 * np.log10(np.abs(np.fft.rfft(filtered(impulse).astype(np.float64)))[heard])
    return float(np.abs(found - true).max())


def gliding(samples: int) -> Line:
    """A delay that sways between 20 and 40 samples."""
    return (30 + 10 * np.sin(2 * np.pi * 0.7 * np.arange(samples) / RATE)).astype(np.float32)


def delayed(way: Callable[..., None], *tables: Any) -> Callable[[Line], Line]:
    """The gliding delay, by a kernel (x, delay of each sample, tables, y)."""
    return lambda x: into(way, gliding(len(x)), *tables)(x)


def upgrades() -> list[Upgrade]:
    """The five."""
    drive = 10 ** (DRIVE_DB / 20)
    soft = {"kind": saturation.SOFT_CLIP, "drive_db": DRIVE_DB, "oversampling": FOURFOLD}
    tube = {"kind": saturation.TUBE, "drive_db": 6, "oversampling": FOURFOLD}
    low = {"band1_kind": LOW_PASS, "band1_hz": CORNER_HZ, "band1_q": 0.71}
    naively, engine = into(naive.distortion, drive), through(saturation.EFFECT, soft)
    return [
        Upgrade("FFT", "error, dB", naive_spectra, engine_spectra, spectrum_error_db),
        Upgrade("oversampling", "folded overtones at 5 kHz, dB", naively, engine, alias_db),
        Upgrade(
            "interpolation",
            "error at 5 kHz, dB",
            delayed(naive.delay),
            delayed(sinc_delay, sinc_table()),
            delay_error_db,
        ),
        Upgrade(
            "filters",
            "off the analogue low-pass, dB",
            into(naive.low_pass, CORNER_HZ, RATE),
            through(eq.EFFECT, low),
            slope_error_db,
        ),
        Upgrade(
            "harmonics",
            "folded overtones at 5 kHz, dB",
            into(naive.harmonics),
            through(saturation.EFFECT, tube),
            alias_db,
        ),
    ]


def sweep() -> Line:
    """Three seconds from 100 Hz to 20 kHz."""
    t = np.arange(3 * RATE) / RATE
    rate = np.log(200) / 3
    sweeping: Line = (0.9 * np.sin(2 * np.pi * 100 * (np.exp(rate * t) - 1) / rate)).astype(np.float32)
    return sweeping


def measure() -> list[dict[str, Any]]:
    """A row for each upgrade: quality and time of both ways."""
    x = (0.2 * np.random.default_rng(1).standard_normal(RATE * SECONDS)).astype(np.float32)
    return [
        {
            "work": each.name,
            "quality": each.quality,
            "naive": round(each.measured(each.naive), 1),
            "engine": round(each.measured(each.engine), 1),
            "naive_ms": _milliseconds(each.naive, x),
            "engine_ms": _milliseconds(each.engine, x),
        }
        for each in upgrades()
    ]


def _milliseconds(work: Callable[[Line], Line], x: Line) -> float:
    """CPU time for `SECONDS` of one channel, the median; the slowest work is done on a tenth and scaled."""
    share = 10 if work is naive_spectra else 1
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work(x[: len(x) // share])
        times.append(share * 1000 * (time.process_time() - start))
    return round(statistics.median(times), 1)


def draw(path: Path) -> None:
    """Spectrograms of a sweep through all ways, as PNG."""
    from matplotlib.figure import Figure

    pairs = upgrades()
    figure = Figure(figsize=(8, 9), layout="constrained")
    for row, each in zip(figure.subplots(len(pairs), 2, sharex=True, sharey=True), pairs, strict=True):
        for axes, work, title in zip(row, (each.naive, each.engine), ("at first", "engine"), strict=True):
            fourier = each.measured is spectrum_error_db
            picture = _packed(work(_windowed(sweep()))) if fourier else _spectrogram(work(sweep()))
            axes.imshow(picture.T, origin="lower", aspect="auto", extent=(0, 3, 0, RATE / 2000), vmin=-110, vmax=0)
            axes.set_title(f"{each.name}: {title}", loc="left", fontsize=9)
        row[0].set_ylabel("kHz")
    with whole(path) as draft:
        figure.savefig(draft, dpi=70, format="png")


def _spectrogram(x: Line) -> NDArray[np.float64]:
    starts = range(0, len(x) - 2048, 1024)
    frames = np.stack([x[start : start + 2048] for start in starts]) * np.blackman(2048)
    return _decibels(np.abs(np.fft.rfft(frames))[:, ::4])


def _windowed(x: Line) -> Line:
    blocks = x[: len(x) // BLOCK * BLOCK].reshape(-1, BLOCK) * np.blackman(BLOCK).astype(np.float32)
    return np.asarray(blocks.ravel(), np.float32)


def _packed(spectra: Line) -> NDArray[np.float64]:
    """What `naive_spectra` and `engine_spectra` return, as a picture."""
    blocks = spectra[: len(spectra) // BLOCK * BLOCK].reshape(-1, 2, BLOCK // 2).astype(np.float64)
    return _decibels(np.hypot(blocks[:, 0], blocks[:, 1])[:, ::4])


def _decibels(size: NDArray[np.float64]) -> NDArray[np.float64]:
    level: NDArray[np.float64] = 20 * np.log10(np.maximum(size / size.max(), 1e-6))
    return level

"""The engine beside naive versions of five blocks (naive.py), compiled alike: error, and CPU time on one thread.

    python benchmarks/upgrades.py [--picture docs/upgrades.png]

FFT, oversampling, interpolation, filters, harmonics. Errors go to results/upgrades_quality.json, less is better.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import naive
import numpy as np
from numpy.typing import NDArray
from turns import RESULTS, compared, save

from dawg_ai.audio import Audio
from dawg_ai.dsp.blocks.filters.biquad import LOW_PASS
from dawg_ai.dsp.blocks.shaping.oversampled_waveshaper import FOURFOLD
from dawg_ai.dsp.blocks.spectra import fft
from dawg_ai.dsp.effect import Effect, Processor
from dawg_ai.dsp.effects import parametric, saturation
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.files import atomic_write

RATE = 44_100
SIZE = 1 << 15  # samples of a measured tone
BLOCK = 2048  # points of a Fourier transform
DRIVE_DB, CORNER_HZ = 14.0, 1000.0

Line = NDArray[np.float32]  # one channel


@dataclass(frozen=True)
class Upgrade:
    """One block in two versions, each a function from one channel to one channel of the same length."""

    name: str
    quality: str  # the error that `measured` returns, in dB; less is better
    naive: Callable[[Line], Line]
    engine: Callable[[Line], Line]
    measured: Callable[[Callable[[Line], Line]], float]
    seconds: int = 10  # length of the timed signal


def by_effect(effect: Effect, knobs: Mapping[str, float]) -> Callable[[Line], Line]:
    """An effect as a function of one channel, latency compensated."""

    def run(x: Line) -> Line:
        processor = Processor(effect, RATE, knobs, channels=1)
        late = processor.latency_samples
        padded: Audio = np.concatenate([x, np.zeros(late, np.float32)])[None]
        return processor.process(padded)[0, late:]

    return run


def by_kernel(process: Callable[..., None], *arguments: Any) -> Callable[[Line], Line]:
    """A kernel (x, arguments, y) as a function from x to y."""

    def run(x: Line) -> Line:
        y = np.zeros_like(x)
        process(x, *arguments, y)
        return y

    return run


def naive_spectra(x: Line) -> Line:
    """Block-wise DFT; real and imaginary parts of the lower half of the bins replace the samples."""
    y = np.zeros_like(x)
    re, im = np.zeros((2, BLOCK), np.float32)
    for start in range(0, len(x) - BLOCK + 1, BLOCK):
        naive.fourier_transform(x[start : start + BLOCK], re, im)
        y[start : start + BLOCK] = np.concatenate([re[: BLOCK // 2], im[: BLOCK // 2]])
    return y


def engine_spectra(x: Line) -> Line:
    """The same by the engine's FFT."""
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
    """Error power of a transform of noise relative to the transform, in dB."""
    x = np.random.default_rng(0).standard_normal(BLOCK).astype(np.float32)
    true = np.fft.rfft(x.astype(np.float64))[: BLOCK // 2]
    found = spectra(x).astype(np.float64)
    error = found - np.concatenate([true.real, true.imag])
    return float(10 * np.log10((error**2).sum() / (found**2).sum()))


def alias_db(distort: Callable[[Line], Line]) -> float:
    """Inharmonic power below 20 kHz relative to a 5 kHz tone, in dB."""
    x, k = tone(5000)
    power = np.abs(np.fft.rfft(distort(x)[SIZE : 2 * SIZE].astype(np.float64))) ** 2
    folded = power[: int(20_000 / RATE * SIZE)].copy()
    folded[::k] = 0
    return float(10 * np.log10(folded.sum() / power[k]))


def delay_error_db(delayed: Callable[[Line], Line]) -> float:
    """Error power of a 5 kHz tone through the modulated delay relative to the tone, in dB."""
    n = np.arange(2 * SIZE)
    hz = 5000 / RATE
    x = np.sin(2 * np.pi * hz * n).astype(np.float32)
    true = np.sin(2 * np.pi * hz * (n - modulated_delay(len(n)).astype(np.float64)))
    error = (delayed(x) - true)[SIZE:-100]
    return float(10 * np.log10((error**2).mean() / (true[SIZE:-100] ** 2).mean()))


def slope_error_db(filtered: Callable[[Line], Line]) -> float:
    """Largest magnitude error against the analogue second-order low-pass from 20 Hz to 10 kHz, in dB."""
    impulse = np.zeros(SIZE, np.float32)
    impulse[0] = 1
    f = np.fft.rfftfreq(SIZE, 1 / RATE)
    band = (f >= 20) & (f <= 10_000)
    true = -10 * np.log10(1 + (f[band] / CORNER_HZ) ** 4)
    found = 20 * np.log10(np.abs(np.fft.rfft(filtered(impulse).astype(np.float64)))[band])
    return float(np.abs(found - true).max())


def modulated_delay(samples: int) -> Line:
    """A delay time modulated between 20 and 40 samples."""
    return (30 + 10 * np.sin(2 * np.pi * 0.7 * np.arange(samples) / RATE)).astype(np.float32)


def delayed(process: Callable[..., None], *tables: Any) -> Callable[[Line], Line]:
    """The modulated delay, by a kernel (x, delay of each sample, tables, y)."""
    return lambda x: by_kernel(process, modulated_delay(len(x)), *tables)(x)


def upgrades() -> list[Upgrade]:
    """The five blocks."""
    drive = 10 ** (DRIVE_DB / 20)
    soft = {"kind": saturation.SOFT_CLIP, "drive_db": DRIVE_DB, "oversampling": FOURFOLD}
    tube = {"kind": saturation.TUBE, "drive_db": 6, "oversampling": FOURFOLD}
    low = {"band1_kind": LOW_PASS, "band1_hz": CORNER_HZ, "band1_q": 0.71}
    naively, engine = by_kernel(naive.waveshaper, drive), by_effect(saturation.EFFECT, soft)
    return [
        Upgrade("FFT", "error", naive_spectra, engine_spectra, spectrum_error_db, seconds=1),
        Upgrade("oversampling", "aliases of 5 kHz over the tone", naively, engine, alias_db),
        Upgrade(
            "interpolation",
            "error at 5 kHz",
            delayed(naive.fractional_delay),
            delayed(sinc_delay, sinc_table()),
            delay_error_db,
        ),
        Upgrade(
            "filters",
            "largest difference from the analogue low-pass",
            by_kernel(naive.low_pass, CORNER_HZ, RATE),
            by_effect(parametric.EFFECT, low),
            slope_error_db,
        ),
        Upgrade(
            "harmonics",
            "aliases of 5 kHz over the tone",
            by_kernel(naive.exciter),
            by_effect(saturation.EFFECT, tube),
            alias_db,
        ),
    ]


def sweep() -> Line:
    """A logarithmic sweep of three seconds from 100 Hz to 20 kHz."""
    t = np.arange(3 * RATE) / RATE
    rate = np.log(200) / 3
    sweeping: Line = (0.9 * np.sin(2 * np.pi * 100 * (np.exp(rate * t) - 1) / rate)).astype(np.float32)
    return sweeping


def quality() -> list[dict[str, Any]]:
    """A row for each block: the error of both versions in dB."""
    return [
        {
            "work": f"{each.name}: {each.quality}",
            "ours": round(each.measured(each.engine), 1),
            "peer": round(each.measured(each.naive), 1),
            "unit": "dB",
        }
        for each in upgrades()
    ]


def times() -> list[dict[str, Any]]:
    """A row for each block: CPU time of one channel of noise through both versions."""
    x = (0.2 * np.random.default_rng(1).standard_normal(RATE * 10)).astype(np.float32)
    return [_timed(each, x[: each.seconds * RATE]) for each in upgrades()]


def _timed(each: Upgrade, x: Line) -> dict[str, Any]:
    work = f"{each.name}, {each.seconds} s mono at 44.1 kHz; peer: a naive version"
    return compared(work, lambda: each.engine(x), lambda: each.naive(x))


def draw(path: Path) -> None:
    """Spectrograms of a sweep through both versions of every block, as PNG."""
    from matplotlib.figure import Figure

    pairs = upgrades()
    figure = Figure(figsize=(8, 9), layout="constrained")
    for row, each in zip(figure.subplots(len(pairs), 2, sharex=True, sharey=True), pairs, strict=True):
        for axes, version, title in zip(row, (each.naive, each.engine), ("naive", "engine"), strict=True):
            fourier = each.measured is spectrum_error_db
            picture = _packed(version(_windowed(sweep()))) if fourier else _spectrogram(version(sweep()))
            axes.imshow(picture.T, origin="lower", aspect="auto", extent=(0, 3, 0, RATE / 2000), vmin=-110, vmax=0)
            axes.set_title(f"{each.name}: {title}", loc="left", fontsize=9)
        row[0].set_ylabel("kHz")
    with atomic_write(path) as draft:
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


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, metavar="PNG", help="draw spectrograms of both versions")
    picture = parser.parse_args().picture
    if picture:
        draw(picture)
    found = quality()
    for each in found:
        print("{work}: {ours} dB, naive {peer} dB".format(**each))
    (RESULTS / "upgrades_quality.json").write_text(json.dumps(found, indent=1) + "\n")
    save("upgrades", times())


if __name__ == "__main__":
    main()

"""Saturation of a minute of stereo, beside resampling by scipy or soxr around NumPy's tanh, on one thread.

    python benchmarks/colour.py

CPU time in interleaved runs; before the timing, the peer's output must agree with ours.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import numpy as np
import soxr
from scipy.signal import resample_poly
from turns import compared, save

from dawg_ai.dsp.blocks.shaping.oversampled_waveshaper import EIGHTFOLD, FOURFOLD, RATES, SMOOTH
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects import saturation

RATE_HZ = 44_100
SECONDS = 60
DRIVE_DB = 14


def music() -> np.ndarray:
    """Noise below 10 kHz, so that filters of any slope agree, (2, samples) float32."""
    white = np.random.default_rng(0).standard_normal((2, RATE_HZ * SECONDS))
    spectrum = np.fft.rfft(white)
    spectrum[:, 10_000 * SECONDS :] = 0
    return (0.15 * np.fft.irfft(spectrum)).astype(np.float32)


def through_scipy(audio: np.ndarray, times: int) -> np.ndarray:
    high = resample_poly(audio, times, 1, axis=1)
    return resample_poly(np.tanh(high * np.float32(10 ** (DRIVE_DB / 20))), 1, times, axis=1)


def through_soxr(audio: np.ndarray, times: int) -> np.ndarray:
    out = []
    for channel in audio:
        high = soxr.resample(channel, RATE_HZ, times * RATE_HZ)
        out.append(soxr.resample(np.tanh(high * np.float32(10 ** (DRIVE_DB / 20))), times * RATE_HZ, RATE_HZ))
    return np.stack(out)


def main() -> None:
    audio = music()
    rows = []
    for rate, times in ((FOURFOLD, 4), (EIGHTFOLD, 8), (SMOOTH, 4)):
        knobs = {"kind": saturation.SOFT_CLIP, "drive_db": DRIVE_DB, "oversampling": rate}
        processor = Processor(saturation.EFFECT, RATE_HZ, knobs, channels=2)
        late = processor.latency_samples
        mine = processor.process(audio)[:, late:] / processor.memory["targets"][2]
        for name, peer in (("scipy.signal.resample_poly", through_scipy), ("soxr", through_soxr)):
            theirs = peer(audio, times)[:, : mine.shape[1]]
            error = np.sqrt(
                np.mean((mine - theirs)[:, RATE_HZ:-RATE_HZ] ** 2) / np.mean(theirs[:, RATE_HZ:-RATE_HZ] ** 2)
            )
            assert error < 0.02, error  # their filters differ from ours above 18 kHz
            rows.append(
                compared(
                    f"tanh at {RATES[rate]}, 60 s stereo at 44.1 kHz; peer: {name} {times}x around tanh",
                    lambda processor=processor: processor.process(audio),
                    lambda peer=peer, times=times: peer(audio, times),
                )
            )
    save("colour", rows)


if __name__ == "__main__":
    main()

"""Convolution of a minute of stereo with a stereo response of three seconds, beside SciPy's, on one thread.

    python benchmarks/convolution.py

Whole songs are convolved by long transforms; the real-time kernel, here and in the browser, has no latency.
"""

import numpy as np
from scipy.signal import fftconvolve
from turns import compared, save

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.convolution import EFFECT

RATE = 44_100
SECONDS, RESPONSE_S = 60, 3


def main() -> None:
    rng = np.random.default_rng(0)
    audio = (0.1 * rng.standard_normal((2, SECONDS * RATE))).astype(np.float32)
    fading = np.exp(-6.9 * np.arange(RESPONSE_S * RATE) / (RESPONSE_S * RATE))
    response = (0.01 * rng.standard_normal((2, len(fading))) * fading).astype(np.float32)
    processor = Processor(EFFECT, RATE, {"trim": 0, "normalise": 0}, channels=2)
    processor.load(response)
    peer = fftconvolve(audio.astype(float), response.astype(float), axes=1)[:, : audio.shape[1]]
    assert np.abs(processor.render(audio) - peer).max() < 1e-6
    minute = "60 s stereo at 44.1 kHz, response of 3 s; peer: scipy.signal.fftconvolve, float32"
    rows = [
        compared(
            f"convolution, {minute}", lambda: processor.render(audio), lambda: fftconvolve(audio, response, axes=1)
        ),
        compared(
            f"convolution without latency, {minute}",
            lambda: processor.process(audio),
            lambda: fftconvolve(audio, response, axes=1),
        ),
    ]
    save("convolution", rows)


if __name__ == "__main__":
    main()

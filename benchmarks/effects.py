"""Effects on a minute of stereo, beside the usual way in Python, on one thread.

    python benchmarks/effects.py

Ours and the peer's runs take turns, in CPU time; the peer's output must agree with ours before anything is timed.
"""

import numpy as np
from scipy.signal import sosfilt
from turns import compared, save

from dawg_ai.dsp import eq
from dawg_ai.dsp.effect import Processor

RATE = 44_100
SECONDS = 60


def main() -> None:
    audio = (0.1 * np.random.default_rng(0).standard_normal((2, RATE * SECONDS))).astype(np.float32)
    processor = Processor(eq.EFFECT, RATE, {f"band{i}_db": 3 for i in range(1, 7)}, channels=2)
    sections = np.insert(processor.memory["settings"], 3, 1, axis=1)
    assert np.abs(processor.process(audio) - sosfilt(sections, audio)).max() < 1e-6
    row = compared(
        "six-band equaliser on 60 s stereo at 44.1 kHz, float64 state; peer: scipy.signal.sosfilt",
        lambda: processor.process(audio),
        lambda: sosfilt(sections, audio),
    )
    save("effects", [row])


if __name__ == "__main__":
    main()

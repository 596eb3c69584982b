"""Make the demo song, studio/public/demo.flac: composed by the program, with an audible fault.

    python studio/demo.py

Its seed is not in the demo dataset, so no network was trained on it. The fault is a setting of the parametric
equaliser: mud at 280 Hz, and attenuated treble. Its licence is CC0, as of the demo dataset.
"""

from pathlib import Path

import numpy as np
import soundfile

from dawg_ai import compose
from dawg_ai.dsp import effect

STYLE, SEED = "funk", 100
START_S, LENGTH_S, FADE_S = 8.0, 22.0, 0.03
PEAK = 0.6
FAULT = {
    "design": 1,  # the cookbook's filters
    "band2_hz": 280.0,
    "band2_db": 6.0,
    "band2_q": 0.8,
    "band5_hz": 3500.0,
    "band5_db": -3.0,
    "band6_hz": 6000.0,
    "band6_db": -9.0,
}

if __name__ == "__main__":
    audio = compose.song(STYLE, SEED)[0]
    part = audio[:, round(START_S * compose.RATE) :][:, : round(LENGTH_S * compose.RATE)]
    dulled = effect.Processor(effect.load("parametric"), compose.RATE, FAULT, len(part)).process(part)
    fade = np.clip(np.arange(dulled.shape[1]) / (FADE_S * compose.RATE), 0, 1)
    faded = dulled * fade * fade[::-1]
    quiet = PEAK * faded / np.abs(faded).max()
    path = Path(__file__).parent / "public" / "demo.flac"
    soundfile.write(path, quiet.T, compose.RATE, subtype="PCM_16")
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {quiet.shape[1] / compose.RATE:.0f} s")

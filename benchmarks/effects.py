"""The parametric equaliser on a minute of stereo, beside scipy and pedalboard, on one thread.

    python benchmarks/effects.py

CPU time in interleaved runs; before the timing, the peer's output must agree with ours.
"""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from scipy.signal import sosfilt
from turns import compared, save

from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects import parametric

RATE = 44_100
SECONDS = 60
SIX_BANDS = {f"band{i}_db": 3 for i in range(1, 7)}


def pedalboard_peer(knobs: dict[str, float]) -> Callable[[np.ndarray], np.ndarray]:
    """Pedalboard's filters with the values of the first six bands; they are the cookbook's, with float32 state."""
    import pedalboard

    kinds = (pedalboard.LowShelfFilter, pedalboard.PeakFilter, pedalboard.HighShelfFilter)
    bands = [[knobs[f"band{i}_{name}"] for name in ("kind", "hz", "db", "q")] for i in range(1, 7)]
    board = pedalboard.Pedalboard([kinds[int(kind)](hz, db, q) for kind, hz, db, q in bands])
    return lambda audio: board(audio, RATE)


def main() -> None:
    audio = (0.1 * np.random.default_rng(0).standard_normal((2, RATE * SECONDS))).astype(np.float32)
    rows = []
    full = Processor(parametric.EFFECT, RATE, SIX_BANDS, channels=2)
    matched = np.insert(full.memory["settings"][0, :, ::2].T, 3, 1, axis=1)
    assert np.abs(full.process(audio) - sosfilt(matched, audio)).max() < 1e-6
    rows.append(
        compared(
            "parametric equaliser, six bands, on 60 s stereo at 44.1 kHz; peer: scipy.signal.sosfilt",
            lambda: full.process(audio),
            lambda: sosfilt(matched, audio),
        )
    )
    if find_spec("pedalboard") is None:
        print("not compared with pedalboard: pip install pedalboard")
    else:
        cookbook = Processor(parametric.EFFECT, RATE, SIX_BANDS | {"design": 1}, channels=2)
        knobs = [knob.name for knob in parametric.EFFECT.knobs]
        peer = pedalboard_peer(dict(zip(knobs, cookbook.memory["knobs"], strict=True)))
        assert np.abs(cookbook.process(audio) - peer(audio)).max() < 1e-3  # its float32 state is rough at 90 Hz
        rows.append(
            compared(
                "parametric equaliser, six bands, on 60 s stereo at 44.1 kHz; peer: pedalboard",
                lambda: cookbook.process(audio),
                lambda: peer(audio),
            )
        )
    save("effects", rows)


if __name__ == "__main__":
    main()

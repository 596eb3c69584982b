"""Pictures for the hand-written parts of the pages; make.py draws them."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from dawg_ai.dsp.blocks.filters import biquad, matched

HERE = Path(__file__).parent
RATE = 44_100.0


def parametric() -> None:
    """Matched and cookbook filters beside the analogue prototype."""
    hz = np.geomspace(500, 20_000, 500)
    z = np.exp(-2j * np.pi * hz / RATE)
    x, gain, q = 1j * hz / 16_000, 10 ** (12 / 40), 1.0
    low, root = 1j * hz / 10_000, np.sqrt(10 ** (12 / 40)) / 0.707
    pictures = (
        (
            "bell, 16 kHz, +12 dB, Q 1",
            biquad.BELL,
            16_000.0,
            q,
            (x * x + x * gain / q + 1) / (x * x + x / (gain * q) + 1),
        ),
        (
            "high shelf, 10 kHz, +12 dB, Q 0.707",
            biquad.HIGH_SHELF,
            10_000.0,
            0.707,
            gain * (gain * low * low + root * low + 1) / (low * low + root * low + gain),
        ),
        ("low-pass, 10 kHz, Q 0.707", biquad.LOW_PASS, 10_000.0, 0.707, 1 / (low * low + low / 0.707 + 1)),
    )
    figure, panels = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
    for panel, (title, kind, center_hz, q, analogue) in zip(panels, pictures, strict=True):
        panel.semilogx(hz, 20 * np.log10(np.abs(analogue)), color="0.75", linewidth=6, label="analogue")
        for design, name, style in ((matched.design, "matched", "-"), (biquad.design, "cookbook", "--")):
            row = np.zeros(5)
            design(float(kind), center_hz, 12.0, q, RATE, row)
            response = (row[0] + z * (row[1] + z * row[2])) / (1 + z * (row[3] + z * row[4]))
            panel.semilogx(hz, 20 * np.log10(np.abs(response)), style, label=name)
        panel.set(
            title=title, xlabel="Hz", xlim=(500, 20_000), ylim=(-18, 3) if kind == biquad.LOW_PASS else (-1, 13)
        )
        panel.set_xticks([500, 1000, 2000, 5000, 10_000, 20_000], ["500", "1k", "2k", "5k", "10k", "20k"])
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("dB")
    panels[0].legend(loc="upper left")
    figure.savefig(HERE / "parametric.png", dpi=90, metadata={"Software": None})

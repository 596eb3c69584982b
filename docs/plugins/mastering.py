"""Make the pictures and sounds of mastering.md: a dull mix, a harsh one and a finished one, before and after.

    python docs/plugins/mastering.py

The song is composed by the program; dull and harsh are the same song through an equaliser.
"""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.figure import Figure

from dawg_ai import ask, audio, chain, compose
from dawg_ai import bundle as bundles
from dawg_ai.audio import Audio, held
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.files import atomic_write
from dawg_ai.mastering import words
from dawg_ai.mastering.figures import measure, table
from dawg_ai.report import ab
from dawg_ai.report.plot import AFTER, BEFORE, INK, frequency_axis, quiet
from dawg_ai.report.render import spectrum_db

HERE = Path(__file__).parent / "media"
STYLE, SEED = "synthwave", 2
LUFS = -18.0  # of the mixes
MIXES = {
    "dull": ("high shelf 3 kHz -8 dB", {"band6_hz": 3000, "band6_db": -8}),
    "harsh": ("bell 3.2 kHz +8 dB", {"band5_hz": 3200, "band5_db": 8, "band5_q": 1.2}),
    "finished": ("nothing", {}),
}
EXCERPT_S = (20, 28)


def main() -> None:
    """Write a picture and two sounds of each mix, and what was done to it as text."""
    song = ab.at_loudness(compose.song(STYLE, SEED)[0], compose.RATE, LUFS)
    bundle = bundles.load("mastering")
    said = {}
    HERE.mkdir(exist_ok=True)
    for name, (fault, knobs) in MIXES.items():
        faulty = {"format": 1, "chain": [{"effect": "parametric", "knobs": knobs}]}
        mix = ab.at_loudness(chain.render(faulty, song, compose.RATE), compose.RATE, LUFS)
        answer = ask.ask(bundle, {"song": [held(mix, compose.RATE)]})
        master = answer.sound.audio()
        _draw(name, fault, song, mix, master)
        _write(name, mix, master)
        figures = table(measure(held(mix, compose.RATE)), measure(held(master, compose.RATE)))
        said[name] = {"fault": fault, "figures": figures, "stages": list(map(str, words.stages(answer, False)))}
    with atomic_write(HERE / "mastering.json") as draft:
        draft.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _draw(name: str, fault: str, song: Audio, mix: Audio, master: Audio) -> None:
    spectra = {each: spectrum_db(sound, compose.RATE) for each, sound in (("b", mix), ("a", master), ("o", song))}
    figure = Figure(figsize=(9, 3.6), layout="constrained", facecolor="white")
    axes = figure.subplots()
    axes.plot(CENTERS_HZ, spectra["b"], color=BEFORE, linewidth=2.0, label=f"before: {fault}")
    axes.plot(CENTERS_HZ, spectra["a"], color=AFTER, linewidth=2.2, label="after")
    axes.plot(CENTERS_HZ, spectra["o"], color=INK, linewidth=1.2, linestyle="--", label="the song without a fault")
    axes.set_ylabel("spectrum at equal level, dB")
    axes.set_xlabel("Hz")
    frequency_axis(axes, (50, 100, 200, 500, 1000, 2000, 5000, 10_000))
    quiet(axes)
    axes.legend(frameon=False, loc="lower left", fontsize=9)
    figure.savefig(HERE / f"mastering_{name}.png", dpi=90, metadata={"Software": None})


def _write(name: str, mix: Audio, master: Audio) -> None:
    """Excerpts at one loudness."""
    start, stop = (round(at * compose.RATE) for at in EXCERPT_S)
    parts = [ab.at_loudness(sound[:, start:stop], compose.RATE, ab.LUFS) for sound in (mix, master)]
    headroom = np.float32(min(1.0, *(ab.MAX_PEAK / float(np.abs(part).max()) for part in parts)))
    for side, part in zip(("before", "after"), parts, strict=True):
        resampled = audio.at_rate(part * headroom, compose.RATE, ab.RATE_HZ)
        with atomic_write(HERE / f"mastering_{name}_{side}.ogg") as draft:
            draft.write_bytes(ab.ogg(resampled))


if __name__ == "__main__":
    main()

"""Generate the picture and the sounds of reverb.md: a synthesiser, and the reverb that is suggested for its tempo.

    python docs/plugins/reverb.py

The song is composed by the program. The plugin is the bundle that `dawg apply reverb` uses.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dawg_ai import ask, audio, chain
from dawg_ai import bundle as bundles
from dawg_ai.audio import Audio
from dawg_ai.compose import song
from dawg_ai.files import atomic_write
from dawg_ai.report import ab
from dawg_ai.report.plot import AFTER, BEFORE, quiet

MEDIA = Path(__file__).parent / "media"
SHOWN_S = 6
ONE_BAR = 1.0


def main() -> None:
    """Render, ask, draw."""
    whole = song("house", 1)[0]
    before = whole[:, 8 * ab.RATE_HZ : (8 + SHOWN_S) * ab.RATE_HZ]
    answer = ask.ask(bundles.load("reverb"), {"song": [audio.held(whole, ab.RATE_HZ)]}, {"length": ONE_BAR})
    sounds = {"before": before, "suggest": chain.render(answer.recipe, before, ab.RATE_HZ)}
    MEDIA.mkdir(exist_ok=True)
    for name, sound in sounds.items():
        with atomic_write(MEDIA / f"reverb_{name}.ogg") as draft:
            draft.write_bytes(ab.ogg(ab.at_loudness(sound, ab.RATE_HZ, ab.LUFS) * np.float32(0.9)))
    figure = Figure(figsize=(10, 2.6), layout="constrained", facecolor="white")
    axes = figure.subplots()
    for (name, sound), color in zip(sounds.items(), (BEFORE, AFTER), strict=True):
        levels = _levels_db(sound)
        axes.plot(np.arange(len(levels)) / 100, levels, color=color, label=name, linewidth=1)
    axes.set(title="level, dB", xlabel="s", xlim=(0, SHOWN_S), ylim=(-50, 0))
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    quiet(axes)
    with atomic_write(MEDIA / "reverb.png") as draft:
        figure.savefig(draft, dpi=90, metadata={"Software": None})
    print(answer.recipe["chain"], answer.confidence, answer.remarks)


def _levels_db(sound: Audio) -> NDArray[np.float64]:
    """Levels of 10 ms each."""
    size = ab.RATE_HZ // 100
    squares = np.square(sound[:, : sound.shape[1] // size * size], dtype=np.float64)
    return np.asarray(10 * np.log10(squares.reshape(2, -1, size).mean((0, 2)) + 1e-8))


if __name__ == "__main__":
    main()

"""Generate the picture and the sounds of compressor.md: a passage of a song, compressed in two styles.

    python docs/plugins/compressor.py

The passage is the one that the pages of the effects have, composed by the program. The plugin is the bundle that
`dawg apply compressor` uses.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dawg_ai import ask, audio, chain
from dawg_ai import bundle as bundles
from dawg_ai.audio import Audio
from dawg_ai.files import atomic_write
from dawg_ai.report import ab
from dawg_ai.report.plot import ACCENT, AFTER, BEFORE, quiet

MEDIA = Path(__file__).parent / "media"
PASSAGE = Path(__file__).parents[1] / "effects" / "media" / "before.ogg"
SHOWN_S = (2.0, 4.0)
STYLES = ("punch", "control")


def main() -> None:
    """Render, ask, draw."""
    before, _ = audio.read(PASSAGE)
    bundle = bundles.load("compressor")
    style = next(knob for knob in bundle.controls if knob.name == "style")
    answers = {
        name: ask.ask(bundle, {"song": [audio.held(before, ab.RATE_HZ)]}, {"style": style.choices.index(name)})
        for name in STYLES
    }
    sounds = {name: chain.render(answer.recipe, before, ab.RATE_HZ) for name, answer in answers.items()}
    MEDIA.mkdir(exist_ok=True)
    for name, sound in {"before": before, **sounds}.items():
        with atomic_write(MEDIA / f"compressor_{name}.ogg") as draft:
            draft.write_bytes(ab.ogg(ab.at_loudness(sound, ab.RATE_HZ, ab.LUFS) * np.float32(0.9)))
    _picture(before, answers, sounds)
    for name, answer in answers.items():
        print(name, answer.recipe["chain"][0]["knobs"], answer.memory["asked"], answer.memory["made"])


def _picture(before: Audio, answers: dict[str, ask.Answer], sounds: dict[str, Audio]) -> None:
    """Two seconds of level before and after, and the gain reduction, for each style."""
    figure = Figure(figsize=(10, 4.6), layout="constrained", facecolor="white")
    panels = figure.subplots(2, len(STYLES), sharex=True, height_ratios=(2, 1))
    for (level, reduced), name in zip(panels.T, STYLES, strict=True):
        for sound, color, label in ((before, BEFORE, "before"), (sounds[name], AFTER, "after")):
            levels = _levels_db(sound)
            level.plot(np.arange(len(levels)) / 200, levels, color=color, label=label, linewidth=1.2)
        curve = answers[name].memory["reduction_db"].ravel()
        reduced.plot(np.arange(len(curve)) / 1000, -curve, color=ACCENT, linewidth=1.2)
        level.set(title=f"{name}: level, dB", ylim=(-45, 0))
        reduced.set(title="gain, dB", xlabel="s", xlim=SHOWN_S)
        for axes in (level, reduced):
            axes.title.set_fontsize(10)
            quiet(axes)
            axes.tick_params(labelsize=8)
    panels[0, 0].legend(frameon=False, loc="lower right", fontsize=9)
    with atomic_write(MEDIA / "compressor.png") as draft:
        figure.savefig(draft, dpi=90, metadata={"Software": None})


def _levels_db(sound: Audio) -> NDArray[np.float64]:
    """Level of every 5 ms."""
    size = ab.RATE_HZ // 200
    frames = sound[:, : sound.shape[1] // size * size].reshape(len(sound), -1, size)
    return np.asarray(10.0 * np.log10(np.square(frames, dtype=np.float64).mean((0, 2)) + 1e-8))


if __name__ == "__main__":
    main()

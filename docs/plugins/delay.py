"""Generate the picture and the sounds of delay.md: an echo in one piece of music, heard and put on another.

    python docs/plugins/delay.py

All music is composed by the program. The plugin is the bundle that `dawg apply delay` uses.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dawg_ai import ask, audio, chain
from dawg_ai import bundle as bundles
from dawg_ai.audio import Audio
from dawg_ai.compose import song
from dawg_ai.files import atomic_write
from dawg_ai.plugins.delay.lag_maps import DEVIATION, FIRST_LAG_MS, LAGS, SCORE
from dawg_ai.report import ab
from dawg_ai.report.plot import ACCENT, AFTER, BEFORE, quiet

MEDIA = Path(__file__).parent / "media"
ECHO = {"time_ms": 310.0, "feedback_percent": 40.0, "high_cut_hz": 4000.0, "mix_percent": 20.0, "mode": "ping-pong"}
REFERENCE_S, GUITAR_S = 12, 6


def main() -> None:
    """Render, ask, draw."""
    dry, other = song("funk", 1)[0], song("synthwave", 2)[0]
    reference = _echoed(dry[:, : REFERENCE_S * ab.RATE_HZ])
    before = other[:, 8 * ab.RATE_HZ : (8 + GUITAR_S) * ab.RATE_HZ]
    bundle = bundles.load("delay")
    given = {"song": [audio.held(before, ab.RATE_HZ)], "reference": [audio.held(reference, ab.RATE_HZ)]}
    matched = ask.ask(bundle, given)
    synced = ask.ask(bundle, {"song": [audio.held(other, ab.RATE_HZ)]}, {"note": 5.0})
    sounds = {"reference": reference[:, : GUITAR_S * ab.RATE_HZ], "before": before}
    sounds |= {"match": chain.render(matched.recipe, before, ab.RATE_HZ)}
    sounds |= {"sync": chain.render(synced.recipe, before, ab.RATE_HZ)}
    MEDIA.mkdir(exist_ok=True)
    for name, sound in sounds.items():
        with atomic_write(MEDIA / f"delay_{name}.ogg") as draft:
            draft.write_bytes(ab.ogg(ab.at_loudness(sound, ab.RATE_HZ, ab.LUFS) * np.float32(0.9)))
    _picture(matched, before, sounds["match"])
    for answer in (matched, synced):
        print(answer.recipe["chain"], answer.confidence, answer.remarks)


def _echoed(sound: Audio) -> Audio:
    return chain.render({"format": chain.FORMAT, "chain": [{"effect": "delay", "knobs": ECHO}]}, sound, ab.RATE_HZ)


def _picture(answer: ask.Answer, before: Audio, after: Audio) -> None:
    """The lag map of the reference, and the level of the song before and after."""
    figure = Figure(figsize=(10, 2.9), layout="constrained", facecolor="white")
    lags, level = figure.subplots(1, 2, width_ratios=(1, 1.4))
    scores = answer.memory["reference_maps"][SCORE:DEVIATION].sum(0) / 2.0
    lags.plot(np.arange(LAGS) + FIRST_LAG_MS, scores, color=BEFORE, linewidth=0.7)
    for link in answer.recipe["chain"]:
        time_ms = link["knobs"]["time_ms"]
        height = scores[round(time_ms) - FIRST_LAG_MS]
        lags.plot(time_ms, height, "o", color=ACCENT, markersize=5, label=f"{time_ms:g} ms")
        lags.legend(frameon=False, fontsize=9)
    lags.set(title="reference: score of each lag", xlabel="ms")
    for sound, color, label in ((before, BEFORE, "before"), (after, AFTER, "after")):
        size = ab.RATE_HZ // 100
        power = (
            np.square(sound[:, : sound.shape[1] // size * size], dtype=np.float64).reshape(2, -1, size).mean((0, 2))
        )
        level.plot(np.arange(len(power)) / 100, 10 * np.log10(power + 1e-8), color=color, label=label, linewidth=1)
    level.set(title="level of the song, dB", xlabel="s", xlim=(0, GUITAR_S), ylim=(-60, 0))
    level.legend(frameon=False, loc="lower right", fontsize=9)
    for axes in (lags, level):
        axes.title.set_fontsize(10)
        quiet(axes)
        axes.tick_params(labelsize=8)
    with atomic_write(MEDIA / "delay.png") as draft:
        figure.savefig(draft, dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    main()

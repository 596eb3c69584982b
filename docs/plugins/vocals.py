"""Pictures and sounds for vocals.md: three held-out songs as recorded, by templates, and by the trained network.

python docs/plugins/vocals.py            # needs the dataset pjs, and a training of split 0 with seed 0
"""

from pathlib import Path

import numpy as np
import soundfile
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dawg_ai import audio, registry
from dawg_ai.plugins.vocals import examples, measure, metrics
from dawg_ai.plugins.vocals.templates import Templates
from dawg_ai.plugins.vocals.timing import PITCH
from dawg_ai.training import loop
from dawg_ai.training.run import gather

MEDIA = Path(__file__).parent / "media"
SONGS = 3
FIRST_S, LENGTH_S = 2.0, 6.0
SIZE, HOP = 1024, 120
RANGE_DB = 70.0
HIGHEST_KHZ = 8.0  # so that harmonics are some pixels apart
TITLES = ("recording", "templates", "network")

Sound = NDArray[np.float64]


def main() -> None:
    """Write a picture and three sounds for each song."""
    plugin = registry.load("vocals")
    run = gather(plugin, plugin.data, 0, 0)
    model = loop.trained(plugin, run.folder)
    templates = Templates(run.items["train"])
    clips = {clip.id: clip for clip in run.clips}
    MEDIA.mkdir(exist_ok=True)
    for number, item in enumerate(run.items["test"][:SONGS], 1):
        song = examples.aligned(item)
        frames = song["score_frames"]
        with torch.no_grad():
            ours = measure.network(model, frames)
        made = [measure.sung(measure.curves(frames[:, PITCH], each)) for each in (templates.outputs(frames), ours)]
        recording = metrics.mono(audio.audible(clips[item.id].path))
        sounds = [_excerpt(each) for each in (recording, *made)]
        for title, sound in zip(TITLES, sounds, strict=True):
            soundfile.write(MEDIA / f"vocals_{number}_{title}.ogg", sound, metrics.RATE_HZ, subtype="VORBIS")
        _picture(MEDIA / f"vocals_{number}.jpg", item.id, sounds)
        print(number, item.id)


def _excerpt(sound: Sound) -> Sound:
    """Some seconds, faded in and out, all equally loud."""
    first = int(FIRST_S * metrics.RATE_HZ)
    part = sound[first : first + int(LENGTH_S * metrics.RATE_HZ)].copy()
    part *= 0.08 / np.sqrt(np.mean(part**2))
    fade = np.linspace(0, 1, 480)
    part[:480] *= fade
    part[-480:] *= fade[::-1]
    return np.asarray(np.clip(part, -1, 1))


def _picture(path: Path, name: str, sounds: list[Sound]) -> None:
    figure = Figure(figsize=(9, 10), layout="constrained")
    for axes, title, sound in zip(figure.subplots(3, 1, sharex=True), TITLES, sounds, strict=True):
        levels = 20 * np.log10(np.maximum(metrics.magnitudes(sound, SIZE, HOP), 1e-6)).T
        top = levels.max()
        extent = (FIRST_S, FIRST_S + LENGTH_S, 0, metrics.RATE_HZ / 2000)
        axes.imshow(levels, aspect="auto", origin="lower", extent=extent, vmin=top - RANGE_DB, vmax=top, cmap="magma")
        axes.set(ylabel="kHz", ylim=(0, HIGHEST_KHZ))
        axes.set_title(f"{name}, {title}", fontsize=9, loc="left")
    axes.set_xlabel("s")
    figure.savefig(path, dpi=90, pil_kwargs={"quality": 75})


if __name__ == "__main__":
    main()

"""The evaluation: how far the rendered loudness is from the one asked for, and the tilt from the target."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from dawg_ai import audio, chain
from dawg_ai.ask import Host
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.network import Arrays
from dawg_ai.plugin import OURS, Question

from . import PLUGIN, score

QUESTIONS = {
    "tilt": Question("How far the tone is from level", rival="nothing"),
    "loudness": Question("How far the master is from -16 LUFS", "LU", rival="nothing"),
}


@torch.no_grad()
def measure(
    model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Question -> method -> item -> error."""
    host = Host.of(PLUGIN, lambda inputs: _run(model, inputs))
    tilt = {OURS: {item.id: score.error(model, [item], seed) for item in parts["test"]}}
    tilt["nothing"] = {item.id: score.error(_Nothing(), [item], seed) for item in parts["test"]}
    loudness: dict[str, dict[str, float]] = {OURS: {}, "nothing": {}}
    for item in parts["test"]:
        song = audio.open(clips[item.id].path)
        master = chain.rendered(host.ask({"song": [song]}).recipe, song).audio()
        loudness[OURS][item.id] = abs(integrated_lufs(master, song.rate_hz) + 16.0)
        loudness["nothing"][item.id] = abs(integrated_lufs(song.audio(), song.rate_hz) + 16.0)
    return {"tilt": tilt, "loudness": loudness}


class _Nothing(nn.Module):
    def forward(self, given: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"knobs": torch.zeros(len(given["song_power"]), 5)}


def _run(model: nn.Module, inputs: Arrays) -> Arrays:
    return {name: value.numpy() for name, value in model({n: torch.from_numpy(v) for n, v in inputs.items()}).items()}

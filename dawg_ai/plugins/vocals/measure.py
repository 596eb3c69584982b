"""The evaluation: held-out songs sung with the pitch and the phoneme times of the recording, beside templates."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dawg_ai import audio
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.item import Item
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects.voice import FLOOR_DB
from dawg_ai.dsp.instance import Native
from dawg_ai.plugin import OURS, Question

from . import PLUGIN, examples, metrics
from .analysis import CENTRE_ROWS, PITCH, RECORDING, VOICED
from .performance import VOICED as VOICED_ABOVE
from .templates import Templates
from .timing import PITCH as PITCH_COLUMN

Array = NDArray[np.float32]
Outputs = Mapping[str, Array]

TEMPLATES, ANALYSED = "templates", "analysis and synthesis"
QUESTIONS = {
    "log-mel": Question("The sound beside the recording: 80 mel bands", "dB", TEMPLATES),
    "mcd": Question("The sound beside the recording: mel-cepstral distance", "dB", TEMPLATES),
    "mr-stft": Question("The sound beside the recording: multi-resolution STFT", "", TEMPLATES),
    "voicing": Question("Frames that are voiced and should not be, or the reverse", "%", TEMPLATES),
    "pitch": Question("Median distance of the pitch that is heard from what was asked", "cents", TEMPLATES),
    "in tune": Question("Voiced frames within 50 cents of it", "%", TEMPLATES, less_is_better=False),
}


@torch.no_grad()
def measure(
    model: nn.Module, parts: Mapping[Part, Sequence[Item]], clips: Mapping[str, Clip], seed: int
) -> dict[str, dict[str, dict[str, float]]]:
    """Evaluate the network and the templates.

    Args:
        model: the trained network.
        parts: items by part; templates are learned from the training part.
        clips: all clips by id, for their recordings.
        seed: unused; nothing is drawn.

    Returns:
        Question -> method -> test item -> value.
    """
    templates = Templates(parts["train"])
    methods: dict[str, Callable[[Mapping[str, Array]], Outputs]] = {
        OURS: lambda song: network(model, song["score_frames"]),
        TEMPLATES: lambda song: templates.outputs(song["score_frames"]),
        ANALYSED: lambda song: {
            "harmonic_db": song["harmonic"],
            "noise_db": song["noise"],
            "voicing": song["voiced"],
        },
    }
    found: dict[str, dict[str, dict[str, float]]] = {name: {method: {} for method in methods} for name in QUESTIONS}
    for item in parts["test"]:
        song = examples.aligned(item)
        recording = metrics.mono(audio.audible(clips[item.id].path))
        for method, outputs in methods.items():
            for question, value in _values(song, outputs(song), recording).items():
                found[question][method][item.id] = value
    return found


def network(model: nn.Module, frames: Array) -> Outputs:
    """The network's outputs for (frames, 6)."""
    outputs = model({"score_frames": torch.from_numpy(np.array(frames))[None]})
    return {name: value[0].numpy() for name, value in outputs.items()}


def curves(pitch: Array, outputs: Outputs) -> Array:
    """What the instrument plays, (frames, 85), for a given pitch (frames,)."""
    harmonic = np.where(outputs["voicing"] > VOICED_ABOVE, outputs["harmonic_db"], FLOOR_DB)
    return np.concatenate([pitch[:, None], harmonic, outputs["noise_db"]], 1).astype(np.float32)


def sung(rows: Array) -> NDArray[np.float64]:
    """Rows played at 24 kHz, (samples,); they begin where the first row of a recording's analysis is centred."""
    late = np.repeat(rows[:1], CENTRE_ROWS, 0)
    late[:, 1:] = FLOOR_DB
    voice = Processor(effect.load("voice"), metrics.RATE_HZ, {}, 1)
    voice.play(np.concatenate([late, rows]))
    return np.asarray(voice.process(np.zeros((1, voice.tail_samples), np.float32))[0], np.float64)


def _values(
    song: Mapping[str, Array], outputs: Outputs, recording: NDArray[np.float64]
) -> dict[str, float]:  # fmt: skip
    pitch = song["score_frames"][:, PITCH_COLUMN]
    made = sung(curves(pitch, outputs))
    distance = metrics.compare(made, recording)
    kernels = Native(PLUGIN.training_module)
    found = RECORDING.extractor.extract(kernels, audio.held(made[None].astype(np.float32), metrics.RATE_HZ))["pitch"]
    count = min(len(found), len(pitch))
    voiced = (found[:count, VOICED] > 0) & (song["voiced"][:count, 0] > 0)
    cents = 100 * np.abs(found[:count, PITCH] - pitch[:count])[voiced]
    return {
        "log-mel": distance["log_mel"],
        "mcd": distance["mcd"],
        "mr-stft": distance["mr_stft"],
        "voicing": 100 * float(np.mean((found[:count, VOICED] > 0) != (song["voiced"][:count, 0] > 0))),
        "pitch": float(np.median(cents)) if len(cents) else 1200.0,
        "in tune": 100 * float(np.mean(cents <= 50)) if len(cents) else 0.0,
    }

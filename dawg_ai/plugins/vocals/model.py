"""The network: phonemes in time and pitch -> envelopes of harmonics and noise, and voicing.

    embeddings of the phoneme before, now and next; position within it; pitch
    -> convolution over 50 ms -> residual blocks of dilated convolutions, 0.7 s in all -> three heads

About 0.3 M parameters. Sums along time are none, so any length gives the same frames.
"""

import torch
from torch import Tensor, nn

from dawg_ai.dsp.effects.voice import HARMONIC_ANCHORS, NOISE_ANCHORS
from dawg_ai.lyrics import PHONEMES

from .timing import CURRENT, NEXT, PITCH, PREVIOUS, SINCE_S, UNTIL_S

WIDTH = 96
DILATIONS = (1, 2, 4, 8, 4, 2)
EMBEDDING = 32
DROPOUT = 0.1
MIDDLE_PITCH, OCTAVE = 57.0, 12.0
TIMES_S = (0.02, 0.06, 0.2)  # of x / (x + time), which tell short distances from long ones
MEAN_DB, SPREAD_DB = -75.0, 15.0  # of the envelopes


def build(seed: int) -> nn.Module:
    """A fresh network."""
    torch.manual_seed(seed)
    return Voice()


class Block(nn.Module):
    """Residual: normalised over channels alone, a dilated convolution, a pointwise one."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.wide = nn.Conv1d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation)
        self.narrow = nn.Conv1d(WIDTH, WIDTH, 1)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, WIDTH, frames) in and out."""
        inner = self.norm(x.transpose(1, 2)).transpose(1, 2)
        added: Tensor = x + self.drop(self.narrow(nn.functional.gelu(self.wide(inner))))
        return added


class Voice(nn.Module):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.phonemes = nn.Embedding(len(PHONEMES), EMBEDDING)
        self.first = nn.Conv1d(3 * EMBEDDING + 2 * len(TIMES_S) + 2, WIDTH, 5, padding=2)
        self.blocks = nn.Sequential(*(Block(dilation) for dilation in DILATIONS))
        self.last = nn.Linear(WIDTH, HARMONIC_ANCHORS + NOISE_ANCHORS + 1)

    def forward(self, given: dict[str, Tensor]) -> dict[str, Tensor]:
        """`score_frames` to envelopes in dB and the probability of harmonics."""
        frames = given["score_frames"]
        indices = frames[..., [PREVIOUS, CURRENT, NEXT]].clamp(0, len(PHONEMES) - 1).long()
        embedded = self.phonemes(indices).flatten(2)
        distances = [
            frames[..., column : column + 1] / (frames[..., column : column + 1] + time_s)
            for column in (SINCE_S, UNTIL_S)
            for time_s in TIMES_S
        ]
        octaves = (frames[..., PITCH : PITCH + 1] - MIDDLE_PITCH) / OCTAVE
        x = torch.cat([embedded, *distances, octaves, octaves**2], 2).transpose(1, 2)
        found = self.last(self.blocks(nn.functional.gelu(self.first(x))).transpose(1, 2))
        levels = MEAN_DB + SPREAD_DB * found[..., :-1]
        return {
            "harmonic_db": levels[..., :HARMONIC_ANCHORS],
            "noise_db": levels[..., HARMONIC_ANCHORS:],
            "voicing": torch.sigmoid(found[..., -1:]),
        }

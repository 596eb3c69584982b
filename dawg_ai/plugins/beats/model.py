"""The network: a transformer over the 32 sixteenths of two bars, parts of which are known.

    each step's cells, tap, and its place -> token, + style, tempo and feel -> 3 blocks of attention with a bias for
    each distance, and a feed-forward layer -> for each drum: hit, velocity, offset

What is copied is not learned anew: the logit of a hit has a gated share of the same step a bar earlier, and offsets
are told from where the taps or the asked feel put them. About 0.4 M parameters.
"""

import torch
from torch import Tensor, nn

from dawg_ai.plugins.beats import STYLES
from dawg_ai.plugins.beats.grid import DRUMS, OFFSET_BINS, STEPS, STEPS_PER_BAR, VELOCITY_BINS

WIDTH, HEADS, BLOCKS, HIDDEN = 96, 4, 3, 256
CELL, TAP, FEEL = 5 * DRUMS, 3, 10
HIT, HIT_KNOWN, OFFSET = 0, 1, 3


def build(seed: int) -> nn.Module:
    """A fresh network."""
    torch.manual_seed(seed)
    return Drummer()


class Block(nn.Module):
    """Attention over steps with a learned bias for each distance, then a feed-forward layer, both after norms."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.bias = nn.Parameter(torch.zeros(HEADS, 2 * STEPS - 1))
        self.up, self.down = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)
        steps = torch.arange(STEPS)
        self.register_buffer("distance", steps[:, None] - steps[None] + STEPS - 1, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, STEPS, WIDTH) in and out."""
        q, k, v = self.qkv(self.norm1(x)).reshape(-1, STEPS, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        bias = self.bias[:, self.distance]  # type: ignore[index]
        weights = (q @ k.transpose(2, 3) * (WIDTH // HEADS) ** -0.5 + bias).softmax(3)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(-1, STEPS, WIDTH))
        fed: Tensor = self.down(nn.functional.gelu(self.up(self.norm2(x))))
        return x + fed


class Drummer(nn.Module):
    """See above."""

    def __init__(self) -> None:
        super().__init__()
        self.cells, self.place = nn.Linear(CELL + TAP, WIDTH), nn.Parameter(0.02 * torch.randn(STEPS, WIDTH))
        self.context = nn.Sequential(nn.Linear(len(STYLES) + FEEL + 1, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)
        self.hit = nn.Linear(WIDTH, DRUMS)
        self.copied = nn.Linear(WIDTH, DRUMS)
        self.velocity = nn.Linear(WIDTH, DRUMS * VELOCITY_BINS)
        self.offset = nn.Linear(WIDTH, DRUMS * OFFSET_BINS)
        nn.init.constant_(self.hit.bias, -2.0)
        nn.init.zeros_(self.copied.weight)

    def forward(self, given: dict[str, Tensor]) -> dict[str, Tensor]:
        """Inputs to outputs as declared."""
        cells, taps, feel = given["cells"], given["taps"], given["feel_vector"]
        scaled = torch.cat([4.0 * feel[:, :4], feel[:, 4:]], 1)
        context = torch.cat([given["style"], scaled, given["tempo_bpm"] / 120.0 - 1.0], 1)
        x = self.cells(torch.cat([cells, taps], 2)) + self.place + self.context(context)[:, None]
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        by_drum = cells.reshape(-1, STEPS, DRUMS, 5)
        signed = (2.0 * by_drum[..., HIT] - 1.0) * by_drum[..., HIT_KNOWN]
        before = torch.cat([torch.zeros_like(signed[:, :STEPS_PER_BAR]), signed[:, :STEPS_PER_BAR]], 1)
        timing = feel[:, :4].repeat(1, STEPS // 4)[..., None] * (1.0 - taps[..., 2:]) + taps[..., 1:2]
        return {
            "hit_logits": self.hit(x) + self.copied(x) * before,
            "velocity_logits": self.velocity(x).reshape(-1, STEPS, DRUMS, VELOCITY_BINS),
            "offset_logits": self.offset(x).reshape(-1, STEPS, DRUMS, OFFSET_BINS),
            "center": timing.expand(-1, -1, DRUMS).contiguous(),
        }

"""Two levels to a tilt; drive and ceiling are for the solver."""

import torch
from torch import Tensor, nn


def build(seed: int) -> nn.Module:
    """A fresh network."""
    torch.manual_seed(seed)
    return TinyMaster()


class TinyMaster(nn.Module):
    """A tilt of the tone, and knobs at rest."""

    def __init__(self) -> None:
        super().__init__()
        self.tilt = nn.Linear(2, 1)

    def forward(self, given: dict[str, Tensor]) -> dict[str, Tensor]:
        """`song_power` (batch, frames, 2) to `knobs` (batch, 5) and `confidence` (batch, 4)."""
        levels = torch.log10(given["song_power"].mean(dim=1) + 1e-9)
        tilt_db = 6 * torch.tanh(self.tilt(levels))
        rest = torch.tensor([100.0, 3.0, -1.0]).expand(tilt_db.shape[0], -1)
        return {
            "knobs": torch.cat([tilt_db, -tilt_db, rest], 1),
            "confidence": 0.5 * torch.ones_like(rest[:, [0] * 4]),
        }

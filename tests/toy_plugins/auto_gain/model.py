"""Two levels, a mode and a style to one trim."""

import torch
from torch import Tensor, nn

from . import PLUGIN


def build(seed: int) -> nn.Module:
    """A fresh network."""
    torch.manual_seed(seed)
    return AutoGain()


class AutoGain(nn.Module):
    """The trim."""

    def __init__(self) -> None:
        super().__init__()
        (trim,) = PLUGIN.chain[0].knobs
        self.most_db = min(-trim.minimum, trim.maximum)
        self.layers = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Dropout(0.05), nn.Linear(16, 1))

    def forward(self, given: dict[str, Tensor]) -> dict[str, Tensor]:
        """Named inputs (batch, ...) to `knobs` (batch, 1) and `confidence` (batch, 1)."""
        levels = [10 * torch.log10(given[n].mean(dim=1) + 1e-9) for n in ("song_power", "reference_power")]
        x = torch.cat([*(level / 20 + 1 for level in levels), given["mode"], given["style"]], dim=1)
        trim_db = (12 * self.layers(x) * given["strength"]).clamp(-self.most_db, self.most_db)
        return {"knobs": trim_db, "confidence": torch.ones_like(trim_db)}

"""Two levels, a mode and a style to one trim."""

import torch
from torch import Tensor, nn

from dawg_ai.dsp import effect


def build(seed: int) -> nn.Module:
    """A fresh network."""
    torch.manual_seed(seed)
    return AutoGain()


class AutoGain(nn.Module):
    """Knobs of the equaliser, all at rest but `trim_db`."""

    def __init__(self) -> None:
        super().__init__()
        knobs = effect.load("eq").knobs
        trim = next(knob for knob in knobs if knob.name == "trim_db")
        self.most_db = min(-trim.minimum, trim.maximum)
        self.groups = len({knob.group for knob in knobs})
        self.register_buffer("rest", torch.tensor([[knob.default for knob in knobs]], dtype=torch.float32))
        self.register_buffer("trim", torch.tensor([[float(knob is trim) for knob in knobs]]))
        self.layers = nn.Sequential(nn.Linear(7, 16), nn.GELU(), nn.Dropout(0.05), nn.Linear(16, 1))

    def forward(self, given: dict[str, Tensor]) -> dict[str, Tensor]:
        """Named inputs (batch, ...) to `knobs` (batch, knobs) and `confidence` (batch, groups)."""
        levels = [10 * torch.log10(given[n].mean(dim=1) + 1e-9) for n in ("power", "reference_power")]
        heard = torch.cat([*(level / 20 + 1 for level in levels), given["mode"], given["style"]], dim=1)
        trim_db = (12 * self.layers(heard) * given["strength"]).clamp(-self.most_db, self.most_db)
        knobs = self.get_buffer("rest") * (1 - self.get_buffer("trim")) + trim_db * self.get_buffer("trim")
        return {"knobs": knobs, "confidence": torch.ones_like(trim_db).expand(-1, self.groups)}

"""The training loss, and the error that chooses the weights."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from dawg_ai.data.item import Item
from dawg_ai.plugins.reverb.examples import DRIEST_DB, HIGH, LOW, MID, PREDELAY_MS, SINGLE, WET_DB, WIDTH, batch

PREDELAY_SCALE_MS, WET_SCALE_DB, WIDTH_SCALE = 20.0, 5.0, 0.4  # errors that cost as much as an octave of T60
VALID_CASES, AT_ONCE = 192, 64
LN2 = float(np.log(2.0))


def loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> Tensor:
    """Absolute errors of what one source in one space tells; the likelihood of its expected error; and the logit.

    Where there is no wet sound, only the level counts. The expected error is that of a Laplace distribution.
    """
    truth = batch["truth"]
    single = truth[:, SINGLE]
    wet = single * (truth[:, WET_DB] > DRIEST_DB).to(single.dtype)
    octaves = (outputs["times"] - truth[:, LOW : HIGH + 1]).abs()
    space = outputs["space"]
    predelay = (space[:, 0] - truth[:, PREDELAY_MS]).abs() / PREDELAY_SCALE_MS
    level = (space[:, 1] - truth[:, WET_DB]).abs() / WET_SCALE_DB
    width = (space[:, 2] - truth[:, WIDTH]).abs() / WIDTH_SCALE
    errors = octaves.mean(1) + octaves[:, 1] + 0.5 * predelay + 0.5 * width
    expected = (LN2 * outputs["doubt"][:, 0]).clamp(-4.0, 2.0)
    doubt = octaves[:, MID].detach() * torch.exp(-expected) + expected
    told = nn.functional.binary_cross_entropy_with_logits(outputs["doubt"][:, 1], single, reduction="none")
    total = wet * (errors + 0.2 * doubt) + 0.5 * single * level + 0.5 * told
    return total.mean()


@torch.no_grad()
def error(model: nn.Module, items: Sequence[Item], seed: int) -> float:
    """The loss over VALID_CASES examples of the items, the same for the same seed."""
    model.eval()
    rng = np.random.default_rng([seed, VALID_CASES])
    found = []
    for _ in range(VALID_CASES // AT_ONCE):
        made = {name: torch.from_numpy(array) for name, array in batch(items, rng, AT_ONCE).items()}
        found.append(float(loss(model(made), made)))
    return float(np.mean(found))

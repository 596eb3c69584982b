"""The network: lag maps -> which of their peaks is an echo, and what it would be like.

peaks       the CANDIDATES lags with the highest standard scores, all bands together, of those above their neighbours
rows        at each: cepstra, their scores and deviations, autocorrelations; scores around it; and the lag itself
trunk       the same layers for each peak, with the mean and the maximum over all peaks as context: a loop
            repeats at many lags, an echo at few
heads       logit of each peak and of "no echo"; feedback, level, high cut and ping-pong
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from dawg_ai.plugins.delay import lag_maps
from dawg_ai.plugins.delay.decoding import CANDIDATES
from dawg_ai.plugins.delay.lag_maps import FIRST_LAG_MS, LAGS, ROWS

WIDTH, DEPTH = 64, 3
NEIGHBOURS = (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6)  # milliseconds, whose scores are compared with a peak's
LEVEL_DB, LEVEL_SCALE_DB = -14.0, 8.0  # middle and scale of what the heads say
FEEDBACK, HIGH_CUT_OCTAVES = 0.35, 2.5

# How each row of the maps is brought to about 1: a factor, then the inverse hyperbolic sine.
_FACTORS = np.ones(ROWS, np.float32)
_FACTORS[lag_maps.CEPSTRUM : lag_maps.SCORE] = 15.0
_FACTORS[lag_maps.SCORE : lag_maps.DEVIATION] = 0.5
_FACTORS[lag_maps.DEVIATION : lag_maps.LEFT] = 20.0
_FACTORS[[lag_maps.LEFT, lag_maps.RIGHT, lag_maps.TWICE]] = 15.0
_FACTORS[[lag_maps.WHITENED, lag_maps.TWICE_SCORE, lag_maps.THRICE_SCORE, lag_maps.HALF_SCORE]] = 0.5
_FACTORS[lag_maps.ONSET] = 8.0


class Peaks(nn.Module):
    """Lag maps (batch, ROWS, LAGS) -> rows of their peaks (batch, CANDIDATES, size), and the peaks' indices."""

    factors: Tensor
    place: Tensor
    around: Tensor
    first: Tensor
    size = ROWS + lag_maps.BANDS + 2 + 2 * len(NEIGHBOURS) + 2

    def __init__(self) -> None:
        super().__init__()
        lag = torch.arange(LAGS) + float(FIRST_LAG_MS)
        self.register_buffer("factors", torch.from_numpy(_FACTORS)[:, None], persistent=False)
        self.register_buffer("place", torch.stack([lag / 500.0 - 1.0, (lag / 200.0).log2() / 2.0]), persistent=False)
        # Of equal scores, as where there is no sound, the shortest lag comes first on every platform.
        self.register_buffer("first", -1e-5 * torch.arange(LAGS), persistent=False)
        self.register_buffer("around", torch.tensor(NEIGHBOURS), persistent=False)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        score = 0.5 * maps[:, lag_maps.SCORE : lag_maps.DEVIATION].sum(1) + self.first
        highest = nn.functional.max_pool1d(score[:, None], 3, 1, 1)[:, 0]
        index = torch.where(score >= highest, score, score - 100.0).topk(CANDIDATES, 1).indices
        return self.at(maps, index), index

    def at(self, maps: Tensor, index: Tensor) -> Tensor:
        """The rows of some lags, (batch, any) indices -> (batch, any, size)."""
        score = 0.5 * maps[:, lag_maps.SCORE : lag_maps.DEVIATION].sum(1)
        level = maps[:, lag_maps.CEPSTRUM + 1 : lag_maps.CEPSTRUM + 3].mean(1)
        cepstra = maps[:, lag_maps.CEPSTRUM : lag_maps.SCORE]
        steadiness = cepstra / (maps[:, lag_maps.DEVIATION : lag_maps.LEFT] + 0.01)
        place = self.place.expand(maps.shape[0], -1, -1)
        rows = torch.cat([torch.asinh(maps * self.factors), torch.asinh(steadiness), place], 1)
        own = rows.gather(2, index[:, None].expand(-1, rows.shape[1], -1)).transpose(1, 2)
        near = (index[:, :, None] + self.around).clamp(0, LAGS - 1).flatten(1)
        beside = [
            torch.asinh(each.gather(1, near)).unflatten(1, (-1, len(NEIGHBOURS)))  # type: ignore[no-untyped-call]
            for each in (score, 15.0 * level)
        ]
        whole = torch.stack([torch.asinh(score.gather(1, index)), torch.asinh(15.0 * level.gather(1, index))], 2)
        return torch.cat([own, *beside, whole], 2)


class Layer(nn.Module):
    """A residual layer on each peak, with all peaks as context."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.own = nn.Linear(width, 2 * width)
        self.context = nn.Linear(2 * width, 2 * width)
        self.dropout = nn.Dropout(0.1)
        self.out = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, peaks, width) -> the same."""
        y = self.norm(x)
        context = self.context(torch.cat([y.amax(1), y.mean(1)], 1))
        z: Tensor = x + self.out(self.dropout(nn.functional.gelu(self.own(y) + context[:, None])))
        return z


class Delay(nn.Module):
    """See the module. Takes the plugin's inputs by name; returns its outputs by name."""

    def __init__(self) -> None:
        super().__init__()
        self.peaks = Peaks()
        self.enter = nn.Linear(Peaks.size, WIDTH)
        self.trunk = nn.Sequential(*(Layer(WIDTH) for _ in range(DEPTH)), nn.LayerNorm(WIDTH), nn.GELU())
        self.heat = nn.Linear(WIDTH, 1)
        self.none = nn.Linear(2 * WIDTH, 1)
        self.alike = nn.Linear(WIDTH, 4)

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The plugin's outputs by name."""
        rows, index = self.peaks(inputs["reference_maps"])
        hidden = self.trunk(self.enter(rows))
        none = self.none(torch.cat([hidden.amax(1), hidden.mean(1)], 1))
        feedback, level, octaves, crossed = self.alike(hidden).unbind(2)
        return {
            "heat": torch.cat([self.heat(hidden)[:, :, 0], none], 1),
            "lag": index.to(none.dtype),
            "alike": torch.stack(
                [FEEDBACK + 0.5 * feedback, LEVEL_DB + LEVEL_SCALE_DB * level, HIGH_CUT_OCTAVES + octaves, crossed], 1
            ),
        }


def build(seed: int) -> Delay:
    """A fresh network, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Delay()

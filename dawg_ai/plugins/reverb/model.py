"""The network: what is measured of band levels and of the profile of onsets -> the space, and how sure it is.

lines       regression lines of each band's level over windows of five lengths, every 100 ms, as fixed convolutions:
            slope (a free decay falls 60 dB in its T60), how far the level is from the line, and the level itself
measures    for each range and length percentiles of the slopes that fall, of all lines and of the straight ones, and
            their shares; percentiles of the level; the side signal while levels rise and fall; the profile
layers      three, beside a straight map: T60 of three ranges, pre-delay, wet level, width, doubt
"""

from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn

from dawg_ai.plugins.reverb.bands import BANDS, LOW_END, MID_END, RANGES, RATE_HZ, SIDE, WHOLE
from dawg_ai.plugins.reverb.features import DEPTH_DB, LAGS

SHORT, LONG = (12, 24), (48, 96, 192)  # frames of the lines
WINDOWS = SHORT + LONG
POOLED = 4  # frames that the longer lines see as one
STRIDE = 20  # frames
PERCENTILES = (2.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0)
FALLING, STRAIGHT, LOWEST = 0.05, 0.5, -0.25  # of what `Lines` gives: rate of a level that falls, residual, level
HIDDEN = 192
PREDELAY_MS, WET_DB = 40.0, -8.0  # middles of what the heads say
PREDELAY_SCALE_MS, WET_SCALE_DB = 40.0, 8.0
PER_LINE = 3  # what is told of each line
SIZES = (0, LOW_END, MID_END, BANDS)


class Lines(nn.Module):
    """Levels in dB (any, FRAMES) -> regression lines (any, 1 + PER_LINE * windows, steps), about 1 in size.

    The longer windows are of means of POOLED frames.
    """

    def __init__(self) -> None:
        super().__init__()
        self.short = _Regression(SHORT, STRIDE)
        self.long = _Regression(tuple(size // POOLED for size in LONG), STRIDE // POOLED)

    def forward(self, levels: Tensor) -> Tensor:
        """See the class."""
        x = levels[:, None] / DEPTH_DB
        mean, slope, rest = self.short(x)
        slow_mean, slow_slope, slow_rest = self.long(nn.functional.avg_pool1d(x, POOLED))
        slopes = torch.cat([slope, slow_slope / POOLED], 1)
        # A decay's rate in 60 dB a second, on a scale on which rates that differ by a factor differ by as much.
        rate = -slopes * (DEPTH_DB * RATE_HZ / 60.0)
        off = (torch.cat([rest, slow_rest], 1) + 1e-6).sqrt()
        return torch.cat(
            [mean[:, :1] + 0.5, torch.asinh(4.0 * rate) / 2.0, 8.0 * off, mean + 0.5, slow_mean + 0.5], 1
        )


class _Regression(nn.Module):
    """A signal (any, 1, time) -> mean, slope and mean square residual of its lines, (any, sizes, steps) each."""

    level: Tensor
    slope: Tensor
    square: Tensor

    def __init__(self, sizes: tuple[int, ...], stride: int) -> None:
        super().__init__()
        self.stride, self.longest = stride, sizes[-1]
        level, slope = torch.zeros(len(sizes), 1, sizes[-1]), torch.zeros(len(sizes), 1, sizes[-1])
        for row, size in enumerate(sizes):
            away = torch.arange(size) - 0.5 * (size - 1)
            first = (sizes[-1] - size) // 2
            level[row, 0, first : first + size] = 1.0 / size
            slope[row, 0, first : first + size] = away / (away @ away)
        square = torch.tensor([(size * size - 1) / 12.0 for size in sizes])  # mean square of a slope of 1
        self.register_buffer("level", level, persistent=False)
        self.register_buffer("slope", slope, persistent=False)
        self.register_buffer("square", square[:, None], persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See the class."""
        x = nn.functional.pad(x, (self.longest // 2, self.longest // 2 - self.stride), value=-1.0)
        mean = nn.functional.conv1d(x, self.level, stride=self.stride)
        slope = nn.functional.conv1d(x, self.slope, stride=self.stride)
        square = nn.functional.conv1d(x * x, self.level, stride=self.stride)
        return mean, slope, (square - mean * mean - slope * slope * self.square).clamp_min(0.0)


class Measures(nn.Module):
    """The network's inputs -> what is measured of them, (batch, size), about 1 in size."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = Lines()

    def forward(self, levels: Tensor, profile: Tensor) -> Tensor:
        """See the class.

        First come, for each range, window and percentile, the rates of the lines that fall.
        """
        bands, whole = levels[:, :BANDS], levels[:, WHOLE:SIDE]
        own = (bands - bands.amax(2, keepdim=True)).clamp_min(-DEPTH_DB)
        count = len(WINDOWS)
        lines = self.lines(own.flatten(0, 1)).unflatten(0, (-1, BANDS))
        rate, rest = lines[:, :, 1 : 1 + count], lines[:, :, 1 + count : 1 + 2 * count]
        falls = (rate > FALLING) & (lines[:, :, 1 + 2 * count :] > LOWEST)
        straight = falls & (rest < STRAIGHT)
        parts = [_percentiles(rate[:, a:b], mask[:, a:b]) for mask in (falls, straight) for a, b in pairwise(SIZES)]
        parts += [mask[:, a:b].to(rate.dtype).mean((1, 3)) for mask in (falls, straight) for a, b in pairwise(SIZES)]
        quiet = torch.sort(whole, 2).values[:, :, torch.tensor([200, 500, 1000, 1500, 1800])]
        side = (levels[:, SIDE:] - whole) / 20.0
        change = whole[:, :, 1:] - whole[:, :, :-1]
        for mask in (change < -0.5, change > 0.5):
            counted = (mask & (whole[:, :, 1:] > -60.0)).to(side.dtype)
            parts.append((side[:, :, 1:] * counted).sum(2) / counted.sum(2).clamp_min(1.0))
        parts += [(quiet / 30.0 + 1.0).flatten(1), nn.functional.avg_pool1d(profile, 2).flatten(1) / 20.0]
        return torch.cat(parts, 1)


def _percentiles(rate: Tensor, mask: Tensor) -> Tensor:
    """Percentiles of the chosen rates of a range, (batch, windows * percentiles); 0 where none is chosen."""
    flat = torch.where(mask, rate, 1e3).transpose(1, 2).flatten(2).sort(2).values
    number = mask.to(rate.dtype).sum((1, 3))[..., None]
    shares = torch.tensor(PERCENTILES) / 100.0
    at = ((shares * number).ceil() - 1.0).clamp_min(0.0).to(torch.int64)
    found = flat.gather(2, at)
    return torch.where(found < 1e2, found, 0.0).flatten(1)


class Reverb(nn.Module):
    """See the module. Takes the plugin's inputs by name; returns its outputs by name."""

    size = 2 * RANGES * len(WINDOWS) * (len(PERCENTILES) + 1) + 2 * RANGES + 5 * RANGES + (RANGES + 1) * LAGS // 2

    def __init__(self) -> None:
        super().__init__()
        self.measures = Measures()
        self.straight = nn.Linear(self.size, RANGES + 5)
        self.layers = nn.Sequential(
            nn.Linear(self.size, HIDDEN),
            nn.GELU(),
            nn.Dropout(0.1),
            nn.Linear(HIDDEN, HIDDEN // 2),
            nn.GELU(),
            nn.Linear(HIDDEN // 2, RANGES + 5),
        )

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The plugin's outputs by name."""
        measures = self.measures(inputs["reference_bands"], inputs["reference_profile"])
        said = self.straight(measures) + self.layers(measures)
        space = torch.stack(
            [
                PREDELAY_MS + PREDELAY_SCALE_MS * said[:, 3],
                WET_DB + WET_SCALE_DB * said[:, 4],
                torch.sigmoid(said[:, 5]),
            ],
            1,
        )
        doubt = torch.stack([said[:, 6] - 1.5, said[:, 7]], 1)
        return {"times": said[:, :RANGES], "space": space, "doubt": doubt}


def build(seed: int) -> Reverb:
    """A fresh network, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Reverb()

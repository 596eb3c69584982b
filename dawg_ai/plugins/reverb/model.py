"""The network: band levels and the profile of onsets -> decay times, pre-delay, wet level, width, and how sure it is.

lines       regression lines of each band's level over windows of five lengths, every 100 ms, as fixed convolutions:
            slope (a free decay falls 60 dB in its T60), how far the level is from the line, and the level itself
bands       the same small convolutions along time for every band; then attention picks what decays freely
across      convolutions along the bands, whose decay times are alike
heads       T60 of three ranges from their bands; the rest from all bands, the profile, and the side signal while the
            level falls
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
CHANNELS, HIDDEN, HEADS = 16, 32, 4
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


class Pool(nn.Module):
    """Attention over time: (any, HIDDEN, time) -> (any, 2 * HIDDEN): what is attended to, and the highest."""

    def __init__(self) -> None:
        super().__init__()
        self.score = nn.Conv1d(HIDDEN, HEADS, 1)
        self.value = nn.Conv1d(HIDDEN, HIDDEN, 1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        share = torch.softmax(self.score(x), 2)
        value = self.value(x).unflatten(1, (HEADS, -1))
        return torch.cat([(share[:, :, None] * value).sum(3).flatten(1), x.amax(2)], 1)


class Reverb(nn.Module):
    """See the module. Takes the plugin's inputs by name; returns its outputs by name."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = Lines()
        size = 1 + PER_LINE * len(WINDOWS)
        self.bands = nn.Sequential(
            nn.Conv1d(2 * size, HIDDEN, 1),
            nn.GELU(),
            nn.Conv1d(HIDDEN, CHANNELS, 1),
            nn.Conv1d(CHANNELS, HIDDEN, 3, 1, 1),
            nn.GELU(),
            nn.Conv1d(HIDDEN, CHANNELS, 1),
            nn.Conv1d(CHANNELS, HIDDEN, 5, 2, 2),
            nn.GELU(),
        )
        self.pool = Pool()
        self.place = nn.Parameter(torch.zeros(HIDDEN, BANDS))
        self.enter = nn.Conv1d(2 * HIDDEN + 1, HIDDEN, 1)
        self.across = nn.ModuleList(
            nn.Sequential(nn.GroupNorm(1, HIDDEN), nn.Conv1d(HIDDEN, HIDDEN, 5, 1, 2), nn.GELU(), nn.Dropout(0.1))
            for _ in range(2)
        )
        self.times = nn.Conv1d(HIDDEN, 2, 1)  # T60 of a band, and how much it counts
        self.sides = nn.Sequential(nn.Conv1d(3, 16, 5, 2, 2), nn.GELU(), nn.Conv1d(16, HIDDEN, 5, 2, 2), nn.GELU())
        self.side_pool = Pool()
        self.rest = nn.Sequential(
            nn.Linear(2 * HIDDEN + 2 * HIDDEN + (RANGES + 1) * LAGS, 96),
            nn.GELU(),
            nn.Dropout(0.1),
            nn.Linear(96, 48),
            nn.GELU(),
            nn.Linear(48, 5 + RANGES),
        )

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The plugin's outputs by name."""
        levels, profile = inputs["reference_bands"], inputs["reference_profile"]
        bands, whole = levels[:, :BANDS], levels[:, WHOLE : WHOLE + RANGES]
        loudest = bands.amax(2, keepdim=True)
        # Each band relative to its own loudest frame, with the lines of its range beside: what else is playing.
        own = self.lines((bands - loudest).clamp_min(-DEPTH_DB).flatten(0, 1)).unflatten(0, (-1, BANDS))
        of_range = self.lines(whole.flatten(0, 1)).unflatten(0, (-1, RANGES))
        beside = torch.cat(
            [of_range[:, k : k + 1].expand(-1, SIZES[k + 1] - SIZES[k], -1, -1) for k in range(RANGES)], 1
        )
        pooled = self.pool(self.bands(torch.cat([own, beside], 2).flatten(0, 1))).unflatten(0, (-1, BANDS))
        x = torch.cat([pooled.transpose(1, 2), loudest.transpose(1, 2) / DEPTH_DB], 1)
        x = self.enter(x) + self.place
        for layer in self.across:
            x = x + layer(x)
        times, weight = self.times(x).unbind(1)
        ranges = torch.stack(
            [(torch.softmax(weight[:, a:b], 1) * times[:, a:b]).sum(1) for a, b in pairwise(SIZES)],
            1,
        )
        side = levels[:, SIDE : SIDE + RANGES] - whole
        three = torch.stack([side[:, 1] / 20.0 + 0.5, whole[:, 1] / DEPTH_DB + 0.5, _fall(whole[:, 1])], 1)
        sides = self.side_pool(self.sides(nn.functional.avg_pool1d(three, 5)))
        said = self.rest(torch.cat([x.mean(2), x.amax(2), sides, (profile / 20.0).flatten(1)], 1))
        space = torch.stack(
            [
                PREDELAY_MS + PREDELAY_SCALE_MS * said[:, 0],
                WET_DB + WET_SCALE_DB * said[:, 1],
                torch.sigmoid(said[:, 2]),
            ],
            1,
        )
        return {
            "times": ranges + 0.3 * said[:, 5:],
            "space": space,
            "doubt": torch.stack([said[:, 3] - 1.5, said[:, 4]], 1),
        }


def _fall(level: Tensor) -> Tensor:
    """How fast a level falls, (batch, FRAMES), about 1 in size."""
    before = nn.functional.pad(level, (6, 0), value=-DEPTH_DB)[:, : level.shape[1]]
    return torch.tanh((level - before) / 10.0)


def build(seed: int) -> Reverb:
    """A fresh network, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Reverb()

"""The network: envelopes of a song and of a reference -> threshold, times and mix of a compressor.

    measures   shares of the active time above fixed levels, at several time constants, and of changes of level
    head       both files' measures and their difference -> settings within their ranges, and the expected error

The measures are level histograms in cumulative form. All levels are relative to the gated level of the file, so
loudness does not matter. About 0.08 M parameters.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from dawg_ai.plugins.compressor.envelope import ABSOLUTE_GATE, ACTIVE_DB, RELATIVE_GATE
from dawg_ai.plugins.compressor.features import FLOOR_DB

WINDOWS_MS = (10, 50, 200, 1000)  # of the levels whose distribution is measured
CHANGES_MS = (10, 50, 200)  # between neighbouring windows
LEVELS_DB = torch.arange(-24.0, 17.0, 2.0)
CHANGE_LEVELS_DB = torch.arange(-9.0, 9.1, 1.5)
MEASURES = (len(WINDOWS_MS) + 1) * len(LEVELS_DB) + len(CHANGES_MS) * len(CHANGE_LEVELS_DB)

# Ranges of the settings: threshold relative to the gated level, attack, release.
THRESHOLD_DB = (-30.0, 14.0)
ATTACK_MS = (0.5, 120.0)
RELEASE_MS = (10.0, 1000.0)
RATIO, KNEE_DB = 4.0, 6.0  # cannot be told from the sound: those of the middle


def decibels(power: Tensor) -> Tensor:
    """Levels of powers, at least FLOOR_DB."""
    return 10.0 * torch.log10(power + 10.0 ** (FLOOR_DB / 10.0))


def relative(power_db: Tensor, peak_db: Tensor) -> tuple[Tensor, Tensor]:
    """Envelopes (batch, seconds, 1000) relative to the gated level of each file.

    Args:
        power_db: mean square of each millisecond.
        peak_db: highest sample of each.

    Returns:
        Power (not in dB) and peaks in dB, shaped as they came; the level is that of `envelope.gated_level_db`.
    """
    power = torch.pow(10.0, power_db / 10.0)
    seconds = power.mean(2)
    gate = torch.full_like(seconds[:, :1], ABSOLUTE_GATE)
    mean = gate
    for _ in range(2):
        counts = (seconds > gate).to(power.dtype)
        mean = (seconds * counts).sum(1, keepdim=True) / counts.sum(1, keepdim=True).clamp_min(1.0)
        gate = torch.maximum(gate, RELATIVE_GATE * mean)
    mean = mean.clamp_min(10.0 ** (FLOOR_DB / 10.0))
    mean = mean[:, :, None]
    return power / mean, peak_db - 10.0 * torch.log10(mean)


def measures(power: Tensor, peak_db: Tensor) -> Tensor:
    """Distribution of levels and of their changes, (batch, MEASURES).

    Args:
        power: of each millisecond relative to the gated level, (batch, seconds, 1000).
        peak_db: likewise, in dB.
    """
    found = []
    # The exporter keeps the number of seconds free where windows are taken within each, not along all of them.
    for window_ms in WINDOWS_MS:
        level_db = decibels(_windows(power, window_ms).mean(3)).flatten(1)
        active = torch.sigmoid((level_db - ACTIVE_DB) / 2.0)
        found.append(_shares(level_db, active, LEVELS_DB, 1.0))
        if window_ms in CHANGES_MS:
            change_db = level_db[:, 1:] - level_db[:, :-1]
            both = active[:, 1:] * active[:, :-1]
            found.append(_shares(change_db, both, CHANGE_LEVELS_DB, 0.75))
        if window_ms == WINDOWS_MS[0]:
            top_db = _windows(peak_db, window_ms).amax(3).flatten(1)
            found.append(_shares(top_db, active, LEVELS_DB + 6.0, 1.0))
    return torch.cat(found, 1)


def _windows(envelope: Tensor, window_ms: int) -> Tensor:
    """(batch, seconds, 1000) -> (batch, seconds, windows, window_ms)."""
    return envelope.reshape(envelope.shape[0], -1, 1000 // window_ms, window_ms)


def _shares(values: Tensor, weights: Tensor, levels: Tensor, width: float) -> Tensor:
    """The weighted share of values above each level, softly counted: (batch, n) -> (batch, levels)."""
    above = torch.sigmoid((values[:, None] - levels.to(values.device)[:, None]) / width)
    total = weights.sum(1, keepdim=True) + 1e-3
    return (above @ weights[:, :, None])[:, :, 0] / total


class Compressor(nn.Module):
    """See the module. Takes the plugin's inputs by name; returns its outputs by name."""

    def __init__(self, hidden: int = 144) -> None:
        super().__init__()
        self.head = nn.Sequential(
            nn.BatchNorm1d(3 * MEASURES, affine=False),
            nn.Linear(3 * MEASURES, hidden),
            nn.GELU(),
            nn.Linear(hidden, 96),
            nn.GELU(),
            nn.Linear(96, 64),
            nn.GELU(),
        )
        self.settings = nn.Linear(64, 4)
        self.doubt = nn.Sequential(nn.Linear(64, 16), nn.GELU(), nn.Linear(16, 1))
        nn.init.zeros_(self.settings.weight)
        with torch.no_grad():  # at rest: a usual setting
            self.settings.bias.copy_(torch.tensor([0.3, 0.6, 0.4, 1.5]))

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `PLUGIN.outputs`."""
        song, reference = (
            measures(*relative(inputs[f"{source}_power_db"], inputs[f"{source}_peak_db"]))
            for source in ("song", "reference")
        )
        hidden = self.head(torch.cat([song, reference, reference - song], 1))
        raw = self.settings(hidden)
        settings = [
            _between(raw[:, 0], *THRESHOLD_DB),
            torch.exp(_between(raw[:, 1], *map(math.log, ATTACK_MS))),
            torch.exp(_between(raw[:, 2], *map(math.log, RELEASE_MS))),
            torch.sigmoid(raw[:, 3]),
        ]
        doubt_db = nn.functional.softplus(self.doubt(hidden.detach())) + 0.02
        return {"settings": torch.stack(settings, 1), "doubt_db": doubt_db}


def _between(raw: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.sigmoid(raw)


def build(seed: int) -> Compressor:
    """A fresh network, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Compressor()

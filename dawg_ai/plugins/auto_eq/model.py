"""The network: features of a song, and of its reference -> six equaliser bands.

    summary   pools frames into a few spectra: mean, percentiles, attention-weighted means
    trunk     residual convolutions along frequency, since a bell has the same shape an octave higher
    head      centre, gain and Q of each equaliser band within its own range, and the expected error

The frequency ranges of the bands overlap but differ, so that bands never swap. About 0.13 M parameters.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.dsp.meters.loudness import k_weighting
from dawg_ai.plugins.auto_eq import PLUGIN, STYLES, response

BANDS = len(CENTERS_HZ)
# kind (index in the equaliser's choice), shape, lowest and highest centre in Hz
EQUALISER = (
    (0, "low_shelf", 40.0, 400.0),
    (1, "bell", 80.0, 500.0),
    (1, "bell", 250.0, 1500.0),
    (1, "bell", 800.0, 5000.0),
    (1, "bell", 2500.0, 12_000.0),
    (2, "high_shelf", 2000.0, 12_000.0),
)
GAIN_DB = 12.0
BELL_Q = (0.4, 4.0)
SHELF_Q = 0.71
QUIET_LU = 25.0  # frames this far below the loudest second say little about tone
PERCENTILES = (0.1, 0.5, 0.9)


def _k_weighting_db() -> Tensor:
    """Gain of the K-weighting (BS.1770) at each band, in dB, (55,)."""
    filters = np.zeros((2, 5))
    k_weighting(response.SAMPLE_RATE_HZ, filters)
    z = np.exp(-2j * np.pi * CENTERS_HZ / response.SAMPLE_RATE_HZ)
    gains = [np.polyval(f[2::-1], z) / np.polyval([f[4], f[3], 1.0], z) for f in filters]
    return torch.tensor(20.0 * np.log10(np.abs(np.prod(gains, 0)))).float()


_K_DB = _k_weighting_db()
_PHI = torch.from_numpy(response.phi(CENTERS_HZ))
_LOG2_CENTERS = torch.log2(torch.tensor(CENTERS_HZ).float())
_KINDS, _LOW_HZ, _HIGH_HZ = (torch.tensor([float(band[i]) for band in EQUALISER]) for i in (0, 2, 3))
_IS_BELL = torch.tensor([band[1] == "bell" for band in EQUALISER])
_LOG_Q = torch.tensor(BELL_Q).log()


def spectra(bands: Tensor, loudness: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pool frames into fixed spectra, level removed; frames more than QUIET_LU below the loudest are ignored.

    Returns `(batch, 6, 55)` in dB: power mean, mean, three percentiles, deviation; then the frames themselves and
    the weight of each (0 or 1). The baselines use only the first.
    """
    relative = loudness - loudness.amax(1, keepdim=True)
    counts = (relative > -QUIET_LU).to(bands.dtype)
    count = counts.sum(1, keepdim=True)
    mean = (bands * counts).sum(1, keepdim=True) / count
    level = mean.mean(2, keepdim=True)
    own = bands - bands.mean(2, keepdim=True)
    frames = torch.where(counts > 0, own, (own * counts).sum(1, keepdim=True) / count)
    mean = mean - level
    deviation = ((frames - mean) ** 2 * counts).sum(1, keepdim=True).div(count).add(1e-3).sqrt()
    power = 10.0 * torch.log10((torch.pow(10.0, (bands - level) / 10.0) * counts).sum(1, keepdim=True) / count)
    ordered = torch.sort(frames, 1).values
    last = torch.ones_like(counts).sum(1, keepdim=True) - 1.0
    percentiles = [ordered.gather(1, (p * last + 0.5).long().expand(-1, -1, BANDS)) for p in PERCENTILES]
    power = power - power.mean(2, keepdim=True)
    return torch.cat([power, mean, *percentiles, deviation], 1), frames, counts


class Summary(nn.Module):
    """Frames (batch, frames, 55) in dB and their loudness in LUFS -> (batch, spectra, 55)."""

    def __init__(self, heads: int = 3) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.Linear(BANDS + 1, 24), nn.Tanh(), nn.Linear(24, heads))
        self.spectra = 3 + len(PERCENTILES) + heads

    def forward(self, bands: Tensor, loudness: Tensor) -> Tensor:
        """The fixed spectra, then attention-weighted means of the frames."""
        fixed, frames, counts = spectra(bands, loudness)
        relative = (loudness - loudness.amax(1, keepdim=True)) / 10.0
        contrast = (frames - fixed[:, 1:2]) / 10.0
        weights = self.attention(torch.cat([contrast, relative], 2)) + (counts - 1.0) * 100.0
        return torch.cat([fixed, torch.softmax(weights, 1).transpose(1, 2) @ frames], 1)


class Block(nn.Module):
    """A residual convolution along the bands."""

    def __init__(self, width: int, reach: int = 7) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, width)
        self.along = nn.Conv1d(width, width, reach, padding=reach // 2, groups=width)
        self.across = nn.Sequential(nn.Conv1d(width, 2 * width, 1), nn.GELU(), nn.Conv1d(2 * width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width, 55) -> the same."""
        y: Tensor = x + self.across(self.along(self.norm(x)))
        return y


class AutoEq(nn.Module):
    """See the module. Takes the plugin's inputs by name; returns its outputs by name, and what training needs."""

    def __init__(self, width: int = 64, depth: int = 4) -> None:
        super().__init__()
        self.summary = Summary()
        self.styles = nn.Parameter(torch.zeros(len(STYLES), 2, BANDS))  # mean / 10 dB, log of spread / 10 dB
        self.place = nn.Parameter(torch.randn(8, BANDS))
        self.enter = nn.Conv1d(3 * self.summary.spectra + 2 + len(PLUGIN.modes) + 8, width, 1)
        self.trunk = nn.Sequential(*(Block(width) for _ in range(depth)), nn.GroupNorm(1, width), nn.GELU())
        self.curve = nn.Conv1d(width, 1, 1)
        self.doubt = nn.Conv1d(width, 1, 1)
        self.gather = nn.Conv1d(width, 8, 1)
        self.head = nn.Sequential(nn.Linear(8 * BANDS, 128), nn.GELU(), nn.Linear(128, 3 * len(EQUALISER)))
        for layer in (self.curve, self.doubt, self.head[2]):
            assert isinstance(layer, nn.Conv1d | nn.Linear) and layer.bias is not None
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Besides `knobs` and `confidence`: `center_hz`, `gain_db`, `q` (batch, 6) at strength 1; the free curve
        `curve_db` and the error to expect `doubt_db` (batch, 55); `song_db` (batch, 55) and, of the style asked for,
        `style_mean_db` and `style_spread_db` (batch, 55).
        """
        x = self.summary(inputs["song_bands"], inputs["song_loudness"])
        r = self.summary(inputs["reference_bands"], inputs["reference_loudness"])
        reference, style = (inputs["mode"][:, i : i + 1, None] for i in (1, 2))
        target = torch.einsum("bs,skf->bkf", inputs["style"][:, 1:], self.styles)
        lacks = torch.cat([target[:, :1] - x[:, 1:2] / 10.0, target[:, 1:]], 1) * style
        rows = [torch.cat([x, (r - x) * reference, r * reference], 1) / 10.0, lacks]
        rows += [inputs["mode"][:, :, None].expand(-1, -1, BANDS), self.place.expand(x.shape[0], -1, -1)]
        hidden = self.trunk(self.enter(torch.cat(rows, 1)))
        center_hz, gain_db, q = self._bands(self.head(self.gather(hidden).flatten(1)).unflatten(1, (3, -1)))
        doubt_db = nn.functional.softplus(self.doubt(hidden).squeeze(1))
        gains_db = gain_db * inputs["strength"]
        trim_db = -loudness_change_db(x[:, 0], response_db(center_hz, gains_db, q).float())
        kind = _KINDS.to(q.device).expand_as(q)
        knobs = torch.cat([torch.stack([kind, center_hz, gains_db, q], 2).flatten(1), trim_db], 1)
        return {
            "knobs": knobs,
            "confidence": 1.0 / (1.0 + doubt_around_db(doubt_db, center_hz)),
            "center_hz": center_hz,
            "gain_db": gain_db,
            "q": q,
            "curve_db": self.curve(hidden).squeeze(1) * 10.0,
            "doubt_db": doubt_db,
            "song_db": x[:, 1],
            "style_mean_db": target[:, 0] * 10.0,
            "style_spread_db": target[:, 1].exp() * 10.0,
        }

    def _bands(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(batch, 3, 6) of any size -> centre in Hz, gain in dB, Q, each (batch, 6) within its range."""
        low, high = (edges.to(raw.device).log() for edges in (_LOW_HZ, _HIGH_HZ))
        q_low, q_high = _LOG_Q.to(raw.device)
        is_bell = _IS_BELL.to(raw.device)
        center_hz = torch.exp(low + (high - low) * torch.sigmoid(raw[:, 0]))
        gain_db = GAIN_DB * torch.tanh(raw[:, 1] * (6.0 / GAIN_DB))
        bell_q = torch.exp(q_low + (q_high - q_low) * torch.sigmoid(raw[:, 2]))
        return center_hz, gain_db, torch.where(is_bell, bell_q, torch.full_like(bell_q, SHELF_Q))


def response_db(center_hz: Tensor, gain_db: Tensor, q: Tensor) -> Tensor:
    """Response of the six bands together at the band centres: (batch, 6) each -> (batch, 55), in dB, float64."""
    phi = _PHI.to(center_hz.device)
    phi0 = torch.sin(torch.pi * center_hz.double() / response.SAMPLE_RATE_HZ) ** 2
    a, q = 10.0 ** (gain_db.double() / 40.0), q.double()
    bands = [
        getattr(response, shape)(phi, phi0[:, i : i + 1], a[:, i : i + 1], q[:, i : i + 1])
        for i, (_, shape, _, _) in enumerate(EQUALISER)
    ]
    return 10.0 * torch.stack(bands).log10().sum(0)


def loudness_change_db(spectrum_db: Tensor, curve_db: Tensor) -> Tensor:
    """How much louder the curve makes a song of this power spectrum, (batch, 55) each -> (batch, 1)."""
    weighted = spectrum_db + _K_DB.to(spectrum_db.device)
    before, after = (torch.logsumexp(level * (math.log(10.0) / 10.0), 1) for level in (weighted, weighted + curve_db))
    return ((after - before) * (10.0 / math.log(10.0))).unsqueeze(1)


def doubt_around_db(doubt_db: Tensor, center_hz: Tensor) -> Tensor:
    """Expected error within about an octave of each band's centre, and over all bands: (batch, 7)."""
    octaves = torch.log2(center_hz)[:, :, None] - _LOG2_CENTERS.to(center_hz.device)
    near = torch.softmax(-2.0 * octaves**2, 2)
    return torch.cat([(near * doubt_db[:, None, :]).sum(2), doubt_db.mean(1, keepdim=True)], 1)


def build(seed: int) -> AutoEq:
    """A fresh network, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AutoEq()

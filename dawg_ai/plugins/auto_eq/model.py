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

from dawg_ai.dsp.blocks.filters.curve_fit import (
    BELL_Q,
    GAIN_DB,
    HIGHEST_HZ,
    KINDS,
    LOWEST_HZ,
    SAMPLE_RATE_HZ,
    SHAPES,
    SHELF_Q,
)
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ
from dawg_ai.dsp.meters.loudness import k_weighting
from dawg_ai.plugins.auto_eq import PLUGIN, STYLES, response

BANDS = len(CENTERS_HZ)
# kind (index in the equaliser's choice), shape, lowest and highest centre in Hz
EQUALISER = tuple(zip(KINDS, SHAPES, LOWEST_HZ, HIGHEST_HZ, strict=True))
QUIET_LU = 25.0  # frames this far below the loudest second say little about tone
PERCENTILES = (0.1, 0.5, 0.9)
MOST_FRAMES = 128  # of each file, that are compared one with another


def _k_weighting_db() -> Tensor:
    """Gain of the K-weighting (BS.1770) at each band, in dB, (55,)."""
    filters = np.zeros((2, 5))
    k_weighting(SAMPLE_RATE_HZ, filters)
    z = np.exp(-2j * np.pi * CENTERS_HZ / SAMPLE_RATE_HZ)
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
    """Frames (batch, frames, 55) in dB and their loudness in LUFS -> (batch, spectra, 55), and frames that count."""

    def __init__(self, heads: int = 3) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.Linear(BANDS + 1, 24), nn.Tanh(), nn.Linear(24, heads))
        self.spectra = 3 + len(PERCENTILES) + heads

    def forward(self, bands: Tensor, loudness: Tensor) -> tuple[Tensor, Tensor]:
        """The fixed spectra, then attention-weighted means of the frames; and the frames without their levels."""
        fixed, frames, counts = spectra(bands, loudness)
        relative = (loudness - loudness.amax(1, keepdim=True)) / 10.0
        contrast = (frames - fixed[:, 1:2]) / 10.0
        weights = self.attention(torch.cat([contrast, relative], 2)) + (counts - 1.0) * 100.0
        return torch.cat([fixed, torch.softmax(weights, 1).transpose(1, 2) @ frames], 1), frames


class Match(nn.Module):
    """For each second of the song, those of the reference with the same music: what differs is what the tone lacks.

    First those count as alike whose spectra have the same fine structure, which an equaliser hardly changes; then
    those that are closest once the difference found so far is added (as P. J. Besl, N. D. McKay, "A method for
    registration of 3-D shapes", IEEE Trans. PAMI 14, 1992, do for points). Each head is as strict as its tolerances.
    """

    def __init__(self, heads: int = 3, size: int = 32, rounds: int = 2) -> None:
        super().__init__()
        self.rounds = rounds
        near = ((torch.arange(BANDS)[:, None] - torch.arange(BANDS)).abs() <= 3).float()
        fine = torch.eye(BANDS) - near / near.sum(1, keepdim=True)
        self.embed = nn.Parameter(fine.T @ torch.randn(BANDS, size) / size**0.5)
        # Logarithms of dB^2: of a pair, and of a second of the song that has no good partner.
        self.pair = nn.Parameter(torch.tensor([0.8, 2.5, 8.0]).log().repeat(rounds + 1, 1)[:, :heads])
        self.lone = nn.Parameter(torch.tensor([10.0]).log().repeat(rounds + 1, heads))

    def forward(self, song: Tensor, reference: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Frames (batch, frames, 55) of both, without their levels.

        Returns the difference and its spread over the pairs, (batch, heads, 55) in dB, and mean squared distances of
        the pairs (batch, 2 * heads, 1) in dB^2: over the seconds that have partners, and over all.
        """
        song, reference = _spread_out(song), _spread_out(reference)
        # Levels are taken from a middle: squares of large numbers would leave little of their difference.
        middle = reference.mean(1, keepdim=True)
        x, r = (song - middle)[:, None], (reference - middle)[:, None]
        weights = self._pair(x @ self.embed, r @ self.embed, 0)[0]
        difference = self._difference(weights, x, r)
        for turn in range(1, self.rounds + 1):
            weights, distances = self._pair(x + difference, r, turn)
            difference = self._difference(weights, x, r)
        ours, theirs = weights.sum(3)[:, :, None], weights.sum(2)[:, :, None]
        x, r = x - ours @ x, r - theirs @ r
        square = theirs @ r**2 + ours @ x**2 - 2.0 * (x * (weights @ r)).sum(2, keepdim=True)
        return difference[:, :, 0], square.clamp_min(0.0).add(0.5).sqrt()[:, :, 0], distances

    def _pair(self, x: Tensor, r: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        """A weight for each pair, (batch, heads, frames, frames), in all 1; the distances that `forward` returns."""
        square = (x**2).sum(3)[..., None] + (r**2).sum(3)[..., None, :] - 2.0 * x @ r.transpose(2, 3)
        distance = square.clamp_min(0.0) / x.shape[3]
        partners = torch.softmax(-distance / self.pair[turn].exp()[:, None, None], 3)
        nearest = (partners * distance).sum(3)
        share = torch.softmax(-nearest / self.lone[turn].exp()[:, None], 2)
        distances = torch.cat([(share * nearest).sum(2), nearest.mean(2)], 1)
        return partners * share[..., None], distances[..., None]

    @staticmethod
    def _difference(weights: Tensor, x: Tensor, r: Tensor) -> Tensor:
        return weights.sum(2)[:, :, None] @ r - weights.sum(3)[:, :, None] @ x


def _spread_out(frames: Tensor) -> Tensor:
    """At most MOST_FRAMES of the frames, evenly spaced."""
    most = torch.sym_min(frames.shape[1], MOST_FRAMES)  # type: ignore[no-untyped-call]
    index = torch.arange(most, device=frames.device) * frames.shape[1] // most
    return frames[:, index]


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

    def __init__(self, width: int = 64, depth: int = 4, heads: int = 3) -> None:
        super().__init__()
        self.summary = Summary()
        self.match = Match(heads)
        self.styles = nn.Parameter(torch.zeros(len(STYLES), 2, BANDS))  # mean / 10 dB, log of spread / 10 dB
        self.place = nn.Parameter(torch.randn(8, BANDS))
        n = self.summary.spectra
        self.enter = nn.Conv1d(4 * n + 5 * heads + 2 + len(PLUGIN.modes) + 8, width, 1)
        self.trunk = nn.Sequential(*(Block(width) for _ in range(depth)), nn.GroupNorm(1, width), nn.GELU())
        self.curve = nn.Conv1d(width, 1 + heads, 1)
        self.doubt = nn.Sequential(nn.Conv1d(width, 16, 1), nn.GELU(), nn.Conv1d(16, 1, 1))
        self.gather = nn.Conv1d(width, 8, 1)
        self.head = nn.Sequential(nn.Linear(9 * BANDS, 128), nn.GELU(), nn.Linear(128, 3 * len(EQUALISER)))
        for layer in (self.curve, self.head[2]):
            assert isinstance(layer, nn.Conv1d | nn.Linear) and layer.bias is not None
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        assert self.curve.bias is not None
        nn.init.constant_(self.curve.bias[1:], -3.0)

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Besides the declared outputs: `center_hz`, `gain_db`, `q` (batch, 6) of the first guess; the error to
        expect `doubt_db` (batch, 55); `song_db` (batch, 55) and, of the style asked for, `style_mean_db` and
        `style_spread_db` (batch, 55).
        """
        x, song = self.summary(inputs["song_bands"], inputs["song_loudness"])
        r, other = self.summary(inputs["reference_bands"], inputs["reference_loudness"])
        reference, style = (inputs["mode"][:, i : i + 1, None] for i in (1, 2))
        target = torch.einsum("bs,skf->bkf", inputs["style"][:, 1:], self.styles)
        lacks = torch.cat([target[:, :1] - x[:, 1:2] / 10.0, target[:, 1:]], 1) * style
        with torch.autocast(song.device.type, enabled=False):  # distances are small differences of large numbers
            match, spread, distance = self.match(song.float(), other.float())
        far = (distance + 0.3).log().expand(-1, -1, BANDS)
        rows = [x / 10.0, (r - x) * reference / 10.0, r * reference / 10.0, torch.tanh((r - x) / 3.0) * reference]
        rows += [torch.cat([match / 10.0, torch.tanh(match / 3.0), spread / 5.0, far], 1) * reference, lacks]
        rows += [inputs["mode"][:, :, None].expand(-1, -1, BANDS), self.place.expand(x.shape[0], -1, -1)]
        hidden = self.trunk(self.enter(torch.cat(rows, 1)))
        raw = self.curve(hidden)
        trust = torch.sigmoid(raw[:, 1:]) * reference
        curve_db = raw[:, 0] * 10.0 + (trust * match).sum(1)
        center_hz, gain_db, q = self._bands(
            self.head(torch.cat([self.gather(hidden), curve_db[:, None] / 5.0], 1).flatten(1)).unflatten(1, (3, -1))
        )
        kind = _KINDS.to(q.device).expand_as(q)
        knobs = torch.stack([kind, center_hz, gain_db, q], 2).flatten(1)
        return {
            "knobs": nn.functional.pad(knobs, (0, 1)),  # the trim is found once the bands are
            "weighted_db": x[:, 0] + _K_DB.to(x.device),
            "center_hz": center_hz,
            "gain_db": gain_db,
            "q": q,
            "curve_bel": curve_db / 10.0,
            "curve_db": curve_db,
            "doubt_db": nn.functional.softplus(self.doubt(hidden.detach()).squeeze(1)) + 0.05,
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
    phi0 = torch.sin(torch.pi * center_hz.double() / SAMPLE_RATE_HZ) ** 2
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

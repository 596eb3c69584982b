"""The network: features of a song, and of its references -> tone, gain reduction and width, each with its doubt.

    description   fixed statistics of the loud part: spectra, width by frequency, how levels spread in three regions
    seconds       an embedding of each second, pooled by attention: the song as a set of seconds
    tone          residual convolutions along frequency, as in auto_eq, whose pooling and matching serve here too
    heads         the curve; for each region, reduction and width; the error to expect of all of them

Gain, drive and ceiling are solved (`refine.py`), not learned. About 0.2 M parameters.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from dawg_ai.dsp.blocks.spectra.octave_bands import BANDS
from dawg_ai.plugins.auto_eq.model import Block, Match, Summary
from dawg_ai.plugins.mastering.features import PERCENTILES, REGIONS
from dawg_ai.plugins.mastering.simulation import LOUD_LU, REGION_GAINS

NARROWEST_DB, WIDEST_DB = -50.0, 20.0  # of the side against the mid, as the network sees it
MONO_DB, STEREO_DB = -45.0, -40.0  # of less side nobody can tell how much there was; from here on it counts in full
ORDERED = (0.1, 0.5, 0.9)  # percentiles of the seconds of a song
OVERALL = REGIONS * (len(PERCENTILES) + 3 + len(ORDERED)) + len(ORDERED) + REGIONS  # size of `overall`
SIZE = 48  # of a song's embedding


def loud(loudness: Tensor) -> tuple[Tensor, Tensor]:
    """Which seconds are of the loud part, (batch, frames, 1) of 0 and 1, and loudness against the 90th percentile."""
    relative = loudness - _percentile(loudness, 0.9)
    return (relative > -LOUD_LU).to(loudness.dtype), relative


def _percentile(values: Tensor, share: float) -> Tensor:
    """Of (batch, frames, n) along the frames, the nearest: (batch, 1, n)."""
    last = torch.ones_like(values[:, :, :1]).sum(1, keepdim=True) - 1.0
    index = (share * last + 0.5).long().expand(-1, -1, values.shape[2])
    return torch.sort(values, 1).values.gather(1, index)


def _mean(values: Tensor, counts: Tensor) -> Tensor:
    """Over the frames that count: (batch, frames, n) -> (batch, 1, n)."""
    return (values * counts).sum(1, keepdim=True) / counts.sum(1, keepdim=True).clamp_min(1.0)


def describe(song: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Statistics of a song without its level, from its features by name.

    Returns:
        `bands` (batch, frames, 55), the level of mid and side together; `rows` (batch, frames, 141), each second in
        units of 10 dB; `counts` and `relative` of `loud`; `side` (batch, 55), the side against the mid in dB;
        `overall` (batch, OVERALL), how levels, powers and loudness spread, and the width of each region, in dB.
    """
    counts, relative = loud(song["loudness"])
    mid, side, powers = song["mid"], song["side"], song["powers"]
    bands = torch.logaddexp(mid * 0.230259, side * 0.230259) / 0.230259
    narrow = (side - mid).clamp(NARROWEST_DB, WIDEST_DB)
    own = (song["levels"].unflatten(2, (REGIONS, -1)) - powers[..., None]).clamp(-60.0, 20.0).flatten(2)  # type: ignore[no-untyped-call]
    crest = song["peaks"] - powers
    balance = (powers - song["loudness"]).clamp(-60.0, 20.0)
    balance = balance - _mean(balance, counts)
    regions = torch.tensor(REGION_GAINS**2, dtype=mid.dtype, device=mid.device).T
    level = bands.amax(2, keepdim=True)
    power = [_mean(torch.exp((each - level) * 0.230259) @ regions, counts).clamp_min(1e-9) for each in (mid, side)]
    width = (10.0 * (power[1] / power[0]).log10()).clamp(NARROWEST_DB, WIDEST_DB)
    spread = [_mean((each - _mean(each, counts)) ** 2, counts).add(1e-3).sqrt() for each in (crest, balance)]
    ordered = [_percentile(balance, p) for p in ORDERED] + [_percentile(relative, p) for p in ORDERED]
    overall = torch.cat([_mean(own, counts), _mean(crest, counts), *spread, *ordered, width], 2)
    centred = bands - bands.mean(2, keepdim=True)
    rows = torch.cat([centred, narrow, own, crest, balance, relative.clamp_min(-40.0)], 2) / 10.0
    return {
        "bands": bands,
        "rows": rows,
        "counts": counts,
        "side": _mean(narrow, counts)[:, 0],
        "overall": overall[:, 0],
    }


class Seconds(nn.Module):
    """Rows of a song (batch, frames, 141) and which count -> (batch, 2 * SIZE): their mean, and one by attention."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Sequential(
            nn.Linear(2 * BANDS + REGIONS * (len(PERCENTILES) + 2) + 1, 64), nn.GELU(), nn.Linear(64, SIZE)
        )
        self.attention = nn.Linear(SIZE, 1)

    def forward(self, rows: Tensor, counts: Tensor) -> Tensor:
        """See the class."""
        each = torch.tanh(self.embed(rows))
        weights = torch.softmax(self.attention(each) + (counts - 1.0) * 100.0, 1)
        return torch.cat([_mean(each, counts), (weights * each).sum(1, keepdim=True)], 2)[:, 0]


class Mastering(nn.Module):
    """See the module. Takes the plugin's inputs by name; returns its outputs by name."""

    def __init__(self, width: int = 64, depth: int = 4, heads: int = 3) -> None:
        super().__init__()
        self.summary = Summary()
        self.match = Match(heads)
        self.seconds = Seconds()
        self.place = nn.Parameter(torch.randn(8, BANDS))
        self.enter = nn.Conv1d(4 * self.summary.spectra + 5 * heads + 3 + 2 + 8, width, 1)
        self.trunk = nn.Sequential(*(Block(width) for _ in range(depth)), nn.GroupNorm(1, width), nn.GELU())
        self.curve = nn.Conv1d(width, 1 + heads, 1)
        self.doubt = nn.Sequential(nn.Conv1d(width, 16, 1), nn.GELU(), nn.Conv1d(16, 1, 1))
        known = 4 * OVERALL + 4 * SIZE + width + 2
        self.regions = nn.Sequential(nn.Linear(known, 96), nn.GELU(), nn.Dropout(0.2), nn.Linear(96, 2 * REGIONS))
        self.region_doubts = nn.Sequential(nn.Linear(known, 32), nn.GELU(), nn.Linear(32, 2 * REGIONS))
        for layer in (self.curve, self.regions[3]):
            assert isinstance(layer, nn.Conv1d | nn.Linear) and layer.bias is not None
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        assert self.curve.bias is not None
        nn.init.constant_(self.curve.bias[1:], -3.0)

    def forward(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Besides the declared outputs, `raw_reduction_db`, which may be below 0."""
        song, other = (describe(source(inputs, name)) for name in ("song", "reference"))
        with_reference = inputs["mode"][:, 1:2]
        x, song_frames = self.summary(song["bands"], inputs["song_loudness"])
        r, other_frames = self.summary(other["bands"], inputs["reference_loudness"])
        with torch.autocast(x.device.type, enabled=False):  # distances are small differences of large numbers
            match, spread, distance = self.match(song_frames.float(), other_frames.float())
        reference = with_reference[..., None]
        far = (distance + 0.3).log().expand(-1, -1, BANDS)
        lines = [x / 10.0, (r - x) * reference / 10.0, r * reference / 10.0, torch.tanh((r - x) / 3.0) * reference]
        lines += [torch.cat([match / 10.0, torch.tanh(match / 3.0), spread / 5.0, far], 1) * reference]
        wider = (other["side"] - song["side"])[:, None] * reference
        lines += [song["side"][:, None] / 10.0, wider / 10.0, torch.tanh(wider / 3.0)]
        lines += [inputs["mode"][..., None].expand(-1, -1, BANDS), self.place.expand(x.shape[0], -1, -1)]
        hidden = self.trunk(self.enter(torch.cat(lines, 1)))
        raw = self.curve(hidden)
        trust = torch.sigmoid(raw[:, 1:]) * reference
        curve_db = raw[:, 0] * 10.0 + (trust * match).sum(1)

        mine, theirs = (self.seconds(each["rows"], each["counts"]) for each in (song, other))
        difference = (other["overall"] - song["overall"]) * with_reference
        known = [song["overall"] / 10.0, difference / 10.0, torch.tanh(difference), torch.tanh(difference / 4.0)]
        known += [mine, theirs * with_reference, hidden.mean(2), inputs["mode"]]
        regions = torch.cat(known, 1)
        reduction_db, width_db = self.regions(regions).unflatten(1, (2, REGIONS)).unbind(1)
        there = ((song["overall"][:, -REGIONS:] - MONO_DB) / (STEREO_DB - MONO_DB)).clamp(0.0, 1.0)
        reduction_doubt, width_doubt = self.region_doubts(regions.detach()).unflatten(1, (2, REGIONS)).unbind(1)
        return {
            "tone_bel": curve_db / 10.0,
            "tone_doubt_db": nn.functional.softplus(self.doubt(hidden.detach()).squeeze(1)) + 0.05,
            "reduction_db": (4.0 * reduction_db).clamp_min(0.0),
            "reduction_doubt_db": nn.functional.softplus(reduction_doubt) + 0.05,
            "width_db": 4.0 * width_db * there,
            "width_doubt_db": nn.functional.softplus(width_doubt) + 0.05,
            "raw_reduction_db": 4.0 * reduction_db,
        }


def source(inputs: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The features of one source by their own names."""
    return {each.removeprefix(f"{name}_"): values for each, values in inputs.items() if each.startswith(f"{name}_")}


def build(seed: int) -> Mastering:
    """A fresh network, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Mastering()

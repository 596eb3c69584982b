"""The baselines: an echo's time from the whole clip at once, from the lag maps by a rule, and by a linear model.

cepstrum    highest point of the power cepstrum of the whole clip
whitened    highest point of its autocorrelation, the spectrum flattened by a running mean
onsets      highest point of the autocorrelation of its onset strength
score       highest sum of the standard scores of four bands' cepstra: the best rule without training
linear      softmax regression over the lags on what the network gets

Feedback and level: `preset` is the median of the training examples; `score` reads the cepstrum (an echo of gain w and
feedback f has w at its lag and f w - w^2 / 2 at twice the lag); `linear` is ridge regression at the lag.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import uniform_filter1d

from dawg_ai.audio import Audio
from dawg_ai.data.item import Item
from dawg_ai.plugins.delay import lag_maps
from dawg_ai.plugins.delay.decoding import AROUND
from dawg_ai.plugins.delay.echoed import FEEDBACK, HIGH_CUT_OCTAVES, LAG_MS, LEVEL_DB
from dawg_ai.plugins.delay.examples import Batch, batch
from dawg_ai.plugins.delay.model import Peaks
from dawg_ai.plugins.delay.rendered import LONGEST_MS, SHORTEST_MS
from dawg_ai.plugins.delay.score import labels

Array = NDArray[np.float64]
F32 = NDArray[np.float32]

FIT_STEPS, FIT_BATCH = 150, 48
RIDGE_EXAMPLES, PENALTY = 1500, 10.0
WHITEN_BINS = 2049  # of the running mean
BLOCK_S = 0.001  # of the onset strength


@dataclass(frozen=True)
class Answer:
    """What a method says of a sound; how sure it is on a scale of its own."""

    lag_ms: float
    sure: float
    feedback: float
    level_db: float
    high_cut_hz: float
    ping_pong: bool


Method = Callable[[F32, F32], Answer]  # lag maps, and where in its millisecond each peak is -> answer


def whole_clip(sound: Audio, rate_hz: int) -> dict[str, float]:
    """The lags in ms that cepstrum, whitened and onset autocorrelation of a clip point at."""
    mid = sound.mean(0)
    power = np.abs(rfft(mid, next_fast_len(2 * len(mid)))) ** 2
    floor = 1e-12 * power.max() + 1e-30
    running = uniform_filter1d(power, WHITEN_BINS, mode="nearest")
    size = int(BLOCK_S * rate_hz)
    energy = (np.diff(mid)[: len(mid) // size * size - size].reshape(-1, size) ** 2).sum(1)
    level = np.log(energy + 1e-4 * energy.mean() + 1e-30)
    rises = np.maximum(np.diff(level), 0.0)
    rises -= rises.mean()
    onsets = irfft(np.abs(rfft(rises, 2 * len(rises))) ** 2)[: len(rises)]
    return {
        "cepstrum": _highest_ms(irfft(np.log(power + floor)), rate_hz),
        "whitened": _highest_ms(irfft(power / (running + floor)), rate_hz),
        "onsets": _highest_ms(onsets / (len(rises) - np.arange(len(rises))), rate_hz / size),
    }


def _highest_ms(values: Array, lags_per_s: float) -> float:
    low, high = (int(0.001 * ms * lags_per_s) for ms in (SHORTEST_MS, LONGEST_MS))
    return 1000.0 * (low + int(np.argmax(values[low : high + 1]))) / lags_per_s


def fit(items: Sequence[Item], seed: int) -> dict[str, Method]:
    """The methods that work on lag maps, fitted to training items."""
    made = batch(items, np.random.default_rng([seed, RIDGE_EXAMPLES]), RIDGE_EXAMPLES)
    truth = made["truth"][made["truth"][:, LAG_MS] > 0]
    preset = np.median(truth, 0)
    usual = Answer(0.0, 0.0, float(preset[FEEDBACK]), float(preset[LEVEL_DB]), _hz(preset[HIGH_CUT_OCTAVES]), False)
    return {"preset": lambda maps, peak_ms: usual, "score": _score, "linear": _linear(items, made, seed)}


def _hz(octaves: float) -> float:
    return float(1000.0 * 2.0**octaves)


def _score(maps: F32, peak_ms: F32) -> Answer:
    """The lag of the highest score, with feedback and level by the formula."""
    scores = maps[lag_maps.SCORE : lag_maps.DEVIATION].sum(0)
    at = int(np.argmax(scores))
    gain = max(float(maps[lag_maps.CEPSTRUM + 1 : lag_maps.CEPSTRUM + 3, at].mean()), 1e-3)
    feedback = float(np.clip(float(maps[lag_maps.TWICE, at]) / gain + gain / 2.0, 0.0, 0.95))
    return Answer(float(peak_ms[at]), float(scores[at]), feedback, 20.0 * float(np.log10(gain)), 0.0, False)


def _linear(items: Sequence[Item], made: Batch, seed: int) -> Method:
    """Softmax regression over the peaks, and ridge regression at the peak that it finds."""
    peaks = Peaks()
    weights, none = torch.zeros(Peaks.size, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.Adam([weights, none], 0.05)

    def logits(maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rows, index = peaks(maps)
        return torch.cat([rows @ weights, none.expand(len(rows), 1)], 1), index, rows

    for step in range(FIT_STEPS):
        each = batch(items, np.random.default_rng([seed, step, FIT_STEPS]), FIT_BATCH)
        heat, index, _ = logits(torch.from_numpy(each["reference_maps"]))
        loss = -(labels(index, torch.from_numpy(each["truth"])) * torch.log_softmax(heat, 1)).sum(1).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    truth = made["truth"][made["truth"][:, LAG_MS] > 0]
    maps = torch.from_numpy(made["reference_maps"][made["truth"][:, LAG_MS] > 0])
    at = np.clip(np.round(truth[:, LAG_MS]) - lag_maps.FIRST_LAG_MS, 0, lag_maps.LAGS - 1).astype(np.int64)
    x = _with_one(peaks.at(maps, torch.from_numpy(at)[:, None])[:, 0])
    y = truth[:, [FEEDBACK, LEVEL_DB]].astype(np.float64)
    ridge = np.linalg.solve(x.T @ x + PENALTY * np.eye(x.shape[1]), x.T @ y)

    @torch.no_grad()
    def say(maps: F32, peak_ms: F32) -> Answer:
        heat, index, rows = (each[0] for each in logits(torch.from_numpy(maps[None])))
        shares = torch.softmax(heat, 0).double().numpy()[:-1]
        peak = int(np.argmax(shares))
        lag = index.numpy()
        feedback, level_db = _with_one(rows[peak][None])[0] @ ridge
        sure = float(shares[np.abs(lag - lag[peak]) <= AROUND].sum())
        return Answer(float(peak_ms[lag[peak]]), sure, float(feedback), float(level_db), 0.0, False)

    return say


def _with_one(rows: torch.Tensor) -> Array:
    return np.concatenate([rows.double().numpy(), np.ones((len(rows), 1))], 1)

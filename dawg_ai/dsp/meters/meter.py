"""EBU R 128 loudness meter: momentary, short-term and integrated loudness, loudness range, true peak.

    x -> K-weighting -> squares -> sums per 10 ms -> windows of 100 ms, 400 ms (momentary), 3 s (short-term)
        -> gated mean (integrated), 10 % to 95 % quantiles (range), maxima
    x -> 8x interpolation -> true peak per 100 ms

Source: ITU-R BS.1770-5 (2023); EBU R 128 (2023) with Tech 3341 (momentary: 400 ms; short-term: 3 s; both without
gate) and Tech 3342 (loudness range). Windows begin every 10 ms, since the maximum that Tech 3341 asks for (its cases
13 and 14) is missed by up to 0.5 LU where they begin every 100 ms, as gating blocks do.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from dawg_ai.dsp.kernel import F32, F64, Module, call, kernel, zeros
from dawg_ai.dsp.math import log10
from dawg_ai.dsp.meters import true_peak
from dawg_ai.dsp.meters.loudness import (
    ABSOLUTE_GATE_LUFS,
    LUFS_OFFSET,
    absolute_gate,
    add_energy,
    gated_loudness,
    gated_mean,
    k_weighting,
    lufs,
    take_energy,
)

HOPS_PER_S = 100
HOPS_PER_STEP = 10
STEPS_PER_S = 10
MOMENTARY_STEPS = 4
SHORT_TERM_STEPS = 30
RANGE_GATE = 0.01  # as a mean square: -20 LU for the loudness range
QUIETEST, LOUDEST = 0.10, 0.95  # quantiles of its blocks between which the range lies
BINS_PER_LU = 100.0
DENORMAL_OFFSET = 1e-30  # mean squares below it are the filters' own

# Entries of `progress`.
HOP_SAMPLES, HOPS, MOMENTARY_MAX, SHORT_TERM_MAX = range(4)
# Columns of `steps`: mean squares of the windows that end with the step, and the step's true peak as an amplitude.
MOMENTARY, SHORT_TERM, PEAK = range(3)


@kernel
def prepare(sample_rate_hz: float, weighting: Annotated[F64, 2, 5], taps: Annotated[F32, 7, 16]) -> None:
    """Run once, before the first block."""
    k_weighting(sample_rate_hz, weighting)
    true_peak.design(taps)


@kernel
def block(
    x: Annotated[F32, "channels", "samples"],
    sample_rate_hz: float,
    weighting: Annotated[F64, 2, 5],
    state: Annotated[F64, "channels", 5],
    taps: Annotated[F32, 7, 16],
    history: Annotated[F32, "channels", 1060],
    work: Annotated[F32, 1172],
    hops: Annotated[F64, 10],
    tenths: Annotated[F64, 300],
    progress: Annotated[F64, 4],
    steps: Annotated[F64, "steps", 3],
) -> None:
    """Measure the next samples.

    Channels are L, R, C, Ls, Rs, as far as there are. True peaks come up to 1059 samples late. Rows of `steps` before
    the first whole window are made up with silence.

    Args:
        x: the block.
        sample_rate_hz: the sample rate.
        weighting: of `prepare`.
        state: of `loudness.add_energy`.
        taps: of `prepare`.
        history: of `true_peak.update`, one row per channel.
        work: scratch.
        hops: state: energies of the last ten hops of 10 ms.
        tenths: state: energies of the last 300 windows of 100 ms, one beginning with every hop.
        progress: state: samples of the hop under way, hops done, and the maxima.
        steps: gets a row every 100 ms, until it is full.
    """
    start, end = 0, x.shape[1]
    while start < end and int(progress[HOPS]) < HOPS_PER_STEP * steps.shape[0]:
        hop = int(progress[HOPS])
        size = _begin(hop + 1, sample_rate_hz) - _begin(hop, sample_rate_hz)
        stop = min(start + size - int(progress[HOP_SAMPLES]), end)
        add_energy(x[:, start:stop], weighting, state)
        step = hop // HOPS_PER_STEP
        for channel in range(x.shape[0]):
            own, peak = history[channel], steps[step, PEAK]
            steps[step, PEAK] = true_peak.update(x[channel, start:stop], taps, own, work, peak)
        progress[HOP_SAMPLES] += float(stop - start)
        if int(progress[HOP_SAMPLES]) == size:
            _end_hop(take_energy(state), hop, sample_rate_hz, hops, tenths, progress, steps)
        start = stop


@kernel
def _begin(hop: int, sample_rate_hz: float) -> int:
    """The first sample of a hop."""
    return int(float(hop) * sample_rate_hz / float(HOPS_PER_S) + 0.5)


@kernel
def _end_hop(
    energy: float, hop: int, sample_rate_hz: float, hops: F64, tenths: F64, progress: F64, steps: F64
) -> None:
    """Write the windows that end with this hop."""
    hops[hop % HOPS_PER_STEP] = energy
    tenth = 0.0
    for each in hops:
        tenth += each
    tenths[hop % tenths.shape[0]] = tenth
    momentary, short_term = 0.0, 0.0
    for back in range(SHORT_TERM_STEPS):
        short_term += tenths[(hop + tenths.shape[0] - HOPS_PER_STEP * back) % tenths.shape[0]]
        if back == MOMENTARY_STEPS - 1:
            momentary = short_term
    per_step = sample_rate_hz / float(STEPS_PER_S)
    momentary /= per_step * float(MOMENTARY_STEPS)
    short_term /= per_step * float(SHORT_TERM_STEPS)
    if hop >= HOPS_PER_STEP * MOMENTARY_STEPS - 1:
        progress[MOMENTARY_MAX] = max(progress[MOMENTARY_MAX], momentary)
    if hop >= HOPS_PER_STEP * SHORT_TERM_STEPS - 1:
        progress[SHORT_TERM_MAX] = max(progress[SHORT_TERM_MAX], short_term)
    if hop % HOPS_PER_STEP == HOPS_PER_STEP - 1:
        steps[hop // HOPS_PER_STEP, MOMENTARY] = momentary
        steps[hop // HOPS_PER_STEP, SHORT_TERM] = short_term
    progress[HOP_SAMPLES] = 0.0
    progress[HOPS] += 1.0


@kernel
def finish(
    taps: Annotated[F32, 7, 16],
    history: Annotated[F32, "channels", 1060],
    work: Annotated[F32, 1172],
    progress: Annotated[F64, 4],
    steps: Annotated[F64, "steps", 3],
) -> None:
    """Run once, after the last block: the true peak that was still delayed goes to the last step.

    Args:
        taps: of `prepare`.
        history: of `block`.
        work: scratch.
        progress: of `block`.
        steps: of `block`.
    """
    step = min(int(progress[HOPS]) // HOPS_PER_STEP, steps.shape[0] - 1)
    for channel in range(history.shape[0]):
        steps[step, PEAK] = true_peak.flush(taps, history[channel], work, steps[step, PEAK])


@kernel
def integrated(progress: Annotated[F64, 4], steps: Annotated[F64, "steps", 3]) -> float:
    """Integrated loudness in LUFS so far; -inf where nothing is above the absolute gate."""
    first, end = MOMENTARY_STEPS - 1, int(progress[HOPS]) // HOPS_PER_STEP
    return gated_loudness(steps[: max(first, end), MOMENTARY][first:], 1)


@kernel
def loudness_range(
    progress: Annotated[F64, 4], steps: Annotated[F64, "steps", 3], histogram: Annotated[F64, 20000]
) -> float:
    """Loudness range so far.

    Args:
        progress: of `block`.
        steps: of `block`.
        histogram: scratch, bins of 0.01 LU.

    Returns:
        LU, to 0.01 LU; 0 where nothing is above the absolute gate or 3 s have not passed.
    """
    end = int(progress[HOPS]) // HOPS_PER_STEP
    blocks = steps[: max(end, SHORT_TERM_STEPS - 1), SHORT_TERM][SHORT_TERM_STEPS - 1 :]
    gate = absolute_gate()
    gate = max(gate, RANGE_GATE * gated_mean(gate, blocks, 1))
    histogram[:] = 0.0
    count = 0.0
    for energy in blocks:
        if energy > gate:
            at = int(BINS_PER_LU * (10.0 * log10(energy / gate)) + 0.5)
            histogram[np.uintp(min(at, histogram.shape[0] - 1))] += 1.0
            count += 1.0
    if count == 0.0:
        return 0.0
    quietest, loudest = int(QUIETEST * (count - 1.0) + 0.5), int(LOUDEST * (count - 1.0) + 0.5)
    return float(_rank(histogram, loudest) - _rank(histogram, quietest)) / BINS_PER_LU


@kernel
def _rank(histogram: F64, rank: int) -> Any:
    """The bin of the block of this rank."""
    seen = 0.0
    for at in range(histogram.shape[0]):
        seen += histogram[at]
        if seen > float(rank):
            return at
    return histogram.shape[0]


@kernel
def momentary_max(progress: Annotated[F64, 4]) -> float:
    """Maximum momentary loudness in LUFS so far; -inf where there is none."""
    return _lufs_above_offset(progress[MOMENTARY_MAX])


@kernel
def short_term_max(progress: Annotated[F64, 4]) -> float:
    """Maximum short-term loudness in LUFS so far; -inf where there is none."""
    return _lufs_above_offset(progress[SHORT_TERM_MAX])


@kernel
def peak_max(steps: Annotated[F64, "steps", 3]) -> float:
    """The largest true peak of all steps in dBTP; -inf for silence."""
    largest = 0.0
    for step in range(steps.shape[0]):
        largest = max(largest, steps[step, PEAK])
    return 20.0 * log10(largest)


@kernel
def _lufs_above_offset(energy: float) -> float:
    """Loudness of a mean square; the filters' own denormal offset is silence."""
    return lufs(energy if energy > DENORMAL_OFFSET else 0.0)


MODULE = Module(
    "meter",
    (prepare, block, finish, integrated, loudness_range, momentary_max, short_term_max, peak_max),
    {"channels": 5, "samples": 4096, "steps": 72_000},
)


@dataclass(frozen=True)
class Loudness:
    """What the meter says of a whole programme. Levels of what there is none of are -inf."""

    integrated_lufs: float
    range_lu: float
    momentary_max_lufs: float
    short_term_max_lufs: float
    true_peak_db: float  # dBTP
    momentary_lufs: F64  # (steps,), of the 400 ms that end with each 100 ms; the first three are still filling up
    short_term_lufs: F64  # (steps,), of 3 s; the first 29 are still filling up
    peaks_db: F64  # (steps,), true peak within each 100 ms

    @property
    def plr_db(self) -> float:
        """Peak to loudness ratio: true peak over integrated loudness; nan where there is no loudness."""
        return self.true_peak_db - self.integrated_lufs if np.isfinite(self.integrated_lufs) else np.nan

    @property
    def psr_db(self) -> float:
        """Peak to short-term loudness ratio where it is smallest: how flat the flattest 3 s are; nan below 3 s.

        Only windows that count for the loudness range are asked, so no fade-out is called flat.
        """
        loud = self.short_term_lufs[SHORT_TERM_STEPS - 1 :]
        loud_enough = loud > ABSOLUTE_GATE_LUFS
        if not loud_enough.any():
            return float("nan")
        mean = np.mean(10.0 ** (loud[loud_enough] / 10.0))
        loud_enough &= loud > 10.0 * np.log10(RANGE_GATE * mean)
        peaks = np.lib.stride_tricks.sliding_window_view(self.peaks_db, SHORT_TERM_STEPS).max(axis=1)
        return float((peaks - loud)[loud_enough].min())


class Meter:
    """The meter at work, block by block."""

    def __init__(self, channels: int, sample_rate_hz: float) -> None:
        self._memory: dict[str, Any] = {"sample_rate_hz": float(sample_rate_hz)}
        self._memory |= MODULE.allocate(channels=channels, steps=1)
        self._samples = 0
        call(prepare, self._memory)

    def update(self, audio: F32) -> None:
        """Measure the next samples, (channels, samples)."""
        self._samples += audio.shape[1]
        count, steps = self._steps, self._memory["steps"]
        if count > len(steps):
            self._memory["steps"] = zeros((max(count, 2 * len(steps)), 3), np.float64)
            self._memory["steps"][: len(steps)] = steps
        self._memory["x"] = np.ascontiguousarray(audio, np.float32)
        call(block, self._memory)

    @property
    def _steps(self) -> int:
        return int(self._samples * STEPS_PER_S / self._memory["sample_rate_hz"]) + 1

    def result(self) -> Loudness:
        """What all samples amount to; the meter takes no more after it."""
        memory = self._memory
        memory["steps"] = memory["steps"][: self._steps]
        call(finish, memory)
        steps, progress = memory["steps"], memory["progress"]
        whole = steps[: int(progress[HOPS]) // HOPS_PER_STEP]
        with np.errstate(divide="ignore"):
            peaks = 20.0 * np.log10(steps[:, PEAK])
        return Loudness(
            integrated_lufs=float(call(integrated, memory)),
            range_lu=float(call(loudness_range, memory)),
            momentary_max_lufs=float(call(momentary_max, memory)),
            short_term_max_lufs=float(call(short_term_max, memory)),
            true_peak_db=float(call(peak_max, memory)),
            momentary_lufs=_in_lufs(whole[:, MOMENTARY]),
            short_term_lufs=_in_lufs(whole[:, SHORT_TERM]),
            peaks_db=peaks[: len(whole)],
        )


def _in_lufs(energies: F64) -> F64:
    """Loudness of mean squares; the filters' own denormal offset counts as silence."""
    with np.errstate(divide="ignore"):
        return np.asarray(LUFS_OFFSET + 10.0 * np.log10(np.where(energies > DENORMAL_OFFSET, energies, 0.0)))


def measure(audio: F32, sample_rate_hz: float) -> Loudness:
    """Measure everything about the loudness of a sound.

    Args:
        audio: (channels, samples); channels are L, R, C, Ls, Rs, as many as come.
        sample_rate_hz: its sample rate.

    Returns:
        Levels of what there is none of are -inf.

    >>> sine = 0.5 * np.sin(2 * np.pi * 997 / 48_000 * np.arange(240_000))
    >>> found = measure(np.float32([sine, sine]), 48_000)
    >>> round(found.integrated_lufs, 2), round(found.true_peak_db, 2), found.range_lu
    (-6.02, -6.02, 0.0)
    """
    meter = Meter(len(audio), sample_rate_hz)
    meter.update(audio)
    return meter.result()

"""Multiband compressor: two to five bands, each with a compressor of its own.

    x -> Linkwitz-Riley crossovers -> bands
    each band -> peak detector, highest of all channels -> level -> threshold, ratio, soft knee -> gain reduction
        -> attack and release ballistics -> make-up -> gain -> dry/wet mix -> times band
    bands -> all-passes that restore their phase -> sum -> y

Without any reduction the bands sum to an all-pass of the sound, flat to 0.0001 dB (`crossover.py`). Attack and
release are what they are in `compressor.py`.
"""

from typing import Annotated

from dawg_ai.dsp.blocks import crossfade, smoothing
from dawg_ai.dsp.blocks.dynamics.ballistics import BALLISTICS_STATE, smoothed_now
from dawg_ai.dsp.blocks.dynamics.gain_computer import (
    NO_LIMIT_DB,
    compress_band,
    set_ballistics,
    set_output,
    set_static_curve,
)
from dawg_ai.dsp.blocks.dynamics.level_detector import CHUNK
from dawg_ai.dsp.blocks.filters.crossover import add_band, load_channels, split, update_crossovers, write_sum
from dawg_ai.dsp.effect import Effect, Knob
from dawg_ai.dsp.kernel import F32, F64, kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB

MAX_BANDS = 5
BAND_COUNTS = ("2", "3", "4", "5")
KNOBS_PER_BAND = 5
FIRST_BAND_KNOB = MAX_BANDS + 2  # after the count, four crossovers, the knee and the mix


@kernel
def prepare(
    knobs: Annotated[F64, 32],
    sample_rate_hz: float,
    settings: Annotated[F64, 1],
    curves: Annotated[F64, 5, 10],
    edges: Annotated[F64, 5],
) -> None:
    """Knobs to crossovers and static curves.

    Args:
        knobs: values in declared order.
        sample_rate_hz: the sample rate.
        settings: overwritten with the number of bands.
        curves: overwritten, a static curve per band.
        edges: overwritten with the crossover frequencies in Hz and the sample rate.
    """
    settings[0] = knobs[0] + 2.0
    for i in range(MAX_BANDS - 1):
        edges[i] = knobs[1 + i]
    edges[MAX_BANDS - 1] = sample_rate_hz
    knee_db, mix = knobs[MAX_BANDS], knobs[MAX_BANDS + 1] / 100.0
    for band in range(MAX_BANDS):
        own, curve = knobs[FIRST_BAND_KNOB + KNOBS_PER_BAND * band :], curves[band]
        set_static_curve(own[0], 1.0 - 1.0 / own[1], knee_db, NO_LIMIT_DB, curve)
        set_ballistics(own[2], own[3], sample_rate_hz, curve)
        set_output(own[4], mix, curve)


@kernel
def process(
    x: Annotated[F32, "channels", "samples"],
    y: Annotated[F32, "channels", "samples"],
    settings: Annotated[F64, 1],
    curves: Annotated[F64, 5, 10],
    edges: Annotated[F64, 5],
    filters: Annotated[F64, 4, 3, 5],
    now: Annotated[F64, 5],
    ramps: Annotated[F64, 5, 4, 4],
    rows: Annotated[F64, 5, 4, CHUNK],
    state: Annotated[F64, 2, 4, "channels", 10],
    reductions: Annotated[F64, 2, 5, BALLISTICS_STATE],
    bands: Annotated[F64, 5, "channels", CHUNK],
    gain: Annotated[F64, CHUNK],
    counts: Annotated[F64, 2],
    clock: Annotated[F64, 3],
    before: Annotated[F32, "channels", CHUNK],
) -> None:
    """Split a block into bands, compress each, and sum them; crossfade where the number of bands changes.

    Args:
        x: (channels, samples), the input.
        y: (channels, samples), overwritten with the output.
        settings: of `prepare`.
        curves: of `prepare`.
        edges: of `prepare`.
        filters: state: biquads of the crossovers.
        now: state: present crossover frequencies.
        ramps: state of the smoothed curves.
        rows: the smoothed curves, sample by sample.
        state: per number of bands in use, crossover and channel, of the filters.
        reductions: state of the ballistics, per number of bands in use and band.
        bands: scratch.
        gain: scratch.
        counts: state: both numbers of bands.
        clock: state of the crossfade.
        before: scratch: output of the number of bands before.
    """
    for band in range(MAX_BANDS):
        smoothing.set_targets(curves[band], ramps[band])
    start = 0
    while start < x.shape[1]:
        if clock[crossfade.REMAINING] == 0.0 and counts[int(clock[crossfade.WAY])] != settings[0]:
            _change_count(settings[0], counts, clock, state, reductions)
        way = int(clock[crossfade.WAY])
        count, other = int(counts[way]), int(counts[1 - way])
        fading = clock[crossfade.REMAINING] > 0.0
        longest = min(CHUNK, x.shape[1] - start)
        if fading:
            longest = min(longest, int(clock[crossfade.REMAINING]))
        samples = update_crossovers(edges, filters, now, longest)
        stop = start + samples
        for band in range(max(count, other) if fading else count):
            smoothing.fill_ramps(ramps[band], rows[band], samples)
        _compress(x, start, stop, count, curves, filters, rows, state[way], reductions[way], bands, gain)
        write_sum(bands[0], bands[count - 1], y, start, stop)
        if fading:
            _compress(x, start, stop, other, curves, filters, rows, state[1 - way], reductions[1 - way], bands, gain)
            write_sum(bands[0], bands[other - 1], before, 0, samples)
            crossfade.mix(clock, before, y[:, start:stop])
        start = stop


@kernel
def reduction_db(
    counts: Annotated[F64, 2], clock: Annotated[F64, 3], reductions: Annotated[F64, 2, 5, BALLISTICS_STATE]
) -> float:
    """Gain reduction of the band that is turned down most; gains and mix left out."""
    most, way = 0.0, int(clock[crossfade.WAY])
    for band in range(int(counts[way])):
        most = max(most, smoothed_now(reductions[way, band]) / LOG2_PER_DB)
    return most


@kernel
def _change_count(count: float, counts: F64, clock: F64, state: F64, reductions: F64) -> None:
    """Another number of bands: what both have in common goes on, the rest begins from silence."""
    way = crossfade.begin(clock)
    counts[way] = count
    common = int(min(count, counts[1 - way]))
    for band in range(MAX_BANDS):
        for i in range(BALLISTICS_STATE):
            reductions[way, band, i] = reductions[1 - way, band, i] if band < common else 0.0
    for i in range(MAX_BANDS - 1):
        for channel in range(state.shape[2]):
            for k in range(state.shape[3]):
                state[way, i, channel, k] = state[1 - way, i, channel, k] if i < common - 1 else 0.0


@kernel
def _compress(
    x: F32, start: int, stop: int, count: int, curves: F64, filters: F64, rows: F64, state: F64, reductions: F64,
    bands: F64, gain: F64,
) -> None:  # fmt: skip
    """Split into `count` bands, compress each, and sum all but the last, which is left apart."""
    samples, top = stop - start, bands[count - 1]
    load_channels(x, start, stop, top)
    for i in range(count - 1):
        split(bands[i], top, samples, filters[i], state[i])
    for band in range(count):
        compress_band(bands[band], samples, curves[band], rows[band], reductions[band], gain)
    for i in range(1, count - 1):
        add_band(bands[0], bands[i], samples, filters[i], state[i])


def _crossover_knob(number: int, hz: float) -> Knob:
    """The knob of a crossover frequency."""
    return Knob(f"crossover{number}_hz", f"Crossover {number}", "Hz", 40, 16_000, hz, 1, "log", group="Bands")


def _band_knobs(number: int) -> tuple[Knob, ...]:
    """The knobs of one band."""
    name, group = f"band{number}", f"Band {number}"
    return (
        Knob(f"{name}_threshold_db", "Threshold", "dB", -60, 0, -24, 0.1, group=group),
        Knob(f"{name}_ratio", "Ratio", ": 1", 1, 20, 2, 0.1, "log", group=group),
        Knob(f"{name}_attack_ms", "Attack", "ms", 0.1, 200, 10, 0.1, "log", group=group),
        Knob(f"{name}_release_ms", "Release", "ms", 5, 2000, 100, 1, "log", group=group),
        Knob(f"{name}_gain_db", "Gain", "dB", -12, 12, 0, 0.1, group=group),
    )


EFFECT = Effect(
    "multiband",
    "Two to five bands, each with a compressor of its own.",
    (
        Knob("bands", "Bands", "", 0, len(BAND_COUNTS) - 1, 1, 1, "choice", BAND_COUNTS, "Bands"),
        _crossover_knob(1, 200),
        _crossover_knob(2, 2000),
        _crossover_knob(3, 5000),
        _crossover_knob(4, 10_000),
        Knob("knee_db", "Knee", "dB", 0, 24, 6, 0.1, group="All bands"),
        Knob("mix_percent", "Mix", "%", 0, 100, 100, 1, group="All bands"),
        *(knob for number in range(1, MAX_BANDS + 1) for knob in _band_knobs(number)),
    ),
    prepare,
    process,
    reduction_db=reduction_db,
    example={
        "bands": 1,
        "band1_threshold_db": -43,
        "band2_threshold_db": -43,
        "band3_threshold_db": -43,
        "band1_ratio": 6,
        "band2_ratio": 6,
        "band3_ratio": 6,
        "band3_gain_db": 6,
    },
)

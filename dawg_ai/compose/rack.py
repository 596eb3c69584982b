"""The effects rack: the engine's effects as inserts, as sends and on a side-chain, all at `RATE`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from dawg_ai.audio import Audio
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Knob, Processor
from dawg_ai.dsp.kernel import F64, call

RATE = 44100

HIGH_PASS_Q = {2: (0.71,), 4: (0.54, 1.31), 6: (0.52, 0.71, 1.93)}  # Butterworth: order to the Q of each biquad


@dataclass(frozen=True)
class Insert:
    """One effect in a signal chain.

    Attributes:
        effect: Its name, as in `dawg_ai.dsp.effect.names()`.
        knobs: Values of the knobs that are not at their default, a choice by its name.
    """

    effect: str
    knobs: Mapping[str, float | str] = field(default_factory=dict)


def insert(name: str, /, **knobs: float | str) -> Insert:
    """An effect with some of its knobs set, the others at their defaults.

    >>> insert("compressor", ratio=2, detector="RMS").knobs
    {'ratio': 2, 'detector': 'RMS'}
    """
    return Insert(name, knobs)


def equaliser(*bands: tuple[str, float, float, float]) -> Insert:
    """A parametric equaliser with only these bands.

    Args:
        bands: For each a type ("bell", "high pass", ...), frequency in Hz, gain in dB and Q; at most 24.
    """
    knobs: dict[str, float | str] = {f"band{number + 1}_kind": "off" for number in range(6)}
    for number, (kind, center_hz, gain_db, q) in enumerate(bands, start=1):
        name = f"band{number}"
        knobs |= {f"{name}_kind": kind, f"{name}_hz": center_hz, f"{name}_db": gain_db, f"{name}_q": q}
    return Insert("parametric", knobs)


def high_pass(cutoff_hz: float, order: int) -> tuple[tuple[str, float, float, float], ...]:
    """Bands for `equaliser` that make a Butterworth high-pass of 2nd, 4th or 6th order."""
    return tuple(("high pass", cutoff_hz, 0.0, q) for q in HIGH_PASS_Q[order])


def overdrive(drive_db: float) -> Insert:
    """A tube stage: even and odd harmonics that increase with level."""
    return insert("saturation", kind="tube", drive_db=drive_db, oversampling="2x")


def guitar_amp(drive_db: float) -> tuple[Insert, ...]:
    """An overdriven guitar amplifier and its cabinet: a band-pass with a presence peak at 2.6 kHz."""
    cabinet = (*high_pass(75, order=2), ("bell", 2600, 5.5, 0.8), ("low pass", 5200, 0, 0.8))
    return insert("saturation", kind="tube", drive_db=drive_db, oversampling="2x"), equaliser(*cabinet)


def process(sound: Audio, *chain: Insert) -> Audio:
    """Render audio offline through effects in series.

    Args:
        sound: (channels, samples) at `RATE`.
        chain: The effects, first to last.

    Returns:
        As long as `sound`, latency compensated, with the second pass of two-pass effects.
    """
    for link in chain:
        sound = _processor(link, len(sound)).render(sound)
    return sound


def side_chain(sound: Audio, link: Insert, key: Audio) -> Audio:
    """Process audio by an effect without latency, with `key` as side-chain; all are (channels, samples)."""
    return _processor(link, len(sound)).process(sound, key)


def response_db(link: Insert, frequencies_hz: F64) -> F64:
    """Magnitude response in dB of an equaliser, one value to each of `frequencies_hz`."""
    processor = _processor(link, 1)
    curve = processor.effect.curve
    assert curve, f"{link.effect} has no frequency response"
    levels_db = np.zeros(len(frequencies_hz))
    points = {"frequencies": frequencies_hz, "decibels": levels_db, "sample_rate_hz": processor.sample_rate_hz}
    call(curve, processor.memory | points)
    return levels_db


_load = cache(effect.load)


def _processor(link: Insert, channels: int) -> Processor:
    """An effect with its knobs rounded to their steps."""
    chosen = _load(link.effect)
    knobs = {knob.name: knob for knob in chosen.knobs}
    values = {name: _position(knobs[name], value) for name, value in link.knobs.items()}
    return Processor(chosen, RATE, values, channels)


def _position(knob: Knob, value: float | str) -> float:
    return float(knob.choices.index(value)) if isinstance(value, str) else knob.nearest(value)

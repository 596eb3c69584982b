"""No knob of any effect clicks while it plays: a low tone stays one, without anything above 6 kHz that was not there.

    python tests/dsp/test_clicks.py [effect...]      # a table of the loudest

A sine of 220 Hz at -6 dBFS goes in, one channel a quarter of a period late, and knobs move as the studio's worklet
moves them: in steps, one for each of 12 blocks of 128 samples at 48 kHz, but choices at once. What comes out goes
through a steep high-pass at 6 kHz. Its peak may exceed that of the steady sounds before and after, whichever is
louder (a saturated tone has harmonics up there), by -60 dBFS for a move of a quarter of the range, and by -50 dBFS
for the whole range and for choices. Amplitudes are subtracted, not decibels: harmonics do not excuse a click.
"""

import sys

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor

RATE, BLOCK, GLIDE_BLOCKS = 48_000, 128, 12
BEFORE, AFTER = 160 * BLOCK, 56 * BLOCK
LIMITS_DB = {"quarter": -60, "whole": -50, "choice": -50}
HIGH_PASS = butter(8, 6000, "high", fs=RATE, output="sos")

TIME = np.arange(BEFORE + AFTER)
FADE_IN = 0.5 - 0.5 * np.cos(np.pi * np.minimum(TIME / 9600, 1))  # so that no echo of a beginning is measured
TONE = (0.5 * FADE_IN * np.sin(2 * np.pi * 220 * TIME / RATE + [[0], [np.pi / 2]])).astype(np.float32)
DECAY = 0.02 * np.exp(-np.arange(4000) / 800)
ROOM = (DECAY * np.random.default_rng(1).standard_normal((2, 4000))).astype(np.float32)
DRUM = np.float32([[0.2, 0.1, 36, 1, 0, 0]])  # its noise is gone when the knobs move, its sine is not
VOWEL = np.full((600, 85), -120, np.float32)  # a dull one, without noise: a pitch, 60 bands of harmonics, 24 of noise
VOWEL[:, 0] = 57
VOWEL[:, 1:25] = np.linspace(-50, -90, 24)


def made(loaded, values):
    processor = Processor(loaded, RATE, values, 2)
    if loaded.load:
        processor.load(ROOM)
    if loaded.play:
        processor.play(DRUM if loaded.plays == "notes" else VOWEL)
    return processor


def high_peak(sound):
    return np.abs(sosfilt(HIGH_PASS, sound.astype(np.float64))).max(initial=0.0, where=TIME >= 3 * BEFORE // 4)


def played(loaded, values, move):
    """The tone through an effect, a knob of which moves after `BEFORE` samples."""
    now, target = dict(values), values | move
    choices = {knob.name for knob in loaded.knobs if knob.choices}
    processor = made(loaded, now)
    parts = [processor.process(TONE[:, :BEFORE])]
    for block in range(GLIDE_BLOCKS):
        left, start = GLIDE_BLOCKS - block, BEFORE + block * BLOCK
        for name, value in target.items():
            at_once = name in choices or left == 1
            now[name] = value if at_once else now[name] + (value - now[name]) / left
        processor.turn(now)
        parts.append(processor.process(TONE[:, start : start + BLOCK]))
    return np.concatenate([*parts, processor.process(TONE[:, BEFORE + GLIDE_BLOCKS * BLOCK :])], axis=1)


def click(loaded, values, move, steady):
    """Peak above 6 kHz that is not there while the knobs rest; `steady` remembers what is."""
    for settings in (values, values | move):
        key = tuple(settings.values())
        if key not in steady:
            steady[key] = high_peak(made(loaded, settings).process(TONE))
    rest = max(steady[tuple(values.values())], steady[tuple((values | move).values())])
    return high_peak(played(loaded, values, move)) - rest


def at(knob, position):
    """The value at a position of the knob, 0 to 1."""
    if knob.scale == "log":
        return knob.minimum * (knob.maximum / knob.minimum) ** position
    return knob.minimum + (knob.maximum - knob.minimum) * position


def moves(knob, value):
    """(kind, from, to): of choices, each neighbour, both ends, and each from and to the one that is set."""
    if knob.choices:
        last, value = len(knob.choices) - 1, int(value)
        for a in range(last + 1):
            for b in range(last + 1):
                if a != b and (abs(a - b) == 1 or abs(a - b) == last or value in (a, b)):
                    yield "choice", a, b
        return
    ends = np.log([knob.minimum, knob.maximum, value]) if knob.scale == "log" else [knob.minimum, knob.maximum, value]
    position = (ends[2] - ends[0]) / (ends[1] - ends[0])
    for other in (position - 0.25, position + 0.25):
        if 0 <= other <= 1:
            yield "quarter", value, at(knob, other)
            yield "quarter", at(knob, other), value
    yield "whole", knob.minimum, knob.maximum
    yield "whole", knob.maximum, knob.minimum


def is_walked(name, knob):
    """All knobs, but of the bands of the equaliser that are alike only those of one."""
    alike = name == "parametric" and knob.name.startswith(tuple(f"band{number}_" for number in range(8, 25)))
    return not alike


def walked(name):
    """(excess over the limit in dB, kind, knob, from, to, peak in dBFS) of every move of every knob."""
    loaded, steady = effect.load(name), {}
    for given in {}, dict(loaded.example):
        values = {knob.name: knob.default for knob in loaded.knobs} | given
        for knob in (each for each in loaded.knobs if is_walked(name, each)):
            for kind, start, end in moves(knob, values[knob.name]):
                peak = click(loaded, values | {knob.name: start}, {knob.name: end}, steady)
                peak_db = 20 * np.log10(max(peak, 1e-9))
                yield peak_db - LIMITS_DB[kind], kind, knob.name, start, end, peak_db


@pytest.mark.parametrize("name", effect.names())
def test_no_knob_clicks(name):
    loud = sorted((each for each in walked(name) if each[0] > 0), reverse=True)
    assert not loud, loud[:5]


def table(names):
    for name in names:
        worst = {}
        for each in walked(name):
            worst[each[1:3]] = max(each, worst.get(each[1:3], each))
        for over, kind, knob, start, end, peak_db in sorted(worst.values(), reverse=True)[:5]:
            verdict = "too loud" if over > 0 else ""
            print(f"{name:12s} {knob:20s} {kind:8s} {start:9.4g} -> {end:9.4g} {peak_db:7.1f} dBFS {verdict}")


if __name__ == "__main__":
    table(sys.argv[1:] or effect.names())

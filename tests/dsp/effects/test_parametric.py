import numpy as np
import pytest
from scipy.signal import freqz, sosfilt, sosfreqz

from dawg_ai.dsp.blocks.filters import biquad, matched
from dawg_ai.dsp.blocks.filters.biquad import KINDS
from dawg_ai.dsp.blocks.smoothing import SETTLING_SAMPLES
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.effects import parametric
from dawg_ai.dsp.effects.parametric import EFFECT, MAX_BANDS, PLACEMENTS

RATE = 44_100
NOISE = (0.2 * np.random.default_rng(5).standard_normal((2, 20_000))).astype(np.float32)
PASSES = {"low pass": (15_000, 0.5), "high pass": (35, 0.8), "band pass": (900, 0.2)}
EVERYTHING = [(kind, *(PASSES.get(kind) or (round(40 * 1.3**i), 0.3 + 0.2 * i))) for i, kind in enumerate(KINDS * 3)]
EVERYTHING = [(kind, hz, 6.0 - i / 2, q) for i, (kind, hz, q) in enumerate(EVERYTHING)]


def knobs(bands, places=("stereo",), **others):
    """Knob values of bands (kind, hz, db, q), which take turns at `places`."""
    values = dict(others)
    for i, (kind, hz, db, q) in enumerate(bands):
        name = f"band{i + 1}"
        values |= {f"{name}_kind": KINDS.index(kind), f"{name}_hz": round(hz), f"{name}_db": db, f"{name}_q": q}
        values[f"{name}_place"] = PLACEMENTS.index(places[i % len(places)])
    return values


def sections(bands, design=matched.design):
    """The bands as scipy wants them, (bands, 6)."""
    rows = np.zeros((len(bands), 5))
    for row, (kind, hz, db, q) in zip(rows, bands, strict=True):
        design(float(KINDS.index(kind)), round(hz), db, q, float(RATE), row)
    return np.insert(rows, 3, 1, axis=1)


def by_scipy(audio, bands, places, design=matched.design):
    at = [places[i % len(places)] for i in range(len(bands))]
    sos = sections(bands, design)

    def side(audio, *names):
        chosen = sos[[each in names for each in at]]
        return sosfilt(chosen, audio) if len(chosen) else audio

    left, right = side(audio[0], "stereo", "left"), side(audio[1], "stereo", "right")
    mid, side_ = side((left + right) / 2, "mid"), side((left - right) / 2, "side")
    return np.array([mid + side_, mid - side_])


@pytest.mark.parametrize("places", [[place] for place in PLACEMENTS] + [PLACEMENTS, PLACEMENTS[::-1]], ids=str)
def test_sound_is_that_of_scipy_in_every_place(places):
    found = Processor(EFFECT, RATE, knobs(EVERYTHING, places), 2).process(NOISE)
    true = by_scipy(NOISE.astype(float), EVERYTHING, places)
    assert len(EVERYTHING) == MAX_BANDS and np.abs(true).max() > 0.1
    assert np.abs(found - true).max() < 1e-6 * max(np.abs(true).max(), 1)
    assert np.abs(found - by_scipy(NOISE.astype(float), EVERYTHING[:-1], places)).max() > 1e-3


def test_the_cookbook_is_a_choice():
    found = Processor(EFFECT, RATE, knobs(EVERYTHING[:6], design=1, trim_db=-6), 2).process(NOISE)
    true = 10 ** (-6 / 20) * by_scipy(NOISE.astype(float), EVERYTHING[:6], ["stereo"], biquad.design)
    assert np.abs(found - true).max() < 1e-6
    assert np.abs(found - Processor(EFFECT, RATE, knobs(EVERYTHING[:6], trim_db=-6), 2).process(NOISE)).max() > 1e-3


@pytest.mark.parametrize("count", [1, 6])
def test_an_all_pass_without_a_first_coefficient(count):
    bands = [("all pass", 12_000, 0.0, 0.5)] * count
    row = np.zeros(5)
    biquad.design(float(KINDS.index("all pass")), 12_000.0, 0.0, 0.5, 48_000.0, row)
    assert abs(row[0]) < 1e-9
    found = Processor(EFFECT, 48_000, knobs(bands, design=1), 2).process(NOISE)
    true = sosfilt([np.insert(row, 3, 1)] * count, NOISE.astype(float))
    assert np.abs(found - true).max() < 1e-6


def test_a_channel_alone_is_left_and_mid():
    found = Processor(EFFECT, RATE, knobs(EVERYTHING, PLACEMENTS), 1).process(NOISE[:1])
    audible = [band for i, band in enumerate(EVERYTHING) if PLACEMENTS[i % 5] in ("stereo", "left", "mid")]
    assert np.abs(found - sosfilt(sections(audible), NOISE[:1].astype(float))).max() < 1e-6


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("place", PLACEMENTS)
def test_bands_at_rest_leave_every_sample_alone(channels, place):
    audio = np.tile(NOISE[:1], (channels, 1))
    at_rest = {f"band{i}_place": PLACEMENTS.index(place) for i in range(1, MAX_BANDS + 1)}
    np.testing.assert_array_equal(Processor(EFFECT, RATE, at_rest, channels).process(audio), audio)


def test_two_pairs_of_channels_do_not_touch_each_other():
    audio = (0.2 * np.random.default_rng(6).standard_normal((4, 3000))).astype(np.float32)
    together = Processor(EFFECT, RATE, knobs(EVERYTHING, PLACEMENTS), 4).process(audio)
    alone = [Processor(EFFECT, RATE, knobs(EVERYTHING, PLACEMENTS), 2).process(audio[c : c + 2]) for c in (0, 2)]
    np.testing.assert_array_equal(together, np.vstack(alone))


def longdouble(audio, sos):
    """The same recurrence with eleven bits more."""
    y = audio.astype(np.longdouble)
    for b0, b1, b2, _, a1, a2 in sos.astype(np.longdouble):
        p = q = np.longdouble(0)
        for i, v in enumerate(y):
            out = b0 * v + p
            p, q = b1 * v - a1 * out + q, b2 * v - a2 * out
            y[i] = out
    return y


def test_rounding_is_140_db_below_the_sound():
    bands = [("high pass", 20, 0, 0.71), ("low shelf", 60, 12, 0.71), ("bell", 50, 12, 4), ("bell", 30, -9, 1)]
    found = Processor(EFFECT, RATE, knobs(bands), 2).process(NOISE)[0]
    true = longdouble(NOISE[0], sections(bands))
    noise_db = 20 * np.log10(np.sqrt(np.mean((found - true) ** 2) / np.mean(true**2)))
    assert -155 < noise_db < -140  # 24 bits of output alone make 152


def glided(effect, before, after, tone, blocks=12):
    """A tone through an effect whose knobs glide from `before` to `after`, as the studio does it."""
    processor, start = Processor(effect, RATE, before, 2), 4096
    parts = [processor.process(tone[:, :start])]
    for i in range(blocks):
        share = (i + 1) / blocks
        mixed = {name: value + (after[name] - value) * share for name, value in before.items()}
        processor.turn(mixed)
        parts.append(processor.process(tone[:, start + 128 * i : start + 128 * (i + 1)]))
    return np.hstack([*parts, processor.process(tone[:, start + 128 * blocks :])])


def stepped(before, after, tone, start=4096, blocks=12):
    """As `glided`, but with coefficients that step from block to block, by SciPy's filters."""
    out, zi = [], None
    for i in range(-1, blocks + 1):
        share = min(i + 1, blocks) / blocks
        values = {name: value + share * (after[name] - value) for name, value in before.items()}
        settings = Processor(EFFECT, RATE, values, 1).memory["settings"][0, :, ::2].T
        sos = np.insert(settings, 3, 1, axis=1)
        zi = np.zeros((len(sos), len(tone), 2)) if zi is None else zi
        end = start + 128 * (i + 1) if i < blocks else None
        y, zi = sosfilt(sos, tone[:, 0 if i < 0 else start + 128 * i : end], zi=zi)
        out.append(y)
    return np.hstack(out)


def burst_db(sound):
    """The loudest moment above 4 kHz during the glide, beside the loudest of all."""
    click = sosfilt(np.tile(sections([("high pass", 4000, 0, 0.71)], biquad.design), (8, 1)), sound)
    return 20 * np.log10(np.abs(click[:, 4000:]).max() / np.abs(sound).max())


GLIDES = {
    "gain": ({"band2_hz": 200, "band2_db": -12}, {"band2_hz": 200, "band2_db": 12}),
    "frequency": ({"band2_hz": 100, "band2_db": 12}, {"band2_hz": 2000, "band2_db": 12}),
    "shelf": ({"band1_db": -12}, {"band1_db": 12}),
    "trim": ({"trim_db": -12}, {"trim_db": 12}),
}


@pytest.mark.parametrize("tone_hz", [50, 200])
@pytest.mark.parametrize("name", GLIDES)
def test_a_gliding_knob_does_not_click(name, tone_hz):
    tone = np.tile(0.5 * np.sin(2 * np.pi * tone_hz * np.arange(16_384) / RATE), (2, 1)).astype(np.float32)
    assert burst_db(tone) < -120
    assert burst_db(glided(EFFECT, *GLIDES[name], tone)) < -71  # of a gain that goes straight: -75 to -84
    assert (
        burst_db(stepped(*GLIDES[name], tone)) > -56
    )  # what it would be if coefficients stepped from block to block


@pytest.mark.parametrize("after", [{"band3_kind": 6}, {"band3_kind": parametric.OFF}, {"band3_place": 4}])
def test_a_switch_does_not_click(after):
    before = {"band3_hz": 200, "band3_db": 12, "band3_kind": 1, "band3_place": 0}
    tone = np.tile(0.5 * np.sin(2 * np.pi * 200 * np.arange(16_384) / RATE), (2, 1)).astype(np.float32)
    assert burst_db(glided(EFFECT, before, before | after, tone, blocks=1)) < -55


def test_blocks_of_any_size_equal_the_whole_while_gliding():
    before, after = knobs(EVERYTHING[:7], PLACEMENTS), knobs(EVERYTHING[::-1], PLACEMENTS[::-1])

    def rendered(*sizes):
        processor, parts, start = Processor(EFFECT, RATE, before, 2), [], 1000
        parts.append(processor.process(NOISE[:, :start]))
        processor.turn(after)
        for size in sizes:
            parts.append(processor.process(NOISE[:, start : start + size]))
            start += size
        return np.hstack(parts)

    whole = rendered(5000)
    for sizes in ([1, 2, 3, 994, 4000], [127, 1, 4872], [128, 4872], [129, 4871], [64, 65, 4871]):
        np.testing.assert_array_equal(rendered(*sizes), whole)


def test_after_a_glide_the_sound_is_that_of_the_new_knobs():
    values = knobs([("bell", 900, 6, 1), ("high shelf", 5000, -6, 0.7)], ["mid", "left"])
    turned = Processor(EFFECT, RATE, knobs(EVERYTHING, PLACEMENTS), 2)
    turned.process(NOISE)
    turned.turn(values)
    late = [turned.process(NOISE), Processor(EFFECT, RATE, values, 2).process(NOISE)]
    assert np.abs(late[0] - late[1])[:, -5000:].max() < 1e-7 and np.abs(late[0] - late[1]).max() > 1e-3


def test_back_at_rest_every_sample_is_left_alone_and_nothing_remembered():
    processor = Processor(EFFECT, RATE, knobs(EVERYTHING, PLACEMENTS), 2)
    processor.process(NOISE)
    processor.turn({})
    after = processor.process(NOISE)
    np.testing.assert_array_equal(after[:, SETTLING_SAMPLES:], NOISE[:, SETTLING_SAMPLES:])
    assert not processor.memory["state"].any()


def curve(processor, tones):
    decibels = np.zeros(len(tones))
    parametric.curve(processor.memory["settings"], tones, float(RATE), decibels)
    return decibels


def test_curve_is_the_mean_of_both_sides():
    tones = np.geomspace(20, 20_000, 97)
    bands = [band for band in EVERYTHING if band[0] != "notch"]
    found = curve(Processor(EFFECT, RATE, knobs(bands, ["stereo", "left", "side"], trim_db=3), 2), tones)
    true = 3.0
    for i, section in enumerate(sections(bands)):
        _, h = sosfreqz(section[None], tones, fs=RATE)
        true = true + 20 * np.log10(np.abs(h)) * (0.5 if i % 3 else 1)
    np.testing.assert_allclose(found, true, atol=1e-6)


@pytest.mark.parametrize("db", [-15.0, 4.0])
@pytest.mark.parametrize("slope", [0.3, 1.0])
def test_a_shelf_may_be_set_by_its_slope(db, slope):
    """alpha of the cookbook in its other form, and at slope 1 no hump."""
    tones = np.geomspace(20, 20_000, 97)
    values = knobs([("high shelf", 3000, db, slope)], shelf=1, design=1)
    found = curve(Processor(EFFECT, RATE, values, 2), tones)
    a, w = 10 ** (db / 40), 2 * np.pi * 3000 / RATE
    alpha, c = np.sin(w) / 2 * np.sqrt((a + 1 / a) * (1 / slope - 1) + 2), np.cos(w)
    root, up, down = 2 * np.sqrt(a) * alpha, a + 1, a - 1
    b = [a * (up + down * c + root), -2 * a * (down + up * c), a * (up + down * c - root)]
    _, h = freqz(b, [up - down * c + root, 2 * (down - up * c), up - down * c - root], worN=tones, fs=RATE)
    np.testing.assert_allclose(found, 20 * np.log10(np.abs(h)), atol=1e-6)
    assert (np.diff(found) * np.sign(db) > -1e-9).all()


def test_a_resonance_of_all_bands_together_is_still_a_number():
    values = knobs([("low shelf", 1000, 18, 20)] * MAX_BANDS)
    audio = np.tile(np.sin(2 * np.pi * 560 / RATE * np.arange(40_000)), (2, 1)).astype(np.float32)
    found = Processor(EFFECT, RATE, values, 2).process(audio)
    assert np.isfinite(found).all() and np.abs(found).max() > 1e30


def test_no_denormals_after_the_sound_ends():
    processor = Processor(EFFECT, RATE, knobs(EVERYTHING, PLACEMENTS), 2)
    processor.process(NOISE)
    assert not processor.process(np.zeros((2, 400_000), np.float32))[:, -1000:].any()
    state = np.abs(processor.memory["state"])
    assert state[state > 0].min() > 1e-300

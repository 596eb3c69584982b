"""Recipes: rendered in blocks as in one piece, refused when they are of another kind, told in words."""

import numpy as np
import pytest
from scipy.signal import lfilter

from dawg_ai import audio as files
from dawg_ai import chain
from dawg_ai.audio import held
from dawg_ai.dsp import effect
from dawg_ai.dsp.effect import Processor
from dawg_ai.dsp.kernel import call
from dawg_ai.errors import UsageError

NOISE = (0.1 * np.random.default_rng(3).standard_normal((2, 200_017))).astype(np.float32)
BRIGHT = {"band6_db": 6.0, "band6_hz": 4000.0}


def recipe(*links):
    return {"format": 1, "chain": [{"effect": name, "knobs": knobs} for name, knobs in links]}


@pytest.mark.parametrize("channels", [1, 2, 7])
def test_long_audio_in_blocks_is_the_effect_in_one_piece(channels):
    audio = np.resize(NOISE, (channels, NOISE.shape[1]))
    whole = Processor(effect.load("parametric"), 44_100, BRIGHT, channels).process(audio)
    before = audio.copy()
    np.testing.assert_array_equal(chain.render(recipe(("parametric", BRIGHT)), audio, 44_100), whole)
    np.testing.assert_array_equal(audio, before)


def test_effects_follow_one_another():
    twice = chain.render(recipe(("parametric", BRIGHT), ("parametric", {"trim_db": -6})), NOISE, 48_000)
    once = chain.render(recipe(("parametric", BRIGHT)), NOISE, 48_000)
    np.testing.assert_array_equal(twice, chain.render(recipe(("parametric", {"trim_db": -6})), once, 48_000))


def test_an_empty_chain_changes_nothing():
    np.testing.assert_array_equal(chain.render(recipe(), NOISE, 44_100), NOISE)


def test_what_comes_late_is_brought_back_in_time():
    """A click stays where it is through effects that look ahead or filter at a higher rate."""
    click = np.zeros((2, 20_000), np.float32)
    click[:, 9_000] = 0.5
    links = recipe(("limiter", {}), ("saturation", {}), ("compressor", {"lookahead_ms": 5}))
    late = chain.Chain(links, 44_100, 2).latency_samples
    assert late > 200
    rendered = chain.render(links, click, 44_100)
    assert rendered.shape == click.shape
    assert np.abs(rendered).argmax(axis=1).tolist() == [9_000, 9_000]


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"chain": []}, "has no format; expected 1"),
        ({"format": 2, "chain": []}, "has format 2; expected 1"),
        (recipe(("fuzz", {})), 'no effect called "fuzz"; there are: .*parametric'),
        (recipe(("parametric", {"volume": 1})), 'has no knob "volume"; it has 123: dawg effects param'),
        (recipe(("parametric", {"trim_db": 99})), "trim_db is 99; expected"),
    ],
)
def test_what_cannot_be_rendered_is_refused(bad, complaint):
    with pytest.raises(UsageError, match=complaint):
        chain.render(bad, NOISE, 44_100)


def test_knob_table():
    knobs = {"band1_db": 1.0, "band6_kind": 2, "band6_hz": 11_000, "band6_db": -2.5, "band6_q": 0.71}
    first, last = chain.knob_table("parametric", knobs, {"Band 6": 0.71}).splitlines()
    assert first == "Band 1    Gain     1.0 dB"
    assert last == "Band 6    high shelf   Frequency  11000 Hz  Gain    -2.5 dB  Q    0.71  sure 71%"


def test_an_instrument_plays_on_top_of_the_sound():
    notes = [[0.05, 0.1, 36, 0.9, 0, 0], [0.0, 0.1, 42, 0.5, 0, 0]]
    kit = {"format": 1, "chain": [{"effect": "kit", "knobs": {}, "notes": notes}]}
    alone = chain.render(kit, np.zeros_like(NOISE), 44_100)
    assert alone.any()
    np.testing.assert_allclose(chain.render(kit, NOISE, 44_100), NOISE + alone, atol=1e-6)
    generated = chain.render(kit, np.zeros((2, 0), np.float32), 44_100, tail=True)
    size = min(generated.shape[1], NOISE.shape[1])
    np.testing.assert_array_equal(generated[:, :size], alone[:, :size])
    later = {"format": 1, "chain": [{"effect": "kit", "knobs": {}, "notes": [[0.1, *notes[0][1:]]]}]}
    first_s = np.flatnonzero(chain.render(later, np.zeros((1, 44_100), np.float32), 44_100)[0])[0] / 44_100
    assert abs(first_s - 0.1) < 1e-3


@pytest.mark.parametrize(
    ("link", "complaint"),
    [
        (
            {"effect": "gate", "knobs": {}, "notes": [[0, 1, 36, 1, 0, 0]]},
            'gate takes no "notes"; it takes effect, kno',
        ),
        ({"effect": "kit", "knobs": {}, "notes": [[0, 1, 36, 2, 0, 0]]}, "kit: these are not notes; a note is"),
        (
            {"effect": "kit", "knobs": {}, "notes": [[0, 1, 36, 1, 0, 0]] * 9000},
            "room for 8192 rows of notes, and 9000",
        ),
    ],
)
def test_what_cannot_be_played_is_refused(link, complaint):
    with pytest.raises(UsageError, match=complaint):
        chain.render({"format": 1, "chain": [link]}, NOISE, 44_100)


def test_two_instruments_sound_together_and_end_together():
    def seconds(*chain_):
        sound = chain.render({"format": 1, "chain": chain_}, np.zeros((2, 0), np.float32), 44_100, tail=True)
        return sound.shape[1] / 44_100

    def kit(start_s):
        return {"effect": "kit", "knobs": {}, "notes": [[start_s, 0.1, 36, 0.8, 0, 0]]}

    assert seconds(kit(1.0), kit(3.0)) == seconds(kit(3.0), kit(1.0)) == seconds(kit(3.0))
    echo = {"effect": "delay", "knobs": {"time_ms": 500}}
    assert seconds(kit(3.0), echo) > seconds(kit(3.0)) + 0.5
    assert seconds(echo, kit(3.0)) == seconds(kit(3.0))


def test_knobs_are_rounded_to_their_steps_as_in_the_browser():
    exact, off = (chain.render(recipe(("parametric", {"trim_db": db})), NOISE, 44_100) for db in (-6.0, -6.04))
    np.testing.assert_array_equal(exact, off)


@pytest.mark.parametrize(
    ("link", "complaint"),
    [
        ({"effect": "gate", "knobs": {"ratio": "3"}}, 'gate: ratio is "3"; expected 1 to 50 : 1'),
        ({"effect": "gate", "knobs": {"ratio": True}}, "gate: ratio is true; expected 1 to 50"),
        ({"effect": "kit", "knobs": {}, "notes": [[0, 1, 36, 1, 0, 0], [0, 1]]}, "kit: notes is no list of rows"),
        ({"effect": "kit", "knobs": {}, "notes": None}, "kit: notes is no list of rows of 6 numbers"),
        ({"effect": "kit", "knobs": {}, "notes": [[0, 1, 36, 1, 0]] * 6}, "kit: notes is no list of rows of 6"),
        ({"effect": "kit", "knobs": {}, "curves": [[0, 1, 36, 1, 0, 0]]}, 'kit takes no "curves"; it takes effect'),
    ],
)
def test_what_is_no_number_or_no_row_is_refused_in_words(link, complaint):
    with pytest.raises(UsageError, match=complaint):
        chain.render({"format": 1, "chain": [link]}, NOISE, 44_100)


def test_a_stream_has_the_bits_of_the_whole():
    """In blocks, with latency, a second pass, a tail, and again where it is read twice."""
    sound = np.random.default_rng(3).normal(0, 0.2, (2, 150_000)).astype(np.float32)
    chain_of = [
        {"effect": "parametric", "knobs": {"band2_db": 6}},
        {"effect": "compressor", "knobs": {"threshold_db": -30, "auto_makeup": 1}},
        {"effect": "delay", "knobs": {"mix_percent": 30}},
        {"effect": "limiter", "knobs": {"drive_db": 6}},
    ]
    recipe = {"format": 1, "chain": chain_of}
    whole = sound
    made = chain.Chain(recipe, 44_100, 2)
    whole = np.pad(sound, ((0, 0), (0, made.tail_samples)))
    for processor in made.processors:  # each over all that there is, in one call
        late = processor.latency_samples
        out = processor.process(np.pad(whole, ((0, 0), (0, late))))[:, late:]
        if processor.effect.analyse:
            for two_pass in (processor.effect.analyse, processor.effect.apply):
                call(two_pass, processor.memory | {"y": out, "sample_rate_hz": float(44_100)})
        whole = out
    stream = chain.rendered(recipe, held(sound, 44_100), tail=True)
    assert len(list(stream.blocks())) > 2
    np.testing.assert_array_equal(stream.audio(), whole)
    np.testing.assert_array_equal(stream.audio(), chain.render(recipe, sound, 44_100, tail=True))


@pytest.mark.parametrize("rate_hz", [24_000, 44_100, 48_000, 96_000, 192_000])
def test_an_impulse_response_of_another_rate_keeps_its_level(tmp_path, rate_hz):
    """An RC low-pass of 159 Hz and gain 1 at 0 Hz, sampled at any rate, is 1.45 dB down at 100 Hz."""
    response = np.exp(-np.arange(round(0.2 * rate_hz)) / (0.001 * rate_hz))
    files.write(tmp_path / "rc.wav", np.float32([response / response.sum()]), rate_hz)
    tone = np.float32([np.sin(2 * np.pi * 100 * np.arange(96_000) / 48_000)])
    knobs = {"normalise": 0, "trim": 0}
    link = {"effect": "convolution", "sound": str(tmp_path / "rc.wav"), "knobs": knobs}
    out = chain.render({"format": 1, "chain": [link]}, tone, 48_000)
    gain_db = 20 * np.log10(out[0, 24_000:].std() / tone[0, 24_000:].std())
    assert gain_db == pytest.approx(-10 * np.log10(1 + (2 * np.pi * 100 * 0.001) ** 2), abs=0.1)


@pytest.mark.parametrize("rate_hz", [0, 3_999, 384_001, 500_000, float("nan")])
def test_a_rate_that_effects_are_not_made_for_is_refused(rate_hz):
    words = f"the sample rate is {rate_hz} Hz; effects work from 4000 to 384000 Hz: resample it"
    with pytest.raises(UsageError, match=words):
        chain.render(recipe(("limiter", {})), NOISE, rate_hz)
    with pytest.raises(UsageError, match="0 channels; expected 1 or more"):
        chain.render(recipe(("limiter", {})), NOISE[:0], 48_000)


@pytest.mark.parametrize("block", [np.zeros((1, 9)), np.zeros((3, 9)), np.zeros(9), np.zeros((2, 9, 1))])
def test_a_block_of_other_channels_is_refused(block):
    processor = Processor(effect.load("compressor"), 44_100, {}, 2)
    with pytest.raises(UsageError, match="compressor is set up for 2 channels; the block is of shape"):
        processor.process(block.astype(np.float32))
    with pytest.raises(UsageError, match="and the key of shape"):
        processor.process(np.zeros((2, 9), np.float32), key=block.astype(np.float32))


def cookbook_bell(center_hz, gain_db, q, rate_hz):
    """Numerator and denominator of the Audio EQ Cookbook's peakingEQ."""
    w, gain = 2 * np.pi * center_hz / rate_hz, 10 ** (gain_db / 40)
    alpha = np.sin(w) / (2 * q)
    return [1 + alpha * gain, -2 * np.cos(w), 1 - alpha * gain], [1 + alpha / gain, -2 * np.cos(w), 1 - alpha / gain]


def test_an_effect_of_an_earlier_release_sounds_as_it_did():
    """`eq` had the cookbook's filters, which are far from the analogue's at 15 kHz."""
    knobs = {"band5_hz": 15_000.0, "band5_db": 9.0, "band5_q": 0.7, "trim_db": -3.0}
    expected = 10 ** (-3 / 20) * lfilter(*cookbook_bell(15_000, 9, 0.7, 44_100), NOISE.astype(float))
    np.testing.assert_allclose(chain.render(recipe(("eq", knobs)), NOISE, 44_100), expected, atol=1e-6)
    assert effect.load("eq") is effect.load("parametric") and "eq" not in effect.names()
    for former, (name, differing) in effect.FORMER.items():
        assert former not in effect.names()
        effect.load(name).vector(differing)

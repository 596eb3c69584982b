"""reverb: its envelopes against closed forms, its decays against the meter, its answers against the effect."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from dawg_ai import audio, chain  # noqa: E402
from dawg_ai.analysis import room  # noqa: E402
from dawg_ai.audio import held  # noqa: E402
from dawg_ai.data.clip import Clip  # noqa: E402
from dawg_ai.data.item import Item  # noqa: E402
from dawg_ai.data.licence import Licence  # noqa: E402
from dawg_ai.dsp.instance import Native  # noqa: E402
from dawg_ai.plugin import OURS  # noqa: E402
from dawg_ai.plugins.reverb import (  # noqa: E402
    PLUGIN,
    bands,
    baselines,
    decays,
    decoding,
    examples,
    features,
    measure,
    model,
    patterns,
    rendered,
    score,
)

RATE_HZ = 44_100


def noise(seconds=1.0, seed=0, rate_hz=RATE_HZ, channels=2):
    return np.random.default_rng(seed).normal(0, 0.1, (channels, int(seconds * rate_hz))).astype(np.float32)


def response(t60_s, seed=0, seconds=2.0, rate_hz=RATE_HZ):
    """A direct sound and noise that falls 60 dB in t60_s."""
    made = noise(seconds, seed, rate_hz) * np.float32(10.0) ** (
        -3.0 * np.arange(int(seconds * rate_hz), dtype=np.float32) / rate_hz / t60_s
    )
    made[:, 0] = 0.9
    return made


def reference_of(sound, rate_hz=RATE_HZ):
    return features.REFERENCE.extractor.extract(Native(PLUGIN.module), held(sound, rate_hz))


def decay_of(sound):
    return features.RESPONSE.extractor.extract(Native(PLUGIN.training_module), held(sound, RATE_HZ))["decay_db"]


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 96_000])
def test_band_levels_are_those_of_the_spectrum_at_any_rate(rate_hz):
    """White noise has as much energy as its bandwidth; a sine has its mean square in the band that it is in."""
    levels = rendered.levels_db(noise(4.0, rate_hz=rate_hz), rate_hz, 700)
    density = 0.01 / (rate_hz / 2)
    for band in (4, 10, 20):
        per_bin = rate_hz / bands.window_size(float(rate_hz))
        edges = np.ceil(np.array(bands.EDGES_HZ[band : band + 2]) / per_bin)
        expected = 10 * np.log10(density * per_bin * (edges[1] - edges[0]))
        assert 10 * np.log10(np.mean(10 ** (0.1 * levels[:, band]))) == pytest.approx(expected, abs=1.0)
    sine = np.sin(2 * np.pi * 1000 * np.arange(rate_hz) / rate_hz).astype(np.float32)[None]
    row = rendered.levels_db(sine, rate_hz, 150)[100]
    assert row[8] == pytest.approx(-3.0, abs=0.3) and row[bands.WHOLE + 1] == pytest.approx(-3.0, abs=0.1)
    assert row[bands.SIDE + 1] < -100


def test_the_side_signal_is_half_of_independent_channels_and_all_of_opposite_ones():
    levels = rendered.levels_db(noise(4.0), RATE_HZ, 700)
    power = 10 ** (0.1 * levels.astype(np.float64))
    assert power[:, bands.SIDE + 1].sum() / power[:, bands.WHOLE + 1].sum() == pytest.approx(0.5, abs=0.03)
    one = noise(1.0, channels=1)
    opposite = rendered.levels_db(np.concatenate([one, -one]), RATE_HZ, 150)
    np.testing.assert_allclose(opposite[:, bands.SIDE :], opposite[:, bands.WHOLE : bands.SIDE], atol=0.01)


def test_a_reference_is_its_loudest_ten_seconds_relative_to_the_loudest_frame():
    quiet, loud = 0.01 * noise(14.0), noise(10.0, 1)
    found = reference_of(np.concatenate([quiet, loud, quiet], 1))["bands"]
    assert found.shape == (bands.ROWS, features.FRAMES)
    total = 10 * np.log10((10 ** (0.1 * found[bands.WHOLE : bands.SIDE])).sum(0))
    assert total.max() == pytest.approx(0.0, abs=0.01) and np.median(total) > -6
    again = reference_of(0.1 * np.concatenate([quiet, loud, quiet], 1))["bands"]
    np.testing.assert_allclose(again, found, atol=0.02)
    silent = reference_of(np.zeros((1, 5), np.float32))
    assert (silent["bands"] == -features.DEPTH_DB).all() and np.isfinite(silent["profile"]).all()


def test_the_profile_shows_the_predelay():
    clicks = np.zeros((2, 10 * RATE_HZ), np.float32)
    clicks[:, RATE_HZ // 2 :: 2 * RATE_HZ] = 1.0
    delay = int(0.08 * RATE_HZ)
    wet = 0.1 * np.pad(response(0.8)[:, 200:], ((0, 0), (delay, 0)))
    found = reference_of(clicks + fftconvolve(clicks, wet, axes=1)[:, : clicks.shape[1]].astype(np.float32))
    profile = found["profile"][bands.RANGES, features.BEFORE :]
    at = delay * bands.RATE_HZ // RATE_HZ
    assert profile[5 : at - 5].max() < -40 and profile[at + 2 : at + 10].min() > -30


def test_the_wet_part_begins_after_the_direct_sound():
    made = np.zeros((2, 4000), np.float32)
    made[:, 700] = 1.0
    made[:, 1000:] = 0.05
    features.wet_part(made, float(RATE_HZ))
    assert not made[:, :290].any() and made[0, 300] == np.float32(0.05) and not made[:, 3300:].any()


@pytest.mark.parametrize("t60_s", [0.4, 0.7, 2.0])
def test_the_decay_of_a_response_has_its_t60(t60_s):
    found = decays.t60(decays.cleaned(decay_of(response(t60_s, seconds=1.5 * t60_s))[0]))
    np.testing.assert_allclose(found, t60_s, rtol=0.08)


def test_a_noise_floor_is_taken_off_and_the_slope_goes_on():
    clean = response(0.8, seconds=3.0)
    noisy = clean + 10 ** (-45 / 20) * noise(3.0, 5)
    found = decays.t60(decays.cleaned(decay_of(noisy)[0]))
    np.testing.assert_allclose(found, 0.8, rtol=0.12)


def test_a_stretched_room_takes_as_much_longer():
    decay = decays.cleaned(decay_of(response(0.5, seconds=1.0))[0])
    one, other = decays.t60(decay), decays.t60(decays.stretched(decay, 2.0, 0.0))
    np.testing.assert_allclose(other / one, 2.0, rtol=0.03)
    tilted = decays.t60(decays.stretched(decay, 1.0, -0.3))
    assert tilted[0] > one[0] and tilted[2] < one[2]


def test_sampled_decays_have_one_energy_and_spread_over_the_range():
    rng = np.random.default_rng(0)
    drawn = [decays.sample(rng) for _ in range(60)]
    for decay in drawn[:5]:
        energy = decays.WIDTHS_HZ[decays.COUNTED] @ decay[decays.COUNTED].sum(1)
        assert energy == pytest.approx(decays.WIDTHS_HZ[decays.COUNTED].sum())
    mid = np.array([decays.t60(decay)[1] for decay in drawn])
    assert mid.min() < 0.5 and mid.max() > 3.0 and 0.7 < np.median(mid) < 2.2


def kit(count=3):
    """Items of short noises, and their clips' sounds."""
    sounds = [noise(0.2, 10 + seed) * np.float32(np.exp(-np.arange(8820) / 2000)) for seed in range(count)]
    extract = features.DRY.extractor.extract
    return sounds, [
        Item(f"dry/{i}", "kit", {"dry_dry_db": extract(Native(PLUGIN.training_module), held(s, RATE_HZ))["dry_db"]})
        for i, s in enumerate(sounds)
    ]


def test_envelopes_in_a_room_are_those_of_the_sound_in_the_room():
    """Convolved energies beside convolved samples: the same levels within what noise does."""
    made = response(0.6)
    wet = made.copy()
    features.wet_part(wet, float(RATE_HZ))
    wet /= np.float32(np.sqrt(rendered._energy(wet, RATE_HZ)))
    (dry,), (item,) = kit(1)
    pattern = patterns.Pattern([patterns.Hit(0, time_s, 1.0) for time_s in (0.5, 2.0, 4.0)], 10.0)
    played = np.zeros((2, 10 * RATE_HZ), np.float32)
    for hit in pattern.hits:
        played[:, int(hit.time_s * RATE_HZ) :][:, : dry.shape[1]] += dry
    delayed = np.pad(wet, ((0, 0), (int(0.05 * RATE_HZ), 0)))
    sound = played + 0.5 * fftconvolve(played, delayed, axes=1)[:, : played.shape[1]].astype(np.float32)
    right = reference_of(sound)
    rng = np.random.default_rng(0)
    energies, side = examples.played([item.features["dry_dry_db"][0]], pattern, rng)
    decay = decays.cleaned(decay_of(made)[0])
    convolved = np.array([np.convolve(*each)[: features.FRAMES] for each in zip(energies, decay, strict=True)])
    ours = examples._inputs(examples.reverberant(energies, side, convolved, 0.05, -6.02, 1.0, rng))
    off = (ours["reference_bands"] - right["bands"])[: bands.BANDS, 100:1000]
    heard = right["bands"][: bands.BANDS, 100:1000] > -50
    means = (off * heard).sum(1) / heard.sum(1)
    assert abs(means).max() < 3.0 and abs(means[14:]).max() < 0.8  # narrow bands of one sound differ by chance
    assert np.abs(ours["reference_profile"][3] - right["profile"][3])[features.BEFORE :].mean() < 2.0


def test_patterns_stay_within_their_time():
    rng = np.random.default_rng(0)
    for _ in range(50):
        pattern = patterns.draw(rng, 3)
        assert pattern.hits and all(0 <= hit.time_s < pattern.end_s <= 10 and hit.sound < 3 for hit in pattern.hits)


def decoded(mode=1, bpm=120.0, **given):
    solver = Native(PLUGIN.module)
    solver.set("mode", np.eye(2, dtype=np.float32)[mode])
    solver.set("song_tempo_bpm", np.float32([bpm]))
    solver.set("song_tempo_confidence", np.float32([0.9]))
    outputs = {"times": [0.0, 0.0, 0.0], "space": [20.0, 0.0, 1.0], "doubt": [-3.0, 8.0]}
    for name, values in {**outputs, **{k: v for k, v in given.items() if k in outputs}}.items():
        solver.set(name, np.float32(values))
    controls = {knob.name: knob.default for knob in PLUGIN.controls}
    solver.call("decode", controls | {k: v for k, v in given.items() if k in controls})
    return dict(zip(PLUGIN.chain[0].sets, solver.get("knobs"), strict=True)), solver.get("confidence")


def test_suggested_decay_and_predelay_fill_a_note():
    for length, beats in enumerate((2, 4, 8, 16)):
        knobs, sure = decoded(0, 120.0, length=length, mix_percent=30.0, width_percent=80.0)
        total_s = knobs["mid_s"] + 0.001 * knobs["predelay_ms"]
        assert total_s == pytest.approx(min(beats * 0.5, 4.0)), length  # 8 s is too long: halved
        assert 15 <= knobs["predelay_ms"] < 30 and knobs["high_s"] == 0.5 * knobs["mid_s"]
        assert knobs["mix_percent"] == 30 and knobs["width_percent"] == 80 and sure[0] == pytest.approx(0.9)
    for bpm in (40.0, 90.0, 200.0):
        beat_ms, predelay_ms = 60_000 / bpm, decoded(0, bpm)[0]["predelay_ms"]
        assert np.log2(beat_ms / predelay_ms) == pytest.approx(round(np.log2(beat_ms / predelay_ms)))


@pytest.mark.parametrize(
    ("times", "space"), [([0.5, 0.0, -0.7], [40.0, -6.0, 1.0]), ([-1.5, -1.2, -1.4], [0.0, 3.0, 0.4])]
)
def test_matched_knobs_give_the_effect_what_was_heard(times, space):
    knobs, _ = decoded(times=times, space=space)
    wet = rendered.wet_response({**knobs, "early_percent": 50.0}, RATE_HZ)
    assert 10 * np.log10(rendered._energy(wet, RATE_HZ)) == pytest.approx(space[1], abs=0.4)
    assert rendered._width(wet) == pytest.approx(space[2], abs=0.03)
    found = room.decay_times(wet, RATE_HZ)
    assert found["t60_mid_s"] == pytest.approx(2.0 ** times[1], rel=0.12)
    assert np.argmax(np.abs(wet[0]) > 1e-4) >= 0.001 * space[0] * RATE_HZ - 1


def test_confidence_falls_with_the_expected_error_and_with_mixes():
    sure = [decoded(doubt=doubt)[1][0] for doubt in ([-3.0, 8.0], [0.0, 8.0], [-3.0, -8.0])]
    assert sure[0] == pytest.approx(1 - np.exp(-decoding.WITHIN * 8), abs=0.01)
    assert sure[1] == pytest.approx(1 - np.exp(-decoding.WITHIN), abs=0.01) and sure[2] < 0.01


def test_lines_read_the_rate_of_a_decay():
    lines = model.Lines()
    for t60_s in (0.25, 1.0, 4.0):
        levels = (-60 / t60_s * torch.arange(features.FRAMES) / bands.RATE_HZ).clamp_min(-90.0)[None]
        found = lines(levels)[0]
        step = 4
        for window, size in enumerate(model.WINDOWS):
            reaches = (step * model.STRIDE + size / 2) / bands.RATE_HZ * 60 / t60_s < 88
            if reaches and size / 2 < step * model.STRIDE:
                assert float((2 * found[1 + window, step]).sinh()) / 4 == pytest.approx(1 / t60_s, rel=0.01)
                assert found[1 + len(model.WINDOWS) + window, step] < 0.03


def test_the_loss_asks_no_space_of_a_mix():
    truth = torch.zeros(2, examples.TRUTHS)
    truth[:, examples.WET_DB] = examples.DRIEST_DB
    outputs = {"times": torch.ones(2, 3), "space": torch.ones(2, 3), "doubt": torch.tensor([[0.0, -9.0]] * 2)}
    assert score.loss(outputs, {"truth": truth}) < 0.01
    truth[:, examples.SINGLE], truth[:, examples.WET_DB] = 1.0, 0.0
    assert score.loss(outputs, {"truth": truth}) > 1.0


def test_a_steep_decay_is_read_by_the_rules():
    rng, rules = np.random.default_rng(0), []
    for t60_s in np.exp(rng.uniform(np.log(0.3), np.log(3.0), 40)):
        levels = np.full((1, bands.ROWS, features.FRAMES), -90.0, np.float32)
        frames = np.arange(features.FRAMES - 200)
        levels[0, :, 200:] = np.maximum(-60 / t60_s * frames / bands.RATE_HZ, -90.0)
        given = {"reference_bands": levels, "reference_profile": np.zeros((1, 4, 64), np.float32)}
        rules.append((np.log2(t60_s), baselines.measured(given)[0]))
    truth = np.zeros((40, examples.TRUTHS))
    truth[:, :3] = np.array([log for log, _ in rules])[:, None]
    truth[:, examples.SINGLE] = 1.0
    measures = np.array([row for _, row in rules])
    column = 2 * len(baselines.PERCENTILES) + baselines.PERCENTILES.index(50.0)
    said = baselines._slope(measures, truth, np.zeros(examples.TRUTHS), column)(measures)
    assert np.abs(said[:, :3] - truth[:, :3]).mean() < 0.1


def test_the_evaluation_answers_every_question(tmp_path, monkeypatch):
    monkeypatch.setattr(baselines, "EXAMPLES", 60)
    monkeypatch.setattr(baselines, "VALID_EXAMPLES", 40)
    monkeypatch.setattr(baselines, "FORESTS", ((3, 2),))
    monkeypatch.setattr(rendered, "CASES", 4)
    monkeypatch.setattr(measure, "DRY_CASES", 2)
    monkeypatch.setattr(measure, "VALID_CASES", 4)
    sounds, dry = kit(2)
    clips = {}
    for item, sound in zip(dry, sounds, strict=True):
        audio.write(tmp_path / f"{item.id.replace('/', '_')}.wav", sound, RATE_HZ)
        files = {"dry": tmp_path / f"{item.id.replace('/', '_')}.wav"}
        clips[item.id] = Clip(item.id, files, item.group, Licence("CC0-1.0"))
    rooms = []
    for index, t60_s in enumerate((0.4, 0.9)):
        made = response(t60_s, index, 2.0)
        audio.write(tmp_path / f"room{index}.wav", made, RATE_HZ)
        clip = Clip(f"room/{index}", {"response": tmp_path / f"room{index}.wav"}, f"room {index}", Licence("CC0-1.0"))
        clips[clip.id] = clip
        known = dict.fromkeys(room.DECAY_TIMES, t60_s)
        rooms.append(Item(clip.id, clip.group, {"response_decay_db": decay_of(made)}, annotations=known))
    mixed = reference_of(noise(3.0))
    mix = Item("mix", "mix", {f"reference_{name}": array for name, array in mixed.items()})
    items = [*dry, *rooms, mix]
    found = measure.measure(model.build(0), dict.fromkeys(("train", "valid", "test"), items), clips, 0)
    assert set(found) == set(measure.QUESTIONS)
    for question, by_method in found.items():
        assert OURS in by_method and measure.QUESTIONS[question].rival in by_method, question
    assert set(found["T60"][OURS]) == {"room 0", "room 1"} and set(found["mixes"][OURS]) == {"mix"}
    assert all(
        np.isfinite(value) for by_method in found.values() for each in by_method.values() for value in each.values()
    )


def test_a_case_is_what_it_says(tmp_path):
    sounds, dry = kit(1)
    audio.write(tmp_path / "dry.wav", sounds[0], RATE_HZ)
    audio.write(tmp_path / "room.wav", response(0.5), RATE_HZ)
    clips = {
        dry[0].id: Clip(dry[0].id, {"dry": tmp_path / "dry.wav"}, "kit", Licence("CC0-1.0")),
        "room": Clip("room", {"response": tmp_path / "room.wav"}, "room", Licence("CC0-1.0")),
    }
    known = dict.fromkeys(room.DECAY_TIMES, 0.5)
    where = Item("room", "room", {"response_decay_db": decay_of(response(0.5))}, annotations=known)
    one, send = rendered.cases([*dry, where], clips, 0, 2)
    assert not one.send and send.send and one.sound.shape == send.sound.shape == (2, 10 * RATE_HZ)
    assert 10 * np.log10(rendered._energy(send.wet, RATE_HZ)) == pytest.approx(send.wet_db, abs=0.05)
    assert send.width == pytest.approx(1.0, abs=0.05)
    assert np.argmax(np.abs(send.wet[0]) > 1e-6) >= 0.001 * send.predelay_ms * RATE_HZ
    assert rendered.decay_distance_db(send.wet, send.wet, RATE_HZ) == 0.0
    assert rendered.decay_distance_db(send.wet, 2 * send.wet, RATE_HZ) == pytest.approx(6.02, abs=0.3)
    recipe = {"format": chain.FORMAT, "chain": []}
    np.testing.assert_array_equal(chain.render(recipe, one.sound, RATE_HZ), one.sound)

"""delay: its lag maps against closed forms, its echoes against the effect, its answers, and the beat it hears."""

from dataclasses import replace

import numpy as np
import pytest
import soxr

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from dawg_ai import audio, chain  # noqa: E402
from dawg_ai.audio import held  # noqa: E402
from dawg_ai.data.clip import Clip  # noqa: E402
from dawg_ai.data.item import Item  # noqa: E402
from dawg_ai.data.licence import Licence  # noqa: E402
from dawg_ai.dsp import effect  # noqa: E402
from dawg_ai.dsp.blocks.delays.note_lengths import NOTES, note_seconds  # noqa: E402
from dawg_ai.dsp.instance import Native  # noqa: E402
from dawg_ai.dsp.meters import rhythm  # noqa: E402
from dawg_ai.plugin import OURS  # noqa: E402
from dawg_ai.plugins.delay import PLUGIN, baselines, echoed, examples, lag_maps, measure, model, rendered  # noqa: E402
from dawg_ai.plugins.delay import score as scoring  # noqa: E402
from dawg_ai.plugins.delay.decoding import CANDIDATES, NOTE_CHOICES, NOTE_NAMES  # noqa: E402
from dawg_ai.plugins.delay.features import ECHOED, REFERENCE, SONG  # noqa: E402

RATE_HZ = 44_100


def noise(seconds=12.0, seed=0, rate_hz=RATE_HZ):
    return np.random.default_rng(seed).normal(0, 0.1, (2, int(seconds * rate_hz))).astype(np.float32)


def echoes(sound, delay_s, feedback=0.0, gain=0.25, rate_hz=RATE_HZ):
    """x[n] + gain (x[n - d] + feedback x[n - 2 d] + ...), written out."""
    d, wet = round(delay_s * rate_hz), sound.astype(np.float64)
    for count in range(1, 12):
        late = np.zeros_like(wet)
        late[:, count * d :] = sound[:, : sound.shape[1] - count * d]
        wet += gain * feedback ** (count - 1) * late
    return wet.astype(np.float32)


def maps_of(sound, rate_hz=RATE_HZ):
    return REFERENCE.extractor.extract(Native(PLUGIN.module), held(sound, rate_hz))


def highest_ms(found):
    return found["peak_ms"][np.argmax(found["maps"][lag_maps.SCORE : lag_maps.DEVIATION].sum(0))]


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
def test_an_echo_is_a_peak_of_its_gain_at_its_lag_at_any_rate(rate_hz):
    found = maps_of(echoes(noise(rate_hz=rate_hz), 0.2, rate_hz=rate_hz), rate_hz)
    assert highest_ms(found) == pytest.approx(200, abs=0.1)
    at = 200 - lag_maps.FIRST_LAG_MS
    bands = 3 if rate_hz == 22_050 else 4
    np.testing.assert_allclose(found["maps"][:bands, at], 0.25, atol=0.06)
    assert (found["maps"][:4, at + 50 : at + 100] < 0.1).all()


def test_feedback_is_read_at_twice_the_lag():
    """ln |1 + w z / (1 - f z)| has f w - w^2 / 2 at twice the lag."""
    for feedback in (0.0, 0.6):
        row = maps_of(echoes(noise(30.0), 0.15, feedback, 0.4))["maps"][lag_maps.TWICE, 150 - lag_maps.FIRST_LAG_MS]
        assert row == pytest.approx(0.4 * feedback - 0.08, abs=0.05)


def test_ping_pong_shows_on_one_side_only():
    left, dry = echoes(noise(), 0.3), noise()
    maps = maps_of(np.stack([left[0], dry[1]]))["maps"]
    at = 300 - lag_maps.FIRST_LAG_MS
    assert maps[lag_maps.LEFT, at] > 0.15 and abs(maps[lag_maps.RIGHT, at]) < 0.05


def test_silence_and_a_sound_too_short_have_empty_maps():
    for sound in (np.zeros((2, 4 * RATE_HZ), np.float32), np.zeros((1, 5), np.float32)):
        found = maps_of(sound)
        assert not found["maps"].any() and np.isfinite(found["peak_ms"]).all()


@pytest.mark.parametrize("ping_pong", [0.0, 1.0])
def test_training_hears_the_echoes_that_the_effect_makes(ping_pong):
    dry, mix = noise(3.0), 0.2
    knobs = {"time_ms": 250.0, "feedback_percent": 50.0, "high_cut_hz": 3000.0, "low_cut_hz": 20.0, "mode": ping_pong}
    knobs |= {"mix_percent": 100 * mix}
    recipe = {"format": chain.FORMAT, "chain": [{"effect": "delay", "knobs": knobs}]}
    right = chain.render(recipe, dry, RATE_HZ) / (1 - mix)
    settings = np.array([0.25, 0.5, 20 * np.log10(mix / (1 - mix)), 3000.0, ping_pong, 0.0, 1.0, 1.0])
    wet = np.zeros((2, 2_304_000), np.float32)
    echoed.echo(dry, float(RATE_HZ), settings, np.zeros((2, echoed.LINE)), wet)
    missing, whole = (np.diff(each[:, RATE_HZ:]) for each in (wet[:, : dry.shape[1]] - right, right))
    assert np.sqrt(np.mean(missing**2)) < 0.002 * np.sqrt(np.mean(whole**2))  # differences: without the low cut


def excerpts(seed=0):
    return ECHOED.extractor.extract(Native(PLUGIN.training_module), held(noise(seed=seed), RATE_HZ))


def test_what_training_sees_is_what_the_reference_would_be():
    one, same, other = excerpts(), excerpts(), excerpts(seed=1)
    np.testing.assert_array_equal(one["variants"], same["variants"])
    assert not np.array_equal(one["truth"], other["truth"])
    np.testing.assert_array_equal(one["variants"][0, 0], maps_of(noise())["maps"])
    truth = one["truth"][0]
    assert truth[0, 0] == 0.0 and (truth[1:, 0] > 44).all() and (truth[1:, 0] < 1056).all()
    assert (truth[1:, 1] >= 0).all() and (truth[1:, 1] <= 0.8).all()
    assert (truth[1:, 2] >= -24).all() and (truth[1:, 2] <= -3).all()


def test_draws_are_spread_over_their_ranges():
    settings, seed, drawn = np.zeros(8), 1, []
    for _ in range(500):
        seed = echoed._draw(seed, 1, settings)
        drawn.append(settings.copy())
    drawn = np.array(drawn)
    octaves = np.log(drawn[:, 0] / 0.045) / np.log(1.055 / 0.045)
    np.testing.assert_allclose(np.quantile(octaves, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.07)
    assert 0.14 < drawn[:, 4].mean() < 0.26 and 0.25 < (drawn[:, 5] > 0).mean() < 0.42
    assert np.abs(np.corrcoef(drawn[:, [0, 1, 2, 3]].T) - np.eye(4)).max() < 0.15


def test_the_label_is_at_the_true_lag_or_at_no_echo():
    lag = torch.tensor([[160.0, 161.0, 500.0]] * 3)
    truth = torch.tensor([[200.4, 0, 0, 0, 0], [0.0, 0, 0, 0, 0], [900.0, 0, 0, 0, 0]])
    labels = scoring.labels(lag, truth)
    np.testing.assert_allclose(labels.sum(1), 1.0, rtol=1e-6)
    assert labels[0, 0] > labels[0, 1] > 0 and labels[0, 2] == labels[0, 3] == 0
    assert labels[1, 3] == 1 and labels[2, 3] == 1


def test_peaks_are_the_highest_local_scores():
    maps = torch.zeros(1, lag_maps.ROWS, lag_maps.LAGS)
    heights = torch.arange(1, 101).float()
    maps[0, lag_maps.SCORE, 5 : 5 + 1000 : 10] = heights
    maps[0, lag_maps.SCORE, 6 : 6 + 1000 : 10] = heights - 0.5  # beside the peaks, and higher than most of them
    index = model.Peaks()(maps)[1][0]
    assert index.tolist() == [5 + 10 * k for k in range(99, 99 - CANDIDATES, -1)]


def decoded(solver=None, mode=1, **controls):
    solver = solver or Native(PLUGIN.module)
    solver.set("mode", np.eye(2, dtype=np.float32)[mode])
    solver.call("decode", {knob.name: knob.default for knob in PLUGIN.controls} | controls)
    return dict(zip(PLUGIN.chain[0].sets, solver.get("knobs"), strict=True)), solver.get("confidence")[0]


def test_notes_are_as_long_as_their_names_say():
    for name, choice in zip(NOTE_NAMES, NOTE_CHOICES, strict=True):
        beats = 4 * eval(name.rstrip("T.")) * {"T": 2 / 3, ".": 1.5}.get(name[-1], 1.0)
        assert note_seconds(choice - 1, 60.0, 99.0) == pytest.approx(beats), name
        assert effect.load("delay").knobs[1].choices[choice] == NOTES[choice - 1]


def test_sync_takes_the_tempo_that_is_heard_its_half_or_double():
    solver = Native(PLUGIN.module)
    solver.set("song_tempo_bpm", np.float32([140.0]))
    solver.set("song_tempo_confidence", np.float32([0.9]))
    for beat, bpm in ((0, 140.0), (1, 70.0), (2, 280.0)):
        knobs, sure = decoded(solver, 0, beat=beat, duck_db=6.0, mix_percent=20.0, note=NOTE_NAMES.index("1/4"))
        assert knobs["tempo_bpm"] == bpm and sure == pytest.approx(0.9)
        assert knobs["sync"] == 14 and knobs["duck_db"] == 6.0 and knobs["mix_percent"] == 20.0


def test_match_reads_the_echo_at_the_likeliest_peak():
    solver = Native(PLUGIN.module)
    heat = np.full(CANDIDATES + 1, -10.0, np.float32)
    heat[[3, 7, -1]] = np.log([0.5, 0.25, 0.25])
    lag = np.arange(0, 10 * CANDIDATES, 10, dtype=np.float32)
    lag[7] = lag[3] + 1  # the same echo
    alike = np.zeros((4, CANDIDATES), np.float32)
    alike[:, 3] = 0.4, -12.0, 2.0, 1.0
    for name, array in (("heat", heat), ("lag", lag), ("alike", alike)):
        solver.set(name, array)
    solver.set("reference_peak_ms", np.arange(1024, dtype=np.float32) + 40.25)
    knobs, sure = decoded(solver)
    assert sure == pytest.approx(0.75, abs=0.01)
    assert knobs["time_ms"] == 70.25 and knobs["sync"] == 0 and knobs["mode"] == 1
    assert knobs["feedback_percent"] == pytest.approx(40) and knobs["high_cut_hz"] == pytest.approx(4000)
    mix = 0.01 * knobs["mix_percent"]
    assert 20 * np.log10(mix / (1 - mix)) == pytest.approx(-12)


@pytest.mark.parametrize("rate_hz", [22_050, 48_000])
def test_the_beat_is_that_of_the_meter_at_any_rate(rate_hz):
    clicks = np.zeros(44_100 * 12, np.float32)
    clicks[10_000::18_900] = 1.0  # 140 bpm
    clicks = np.convolve(clicks, np.exp(-np.arange(2000) / 300.0)).astype(np.float32)[: len(clicks)]
    sound = soxr.resample(clicks, 44_100, rate_hz)[None]
    found = SONG.extractor.extract(Native(PLUGIN.module), held(sound, rate_hz))
    meter = rhythm.measure(clicks[None], 44_100)
    assert found["tempo_bpm"][0] == pytest.approx(meter.tempo_bpm, rel=0.002)
    assert found["tempo_confidence"][0] > 0.9
    beat_s = 60 / found["tempo_bpm"][0]
    off = (found["first_beat_s"][0] - 10_000 / 44_100 + beat_s / 2) % beat_s - beat_s / 2
    assert abs(off) < 0.02


def test_a_song_without_a_beat_is_left_alone():
    found = SONG.extractor.extract(Native(PLUGIN.module), held(noise(), RATE_HZ))
    assert found["tempo_confidence"][0] < PLUGIN.min_confidence


def test_a_rule_finds_an_echo_in_noise():
    wet = echoes(noise(6.0), 0.321)
    points = baselines.whole_clip(wet, RATE_HZ)
    assert points["cepstrum"] == pytest.approx(321, abs=0.1) and points["whitened"] == pytest.approx(321, abs=0.1)
    clicks = np.zeros((2, 6 * RATE_HZ), np.float32)
    clicks[:, np.random.default_rng(0).integers(0, 5 * RATE_HZ, 25)] = 1.0
    assert baselines.whole_clip(echoes(clicks, 0.2, gain=0.8), RATE_HZ)["onsets"] == pytest.approx(200, abs=2)


def test_the_evaluation_answers_every_question_for_every_song(tmp_path, monkeypatch):
    monkeypatch.setattr(baselines, "FIT_STEPS", 3)
    monkeypatch.setattr(baselines, "RIDGE_EXAMPLES", 20)
    clips, items = {}, []
    for index in range(2):
        path = tmp_path / f"{index}.wav"
        audio.write(path, noise(13.0, index), RATE_HZ)
        clip = Clip(f"noise/{index}", {"audio": path}, f"group {index}", Licence("CC0-1.0"))
        clips[clip.id] = clip
        features = {f"echoed_{name}": array for name, array in excerpts(index).items()}
        items.append(Item(clip.id, clip.group, features))
    parts = {"train": items, "valid": items, "test": items}
    found = measure.measure(model.build(0).eval(), parts, clips, 0)
    assert set(found["-12 dB"]) == {OURS, "cepstrum", "whitened", "onsets", "score", "linear"}
    assert found["-12 dB"]["score"] == {"noise/0": 100.0, "noise/1": 100.0}
    for question, by_method in found.items():
        assert question in measure.QUESTIONS and OURS in by_method
        assert measure.QUESTIONS[question].rival in by_method, question


def test_cases_are_what_they_say(tmp_path):
    audio.write(tmp_path / "song.wav", noise(13.0), RATE_HZ)
    clip = Clip("noise/0", {"audio": tmp_path / "song.wav"}, "noise", Licence("CC0-1.0"))
    ((_, cases),) = rendered.cases([clip], ["-12 dB", "dry"], 0)
    case = cases["-12 dB"]
    assert case.level_db == pytest.approx(-12, abs=0.5) and case.high_cut_hz == 4000 and not case.ping_pong
    assert cases["dry"].lag_ms == 0 and cases["dry"].sound.shape == case.sound.shape
    gain = 10 ** (case.level_db / 20)
    maps = maps_of(case.sound)["maps"]
    low = maps[lag_maps.CEPSTRUM + 1, round(case.lag_ms) - lag_maps.FIRST_LAG_MS]
    assert low == pytest.approx(gain, abs=0.12)
    assert replace(case, lag_ms=1.0) != case


def test_a_batch_has_dry_and_echoed_examples():
    items = [Item("a", "a", {f"echoed_{name}": array for name, array in excerpts().items()})]
    made = examples.batch(items, np.random.default_rng(0), 200)
    dry = (made["truth"][:, echoed.LAG_MS] == 0).mean()
    assert dry == pytest.approx(examples.DRY, abs=0.1)

"""auto_eq: its faults, its network, its rules, and that stored band levels tell the truth about sound."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from scipy.optimize import least_squares  # noqa: E402
from scipy.signal import freqz  # noqa: E402

from dawg_ai import ask, registry  # noqa: E402
from dawg_ai import bundle as bundles  # noqa: E402
from dawg_ai.audio import held  # noqa: E402
from dawg_ai.data.item import Item  # noqa: E402
from dawg_ai.dsp import effect  # noqa: E402
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ  # noqa: E402
from dawg_ai.dsp.instance import Native  # noqa: E402
from dawg_ai.dsp.meters.loudness import integrated_lufs  # noqa: E402
from dawg_ai.plugins.auto_eq import PLUGIN, baselines, examples, measure, model, rendered, response, score  # noqa: E402

RATE_HZ = 44_100


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setattr(baselines, "FIT_EXAMPLES", 3_000)


def made_up_songs(count: int, frames: int = 40, seed: int = 0) -> list[Item]:
    """Songs as smooth random spectra that wander from second to second."""
    rng = np.random.default_rng(seed)
    songs = []
    for index in range(count):
        tone = np.cumsum(rng.normal(0, 1.5, 55)) - 40 - np.linspace(0, 20, 55)
        bands = tone + rng.normal(0, 3, (frames, 1)) + rng.normal(0, 2, (frames, 55))
        loudness = rng.normal(-18, 2, (frames, 1))
        features = {"song_bands": bands.astype(np.float32), "song_loudness": loudness.astype(np.float32)}
        songs.append(Item(f"song{index}", f"group{index // 2}", features, ("rock", None)[index % 2]))
    return songs


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Pink stereo noise up to 17 kHz, as far as the bands reach."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=(2, int(seconds * RATE_HZ))))
    spectrum /= np.sqrt(np.arange(1, spectrum.shape[1] + 1))
    spectrum[:, int(17_000 * seconds) :] = 0
    sound = np.fft.irfft(spectrum)
    return (0.1 * sound / sound.std()).astype(np.float32)


def cookbook(shape, center_hz, gain_db, q):
    """b, a of the cookbook's filters, written from its page."""
    a, w0 = 10 ** (gain_db / 40), 2 * np.pi * center_hz / RATE_HZ
    alpha, c = np.sin(w0) / (2 * q), np.cos(w0)
    if shape == "bell":
        return [1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a]
    sign, s = (1 if shape == "high_shelf" else -1), 2 * np.sqrt(a) * alpha
    up, down = a + 1 + sign * (a - 1) * c, a + 1 - sign * (a - 1) * c
    left, right = (a - 1) + sign * (a + 1) * c, (a - 1) - sign * (a + 1) * c
    return [a * (up + s), -sign * 2 * a * left, a * (up - s)], [down + s, sign * 2 * right, down - s]


@pytest.mark.parametrize("shape", ["bell", "low_shelf", "high_shelf"])
@pytest.mark.parametrize("center_hz, gain_db, q", [(40, 9, 0.7), (300, -9, 4.0), (2_000, 3, 0.5), (12_000, -6, 1.0)])
def test_closed_form_is_the_cookbooks_filter(shape, center_hz, gain_db, q):
    _, h = freqz(*cookbook(shape, center_hz, gain_db, q), worN=CENTERS_HZ, fs=RATE_HZ)
    ours = getattr(response, shape)(response.phi(CENTERS_HZ), response.phi(center_hz), 10 ** (gain_db / 40), q)
    np.testing.assert_allclose(10 * np.log10(ours), 20 * np.log10(np.abs(h)), atol=1e-8)


def test_training_sees_the_curve_that_the_kernel_makes():
    """The response the loss is computed from, against the equaliser's own `curve` kernel."""
    rng = np.random.default_rng(1)
    values = rendered.fault(rng)
    equaliser = effect.load("parametric")
    processor = effect.Processor(equaliser, RATE_HZ, {**PLUGIN.chain[0].fixed, **values}, 1)
    decibels = np.zeros(55)
    equaliser.curve(processor.memory["settings"], CENTERS_HZ, float(RATE_HZ), decibels)
    center_hz, gain_db, q = (
        torch.tensor([[values[f"band{n}_{what}"] for n in range(1, 7)]]) for what in ("hz", "db", "q")
    )
    np.testing.assert_allclose(model.response_db(center_hz, gain_db, q)[0].numpy(), decibels, atol=1e-6)


def test_a_batch_is_a_function_of_its_seed_and_has_what_the_plugin_declares():
    songs = made_up_songs(6)
    one, same, other = (examples.batch(songs, np.random.default_rng([0, step]), 32) for step in (3, 3, 4))
    for name, values in one.items():
        np.testing.assert_array_equal(values, same[name])
    assert not np.array_equal(one["fault_db"], other["fault_db"])
    for signal in PLUGIN.inputs:
        assert one[signal.name].shape[0] == 32
        assert one[signal.name].ndim == len(signal.shape)
        assert one[signal.name].dtype == np.float32


def test_a_reference_shares_no_second_with_the_excerpt():
    frames = 40
    marked = np.repeat(np.arange(frames, dtype=np.float32)[:, None], 55, 1)
    songs = [Item("a", "g", {"song_bands": marked - 60, "song_loudness": np.full((frames, 1), -20, np.float32)})]
    how = replace(examples.TESTING, frames=(8, 20), clean=1.0, codec=0.0)
    for seed in range(50):
        picks, modes = np.zeros(4, int), np.full(4, examples.REFERENCE)
        made = examples.draw(songs, picks, modes, np.random.default_rng(seed), how)
        for song, reference in zip(made["song_bands"][:, :, 0], made["reference_bands"][:, :, 0], strict=True):
            assert not set(song) & set(reference)


def test_faults_are_as_strong_as_they_claim():
    faults_db = examples.faults(np.random.default_rng(0), 3_000, clean=0.25)
    clean = np.abs(faults_db).max(1) == 0
    assert 0.2 < clean.mean() < 0.3
    leveled = faults_db - faults_db.mean(1, keepdims=True)
    assert 1.8 < np.abs(leveled[~clean]).mean() < 2.8


def test_the_same_music_is_the_song_without_its_fault():
    """Half of them at once, the others at another time, between the levels of the seconds around."""
    (song,) = made_up_songs(1)
    how = replace(examples.TESTING, same=1.0, codec=0.0)
    made = examples.draw([song], np.zeros(200, int), np.full(200, examples.REFERENCE), np.random.default_rng(0), how)
    clean = made["song_bands"] - made["fault_db"][:, None]
    at_once = np.abs(clean - made["reference_bands"]).max((1, 2)) < 1e-3
    assert 0.4 < at_once.mean() < 0.6
    lowest, highest = (song.features["song_bands"][:, None, 0] for _ in range(2))
    assert (made["reference_bands"][:, :, 0] >= lowest.min() - 1e-3).all()
    assert (made["reference_bands"][:, :, 0] <= highest.max() + 1e-3).all()


def test_another_song_is_of_the_group_and_not_the_song_itself():
    songs = made_up_songs(6)  # three groups of two
    picks = np.repeat(np.arange(6), 20)
    others = examples._another(songs, picks, np.random.default_rng(0))
    assert all(songs[a].group == songs[b].group and a != b for a, b in zip(picks, others, strict=True))
    alone = examples._another(songs[:3], np.full(90, 2), np.random.default_rng(0))
    assert set(Counter(alone)) == {0, 1, 2}


def test_the_same_music_shows_the_fault_whatever_its_order():
    """Before any training: seconds are paired by what an equaliser does not change."""
    rng = np.random.default_rng(0)
    fault_db = examples.faults(rng, 1)[0]
    found = made_up_songs(1, frames=30)[0].features["song_bands"]
    clean = torch.from_numpy(found)[None]
    loudness = torch.full((1, 30, 1), -20.0)
    faulty = clean + torch.from_numpy(fault_db).float()
    shuffled = clean[:, rng.permutation(30)]
    pairs = [model.spectra(bands, loudness)[1] for bands in (faulty, shuffled)]
    difference, _, distances = model.Match()(*pairs)
    right = -(fault_db - fault_db.mean())
    assert np.abs(difference[0, 0].detach().numpy() - right).max() < 0.1
    other = model.spectra(torch.from_numpy(made_up_songs(2, frames=30)[1].features["song_bands"])[None], loudness)[1]
    _, _, far = model.Match()(pairs[0], other)
    assert far[0, 3] > 20 * distances[0, 3]


def solved(curve_db, knobs, strength=1.0, weighted_db=None, doubt_db=1.0, wanted="knobs", solver=None):
    """Knobs of the six bands that make a curve, or their confidence, by the decoder."""
    solver = solver or Native(PLUGIN.module)
    solver.set("curve_bel", np.asarray(curve_db, np.float32) / np.float32(10.0))
    solver.set("doubt_db", np.full(55, doubt_db, np.float32))
    solver.set("weighted_db", np.zeros(55, np.float32) if weighted_db is None else weighted_db)
    solver.set("knobs", np.asarray(knobs, np.float64))
    solver.call("decode", {"strength": strength})
    return solver.get(wanted)


def band_response(knobs):
    center_hz, gain_db, q = (torch.from_numpy(knobs[None, i:24:4].copy()) for i in (1, 2, 3))
    return model.response_db(center_hz, gain_db, q)[0].numpy()


MIDDLE = [0, 130, 0, 0.71, 1, 200, 0, 1, 1, 600, 0, 1, 1, 2000, 0, 1, 1, 5500, 0, 1, 2, 5000, 0, 0.71, 0]


def test_bands_are_fitted_to_a_curve():
    """Curves that six bands can make, from a start that knows nothing of them, beside SciPy's least squares."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        wanted = np.array(MIDDLE, float)
        wanted[2:24:4] = rng.uniform(-6, 6, 6)
        wanted[1:24:4] *= 2.0 ** rng.uniform(-0.3, 0.3, 6)
        curve = band_response(wanted)

        def missing(gains, curve=curve):
            bands = np.array(MIDDLE, float)
            bands[2:24:4] = gains
            return band_response(bands) - curve - (band_response(bands) - curve).mean()

        gains_alone = np.abs(missing(least_squares(missing, np.zeros(6), max_nfev=8).x)).mean()
        left = band_response(solved(curve + 3.0, MIDDLE)) - curve
        assert np.abs(left - left.mean()).mean() < min(0.1, gains_alone)


def test_a_flat_curve_needs_no_band():
    assert np.abs(solved(np.full(55, 4.0), MIDDLE)[2:24:4]).max() < 1e-6
    assert solved(np.full(55, 4.0), MIDDLE)[24] == pytest.approx(0, abs=1e-6)


def test_strength_scales_gains_alone():
    curve = band_response(np.array(MIDDLE, float) + np.isin(np.arange(25), range(2, 24, 4)) * 4.0)
    full, half, none = (solved(curve, MIDDLE, strength) for strength in (1.0, 0.5, 0.0))
    gains = np.zeros(25, bool)
    gains[2:24:4] = True
    np.testing.assert_allclose(half[gains], full[gains] / 2)
    assert not none[gains].any() and none[24] == 0
    np.testing.assert_array_equal(half[:24][~gains[:24]], full[:24][~gains[:24]])


def test_confidence_grows_with_the_answer_and_falls_with_the_expected_error():
    rng = np.random.default_rng(0)
    shape = np.cumsum(rng.normal(0, 1, 55))
    sure = [solved(size * shape, MIDDLE, wanted="confidence") for size in (0.0, 0.1, 0.5, 1.0)]
    assert (np.diff(sure, axis=0) > 0).all() and (sure[0] < 0.5).all() and (sure[-1] < 1).all()
    unsure = solved(shape, MIDDLE, doubt_db=3.0, wanted="confidence")
    assert (unsure < sure[-1]).all()
    low = np.where(np.arange(55) < 18, 6.0, 0.0)  # below 250 Hz alone: the low shelf is surer than the high one
    bands = solved(low, MIDDLE, wanted="confidence")
    assert bands[0] > bands[4] and bands[0] > bands[6] > 0


ELSEWHERE = """
import numpy as np
import test_auto_eq
rows = [test_auto_eq.solved(curve, test_auto_eq.MIDDLE) for curve in test_auto_eq.curves()]
print(np.array(rows).tobytes().hex())
"""


def curves():
    return np.cumsum(np.random.default_rng(5).normal(0, 1.0, (1, 55)), 1)


def test_the_decoder_gives_the_same_bits_interpreted_natively_and_in_the_bundle():
    native = np.array([solved(curve, MIDDLE) for curve in curves()])
    shipped = bundles.read(bundles.SHIPPED / "auto_eq")
    compiled = np.array([solved(curve, MIDDLE, solver=ask.kernels(shipped)) for curve in curves()])
    assert native.tobytes() == compiled.tobytes()
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    settings = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": path}
    command = [sys.executable, "-c", ELSEWHERE]
    found = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
    assert bytes.fromhex(found.stdout) == native.tobytes()


def test_bands_stay_within_their_ranges():
    rng = np.random.default_rng(0)
    for _ in range(10):
        knobs = solved(rng.normal(0, 20, 55), MIDDLE)
        assert np.abs(knobs[2:24:4]).max() <= 12.0
        for hz, q, (kind, shape, low, high) in zip(knobs[1:24:4], knobs[3:24:4], model.EQUALISER, strict=True):
            assert low - 1e-6 <= hz <= high + 1e-6
            assert 0.4 - 1e-9 <= q <= 4.0 + 1e-9 if shape == "bell" else q == pytest.approx(0.71)
            assert kind in (0, 1, 2)


def test_the_network_at_rest_does_nothing():
    batch = {k: torch.from_numpy(v) for k, v in examples.batch(made_up_songs(4), np.random.default_rng(0), 8).items()}
    batch["mode"][:] = torch.tensor([1.0, 0.0, 0.0])
    outputs = model.build(0)(batch)
    assert outputs["knobs"][:, 2:24:4].abs().max() == 0 and outputs["curve_db"].abs().max() == 0


def test_the_trim_keeps_loudness():
    """Rendered sound, BS.1770 loudness before and after, within 0.3 LU, for strong curves."""
    sound = noise(6)
    extractor = PLUGIN.sources[0].features.extractor
    features = extractor.extract(Native(PLUGIN.module), held(sound, RATE_HZ))
    found = {name: torch.from_numpy(rows)[None] for name, rows in features.items()}
    inputs = {
        **{f"song_{name}": rows for name, rows in found.items()},
        **{f"reference_{name}": torch.zeros_like(rows[:, :1]) for name, rows in found.items()},
        "mode": torch.tensor([[1.0, 0.0, 0.0]]),
        "style": torch.eye(9)[:1],
    }
    weighted_db = model.build(0)(inputs)["weighted_db"][0].detach().numpy()
    for seed in range(3):
        wanted = np.array(MIDDLE, float)
        wanted[2:24:4] = np.random.default_rng(seed).uniform(-9, 9, 6)
        knobs = solved(band_response(wanted), MIDDLE, weighted_db=weighted_db)
        (link,) = PLUGIN.chain
        values = {knob.name: knob.nearest(float(v)) for knob, v in zip(link.knobs, knobs, strict=True)}
        assert max(abs(values[f"band{n}_db"]) for n in range(1, 7)) > 2
        processor = effect.Processor(effect.load(link.effect), RATE_HZ, {**link.fixed, **values}, 2)
        after = processor.process(sound)
        assert abs(integrated_lufs(after, RATE_HZ) - integrated_lufs(sound, RATE_HZ)) < 0.3


def test_silent_seconds_change_nothing():
    """Half a minute of digital silence before the song must not move its spectra."""
    song = made_up_songs(1)[0].features
    bands, loudness = (torch.from_numpy(song[f"song_{name}"])[None] for name in ("bands", "loudness"))
    silent = (
        torch.cat([torch.full((1, 30, 55), -120.0), bands], 1),
        torch.cat([torch.full((1, 30, 1), -100.0), loudness], 1),
    )
    plain, padded = model.spectra(bands, loudness)[0], model.spectra(*silent)[0]
    torch.testing.assert_close(plain[:, :2], padded[:, :2], atol=1e-4, rtol=0)  # power and mean
    torch.testing.assert_close(plain[:, 5], padded[:, 5], atol=1e-4, rtol=0)  # deviation
    assert model.spectra(bands + 1.0, loudness)[0].sub(plain).abs().max() < 1e-3, "level must not matter"


def test_a_perfect_correction_has_no_error_and_a_wrong_one_has():
    cases = score.cases(made_up_songs(3), examples.FIX, 0, 5)
    perfect = -cases["fault_db"].astype(np.float64)
    assert score.item_errors(perfect + 3.0, cases).max() < 1e-5, "level is not part of the error"
    assert score.item_errors(-perfect, cases).min() > 1.0


def test_rules_learn_what_is_there_to_learn():
    """Where the reference is all but the clean song itself, every rule but the blind ones must come close."""
    rng = np.random.default_rng(0)
    songs = []
    for index in range(30):
        tone = rng.normal(-40, 6, 55)
        bands = (tone + rng.normal(0, 0.05, (40, 55))).astype(np.float32)
        loudness = np.full((40, 1), -20.0, np.float32)
        songs.append(Item(f"s{index}", f"g{index}", {"song_bands": bands, "song_loudness": loudness}))
    how = replace(examples.TESTING, codec=0.0)
    valid, test = (score.cases(some, examples.REFERENCE, 0, 20, how) for some in (songs[15:20], songs[20:]))
    rules = baselines.fit(songs[:15], valid, examples.REFERENCE, 0, how)
    errors = {name: score.item_errors(rule(test), test).mean() for name, rule in rules.items()}
    assert errors["match"] < 0.05
    assert errors["shrunk"] < 0.05
    assert errors["nothing"] > 1.5
    assert errors["ridge"] < 0.25 * errors["nothing"]
    assert errors["clipped"] < 0.25 * errors["nothing"]
    assert errors["preset"] > 1.5


def test_a_smooth_curve_is_left_and_a_jagged_one_is_flattened():
    smoother = baselines._smoother(100.0)
    slow, jagged = np.cos(np.arange(55) * np.pi / 54), (-1.0) ** np.arange(55)
    np.testing.assert_allclose(smoother @ slow, slow, atol=0.03)
    np.testing.assert_allclose((smoother @ jagged)[20:35], jagged[20:35] / (1 + 16 * 100.0), atol=2e-3)


def test_training_beats_doing_nothing_in_a_few_steps():
    """Thirty steps on songs that are all alike: the blind network must learn what they sound like."""
    songs = made_up_songs(1) * 8
    network = model.build(0)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    before = score.error(network, songs[:1], 0)
    for step in range(30):
        drawn = examples.batch(songs, np.random.default_rng([0, step]), 32)
        batch = {name: torch.from_numpy(values) for name, values in drawn.items()}
        optimiser.zero_grad()
        score.loss(network(batch), batch).backward()
        optimiser.step()
    assert score.error(network, songs[:1], 0) < 0.9 * before


def test_every_question_is_measured_for_every_song(monkeypatch):
    monkeypatch.setattr(
        rendered, "removed", lambda model, clips, seed: {"fix": {"song8": 0.1}, "reference": {"song8": 0.2}}
    )
    songs = made_up_songs(12)
    parts = {"train": songs[:6], "valid": songs[6:8], "test": songs[8:]}
    found = measure.measure(model.build(0), parts, dict.fromkeys((song.id for song in songs), None), 0)
    assert set(found) == set(measure.QUESTIONS)
    for question, methods in found.items():
        assert "network" in methods and (measure.QUESTIONS[question].rival in methods or question.startswith("clean"))
        for errors in () if question.startswith("rendered") else methods.values():
            expected = {song.id for song in songs[8:] if question != "style" or song.style}
            assert set(errors) == expected
    untrained = found["fix"]["network"]
    assert untrained == pytest.approx(found["fix"]["nothing"]), "a network at rest is as good as nothing"
    assert max(found["clean song, fix"]["network"].values()) == 0.0
    worse = found["worse, other song"]
    assert set(worse["nothing"].values()) == {0.0} and all(0 <= each <= 100 for each in worse["match"].values())
    assert max(worse["match"].values()) > 0


def test_the_declaration_is_loaded_by_name():
    assert registry.load("auto_eq") is PLUGIN

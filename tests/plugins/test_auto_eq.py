"""auto_eq: its faults, its network, its rules, and that stored band levels tell the truth about sound."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from scipy.signal import freqz  # noqa: E402

from dawg_ai import registry  # noqa: E402
from dawg_ai.audio import held  # noqa: E402
from dawg_ai.data.item import Item  # noqa: E402
from dawg_ai.dsp import effect  # noqa: E402
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ  # noqa: E402
from dawg_ai.dsp.instance import Native  # noqa: E402
from dawg_ai.dsp.meters.loudness import integrated_lufs  # noqa: E402
from dawg_ai.plugins.auto_eq import PLUGIN, baselines, examples, measure, model, rendered, response, score  # noqa: E402

RATE_HZ = 44_100


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


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
    values = rendered._fault(rng)
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
    how = examples.Circumstances(frames=(8, 20), clean=1.0, other_song=0.0, mixed=0.0, codec=0.0)
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


def test_the_network_at_rest_does_nothing_and_strength_scales_gains_alone():
    network = model.build(0)
    batch = {k: torch.from_numpy(v) for k, v in examples.batch(made_up_songs(4), np.random.default_rng(0), 8).items()}
    gains = slice(2, 24, 4)
    assert network(batch)["knobs"][:, gains].abs().max() == 0
    torch.nn.init.normal_(network.head[2].bias, generator=torch.Generator().manual_seed(0))
    full, half, none = (network({**batch, "strength": batch["strength"] * s})["knobs"] for s in (1.0, 0.5, 0.0))
    torch.testing.assert_close(half[:, gains], full[:, gains] / 2)
    assert none[:, gains].abs().max() == 0
    assert none[:, 24].abs().max() < 1e-5
    for other in (0, 1, 3):
        torch.testing.assert_close(half[:, other:24:4], full[:, other:24:4])


def test_the_trim_keeps_loudness():
    """Rendered sound, BS.1770 loudness before and after, within 0.3 LU, for strong curves."""
    sound = noise(6)
    network = model.build(0)
    for seed in range(3):
        torch.nn.init.normal_(network.head[2].bias, generator=torch.Generator().manual_seed(seed))
        extractor = PLUGIN.sources[0].features.extractor
        found = extractor.extract(Native(PLUGIN.module), held(sound, RATE_HZ))
        song = {name: torch.from_numpy(rows)[None] for name, rows in found.items()}
        inputs = {
            **{f"song_{name}": rows for name, rows in song.items()},
            **{f"reference_{name}": torch.zeros_like(rows[:, :1]) for name, rows in song.items()},
            "mode": torch.tensor([[1.0, 0.0, 0.0]]),
            "style": torch.eye(9)[:1],
            "strength": torch.ones(1, 1),
        }
        knobs = network(inputs)["knobs"][0].detach().numpy()
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
    how = examples.Circumstances(frames=(15, 15), clean=0.0, other_song=0.0, mixed=0.0, codec=0.0)
    valid, test = (score.cases(some, examples.REFERENCE, 0, 20, how) for some in (songs[15:20], songs[20:]))
    rules = baselines.fit(songs[:15], valid, examples.REFERENCE, 0, how)
    errors = {name: score.item_errors(rule(test), test).mean() for name, rule in rules.items()}
    assert errors["match"] < 0.05
    assert errors["shrunk"] < 0.05
    assert errors["nothing"] > 1.5
    assert errors["ridge"] < 0.25 * errors["nothing"]
    assert errors["preset"] > 1.5


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


def test_the_declaration_is_loaded_by_name():
    assert registry.load("auto_eq") is PLUGIN

"""auto_eq's loss, confidence and mixing against closed forms, whose every sign can be read off."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from dawg_ai.data.item import Item  # noqa: E402
from dawg_ai.dsp.blocks.spectra.octave_bands import CENTERS_HZ  # noqa: E402
from dawg_ai.plugins.auto_eq import examples, fitting, model, score  # noqa: E402

MODES = len(examples.MODES)


def given(fault_db, mode, **changed):
    """What the network says of one song, and the batch: it does nothing and expects 1 dB of error, unless changed."""
    fault_db = torch.tensor(np.atleast_2d(fault_db), dtype=torch.float32)
    size = fault_db.shape
    outputs = {
        "center_hz": torch.full((size[0], 6), 1000.0),
        "gain_db": torch.zeros(size[0], 6),
        "q": torch.ones(size[0], 6),
        "curve_db": torch.zeros(size),
        "doubt_db": torch.ones(size),
        "song_db": score.leveled(fault_db),
        "style_mean_db": torch.zeros(size),
        "style_spread_db": torch.ones(size),
    }
    return outputs | changed, {"fault_db": fault_db, "mode": torch.eye(MODES)[[mode] * size[0]]}


def slope(db):
    """A straight line over the bands from -db to db, whose mean is 0."""
    return np.linspace(-db, db, len(CENTERS_HZ))


def test_the_loss_of_doing_nothing_is_the_fault_and_of_the_cure_is_nothing():
    fault_db = slope(6.0)
    for level_db in (0.0, 3.0):  # the level is removed
        found = float(score.loss(*given(fault_db + level_db, examples.FIX)))
        assert found == pytest.approx((1 + score.DOUBT_SHARE) * np.abs(fault_db).mean(), rel=1e-5)
    center_hz = torch.tensor([[100.0, 200, 500, 2000, 5000, 9000]])
    gain_db = torch.tensor([[3.0, -2, 4, -6, 1, 5]])
    q = torch.tensor([[0.7, 1, 2, 1, 0.5, 0.7]])
    cure = score.leveled(model.response_db(center_hz, gain_db, q)).numpy()
    set_to = {"center_hz": center_hz, "gain_db": gain_db, "q": q, "curve_db": torch.tensor(cure)}
    for mode in (examples.FIX, examples.REFERENCE):
        assert float(score.loss(*given(-cure, mode, **set_to))) == pytest.approx(0.0, abs=1e-5)
    missed, nothing = 2 * np.abs(cure).mean(), np.abs(cure).mean()
    wrong = float(score.loss(*given(cure, examples.FIX, **set_to)))
    assert wrong == pytest.approx((1 + score.DOUBT_SHARE) * missed, rel=1e-5)
    followed = float(score.loss(*given(cure, examples.REFERENCE, **set_to)))
    assert followed - wrong == pytest.approx(score.HARM_SHARE * (missed - nothing), rel=1e-5)


@pytest.mark.parametrize("off_db", [-2.0, 2.0])
@pytest.mark.parametrize("expected_db", [0.5, 1.0, 2.0, 4.0])
def test_the_curve_its_bands_and_the_doubt_are_paid_by_how_far_they_are_off(off_db, expected_db):
    """The doubt costs least where it is the error: the mean of an exponential distribution."""
    fault_db, off = slope(6.0), np.sign(slope(1)) * off_db
    curve = torch.tensor(-fault_db + off, dtype=torch.float32)[None]
    doubt = torch.full_like(curve, expected_db)
    found = float(score.loss(*given(fault_db, examples.FIX, curve_db=curve, doubt_db=doubt)))
    missed = np.abs(off).mean()
    likelihood = missed / expected_db + np.log(expected_db)
    right = missed + score.GUESS_SHARE * np.abs(off - fault_db).mean() + score.DOUBT_SHARE * likelihood
    assert found == pytest.approx(right, rel=1e-4)


def test_the_style_is_that_of_the_song_without_its_fault():
    """Laplace: distance over spread, and the spread's logarithm; only where the style is asked for."""
    rng = np.random.default_rng(0)
    fault_db, clean_db = slope(6.0), rng.normal(0, 3, len(CENTERS_HZ))
    mean_db, spread_db = rng.normal(0, 3, len(CENTERS_HZ)), rng.uniform(0.5, 4, len(CENTERS_HZ))
    tensors = {
        "song_db": clean_db + fault_db,
        "style_mean_db": mean_db,
        "style_spread_db": spread_db,
    }
    said = {name: torch.tensor(value, dtype=torch.float32)[None] for name, value in tensors.items()}
    surprise = (np.abs(clean_db - mean_db) / spread_db + np.log(spread_db)).mean()
    with_style, without = (
        float(score.loss(*given(fault_db, mode, **said))) for mode in (examples.STYLE, examples.FIX)
    )
    assert with_style - without == pytest.approx(score.STYLE_SHARE * surprise, rel=1e-3)
    assert without == pytest.approx((1 + score.DOUBT_SHARE) * np.abs(fault_db).mean(), rel=1e-5)


@pytest.mark.parametrize("spike", [21, 27, 33])
def test_the_doubt_about_a_band_is_that_of_the_frequencies_around_it(spike):
    doubt_db = torch.zeros(1, len(CENTERS_HZ))
    doubt_db[0, spike] = 1.0
    octaves_away = np.array([0.0, 0.2, -0.3, 1.0, -1.5, 3.0])
    center_hz = torch.tensor(CENTERS_HZ[spike] * 2.0**octaves_away, dtype=torch.float32)[None]
    found = model.doubt_around_db(doubt_db, center_hz)[0].numpy()
    away = np.log2(center_hz[0].numpy()[:, None] / CENTERS_HZ)
    weights = np.exp(-2 * away**2)
    np.testing.assert_allclose(found[:-1], (weights / weights.sum(1, keepdims=True))[:, spike], atol=1e-5)
    order = np.abs(octaves_away).argsort()
    assert (np.diff(found[:-1][order]) < 0).all(), "the nearest band has the most of it"
    assert found[-1] == pytest.approx(1 / len(CENTERS_HZ))
    np.testing.assert_allclose(model.doubt_around_db(doubt_db + 2.0, center_hz)[0].numpy() - found, 2.0, atol=1e-5)


def test_the_confidence_falls_as_the_expected_error_rises():
    """The share of a fault that goes: a logistic function of the logarithm of doubt over size."""
    curve_db = np.full(len(CENTERS_HZ), 3.0)
    confidence = []
    for doubt_db in (0.1, 1.0, 3.0, 10.0):
        doubts = np.full(len(CENTERS_HZ), doubt_db, np.float32)
        for octave, narrow in ((0.0, 0.0), (-2.0, 2.0), (3.0, 2.0)):  # the same at every band, so around every band
            found = fitting._share(curve_db, doubts, octave, narrow)
            logit = -np.log(fitting.EVEN) - fitting.STEEP * np.log(np.float32(doubt_db) / 3.001)
            assert found == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-5)
        confidence.append(found)
    assert confidence == sorted(confidence, reverse=True) and confidence[0] > 0.9 and confidence[-1] < 0.2


def test_the_confidence_of_a_band_is_that_of_the_frequencies_around_it():
    doubts = np.where(CENTERS_HZ < 1000.0, 0.1, 10.0).astype(np.float32)
    below, above = (fitting._share(np.full(len(CENTERS_HZ), 3.0), doubts, octave, 2.0) for octave in (-3.0, 3.0))
    assert below > 0.9 and above < 0.2


@pytest.mark.parametrize("level_db", [-12.0, -3.0, 0.0])
@pytest.mark.parametrize("louder_db", [-6.0, 0.0, 10.0])
def test_what_is_mixed_adds_its_power(level_db, louder_db):
    """The same song at the same loudness is 3.01 dB louder: two songs have nothing to do with each other."""
    rng = np.random.default_rng(1)
    host, guest = (
        {"bands": rng.normal(level, 5, (8, 55)), "loudness": np.full((8, 1), -20.0 + at)}
        for level, at in ((-40, 0.0), (-30, louder_db))
    )
    found = examples._mix(host, guest, np.float32(level_db))
    for name in host:
        power = 10 ** (host[name] / 10) + 10 ** ((guest[name] - louder_db + level_db) / 10)
        np.testing.assert_allclose(found[name], 10 * np.log10(power), atol=1e-3)
    same = examples._mix(host, host, np.float32(0.0))
    np.testing.assert_allclose(same["bands"] - host["bands"], 3.0103, atol=1e-3)


def test_powers_add_because_songs_do():
    """Rendered: the sum of two noises of equal power has twice the power, not four times."""
    one, two = np.random.default_rng(2).normal(size=(2, 1 << 18))
    level = 10 * np.log10(np.mean((one + two) ** 2) / np.mean(one**2))
    frames = {"bands": np.zeros((1, 55)), "loudness": np.zeros((1, 1))}
    assert examples._mix(frames, frames, np.float32(0.0))["loudness"][0, 0] == pytest.approx(level, abs=0.05)


def test_a_fault_is_added_to_the_song_and_the_reference_stays_clean():
    how = examples.Circumstances(
        frames=(8, 8), clean=0.0, same=0.0, other_song=0.0, stranger=0.0, mixed=0.0, codec=0.0
    )
    flat = np.full((40, len(CENTERS_HZ)), -40.0, np.float32)
    item = Item("s", "g", {"song_bands": flat, "song_loudness": np.full((40, 1), -20.0, np.float32)})
    picks, modes = np.zeros(6, int), np.full(6, examples.REFERENCE)
    made = examples.draw([item], picks, modes, np.random.default_rng(0), how)
    heard = made["song_bands"] - made["reference_bands"]
    np.testing.assert_allclose(heard, np.repeat(made["fault_db"][:, None], 8, 1), atol=1e-4)
    assert np.abs(made["fault_db"]).max() > 2

"""The drummer's sampler, with networks that are no network: what is asked for is what comes, whatever they say."""

import numpy as np
import pytest
from scipy import stats

from dawg_ai import ask, registry
from dawg_ai.plugins.beats import STYLES, grid, sampling
from dawg_ai.plugins.beats.features import PITCHES, VOICES, voice_of

PLUGIN = registry.load("beats")
BPM = 120.0


def network(seed=0, hit=-1.5):
    """Outputs that depend on nothing but a seed and the asked feel."""
    rng = np.random.default_rng(seed)
    hits = rng.normal(hit, 1.0, (1, 32, 9)).astype(np.float32)
    velocities = rng.normal(0, 1, (1, 32, 9, 32)).astype(np.float32)
    offsets = (-0.5 * ((np.arange(33) - 16) / 2.5) ** 2 + rng.normal(0, 0.3, (1, 32, 9, 33))).astype(np.float32)

    def run(given):
        late = np.tile(given["feel_vector"][:, :4], (1, 8))[..., None]
        center = np.broadcast_to(late, (1, 32, 9)).astype(np.float32)
        return {"hit_logits": hits, "velocity_logits": velocities, "offset_logits": offsets, "center": center}

    return run


def notes_of(given=None, seed=3, run=None, mode="", **controls):
    answer = ask.Host.of(PLUGIN, run or network()).ask(
        given or {}, {"tempo_bpm": BPM, "seed": seed, **controls}, mode
    )
    return np.array(answer.recipe["chain"][0]["notes"], np.float64).reshape(-1, 6)


def cells(notes):
    return sorted(zip(np.floor(notes[:, 0] * 8 + 0.5).astype(int).tolist(), notes[:, 2].tolist(), strict=True))


def pattern(bars=3):
    """A stiff beat with a flam, and a hit that comes early."""
    rows = [[step * 0.25, 0.1, 42, 0.7, 0, 0] for step in range(8 * bars)]
    rows += [[beat * 0.5, 0.1, (36, 38)[beat % 2], 0.7, 0, 0] for beat in range(4 * bars)]
    rows += [[1.53, 0.1, 38, 0.4, 0, 0], [1.98, 0.1, 49, 0.9, 0, 0]]
    return np.float32(sorted(rows))


def test_the_same_seed_gives_the_same_bars_and_another_gives_others():
    one, same, other = (notes_of(seed=seed, bars=5) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert cells(one) != cells(other)
    assert (one[:, 0] >= 0).all() and max(step for step, _ in cells(one)) in range(4 * 16, 5 * 16)


@pytest.mark.parametrize("bars", [1, 2, 7, sampling.MAX_BARS])
def test_as_many_bars_as_asked_for(bars):
    steps = {step // 16 for step, _ in cells(notes_of(bars=bars))}
    assert steps == set(range(bars))


def test_humanise_keeps_every_stroke_on_its_step():
    given = pattern()
    played = notes_of({"pattern": [given]}, mode="humanise")
    assert cells(played) == cells(given)
    assert np.abs(played[:, 0] - np.round(played[:, 0] * 8) / 8).max() > 0.005
    same = notes_of({"pattern": [given]}, mode="humanise", amount=0)
    order = np.lexsort((given[:, 2], given[:, 0]))
    again = np.lexsort((same[:, 2], same[:, 0]))
    np.testing.assert_allclose(same[again][:, [0, 2, 3]], given[order][:, [0, 2, 3]], atol=1e-6)
    snares = np.sort(played[(played[:, 2] == 38) & (np.abs(played[:, 0] - 1.5) < 0.1), 0])
    assert np.diff(snares) == pytest.approx(0.03, abs=1e-5), "a flam stays a flam"


def test_what_was_there_stays_in_continue_and_in_infill():
    given = pattern(2)
    longer = notes_of({"start": [given]}, mode="continue", bars=3)
    before = longer[np.floor(longer[:, 0] * 8 + 0.5) < 32]
    kept = [row for row in given.tolist() if not (row[2] == 38 and row[3] == np.float32(0.4))]  # one stroke a cell
    assert cells(before) == cells(np.array(kept))
    assert {step // 16 for step, _ in cells(longer)} == set(range(5))
    kicks = np.float32([row for row in given if row[2] == 36])
    filled = notes_of({"keep": [kicks]}, mode="infill")
    np.testing.assert_allclose(filled[filled[:, 2] == 36][:, [0, 3]], kicks[:, [0, 3]], atol=1e-6)
    assert len({row[2] for row in filled}) > 3


def test_density_swing_push_and_dynamics_are_those_asked_for():
    for asked in (0.5, 1.0, 2.0):
        counts = [len(notes_of(density=asked, bars=2, seed=seed)) / 32 for seed in range(12)]
        assert np.mean(counts) == pytest.approx(asked, rel=0.12)
    notes = notes_of(feel=1, swing=0.3, push_ms=12, bars=16, density=1.5)
    spreads = [notes_of(feel=1, dynamics=d, bars=8, density=1.5)[:, 3].std() for d in (0.05, 0.1, 0.2)]
    assert spreads[1] / spreads[0] == pytest.approx(2, rel=0.15) and spreads[2] > 1.6 * spreads[1]
    steps = np.floor(notes[:, 0] * 8 + 0.5 - 0.2)
    late = notes[:, 0] * 8 - steps
    assert late[steps % 2 == 0].mean() == pytest.approx(0.096, abs=0.04)
    assert late[steps % 2 == 1].mean() - late[steps % 2 == 0].mean() == pytest.approx(0.3, abs=0.05)


def test_draws_have_the_networks_distributions_and_bars_hang_together():
    outputs = network(7)({"feel_vector": np.zeros((1, 10), np.float32)})
    logits = outputs["offset_logits"][0, 5, 3].astype(np.float64)
    weights = np.exp(logits) / np.exp(logits).sum()
    found = []
    for seed in range(800):
        state = np.zeros(8)
        state[sampling.DRAW] = 1.0 + 977 * seed
        song = np.zeros((sampling.SONG, 9, 5), np.float32)
        song[:32, :, sampling.HIT] = 1
        for _ in range(10):
            sampling.uniform(state)
        given = (outputs[n][0] for n in ("velocity_logits", "offset_logits", "center"))
        sampling.draw_values(*given, 1.0, state, song, np.zeros((sampling.MAX_BARS, 2)))
        found.append(song[:32, :, sampling.OFFSET])
    found = np.array(found)
    counts = np.histogram(found[:, 5, 3], bins=(np.arange(34) - 16.5) / 32)[0]
    usual = weights > 0.01
    assert stats.chisquare(counts[usual], counts[usual].sum() * weights[usual] / weights[usual].sum()).pvalue > 1e-3
    same_step = np.corrcoef(found[:, 5, 0], found[:, 5, 3])[0, 1]
    same_bar = np.corrcoef(found[:, 5, 0], found[:, 9, 0])[0, 1]
    other_bar = np.corrcoef(found[:, 5, 0], found[:, 25, 0])[0, 1]
    assert same_step == pytest.approx(sampling.OFFSET_BAR + sampling.OFFSET_STEP, abs=0.1)
    assert same_bar == pytest.approx(sampling.OFFSET_BAR, abs=0.1) and abs(other_bar) < 0.1


def test_random_numbers_are_those_of_minstd_and_the_normal_distribution():
    state = np.zeros(8)
    state[sampling.DRAW] = number = 1
    for _ in range(10_000):
        sampling.uniform(state)
        number = number * 16807 % 2147483647
    assert state[sampling.DRAW] == number == 1043618065  # the check that Park and Miller give
    for z in np.linspace(-6, 6, 25):
        assert sampling.cumulative(z) == pytest.approx(stats.norm.cdf(z), abs=1e-7)
    state[sampling.DRAW] = 5
    assert stats.kstest([sampling.normal(state) for _ in range(5000)], "norm").pvalue > 0.01


def test_the_grid_of_training_is_the_grid_of_the_sampler():
    strokes = np.float32([[row[0], voice_of(int(row[2])), row[3]] for row in pattern(2)])
    hit, velocity, offset = grid.grid(strokes, BPM)
    song, taps = np.zeros((sampling.SONG, 9, 5), np.float32), np.zeros((sampling.SONG, 3), np.float32)
    bars = sampling.put_strokes(strokes, BPM, song, np.zeros(9), False, taps)
    assert bars == 2 and hit.sum() == len(strokes) - 1
    np.testing.assert_array_equal(song[:32, :, sampling.HIT], hit)
    np.testing.assert_array_equal(song[:32, :, sampling.VELOCITY], velocity)
    np.testing.assert_allclose(song[:32, :, sampling.OFFSET], offset, atol=1e-5)


def test_drums_and_styles():
    assert [voice_of(int(pitch)) for pitch in PITCHES] == list(range(len(VOICES)))
    assert STYLES[0] == "any" and len(set(STYLES)) == len(STYLES)

"""Campaigns in virtual time: ours keeps all limits, the naive policies do not; Young's interval is what it says."""

import numpy as np
import pytest

from dawg_ai.planning.interval import waste, young_s
from dawg_ai.planning.simulate import Campaign, bathtub, exponential, random_campaign, recorded

CAMPAIGNS = 60


@pytest.fixture(scope="module")
def outcomes():
    return {
        policy: [random_campaign(policy, seed).run() for seed in range(CAMPAIGNS)]
        for policy in ("reserved", "checked", "polled")
    }


def test_ours_is_never_over_budget_over_quota_or_twice(outcomes):
    for each in outcomes["reserved"]:
        assert each.cost_usd <= each.budget_usd + 1e-9
        assert each.most_quota_h <= each.quota_h + 1e-6
        assert each.doubles == 0
        assert each.done_h <= sum(each.work_h) + 1e-6


def test_the_naive_policies_overrun(outcomes):
    """So the campaigns are hard enough to tell."""
    for policy in ("checked", "polled"):
        assert sum(each.cost_usd > each.budget_usd for each in outcomes[policy]) > CAMPAIGNS // 4
        assert sum(each.most_quota_h > each.quota_h + 1e-6 for each in outcomes[policy]) > CAMPAIGNS // 10
    worst = {policy: max(each.cost_usd / each.budget_usd for each in found) for policy, found in outcomes.items()}
    assert worst["reserved"] <= 1 < worst["polled"] < worst["checked"]


@pytest.mark.parametrize("gaps", [exponential(6.0), bathtub(6.0), recorded((0.4, 3.0, 11.0))])
def test_with_money_enough_all_work_ends(gaps):
    for seed in range(5):
        found = Campaign("reserved", seed, 1e4, (12.0, 20.0), 10.0, 0.3, gaps, 6.0).run()
        assert found.done_h == pytest.approx(32.0, abs=1e-6)
        assert 0 < found.cost_usd < 60 and found.doubles == 0


def test_without_the_reservation_it_would_be_noticed(monkeypatch):
    """The budget holds by the reservation, not by chance: with one that checks nothing campaigns overrun."""
    from dawg_ai.planning import simulate

    honest = simulate.Ledger.reserve
    monkeypatch.setattr(simulate.Ledger, "spoken_for_micro", lambda self: 0)
    monkeypatch.setattr(simulate.Ledger, "reserve", lambda self, *words: honest(self, *words[:-1], None))
    found = [random_campaign("reserved", seed).run() for seed in range(20)]
    assert any(each.cost_usd > each.budget_usd for each in found)


def overhead(every_s, save_s, mean_s, boot_s, work_s, rng):
    """Time lost over time worked, by playing it: work, save, be interrupted, start again."""
    clock, saved, next_stop = 0.0, 0.0, rng.exponential(mean_s)
    while saved < work_s:
        end = clock + every_s + save_s
        if next_stop < end:
            clock = next_stop + boot_s
            next_stop = clock + rng.exponential(mean_s)
        else:
            clock, saved = end, saved + every_s
    return clock / saved - 1


@pytest.mark.parametrize("mean_h", [2, 6, 12, 24])
def test_the_overhead_is_within_a_tenth_of_young_s_formula(mean_h):
    save_s, boot_s, mean_s = 20.0, 600.0, mean_h * 3600.0
    every_s = young_s(save_s, mean_s)
    rng = np.random.default_rng(mean_h)
    played = [overhead(every_s, save_s, mean_s, boot_s, 2000 * 3600.0, rng) for _ in range(20)]
    share = np.mean(played) / (1 + np.mean(played))  # of the whole time, as `waste`
    assert share == pytest.approx(waste(save_s, mean_s, boot_s), rel=0.10)
    for factor in (0.5, 2.0):
        other = [overhead(factor * every_s, save_s, mean_s, boot_s, 2000 * 3600.0, rng) for _ in range(20)]
        assert np.mean(other) > np.mean(played)

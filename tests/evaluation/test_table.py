"""The table: intervals that cover what they should, differences that are paired, rows in order."""

import numpy as np
import pytest

from dawg_ai.evaluation import table
from dawg_ai.plugin import Question

FIX = Question("Nothing but the song is given")


def methods(rng, items=200, gain=0.8):
    """Errors of items that differ much; the network is better by a fifth on each, give or take a little."""
    ridge = rng.lognormal(0.5, 0.6, items)
    ours = ridge * gain + rng.normal(0, 0.05, items)
    named = {"ridge": ridge, "network": ours, "nothing": ridge + 1}
    return {name: {f"s{i}": [float(v)] for i, v in enumerate(values)} for name, values in named.items()}


def test_differences_are_paired():
    """Items differ by 60 %, so unpaired intervals would be wide; paired ones see the fifth that is there."""
    rows = {row.method: row for row in table.rows("fix", FIX, methods(np.random.default_rng(0)))}
    _, low, high = rows["network"].relative
    assert low < -20 < high
    assert high - low < 2
    assert rows["ridge"].relative is None and rows["ridge"].difference is None


@pytest.mark.parametrize("gain, wins", [(0.9, True), (1.0, False), (1.1, False)])
def test_the_network_wins_only_where_the_interval_says_so(gain, wins):
    made = methods(np.random.default_rng(2), gain=gain)
    rows = {row.method: row for row in table.rows("fix", FIX, made)}
    assert rows["network"].wins == wins
    assert not rows["nothing"].wins and not rows["ridge"].wins
    more = {row.method: row for row in table.rows("fix", Question("", less_is_better=False), made)}
    assert more["network"].wins == (gain > 1.05)


@pytest.mark.parametrize("less_is_better", [True, False])
def test_the_same_as_the_rival_is_no_win(less_is_better):
    made = {name: {"a": [1.0], "b": [2.0]} for name in ("network", "ridge")}
    ours, _ = table.rows("fix", Question("", less_is_better=less_is_better), made)
    assert ours.difference == (0.0, 0.0, 0.0) and ours.relative == (0.0, 0.0, 0.0) and not ours.wins


def test_a_line_has_the_means_with_their_intervals():
    made = {
        "network": {"a": [1.0], "b": [3.0]},
        "ridge": {"a": [2.0], "b": [6.0]},
        "nothing": {"a": [4.0], "b": [9.0]},
    }
    lines = table.markdown(table.rows("fix", FIX, made), {"fix": FIX}).splitlines()
    assert lines[0] == "**fix** (2 clips, dB, less is better). Nothing but the song is given."
    assert lines[1:4] == ["", "| method | mean | median | 95 % | against ridge |", "|---|---|---|---|---|"]
    assert lines[4:] == [
        "| **network** | 2.000 | 2.000 | 1.000 to 3.000 | -50.0 % (-50.0 to -50.0) |",
        "| ridge | 4.000 | 4.000 | 2.000 to 6.000 |  |",
        "| nothing | 6.500 | 6.500 | 4.000 to 9.000 | +62.5 % (+50.0 to +100.0) |",
    ]
    rival = Question("", rival="zero")
    made = {"network": {"a": [1.0], "b": [1.0]}, "zero": {"a": [0.0], "b": [0.0]}}
    text = table.markdown(table.rows("share", rival, made), {"share": rival})
    assert "| **network** | 1.000 | 1.000 | 1.000 to 1.000 | +1.000 (+1.000 to +1.000) |" in text


def test_a_rival_at_zero_has_a_difference_and_no_percentage():
    made = {"network": {"a": [10.0], "b": [30.0]}, "nothing": {"a": [0.0], "b": [0.0]}}
    question = Question("", "%", rival="nothing", less_is_better=False)
    rows = {row.method: row for row in table.rows("rendered", question, made)}
    assert rows["network"].difference[0] == 20.0 and rows["network"].relative is None and rows["network"].wins


def test_only_the_network_wins():
    """A baseline may be better than the rival, too."""
    made = {
        name: {"a": [mean], "b": [mean + 1]} for name, mean in (("network", 1.0), ("ridge", 2.0), ("oracle", 0.5))
    }
    rows = {row.method: row for row in table.rows("fix", FIX, made)}
    assert rows["oracle"].relative[2] < 0 and not rows["oracle"].wins and rows["network"].wins
    (alone,) = table.rows("fix", FIX, {"network": {"a": [1.0]}})
    assert alone.difference is None and not alone.wins


def test_a_rival_that_may_be_at_zero_has_no_percentage():
    """Where some resamples of its clips have a mean of zero."""
    made = {"network": {"a": [1.0], "b": [1.0]}, "ridge": {"a": [0.0], "b": [4.0]}}
    ours, _ = table.rows("fix", FIX, made)
    assert ours.difference[0] == -1.0 and ours.relative is None


def test_intervals_cover_the_truth_as_often_as_they_say():
    covered = 0
    for seed in range(200):
        values = np.random.default_rng(seed).normal(2.0, 0.5, 60)
        made = {name: {f"s{i}": [float(v)] for i, v in enumerate(values)} for name in ("network", "ridge")}
        low, high = table.rows("fix", FIX, made)[0].interval
        covered += low < 2.0 < high
    assert 0.90 <= covered / 200 <= 0.985


def test_an_item_counts_once_however_often_it_was_measured():
    made = {"network": {"a": [1.0, 1.0, 1.0, 1.0], "b": [3.0]}, "ridge": {"a": [2.0] * 4, "b": [2.0]}}
    (row,) = (row for row in table.rows("fix", FIX, made) if row.method == "network")
    assert row.items == 2
    assert row.mean == pytest.approx(2.0)


def test_the_table_has_the_best_first_and_says_what_was_asked():
    rows = table.rows("fix", FIX, methods(np.random.default_rng(1)))
    text = table.markdown(rows, {"fix": FIX})
    assert text.index("**network**") < text.index("| ridge") < text.index("| nothing")
    assert "Nothing but the song is given" in text and "dB, less is better" in text
    more = Question("More", "%", less_is_better=False)
    reversed_text = table.markdown(table.rows("fix", more, methods(np.random.default_rng(1))), {"fix": more})
    assert reversed_text.index("| nothing") < reversed_text.index("**network**") and "against ridge" in reversed_text

"""The table: intervals that cover what they should, differences that are paired, rows in order."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the evaluation needs PyTorch")

from dawg_ai.evaluation import report


def methods(rng, songs=200, gain=0.8):
    """Errors of songs that differ much; the network is better by a fifth on each, give or take a little."""
    ridge = rng.lognormal(0.5, 0.6, songs)
    ours = ridge * gain + rng.normal(0, 0.05, songs)
    named = {"ridge": ridge, "network": ours, "nothing": ridge + 1}
    return {name: {f"s{i}": [float(v)] for i, v in enumerate(values)} for name, values in named.items()}


def test_differences_are_paired():
    """Songs differ by 60 %, so unpaired intervals would be wide; paired ones see the fifth that is there."""
    rows = {row.method: row for row in report._rows("fix", methods(np.random.default_rng(0)))}
    _, low, high = rows["network"].than_rival
    assert low < -20 < high
    assert high - low < 2
    assert rows["ridge"].than_rival is None


def test_intervals_cover_the_truth_as_often_as_they_say():
    covered = 0
    for seed in range(200):
        values = np.random.default_rng(seed).normal(2.0, 0.5, 60)
        made = {name: {f"s{i}": [float(v)] for i, v in enumerate(values)} for name in ("network", "ridge")}
        low, high = report._rows("fix", made)[0].interval
        covered += low < 2.0 < high
    assert 0.90 <= covered / 200 <= 0.985


def test_a_song_counts_once_however_often_it_was_measured():
    made = {"network": {"a": [1.0, 1.0, 1.0, 1.0], "b": [3.0]}, "ridge": {"a": [2.0] * 4, "b": [2.0]}}
    (row,) = (row for row in report._rows("fix", made) if row.method == "network")
    assert row.songs == 2
    assert row.mean == pytest.approx(2.0)


def test_the_table_has_the_best_first_and_says_what_was_asked():
    rows = report._rows("fix", methods(np.random.default_rng(1)))
    text = report.table(rows, {"fix": "Nothing but the song is given"})
    assert text.index("**network**") < text.index("| ridge") < text.index("| nothing")
    assert "Nothing but the song is given" in text

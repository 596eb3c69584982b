import json

import numpy as np
import pytest

from dawg_ai.cli import main
from dawg_ai.evaluation import upgrades


@pytest.fixture(scope="module")
def figures():
    return {each.name: (each.measured(each.naive), each.measured(each.engine)) for each in upgrades.upgrades()}


@pytest.mark.parametrize(
    ("name", "naive", "engine"),
    [
        ("FFT", -82, -151),
        ("oversampling", -15.8, -91.2),
        ("interpolation", -27, -105),
        ("filters", 20.7, 3.4),
        ("harmonics", -27.6, -120),
    ],
)
def test_the_engine_is_better_by_what_the_docs_say(figures, name, naive, engine):
    assert figures[name][0] == pytest.approx(naive, abs=1)
    assert figures[name][1] < engine + 1


def test_measures_notice_what_they_should():
    line, _ = upgrades.tone(5000)
    assert upgrades.alias_db(lambda x: x) < -120  # nothing folds where nothing bends
    assert upgrades.delay_error_db(lambda x: np.zeros_like(x)) == pytest.approx(0, abs=0.01)
    assert upgrades.spectrum_error_db(lambda x: 1.001 * upgrades.engine_spectra(x)) == pytest.approx(-60, abs=0.1)
    assert np.abs(line).max() == pytest.approx(1, abs=1e-3)


def test_the_verb_prints_rows_and_draws(capsys, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(upgrades, "RUNS", 1)
    monkeypatch.setattr(upgrades, "SECONDS", 1)
    picture = tmp_path / "upgrades.png"
    assert main(["bench", "upgrades", "--json", "--picture", str(picture)]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["work"] for row in rows] == ["FFT", "oversampling", "interpolation", "filters", "harmonics"]
    assert all(row["engine"] < row["naive"] for row in rows)
    assert picture.read_bytes().startswith(b"\x89PNG")

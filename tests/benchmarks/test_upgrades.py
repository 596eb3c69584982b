"""The figures of docs/upgrades.md: the engine beside naive versions of five blocks."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def upgrades():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
        yield importlib.import_module("upgrades")


@pytest.fixture(scope="module")
def errors_db(upgrades):
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
def test_the_engine_is_better_by_what_the_docs_say(errors_db, name, naive, engine):
    assert errors_db[name][0] == pytest.approx(naive, abs=1)
    assert errors_db[name][1] < engine + 1


def test_measures_notice_what_they_should(upgrades):
    line, _ = upgrades.tone(5000)
    assert upgrades.alias_db(lambda x: x) < -120  # a linear system has no aliases
    assert upgrades.delay_error_db(lambda x: np.zeros_like(x)) == pytest.approx(0, abs=0.01)
    assert upgrades.spectrum_error_db(lambda x: 1.001 * upgrades.engine_spectra(x)) == pytest.approx(-60, abs=0.1)
    assert np.abs(line).max() == pytest.approx(1, abs=1e-3)


def test_the_command_saves_rows_and_draws(upgrades, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    turns = sys.modules["turns"]
    monkeypatch.setattr(turns, "RUNS", 2)
    for module in (turns, upgrades):
        monkeypatch.setattr(module, "RESULTS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["upgrades.py", "--picture", str(tmp_path / "upgrades.png")])
    upgrades.main()
    times, quality = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("upgrades", "upgrades_quality")
    )
    assert [row["work"].split(",")[0] for row in times] == [row["work"].split(":")[0] for row in quality]
    assert all(row["ours"] < row["peer"] for row in quality)
    assert (tmp_path / "upgrades.png").read_bytes().startswith(b"\x89PNG")

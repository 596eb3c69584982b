"""The ledger: nothing is spent that was not reserved, nothing is changed afterwards, and lists are believed."""

import json
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import dawg_ai
from dawg_ai.cli import main
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.planning.ledger import MICRO, BudgetError, Ledger

BUDGET = 10 * MICRO


@pytest.fixture
def clock():
    """A clock that a test sets."""
    return [datetime(2026, 11, 28, 8, tzinfo=UTC)]


@pytest.fixture
def ledger(tmp_path, clock):
    opened = Ledger(tmp_path / "ledger.sqlite3", lambda: clock[0])
    yield opened
    opened.close()


def reserve(ledger, session="s1", work="a", usd=4.0, hours=6.0, platform="vast"):
    ledger.reserve(session, platform, work, round(usd * MICRO), round(hours * 3600), BUDGET)


def test_reservations_and_costs_never_exceed_the_budget(ledger):
    reserve(ledger, "s1", "a", 6.0)
    with pytest.raises(
        BudgetError, match=r"session s2 may cost \$4.01, and of the budget of \$10.00 \$4.00 are left"
    ):
        reserve(ledger, "s2", "b", 4.01)
    reserve(ledger, "s2", "b", 4.0)
    assert ledger.spoken_for_micro() == BUDGET
    ledger.write("s1", "launched", "m1")
    ledger.write("s1", "accrued", "m1", MICRO, 3600)
    assert ledger.spoken_for_micro() == BUDGET  # what is reserved counts until it is settled
    ledger.write("s1", "settled", "m1", 2 * MICRO, 7200)
    assert ledger.spoken_for_micro() == 6 * MICRO
    reserve(ledger, "s3", "a", 4.0)
    assert [line.event for line in ledger.lines()] == ["intent", "intent", "launched", "accrued", "settled", "intent"]


def test_a_platform_that_takes_more_than_it_may_counts_with_what_it_takes(ledger):
    reserve(ledger, "s1", "a", 1.0)
    ledger.write("s1", "accrued", "m1", 3 * MICRO, 60)
    assert ledger.spoken_for_micro() == 3 * MICRO


def test_nothing_starts_twice(ledger):
    reserve(ledger)
    with pytest.raises(UsageError, match="session s1 is running already"):
        reserve(ledger, usd=1.0)
    with pytest.raises(UsageError, match="a is held by session s1; one machine at a time trains it"):
        reserve(ledger, "s2", "a", 1.0)
    ledger.write("s1", "settled")
    with pytest.raises(UsageError, match="session s1 is over already"):
        reserve(ledger, usd=1.0)
    reserve(ledger, "s2", "a", 1.0)
    with pytest.raises(UsageError, match="session s9 is unknown"):
        ledger.write("s9", "accrued")
    with pytest.raises(UsageError, match="session s1 is settled"):
        ledger.write("s1", "accrued", usd_micro=1)


def test_lines_stay_as_they_are(ledger, tmp_path):
    reserve(ledger)
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as other:
        for statement in ("UPDATE line SET usd_micro = 0", "DELETE FROM line"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(statement)
        with pytest.raises(sqlite3.IntegrityError):
            other.execute("INSERT INTO line VALUES (NULL, '', '', '', '', '', '', 0.5, 0, '')")
    other.close()
    assert ledger.spoken_for_micro() == 4 * MICRO


def test_two_processes_cannot_reserve_the_same_money(tmp_path):
    """Six processes at once ask for $4 of $10: two get it."""
    path = tmp_path / "ledger.sqlite3"
    Ledger(path).close()
    code = (
        "import sys; from pathlib import Path; from dawg_ai.planning.ledger import Ledger, BudgetError\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "try: ledger.reserve(sys.argv[2], 'vast', sys.argv[2], 4_000_000, 60, 10_000_000)\n"
        "except BudgetError: sys.exit(9)\n"
    )
    root = str(Path(dawg_ai.__file__).parents[1])
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), f"s{i}"], env={"PYTHONPATH": root}) for i in range(6)
    ]
    codes = sorted(each.wait(timeout=60) for each in running)
    assert codes == [0, 0, 9, 9, 9, 9]
    after = Ledger(path)
    assert after.spoken_for_micro() == 8 * MICRO
    after.close()


def test_after_a_restart_the_list_is_believed(ledger):
    """A lost answer is adopted, an orphan destroyed, a machine that is gone settled."""
    for name, work in (("lost answer", "a"), ("gone", "b"), ("never began", "c"), ("runs", "d")):
        reserve(ledger, name, work, 2.0)
    ledger.write("gone", "launched", "m2")
    ledger.write("gone", "accrued", "m2", 500_000, 1800)
    ledger.write("runs", "launched", "m4")
    destroyed = []
    listed = {"m1": "lost answer", "m4": "runs", "m5": "nobody's", "m6": "runs"}
    said = ledger.reconcile("vast", listed, destroyed.append)
    states = ledger.sessions()
    assert destroyed == ["m5", "m6"] and len(said) == 5
    assert states["lost answer"].machine == "m1" and states["lost answer"].open
    assert (states["gone"].open, states["gone"].cost_micro) == (False, 500_000)
    assert (states["never began"].open, states["never began"].cost_micro) == (False, 0)
    assert states["runs"].open and states["runs"].machine == "m4"
    assert ledger.spoken_for_micro() == round(4.5 * MICRO)
    assert ledger.reconcile("vast", {"m1": "lost answer", "m4": "runs"}, destroyed.append) == []
    assert ledger.reconcile("kaggle", {}, destroyed.append) == [] and len(destroyed) == 2


def test_a_settled_session_s_machine_that_still_runs_is_destroyed(ledger):
    reserve(ledger)
    ledger.write("s1", "launched", "m1")
    ledger.write("s1", "settled", "m1", MICRO, 60)
    destroyed = []
    ledger.reconcile("vast", {"m1": "s1"}, destroyed.append)
    assert destroyed == ["m1"]


def test_hours_used_and_interruptions_seen(ledger, clock):
    reserve(ledger, "s1", "a", 1.0, hours=6.0)
    start = clock[0]
    assert ledger.used_hours("vast", start - timedelta(days=1)) == 6.0
    ledger.write("s1", "lost", "m1", 1, 2 * 3600)
    ledger.write("s1", "settled", "m1", 1, 2 * 3600)
    assert ledger.used_hours("vast", start - timedelta(days=1)) == 2.0
    assert ledger.used_hours("vast", start + timedelta(hours=7)) == 0.0
    assert ledger.used_hours("kaggle", start - timedelta(days=1)) == 0.0
    # A prior of 8 h that weighs two interruptions, then one in 2 h: 18 h / 3.
    assert ledger.interval_hours("vast", 8.0, 2.0) == pytest.approx(6.0)
    assert ledger.interval_hours("kaggle", 8.0, 2.0) == 8.0


def test_the_verb_shows_plan_and_actual(home, capsys):
    assert main(["ledger"]) == 0
    assert "Nothing was started yet" in capsys.readouterr().out
    book = Ledger()
    reserve(book, "01-vast-a")
    book.write("01-vast-a", "accrued", "m1", MICRO, 3600)
    book.write("01-vast-a", "alarm", note="it is listed though it was destroyed")
    book.close()
    assert main(["ledger"]) == 0
    said = capsys.readouterr().out
    assert "01-vast-a" in said and "$4.00 are spoken for" in said and "it is listed though it was destroyed" in said
    assert main(["ledger", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["spoken_for_usd"] == 4.0 and [line["event"] for line in found["lines"]] == [
        "intent",
        "accrued",
        "alarm",
    ]


def test_the_report_sums_up_plan_and_actual(home, capsys):
    book = Ledger()
    reserve(book, "01-vast-a", "a", 4.0, 6.0)
    book.write("01-vast-a", "lost", "m1", MICRO, 3600)
    book.write("01-vast-a", "settled", "m1", MICRO, 3600)
    reserve(book, "02-kaggle-a", "a", 0.0, 3.0, "kaggle")
    reserve(book, "03-vast-b", "b", 2.0, 2.0)
    book.write("03-vast-b", "accrued", "m3", 500_000, 1800)
    book.close()
    assert main(["ledger", "--report", "--json"]) == 0
    rows = {(row["by"], row["name"]): row for row in json.loads(capsys.readouterr().out)["report"]}
    assert list(rows) == [("platform", "kaggle"), ("platform", "vast"), ("work", "a"), ("work", "b")]
    vast, work = rows["platform", "vast"], rows["work", "a"]
    assert (vast["sessions"], vast["open"], vast["interrupted"]) == (2, 1, 1)
    assert (vast["planned_usd"], vast["actual_usd"], vast["planned_hours"], vast["actual_hours"]) == (6, 1.5, 8, 1.5)
    assert (work["sessions"], work["planned_hours"], work["actual_usd"]) == (2, 9, 1)
    assert main(["ledger", "--report"]) == 0
    said = capsys.readouterr().out
    assert "1.50" in said and "6.00" in said and "kaggle" in said


def test_a_file_that_is_no_ledger_is_said(tmp_path):
    (tmp_path / "ledger.sqlite3").write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(DawgError, match="is no ledger"):
        Ledger(tmp_path / "ledger.sqlite3")

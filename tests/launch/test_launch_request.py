"""From a plan or a plugin to a lease: what is next, its number, and whether it is the last that can be paid."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dawg_ai import places
from dawg_ai.errors import UsageError
from dawg_ai.launch import folders
from dawg_ai.launch.lease import Lease
from dawg_ai.launch.request import Wanted, lease
from dawg_ai.planning.ledger import MICRO, Ledger


@pytest.fixture
def ledger(toys):
    book = Ledger()
    yield book
    book.close()


@pytest.fixture
def plan(tmp_path):
    """A plan with a session here and one on Kaggle of one training, and one on Vast.ai of another."""
    start = datetime(2026, 12, 1, 8, tzinfo=UTC)
    first = Lease(
        1, "auto_gain", ("demo",), "local_cpu", "this CPU", "free", "", start, 2.0, 0.1, 0.0, 60.0, checkpoints="x"
    )
    sessions = [
        first,
        replace(first, number=2, platform="kaggle", device="T4", offer="NvidiaTeslaT4"),
        replace(first, number=3, plugin="tiny_master", platform="vast", device="RTX 4090", max_usd_per_hour=0.4),
    ]
    for each in sessions:
        folder = tmp_path / "plan" / "sessions" / each.name
        folder.mkdir(parents=True)
        (folder / "session.json").write_text(json.dumps(each.declaration()))
    return str(tmp_path / "plan")


def trained(plugin, step, steps):
    run = places.runs() / plugin / "split0-seed0-x"
    run.mkdir(parents=True, exist_ok=True)
    (run / "checkpoint.pt").write_bytes(b"")
    (run / "status.json").write_text(json.dumps({"step": step, "steps": steps, "finished": step == steps}))


def test_the_next_session_of_a_plan_is_the_first_that_is_not_done(plan, ledger):
    made = lease(Wanted(plan), ledger, None)
    assert (made.platform, made.plugin, made.hours, made.checkpoints) == ("local", "auto_gain", 2.0, "")
    assert made.name == "01-local-auto-gain" and made.label == f"{folders.prefix()}01-local-auto-gain"
    ledger.reserve(made.name, "local", "auto_gain", 0, 7200, None)
    later = lease(Wanted(plan), ledger, 10 * MICRO)  # auto_gain is under way
    assert (later.name, later.platform) == ("02-vast-tiny-master", "vast") and later.max_usd_per_hour == 0.4
    ledger.write(made.name, "settled")
    trained("auto_gain", 60, 60)
    assert lease(Wanted(plan), ledger, None).plugin == "tiny_master"
    trained("tiny_master", 60, 60)
    with pytest.raises(UsageError, match="every training of the plan is finished or under way"):
        lease(Wanted(plan), ledger, None)


def test_a_platform_is_chosen(plan, ledger):
    assert lease(Wanted(plan, on="kaggle"), ledger, None).platform == "kaggle"
    with pytest.raises(UsageError, match="the plan has no session on runpod; it has some on: kaggle, local, vast"):
        lease(Wanted(plan, on="runpod"), ledger, None)


def test_an_unfinished_run_travels_and_sessions_that_are_over_hold_nothing(plan, ledger):
    trained("auto_gain", 20, 60)
    ledger.reserve("01-vast-auto-gain", "vast", "auto_gain", 0, 60, None)
    ledger.write("01-vast-auto-gain", "settled")
    made = lease(Wanted(plan, on="kaggle"), ledger, None)
    assert made.run == "split0-seed0-x" and made.over == ("01-vast-auto-gain",) and made.number == 2
    assert made.checkpoints == "checkpoints"
    assert lease(Wanted(plan, on="kaggle", anew=True), ledger, None).run == ""
    assert lease(Wanted("auto_gain", on="local"), ledger, None).run == ""  # it is here


@pytest.mark.parametrize(("budget_usd", "last"), [(10.0, False), (2.6, False), (2.5, True), (None, False)])
def test_the_last_that_can_be_paid_knows_it(ledger, budget_usd, last):
    wanted = Wanted("auto_gain", on="vast", device="RTX 4090", kind="on-demand", hours=4.0, max_usd_per_hour=0.6)
    made = lease(wanted, ledger, None if budget_usd is None else round(budget_usd * MICRO))
    assert made.worst_usd == pytest.approx(2.4) and made.last is last


def test_a_price_has_room_to_move_and_pays_for_the_disk(ledger):
    made = lease(Wanted("auto_gain", on="vast", device="RTX 4090", kind="on-demand"), ledger, None)
    assert made.max_usd_per_hour == pytest.approx(0.60 + 0.003) and made.hours == 6.0


def test_labels_of_another_computer_are_others(home, elsewhere):
    first = folders.prefix()
    assert first == folders.prefix()
    elsewhere()
    assert folders.prefix() != first

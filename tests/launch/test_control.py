"""Faults of a platform, one by one: no cent over the budget, nothing started twice, nothing that runs on unseen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dawg_ai.errors import UsageError
from dawg_ai.launch import folders
from dawg_ai.launch.control import GRACE, Control
from dawg_ai.launch.launcher import Launcher, LaunchError, Machine, RefusedError, Terms
from dawg_ai.launch.lease import Lease
from dawg_ai.launch.trainer import Status
from dawg_ai.planning.ledger import MICRO, BudgetError, Ledger

BUDGET = 10 * MICRO


class Market(Launcher):
    """A platform in memory, with faults to switch on."""

    def __init__(self):
        super().__init__("market")
        self.machines, self.created, self.destroyed = {}, [], []
        self.now_usd, self.price, self.hours, self.balance = None, 0.3, None, None
        self.create_fault = self.list_fault = self.destroy_fault = None
        self.late = []  # machines that the list shows only after so many looks
        self.immortal = False

    def terms(self, lease):
        return Terms(self.now_usd, self.hours, self.balance)

    def create(self, lease, folder):
        assert (folder / "run.sh").is_file() and (folder / "session.json").is_file()
        self.created.append(lease.title)
        if isinstance(self.create_fault, RefusedError):
            raise self.create_fault
        name = f"m{len(self.created)}"
        self.machines[name] = Machine(name, lease.title, "running", self.price)
        if self.create_fault:
            raise self.create_fault

    def listing(self, prefix):
        if self.list_fault:
            raise self.list_fault
        if self.late:
            self.late.pop()
            return []
        return [each for each in self.machines.values() if each.label.startswith(prefix)]

    def output(self, machine, folder):
        if machine.state == "lost":
            raise LaunchError("it does not answer")

    def destroy(self, name):
        self.destroyed.append(name)
        if not self.immortal:
            self.machines.pop(name, None)
        if self.destroy_fault:
            raise self.destroy_fault


@pytest.fixture
def market():
    return Market()


@pytest.fixture
def clock():
    return [datetime(2026, 12, 1, 8, tzinfo=UTC)]


@pytest.fixture
def ledger(home, clock):
    book = Ledger(home / "ledger.sqlite3", lambda: clock[0])
    yield book
    book.close()


@pytest.fixture
def control(market, ledger, clock):
    return Control(market, ledger, lambda: clock[0], lambda seconds: None)


def lease(number=1, plugin="auto_gain", hours=6.0, usd=0.3):
    start = datetime(2026, 12, 1, 8, tzinfo=UTC)
    made = Lease(number, plugin, ("demo",), "market", "T4", "on-demand", "", start, hours, 0.0, usd, 60.0)
    return replace(made, label=f"{folders.prefix()}{made.name}")


def finish(name, outcome="finished"):
    """As the session's own training would say, brought home."""
    import json
    from dataclasses import asdict

    status = Status(name, "auto_gain", outcome, step=60, steps=60, at="2026-12-01T09:00:00Z")
    (folders.session(name) / "status.json").write_text(json.dumps(asdict(status)))


def events(ledger):
    return [line.event for line in ledger.lines()]


def test_one_that_goes_well_is_reserved_accrued_and_settled(control, market, ledger, clock):
    made = lease()
    control.start(made, BUDGET)
    assert ledger.spoken_for_micro() == 1_800_000 and market.created == [made.title]
    clock[0] += timedelta(hours=1)
    assert control.look() == []
    assert ledger.sessions()[made.name].cost_micro == 300_000
    finish(made.name)
    said = control.look()
    assert market.destroyed == ["m1"] and f"{made.name} has ended: finished" in said
    assert not ledger.sessions()[made.name].open and ledger.spoken_for_micro() == 300_000
    assert events(ledger)[0] == "intent" and events(ledger)[-1] == "settled"


def test_what_does_not_fit_is_not_called(control, market, ledger):
    control.start(lease(1, "a", hours=20), BUDGET)
    with pytest.raises(BudgetError, match=r"may cost \$4.50, and of the budget of \$10.00 \$4.00 are left"):
        control.start(lease(2, "b", hours=15), BUDGET)
    assert len(market.created) == 1 and not (folders.session("02-market-b")).exists()


@pytest.mark.parametrize("fault", [LaunchError("timed out"), LaunchError("500 Internal Server Error")])
def test_an_answer_that_is_lost_after_the_start_starts_nothing_twice(control, market, ledger, fault):
    market.create_fault = fault
    control.start(lease(), BUDGET)
    assert ledger.sessions()["01-market-auto-gain"].machine == "m1"
    with pytest.raises(UsageError, match="is held by session 01-market-auto-gain"):
        control.start(lease(2), BUDGET)
    assert len(market.created) == 1


def test_one_that_the_list_shows_late_is_adopted(control, market, ledger, clock):
    market.create_fault, market.late = LaunchError("timed out"), [1] * 5
    with pytest.raises(LaunchError, match=r"does not list session .* \(timed out\); its \$1.80 stay reserved"):
        control.start(lease(), BUDGET)
    assert ledger.spoken_for_micro() == 1_800_000
    market.late = [1]
    clock[0] += timedelta(minutes=1)
    assert control.look() == [] and ledger.sessions()["01-market-auto-gain"].open  # still too early to tell
    clock[0] += timedelta(minutes=1)
    assert control.look() == ["m1 is adopted by 01-market-auto-gain"]
    assert len(market.created) == 1


def test_one_that_never_came_is_settled_at_nothing_after_a_while(control, market, ledger, clock):
    market.create_fault = LaunchError("timed out")
    market.late = [1] * 5
    with pytest.raises(LaunchError):
        control.start(lease(), BUDGET)
    market.machines.clear()
    market.late = []
    clock[0] += GRACE + timedelta(seconds=1)
    assert control.look() == ["01-market-auto-gain is over: market does not list its machine"]
    assert ledger.spoken_for_micro() == 0


def test_one_that_appears_after_it_was_given_up_is_destroyed(control, market, ledger, clock):
    test_one_that_never_came_is_settled_at_nothing_after_a_while(control, market, ledger, clock)
    market.machines["m1"] = Machine("m1", lease().title)
    assert "m1 (01-market-auto-gain) belongs to no session and is destroyed" in control.look()
    assert market.destroyed == ["m1"] and market.machines == {}


@pytest.mark.parametrize("why", ["429 Too Many Requests", "quota of 2 sessions reached", "success: false"])
def test_one_that_is_refused_costs_nothing_and_may_be_tried_again(control, market, ledger, why):
    market.create_fault = RefusedError(why)
    with pytest.raises(RefusedError, match=why):
        control.start(lease(), BUDGET)
    assert ledger.spoken_for_micro() == 0 and market.machines == {}
    market.create_fault = None
    control.start(lease(2), BUDGET)
    assert len(market.machines) == 1


def test_an_orchestrator_that_is_killed_between_intent_and_answer_finds_its_machine(control, market, ledger, clock):
    """As after SIGKILL: the intent is written, the machine there, and nobody has seen the answer."""
    ledger.reserve("01-market-auto-gain", "market", "auto_gain", 1_800_000, 21_600, BUDGET)
    market.machines["m1"] = Machine("m1", lease().title, "running", 0.3)
    again = Control(market, ledger, lambda: clock[0], lambda seconds: None)
    assert again.look() == ["m1 is adopted by 01-market-auto-gain"]
    assert market.destroyed == [] and ledger.sessions()["01-market-auto-gain"].machine == "m1"


def test_a_second_machine_of_a_session_is_destroyed_and_the_first_kept(control, market, ledger):
    control.start(lease(), BUDGET)
    market.machines["m9"] = Machine("m9", lease().title, "running", 0.3)
    control.look()
    assert market.destroyed == ["m9"] and list(market.machines) == ["m1"]
    assert ledger.sessions()["01-market-auto-gain"].machine == "m1"


def test_machines_of_others_are_left_alone(control, market, ledger):
    for label in ("", "my own work", "dawg-ffffff-01-market-auto-gain"):
        market.machines[f"x{label}"] = Machine(f"x{label}", label)
    control.start(lease(), BUDGET)
    control.stop("01-market-auto-gain")
    assert len(market.machines) == 3 and market.destroyed == ["m1"]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"now_usd": 0.31}, r"market asks \$0.3100 an hour now, and \$0.3000 were planned"),
        ({"hours": 5.9}, "market leaves 5.90 h of its quota, and the session may take 6.00 h"),
        ({"hours": 0.0}, "market leaves 0.00 h of its quota"),
        ({"balance": 0.0}, r"the balance at market is \$0.00, and the session may cost \$1.80"),
    ],
)
def test_terms_that_have_changed_are_refused_before_anything_is_reserved(control, market, ledger, terms, said):
    for name, value in terms.items():
        setattr(market, name, value)
    with pytest.raises(UsageError, match=said):
        control.start(lease(), BUDGET)
    assert ledger.lines() == [] and market.created == []


def test_a_price_that_rose_between_offer_and_start_ends_the_machine(control, market, ledger, clock):
    market.price = 0.5
    said = control.start(lease(), BUDGET)
    assert any("costs $0.5000 an hour, more than the $0.3000 that are reserved" in each for each in said)
    assert market.destroyed == ["m1"] and not ledger.sessions()["01-market-auto-gain"].open


def test_an_interrupted_machine_is_lost_and_what_is_left_of_it_destroyed(control, market, ledger, clock):
    """Outbid: it is stopped, and its disk is still billed."""
    control.start(lease(), BUDGET)
    clock[0] += timedelta(hours=2)
    market.machines["m1"] = replace(market.machines["m1"], state="lost")
    said = control.look()
    assert "01-market-auto-gain was interrupted" in said and market.machines == {}
    assert "lost" in events(ledger) and ledger.spoken_for_micro() == 600_000
    assert ledger.interval_hours("market", 8.0, 1.0) == pytest.approx(5.0)


def test_a_machine_that_vanished_is_charged_up_to_now_and_lost(control, market, ledger, clock):
    control.start(lease(), BUDGET)
    market.machines.clear()
    clock[0] += timedelta(hours=1)
    assert "01-market-auto-gain was interrupted" in control.look()
    assert ledger.spoken_for_micro() == 300_000 and "lost" in events(ledger)


def test_after_days_away_it_is_charged_for_its_lease_and_no_more(control, market, ledger, clock):
    control.start(lease(), BUDGET)
    market.machines.clear()
    clock[0] += timedelta(days=3)
    control.look()
    assert ledger.spoken_for_micro() == 1_800_000


@pytest.mark.parametrize("fault", [LaunchError("404"), LaunchError("500"), LaunchError("unconfirmed"), None])
def test_one_that_was_destroyed_and_is_still_listed_is_billed_and_alarmed(control, market, ledger, clock, fault):
    control.start(lease(), BUDGET)
    market.immortal, market.destroy_fault = True, fault
    clock[0] += timedelta(hours=1)
    said = control.stop("01-market-auto-gain")
    assert any(each.startswith("ALARM: m1 was told to end and is still listed by market") for each in said)
    assert ledger.sessions()["01-market-auto-gain"].open and "alarm" in events(ledger)
    clock[0] += timedelta(hours=1)
    control.look()
    assert ledger.sessions()["01-market-auto-gain"].cost_micro == 600_000  # it accrues
    market.immortal = False
    control.stop("01-market-auto-gain")
    assert not ledger.sessions()["01-market-auto-gain"].open


@pytest.mark.parametrize("fault", [LaunchError("404"), LaunchError("500")])
def test_one_that_is_gone_is_settled_whatever_the_answer_was(control, market, ledger, fault):
    control.start(lease(), BUDGET)
    market.destroy_fault = fault
    assert not any(each.startswith("ALARM") for each in control.stop("01-market-auto-gain"))
    assert not ledger.sessions()["01-market-auto-gain"].open


def test_a_list_that_cannot_be_read_concludes_nothing(control, market, ledger, clock):
    control.start(lease(), BUDGET)
    market.list_fault = LaunchError("500")
    before = events(ledger)
    clock[0] += timedelta(days=1)
    for call in (control.look, lambda: control.start(lease(2, "b"), BUDGET)):
        with pytest.raises(LaunchError, match="500"):
            call()
    assert events(ledger) == before and len(market.created) == 1


def test_past_its_lease_it_is_ended_with_an_alarm_for_its_own_clock_has_failed(control, market, ledger, clock):
    control.start(lease(), BUDGET)
    clock[0] += timedelta(hours=6, minutes=1)
    assert control.look() == []  # it may still end itself
    clock[0] += timedelta(minutes=2)
    assert "is past the end of its lease and did not end itself" in control.look()[0]
    assert market.destroyed == ["m1"] and "alarm" in events(ledger)


def test_a_clock_that_goes_back_takes_back_nothing(control, market, ledger, clock):
    control.start(lease(), BUDGET)
    clock[0] += timedelta(hours=2)
    control.look()
    clock[0] -= timedelta(hours=5)
    control.look()
    state = ledger.sessions()["01-market-auto-gain"]
    assert state.cost_micro == 600_000 and state.seconds == 7200


def test_what_fails_before_the_call_reserves_nothing(control, market, ledger, monkeypatch):
    def full(lease):
        raise OSError("the disk is full")

    monkeypatch.setattr("dawg_ai.launch.files", full)
    with pytest.raises(OSError, match="full"):
        control.start(lease(), BUDGET)
    assert ledger.spoken_for_micro() == 0 and market.created == []


def test_the_script_that_is_sent_ends_within_what_is_reserved(control, market, ledger):
    made = lease(hours=2.0)
    control.start(made, BUDGET)
    text = (folders.session(made.name) / "run.sh").read_text()
    assert "timeout --signal=TERM --kill-after=60 $((7140 - SECONDS))" in text
    assert ledger.sessions()[made.name].first.seconds == 7200

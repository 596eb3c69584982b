"""Stopped, killed, out of disk or resumed: a run ends with the same weights, to the bit."""

import errno
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from toy_run import make_run

import dawg_ai
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.training import checkpoint, loop
from dawg_ai.training.loop import train, trained
from dawg_ai.training.optimiser import learning_rate

pytestmark = pytest.mark.usefixtures("toys")


def outcome(run):
    """All that the run has become, but for the time it took."""
    state = checkpoint.load(run.folder)
    del state["seconds"]
    return state


def assert_same(a, b):
    """Equal to the bit, at every depth."""
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, list):
        assert len(a) == len(b)
        for left, right in zip(a, b, strict=True):
            assert_same(left, right)
    elif isinstance(a, torch.Tensor):
        assert torch.equal(a, b)
    else:
        assert a == b


@pytest.fixture
def uninterrupted(elsewhere, home, monkeypatch):
    """What the toy's run comes to when nothing happens to it."""
    elsewhere()
    train(make_run())
    whole = outcome(make_run())
    monkeypatch.setenv("DAWG_HOME", str(home))
    return whole


def after_step(step, do, monkeypatch):
    """Let `do` happen while `step` is under way."""
    lerp, steps = torch._foreach_lerp_, []

    def lerp_and_do(*arguments):
        steps.append(1)
        if len(steps) == step:
            do()
        lerp(*arguments)

    monkeypatch.setattr(torch, "_foreach_lerp_", lerp_and_do)


def test_it_learns():
    run = make_run(steps=200)
    score = run.plugin.part("score")
    with torch.no_grad():
        untrained = score.error(run.plugin.part("model").build(0).eval(), run.items["valid"], run.seed)
    result = train(run)
    assert result.step == result.steps == 200
    assert result.error < 0.3 * untrained
    with torch.no_grad():
        assert score.error(trained(run.plugin, result.folder), run.items["valid"], run.seed) == result.error


@pytest.mark.parametrize("n", [1, 20, 33])
def test_n_steps_and_then_the_rest_are_all_steps(uninterrupted, n):
    first = train(make_run(), steps=n)
    assert (first.step, first.interrupted) == (n, False)
    assert train(make_run()).step == 60
    assert_same(outcome(make_run()), uninterrupted)


def test_another_seed_is_another_model():
    train(make_run(seed=0), steps=1)
    train(make_run(seed=1), steps=1)
    a, b = (outcome(make_run(seed=seed))["weights"]["layers.0.weight"] for seed in (0, 1))
    assert not torch.equal(a, b)


def test_a_finished_run_stays_as_it_is(uninterrupted):
    train(make_run())
    assert train(make_run()).step == 60
    assert_same(outcome(make_run()), uninterrupted)


def test_no_time_means_no_step():
    result = train(make_run(), hours=0.0)
    assert (result.step, result.steps, result.best_step, result.error, result.interrupted) == (0, 60, 0, None, False)
    assert outcome(make_run())["step"] == 0


def test_the_first_step_is_evaluated_if_every_step_is():
    result = train(make_run(evaluate_every=1), steps=1)
    assert (result.step, result.best_step) == (1, 1) and result.error is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_killed_at_any_moment_it_ends_the_same(elsewhere):
    settings = {"steps": 150, "save_every_s": 0.005}
    killing = subprocess.run(
        [sys.executable, Path(__file__).with_name("killing.py"), json.dumps(settings)],
        env={**os.environ, "PYTHONPATH": str(Path(dawg_ai.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert killing.returncode == 0, killing.stderr
    assert len(set(json.loads(killing.stdout))) >= 4, "it was not killed often enough to mean much"
    killed = outcome(make_run(**settings))
    elsewhere()
    train(make_run(**settings))
    assert_same(killed, outcome(make_run(**settings)))


def test_a_request_to_stop_is_honoured_between_two_steps(uninterrupted, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    with monkeypatch.context() as patch:
        after_step(31, lambda: signal.raise_signal(signal.SIGTERM), patch)
        result = train(make_run())
    assert (result.step, result.interrupted) == (31, True)
    assert signal.getsignal(signal.SIGTERM) == before
    train(make_run())
    assert_same(outcome(make_run()), uninterrupted)


def test_a_request_to_stop_ends_an_evaluation(uninterrupted, monkeypatch):
    def never_ending(*_):
        torch.rand(7)  # must not be seen by the steps that follow
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the evaluation went on")

    with monkeypatch.context() as patch:
        patch.setattr(make_run().plugin.part("score"), "error", never_ending)
        result = train(make_run())
    assert (result.step, result.error, result.interrupted) == (20, None, True)
    train(make_run())
    assert_same(outcome(make_run()), uninterrupted)


def test_a_full_disk_is_reported_and_costs_nothing_that_was_saved(uninterrupted, monkeypatch):
    train(make_run(), steps=25)

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DawgError, match=r"step \d+ could not be saved in .*: the disk is full .* is kept"):
            train(make_run())
    assert outcome(make_run())["step"] == 25
    train(make_run())
    assert_same(outcome(make_run()), uninterrupted)


def test_a_damaged_checkpoint_is_reported_and_the_one_before_it_used(uninterrupted, capsys):
    train(make_run(), steps=25)
    train(make_run(), steps=45)
    newest = make_run().folder / "checkpoint.pt"
    damaged = bytearray(newest.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    newest.write_bytes(damaged)
    train(make_run())
    assert "is damaged; resuming from the checkpoint before it" in capsys.readouterr().err
    assert_same(outcome(make_run()), uninterrupted)


@pytest.mark.parametrize(
    ("errors", "best"),
    [
        ([1.0, 2.0, 3.0], 20),
        ([2.0, 1.0, 3.0], 40),
        ([3.0, 2.0, 1.0], 60),
        ([2.0, 2.0, 2.0], 20),
        ([math.nan, 2.0, math.inf], 40),
    ],
    ids=["first", "middle", "last", "ties", "not finite"],
)
@pytest.mark.parametrize("stop", [None, 45], ids=["in one go", "resumed"])
def test_the_best_weights_stay_those_of_the_best_step(errors, best, stop, monkeypatch):
    """They are kept while the average goes on; of equal ones, those of the first."""
    run, seen = make_run(), {}

    def error(model, items, seed):
        assert items is run.items["valid"]
        step = 20 * (len(seen) + 1)
        seen[step] = {name: value.clone() for name, value in model.state_dict().items()}
        return errors[len(seen) - 1]

    monkeypatch.setattr(run.plugin.part("score"), "error", error)
    if stop:
        train(run, steps=stop)
    result = train(run)
    assert (result.best_step, result.error) == (best, errors[best // 20 - 1])
    assert_same(dict(trained(run.plugin, result.folder).state_dict()), seen[best])
    assert_same(outcome(run)["best"], {"step": best, "error": result.error, "weights": seen[best]})
    assert not torch.equal(seen[20]["layers.0.weight"], seen[40]["layers.0.weight"])


def test_the_average_is_that_of_the_weights(monkeypatch):
    """By the definition of an exponential moving average, whose decay grows to its setting."""
    run, weights = make_run(evaluate_every=1), []
    expected = run.plugin.part("model").build(run.seed).state_dict()["layers.0.weight"].double()
    lerp = torch._foreach_lerp_

    def seen(averages, now, share):
        weights.append(now[0].detach().clone().double())
        lerp(averages, now, share)

    monkeypatch.setattr(torch, "_foreach_lerp_", seen)
    train(run)
    for step, each in enumerate(weights):
        decay = min(run.settings["ema"], (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * each
    state = outcome(run)
    torch.testing.assert_close(state["average"]["layers.0.weight"].double(), expected, atol=1e-6, rtol=1e-5)
    assert torch.equal(state["weights"]["layers.0.weight"].double(), weights[-1])


def test_a_gradient_that_is_not_finite_is_reported(monkeypatch):
    run = make_run()
    train(run, steps=5)
    score = run.plugin.part("score")
    loss = score.loss
    monkeypatch.setattr(score, "loss", lambda outputs, batch: loss(outputs, batch) * float("nan"))
    with pytest.raises(DawgError, match=r"the gradient of step 5 is nan; the last checkpoint is kept"):
        loop.train(run)
    assert outcome(run)["step"] == 5


@pytest.mark.parametrize(("save_every_s", "saves"), [(1e9, 1), (-1.0, 61)])
def test_it_is_saved_as_often_as_asked_and_at_the_end(save_every_s, saves, monkeypatch):
    save, steps = checkpoint.save, []
    monkeypatch.setattr(checkpoint, "save", lambda folder, state: (steps.append(state["step"]), save(folder, state)))
    train(make_run(save_every_s=save_every_s))
    assert len(steps) == saves and steps[-1] == 60 and steps == sorted(set(steps))


def test_time_spent_on_evaluating_does_not_slow_the_steps_down(monkeypatch):
    run = make_run()
    monkeypatch.setattr(run.plugin.part("score"), "error", lambda *_: time.sleep(1.0) or 1.0)
    began_s = time.monotonic()
    result = train(run)
    took_s = time.monotonic() - began_s
    assert 3.0 <= result.seconds <= took_s
    assert result.steps_per_second >= 60 / (took_s - 3.0)


def test_logs_of_a_resumed_run_hold_each_step_once():
    run = make_run()
    train(run, steps=45)
    train(run)
    logs = EventAccumulator(str(run.folder / "logs")).Reload()
    assert [event.step for event in logs.Scalars("loss")] == [20, 40, 60]
    assert [event.step for event in logs.Scalars("error")] == [20, 40, 60]
    rates = {event.step: event.value for event in logs.Scalars("learning_rate")}
    assert rates == pytest.approx({step: learning_rate(step - 1, run.settings) for step in (20, 40, 60)}, rel=1e-5)


def test_nothing_trained_names_the_command():
    run = make_run()
    with pytest.raises(UsageError, match="dawg train auto_gain"):
        trained(run.plugin, run.folder)

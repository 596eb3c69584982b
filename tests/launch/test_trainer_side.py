"""`dawg train --lease`: it ends in time, says how, and its checkpoints travel; the next machine goes on exactly."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sessions import assert_same_weights, lengthen, make_songs, only_run, uninterrupted

import dawg_ai
from dawg_ai.cli import main
from dawg_ai.errors import UsageError
from dawg_ai.launch import trainer
from dawg_ai.launch.lease import Lease
from dawg_ai.launch.trainer import Status
from dawg_ai.training import travel


def write_lease(folder, plugin, spec, hours=1.0, **changes):
    """A lease in a folder of its own; the path."""
    values = {"checkpoints": "", "save_every_s": 0.2, **changes}
    start = datetime(2026, 12, 1, 8, tzinfo=UTC)
    number = int(changes.pop("number", 1))
    values.pop("number", None)
    lease = Lease(number, plugin, (spec,), "vast", "RTX 4090", "interruptible", "", start, hours, 0.0, 0.3, **values)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "session.json"
    path.write_text(json.dumps(lease.declaration()))
    assert Lease.read(path) == lease
    return path


@pytest.fixture
def trains(toys, tmp_path):
    """The toy over 60 steps: its name and data."""
    spec = make_songs(tmp_path / "songs")
    assert main(["features", "auto_gain", "--data", spec, "--workers", "1"]) == 0
    return "auto_gain", spec


def test_it_travels_and_goes_on_exactly(trains, tmp_path, elsewhere, monkeypatch):
    """Three machines, each with a home of its own, share nothing but the place."""
    name, spec = trains
    whole = uninterrupted(name, elsewhere, spec)
    place = str(tmp_path / "place")
    codes = []
    for number, steps in ((1, "17"), (2, "40"), (3, "60")):
        monkeypatch.setenv("DAWG_HOME", str(tmp_path / f"machine {number}"))
        path = write_lease(tmp_path / f"session {number}", name, spec, checkpoints=place, number=number)
        assert main(["features", name, "--data", spec, "--workers", "1"]) == 0
        codes.append(main(["train", name, "--lease", str(path), "--steps", steps]))
        status = Status.read(path.parent)
        assert status.step == int(steps) and status.checkpoint.startswith(f"{int(steps):08d}-")
    assert codes == [75, 75, 0] and status.outcome == "finished"
    assert_same_weights(only_run(name), whole)
    ((plugin, run),) = travel.arrived(place)
    assert (plugin, run) == (name, status.run) and next(iter(travel.Place(place, plugin, run).steps())) == 60
    assert not list(Path(place).rglob("held.json"))


@pytest.mark.parametrize(("last", "code", "outcome"), [(False, 75, "resume"), (True, 76, "budget")])
def test_time_that_is_up_has_a_code_of_its_own(trains, tmp_path, monkeypatch, last, code, outcome):
    name, spec = trains
    monkeypatch.setattr(trainer, "END_S", 0.0)
    path = write_lease(tmp_path / "session", name, spec, hours=1.0, last=last)
    monkeypatch.setenv("DAWG_ELAPSED_S", "4000")  # the boot took longer than the lease
    assert main(["train", name, "--lease", str(path)]) == code
    status = Status.read(path.parent)
    assert (status.outcome, status.reason, status.step) == (outcome, "no time is left in the session", 0)


def test_it_ends_with_time_to_save(trains, tmp_path, monkeypatch):
    """Of an hour 59 minutes have passed, and one is for the end: it trains for no more than the 2 seconds left."""
    name, spec = trains
    path = write_lease(tmp_path / "session", name, spec, hours=1.0)
    began = trainer.Session(path, name)
    monkeypatch.setenv("DAWG_ELAPSED_S", "3538")
    assert began.hours == pytest.approx(59 / 60, abs=0.001)
    assert trainer.Session(path, name).hours * 3600 == pytest.approx(2.0, abs=0.1)


def test_another_run_than_the_lease_s_is_refused_before_it_costs(trains, tmp_path, capsys):
    name, spec = trains
    path = write_lease(tmp_path / "session", name, spec, run="split0-seed0-another")
    assert main(["train", name, "--lease", str(path)]) == 2
    assert "the lease goes on with split0-seed0-another, and here the run is split0-seed0-" in capsys.readouterr().err
    status = Status.read(path.parent)
    assert status.outcome == "failed" and "goes on with" in status.reason and status.step == 0


def test_a_run_that_another_session_holds_is_not_trained(trains, tmp_path, capsys):
    name, spec = trains
    place = str(tmp_path / "place")
    first = write_lease(tmp_path / "one", name, spec, checkpoints=place)
    assert main(["train", name, "--lease", str(first), "--steps", "5"]) == 75
    run = Status.read(first.parent).run
    travel.Place(place, name, run).hold("09-kaggle-x", 6000)
    second = write_lease(tmp_path / "two", name, spec, checkpoints=place, number=2)
    assert main(["train", name, "--lease", str(second)]) == 1
    assert "session 09-kaggle-x on" in capsys.readouterr().err
    assert Status.read(second.parent).outcome == "failed"
    over = write_lease(tmp_path / "three", name, spec, checkpoints=place, number=3, over=("09-kaggle-x",))
    assert main(["train", name, "--lease", str(over)]) == 0


def test_a_session_whose_run_was_taken_stops_and_brings_nothing(trains, tmp_path, monkeypatch):
    name, spec = trains
    place = str(tmp_path / "place")
    path = write_lease(tmp_path / "one", name, spec, checkpoints=place, save_every_s=1e-6)
    put = travel.Place.put

    def taken(self, folder, step):
        done = put(self, folder, step)
        held = json.loads(Path(self._path("held.json")).read_text())
        Path(self._path("held.json")).write_text(json.dumps({**held, "owner": "thief", "session": "02-thief"}))
        return done

    monkeypatch.setattr(travel.Place, "put", taken)
    assert main(["train", name, "--lease", str(path)]) == 1
    status = Status.read(path.parent)
    assert status.outcome == "failed" and "02-thief has taken the run" in status.reason
    assert list(travel.Place(place, name, status.run).steps()) == [0]  # the one from before


def test_a_place_that_is_away_for_a_while_costs_nothing(trains, tmp_path, monkeypatch, capsys):
    name, spec = trains
    place, tries = str(tmp_path / "place"), []
    path = write_lease(tmp_path / "one", name, spec, checkpoints=place, save_every_s=1e-6)
    monkeypatch.setattr(trainer, "BETWEEN_S", 0.0)
    put = travel.Place.put

    def away(self, folder, step):
        tries.append(step)
        if len(tries) < 30:
            raise OSError("the network is unreachable")
        return put(self, folder, step)

    monkeypatch.setattr(travel.Place, "put", away)
    assert main(["train", name, "--lease", str(path)]) == 0
    assert "is on this machine alone: " in capsys.readouterr().err
    assert next(iter(travel.Place(place, name, Status.read(path.parent).run).steps())) == 60


def test_a_finished_training_that_cannot_be_brought_away_is_no_success(trains, tmp_path, monkeypatch):
    name, spec = trains
    path = write_lease(tmp_path / "one", name, spec, checkpoints=str(tmp_path / "place"))
    monkeypatch.setattr(trainer, "BETWEEN_S", 0.0)

    def away(self, folder, step):
        raise OSError("the network is unreachable")

    monkeypatch.setattr(travel.Place, "put", away)
    assert main(["train", name, "--lease", str(path)]) == 1
    status = Status.read(path.parent)
    assert status.outcome == "failed" and "step 60 is on this machine alone" in status.reason


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_sigterm_twice_saves_and_says_resume(toy, tmp_path):
    """`timeout` sends it to the process and to its group."""
    spec = make_songs(tmp_path / "songs")
    name = lengthen(toy, spec, 1_000_000)
    path = write_lease(tmp_path / "one", name, spec, checkpoints="checkpoints")
    environment = {**os.environ, "PYTHONPATH": str(Path(dawg_ai.__file__).parents[1])}
    command = [sys.executable, "-m", "dawg_ai", "train", name, "--lease", str(path)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as training:
        late = threading.Timer(100.0, training.kill)
        late.start()
        while not (Status.read(path.parent) and Status.read(path.parent).checkpoint):
            assert training.poll() is None, training.stderr.read()
            time.sleep(0.05)
        training.send_signal(signal.SIGTERM)
        training.send_signal(signal.SIGTERM)
        training.communicate(timeout=60)
        late.cancel()
    assert training.returncode == 75
    status = Status.read(path.parent)
    assert (status.outcome, status.reason) == ("resume", "told to stop")
    place = travel.Place(str(path.parent / "checkpoints"), name, status.run)
    assert next(iter(place.steps())) == status.step == travel.steps_done(only_folder(name))


def only_folder(name):
    (folder,) = (Path(os.environ["DAWG_HOME"]) / "runs" / name).iterdir()
    return folder


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is no lease of a session"), ("{}", "is no lease of a session"), ("[]", "is no lease of a session")],
)
def test_what_is_no_lease_is_said_in_one_line(tmp_path, content, said):
    (tmp_path / "session.json").write_text(content)
    with pytest.raises(UsageError, match=said) as error:
        Lease.read(tmp_path / "session.json")
    assert "\n" not in str(error.value)


def test_a_lease_for_another_plugin_is_refused(trains, tmp_path, capsys):
    name, spec = trains
    path = write_lease(tmp_path / "one", "tiny_master", spec)
    assert main(["train", name, "--lease", str(path)]) == 2
    assert "is a lease to train tiny_master, not auto_gain" in capsys.readouterr().err

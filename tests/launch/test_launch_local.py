"""`dawg launch --on local`, for real: started, stopped, gone on with, finished, with the weights of one go."""

import os
import signal

import pytest
from sessions import (
    assert_same_weights,
    lengthen,
    make_songs,
    only_run,
    said,
    states,
    status,
    uninterrupted,
    wait_for,
)

from dawg_ai.cli import main
from dawg_ai.launch import folders

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sessions in the background need POSIX")


def test_started_stopped_killed_gone_on_with_and_finished(toy, tmp_path, elsewhere, capsys):
    spec = make_songs(tmp_path / "songs")
    name = lengthen(toy, spec, 300)
    whole = uninterrupted(name, elsewhere, spec)
    capsys.readouterr()

    # Stopped by us: it saves.
    assert main(["launch", name, "--on", "local", "--json"]) == 0
    first = said(capsys)["session"]
    assert first == f"01-local-{name.replace('_', '-')}"
    wait_for(lambda: status(first) and status(first).step > 0)
    assert main(["launch", name, "--on", "local"]) == 2  # one machine at a time
    assert f"{name} is held by session {first}" in capsys.readouterr().err
    assert main(["stop", first]) == 0
    assert f"{first} is over, $0.00" in capsys.readouterr().out
    ended = status(first)
    assert ended.outcome == "resume" and not states()[first].open

    # Killed by somebody: the list shows it.
    assert main(["launch", name, "--on", "local", "--json"]) == 0
    second = said(capsys)["session"]
    wait_for(lambda: status(second) and status(second).step > ended.step)
    leader = int((folders.session(second) / "pid").read_text())
    for process in members(leader):
        os.kill(process, signal.SIGKILL)
    wait_for(lambda: not members(leader))
    assert main(["status"]) == 0
    out = capsys.readouterr().out
    assert f"{second} was interrupted" in out and "No session is open" in out

    # Finished.
    assert main(["launch", name, "--on", "local", "--json"]) == 0
    third = said(capsys)["session"]
    assert main(["status", "--watch", "--every", "0.3"]) == 0
    assert status(third).outcome == "finished" and "No session is open" in capsys.readouterr().out
    assert_same_weights(only_run(name), whole)
    assert not any(each.open for each in states().values())


def members(leader):
    from dawg_ai.launch.local import _members

    return _members(leader)

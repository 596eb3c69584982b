"""Kaggle by its client: pushed once, within the quota, its output brought home and gone on from."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import servers
from sessions import said, states

from dawg_ai import places
from dawg_ai.cli import main
from dawg_ai.launch import folders
from dawg_ai.training import travel
from dawg_ai.training.seal import sealed

KEY = "a-test-key-that-is-not-real"
CLIENT = shutil.which("kaggle")
WORDS = ["launch", "auto_gain", "--on", "kaggle", "--hours", "3"]
# The client goes to kaggle.com whatever the environment says.
ITS_CLIENT = """#!{python}
import os
import kagglesdk.kaggle_env as places
places._env_to_endpoint[places.KaggleEnv.PROD] = os.environ["KAGGLE_TEST_URL"]
from kaggle.cli import main
main()
"""


@pytest.fixture(params=["our client", "its client"])
def kaggle(request, toys, tmp_path, monkeypatch):
    """What the server knows."""
    if request.param == "its client" and CLIENT is None:
        pytest.skip("kaggle is not installed (pip install 'dawg-ai[cloud]'); our client of its behaviour was tested")
    platform = servers.Kaggle()
    client = tmp_path / "bin" / "kaggle"
    client.parent.mkdir()
    if request.param == "its client":
        client.write_text(ITS_CLIENT.format(python=Path(CLIENT).with_name("python")))
    else:
        script = Path(__file__).with_name("kaggle_client.py")
        client.write_text(f'#!/bin/bash\nexec "{sys.executable}" -S -I "{script}" "$@"\n')
    client.chmod(0o755)
    for name in [name for name in os.environ if name.startswith("KAGGLE") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with servers.serving(platform) as url:
        platform.url = url
        values = {"USERNAME": "ada", "KEY": KEY, "TEST_URL": url, "CONFIG_DIR": str(tmp_path / "none")}
        for name, value in values.items():
            monkeypatch.setenv(f"KAGGLE_{name}", value)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("PATH", f"{client.parent}:{os.environ['PATH']}")
        monkeypatch.setattr("dawg_ai.launch.control.BETWEEN_S", 0.01)
        yield platform


def saved(name, step, outcome, tmp_path):
    """What a session leaves as output: its status, and a checkpoint of a run."""
    run = tmp_path / f"run {step}"
    run.mkdir()
    content = f"weights {step}".encode()
    (run / "checkpoint.pt").write_bytes(sealed(content) + content)
    (run / "settings.json").write_text("{}")
    (run / "status.json").write_text(json.dumps({"step": step, "steps": 60, "finished": step == 60}))
    kept = tmp_path / f"output {step}"
    travel.Place(str(kept / "checkpoints"), "auto_gain", "split0-seed0-x").put(run, step)
    status = {"session": name, "plugin": "auto_gain", "outcome": outcome, "reason": "", "run": "split0-seed0-x"}
    status |= {"step": step, "steps": 60, "checkpoint": "", "at": "2099-12-01T09:00:00Z"}
    (kept / "status.json").write_text(json.dumps(status))
    return {str(path.relative_to(kept)): path.read_bytes() for path in kept.rglob("*") if path.is_file()}


def test_pushed_over_brought_home_and_gone_on_with(kaggle, tmp_path, capsys):
    assert main([*WORDS, "--json"]) == 0
    first = said(capsys)["session"]
    ((kernel, there),) = kaggle.machines.items()
    assert kernel == f"ada/{folders.prefix()}{first}"
    assert there["body"]["machineShape"] == "NvidiaTeslaT4" and there["body"]["sessionTimeoutSeconds"] == 10800
    assert "timeout --signal=TERM" in there["body"]["text"] and not there["body"].get("kernelDataSources")
    compile(there["body"]["text"], "script.py", "exec")
    assert main(["status"]) == 0
    assert first in capsys.readouterr().out and states()[first].open

    there["status"] = "COMPLETE"
    kaggle.outputs = saved(first, 40, "resume", tmp_path)
    assert main(["status"]) == 0
    out = capsys.readouterr().out
    assert "auto_gain is at step 40 here" in out and f"{first}: resume" in out and not states()[first].open
    assert travel.steps_done(places.runs() / "auto_gain" / "split0-seed0-x") == 40

    # Kaggle mounts the output of the session before.
    assert main([*WORDS, "--json"]) == 0
    second = said(capsys)["session"]
    assert len(kaggle.machines) == 2
    later = kaggle.machines[f"ada/{folders.prefix()}{second}"]
    assert later["body"]["kernelDataSources"] == [kernel]
    assert json.loads((folders.session(second) / "session.json").read_text())["run"] == "split0-seed0-x"
    later["status"] = "COMPLETE"
    kaggle.outputs = saved(second, 60, "finished", tmp_path)
    assert main(["status"]) == 0
    assert f"{second}: finished" in capsys.readouterr().out


def test_a_checkpoint_that_is_only_here_cannot_be_sent(kaggle, tmp_path, capsys):
    place = tmp_path / "place"
    saved("x", 20, "resume", tmp_path)
    travel.Place(str(tmp_path / "output 20" / "checkpoints"), "auto_gain", "split0-seed0-x").fetch(
        places.runs() / "auto_gain" / "split0-seed0-x"
    )
    assert main(WORDS) == 2
    assert "say where it travels with --checkpoints URL, or begin there with --anew" in capsys.readouterr().err
    assert states() == {} and not kaggle.machines
    assert main([*WORDS, "--anew"]) == 0 and len(kaggle.machines) == 1
    assert not place.exists()


def test_quota_that_is_not_there_starts_nothing(kaggle, capsys):
    kaggle.hours = 2.5
    assert main(WORDS) == 2
    assert "kaggle leaves 2.50 h of its quota, and the session may take 3.00 h" in capsys.readouterr().err
    assert states() == {} and not kaggle.machines


def test_a_push_that_is_refused_with_exit_code_0_starts_nothing(kaggle, capsys):
    kaggle.most = 0
    assert main(WORDS) == 1
    assert "Maximum batch GPU session count of 0 reached" in capsys.readouterr().err
    assert not any(each.open for each in states().values())


def test_a_push_whose_answer_is_lost_is_found_and_not_repeated(kaggle, capsys):
    kaggle.faults = [("POST", "SaveKernel", "lost", 1)]
    assert main(WORDS) == 0, capsys.readouterr().err
    assert len(kaggle.machines) == 1 and len(kaggle.calls("POST", "SaveKernel")) == 1
    assert main(WORDS) == 2
    assert "is held by session" in capsys.readouterr().err


@pytest.mark.parametrize("status", [500, 401])
def test_a_status_that_cannot_be_had_concludes_nothing(kaggle, capsys, status):
    """Signed out, the client says the same as of a kernel that does not exist."""
    assert main(WORDS) == 0
    kaggle.faults = [("POST", "", status, 99)]
    assert main(["status"]) == 1
    assert "so nothing is concluded" in capsys.readouterr().out
    (state,) = states().values()
    assert state.open


def test_a_session_that_fails_is_settled_and_counts_to_its_quota(kaggle, capsys):
    assert main(WORDS) == 0
    next(iter(kaggle.machines.values()))["status"] = "ERROR"
    assert main(["status"]) == 0
    assert "was interrupted" in capsys.readouterr().out
    (state,) = states().values()
    assert not state.open and state.cost_micro == 0


@pytest.mark.parametrize("kind", ["ignored", 500])
def test_one_that_is_told_to_end_and_goes_on_is_an_alarm(kaggle, capsys, kind):
    assert main(WORDS) == 0
    (session,) = states()
    kaggle.faults = [("POST", "DeleteKernel", kind, 1)]
    assert main(["stop", session]) == 1
    assert "is still listed by kaggle" in capsys.readouterr().err and states()[session].open
    assert main(["stop", session]) == 0
    assert not kaggle.machines and not states()[session].open


def test_no_key_is_in_any_file(kaggle, home, capsys):
    assert main(WORDS) == 0
    assert main(["status"]) == 0
    captured = capsys.readouterr()
    assert KEY not in captured.out + captured.err
    written = [path for path in home.rglob("*") if path.is_file()]
    assert len(written) > 5 and not [path for path in written if KEY.encode() in path.read_bytes()]

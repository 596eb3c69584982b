"""`dawg launch --on ssh:HOST`, with an `ssh` that runs its command in another home on this computer."""

import os
import sys
from pathlib import Path

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

import dawg_ai
from dawg_ai import places
from dawg_ai.cli import main
from dawg_ai.launch import folders
from dawg_ai.training import travel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the other computer has to be Linux")

# As OpenSSH: options, the host, and the rest joined by spaces for the shell there.
SSH = """#!/bin/bash
while [ "${1:0:1}" = - ]; do shift 2; done
[ "$1" = box ] || { echo "ssh: Could not resolve hostname $1" >&2; exit 255; }
shift
[ -e "$FAULTS/down" ] && { echo "ssh: connect to host box port 22: Connection refused" >&2; exit 255; }
export HOME="$BOX" PATH="$BOX/bin:$PATH"
cd "$HOME" || exit 255
sh -c "$*"
code=$?
if [ -e "$FAULTS/lost" ] && [[ "$*" = *"tar -xf"* ]]; then
    rm "$FAULTS/lost"
    echo "client_loop: send disconnect: Broken pipe" >&2
    exit 255
fi
exit $code
"""
DAWG = '#!/bin/bash\nexport PYTHONPATH="{path}"\nexec "{python}" -m dawg_ai "$@"\n'


@pytest.fixture
def box(tmp_path, monkeypatch):
    """Another computer; returns the folder of its faults."""
    for name, content in (
        ("bin/ssh", SSH),
        ("box/bin/dawg", DAWG.format(path=Path(dawg_ai.__file__).parents[1], python=sys.executable)),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(content)
        path.chmod(0o755)
    (tmp_path / "faults").mkdir()
    monkeypatch.setenv("BOX", str(tmp_path / "box"))
    monkeypatch.setenv("FAULTS", str(tmp_path / "faults"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("dawg_ai.launch.control.BETWEEN_S", 0.05)
    return tmp_path / "faults"


def test_begun_here_gone_on_with_there_and_finished_there(toy, box, tmp_path, elsewhere, capsys):
    spec = make_songs(tmp_path / "songs")
    name = lengthen(toy, spec, 300)
    whole = uninterrupted(name, elsewhere, spec)
    assert main(["train", name, "--steps", "50"]) == 0
    capsys.readouterr()

    # The answer to the start is lost; the machine is found in the list, and nothing is started twice.
    (box / "lost").touch()
    lost = box / "lost"
    assert main(["launch", name, "--on", "ssh:box", "--json"]) == 0
    assert not lost.exists()
    first = said(capsys)["session"]
    assert first == f"01-ssh-box-{name.replace('_', '-')}" and states()[first].machine
    wait_for(lambda: main(["status"]) == 0 and status(first) and status(first).step > 50)
    assert main(["stop", "--all"]) == 0
    ended = status(first)
    assert ended.outcome == "resume" and not states()[first].open
    (run,) = (places.runs() / name).iterdir()
    assert travel.steps_done(run) == ended.step > 50

    assert main(["launch", name, "--on", "ssh:box"]) == 0
    assert main(["status", "--watch", "--every", "0.3"]) == 0
    assert f"{name} is at step 300 here" in capsys.readouterr().out
    assert_same_weights(only_run(name), whole)
    assert [each.open for each in states().values()] == [False, False]
    assert main(["launch", name, "--on", "ssh:nowhere"]) == 1
    assert "Could not resolve hostname nowhere" in capsys.readouterr().err
    assert len(states()) == 2


def test_a_host_that_is_down_starts_nothing_and_settles_nothing(toys, box, tmp_path, capsys):
    (box / "down").touch()
    assert main(["launch", "auto_gain", "--on", "ssh:box"]) == 1
    assert "Connection refused" in capsys.readouterr().err and states() == {}
    (box / "down").unlink()
    (tmp_path / "box" / "bin" / "dawg").write_text("#!/bin/bash\nsleep 60\n")
    assert main(["launch", "auto_gain", "--on", "ssh:box", "--json"]) == 0
    session = said(capsys)["session"]
    (box / "down").touch()
    assert main(["status"]) == 1
    assert "ssh:box does not say what runs there, so nothing is concluded" in capsys.readouterr().out
    assert main(["stop", session]) == 1
    assert f"{session} may still run" in capsys.readouterr().out and states()[session].open
    (box / "down").unlink()
    assert main(["stop", session]) == 0
    assert not states()[session].open and not folders.sessions().joinpath(session, "status.json").exists()


@pytest.mark.parametrize("host", ["ssh", "ssh:", "ssh:-oProxyCommand=x"])
def test_a_host_has_to_be_named(toys, host, capsys):
    assert main(["launch", "auto_gain", "--on", host]) == 2
    assert "name the computer" in capsys.readouterr().err

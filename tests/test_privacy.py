"""Nothing leaves the machine: `dawg apply` opens no socket, and leaves no file but the one that was asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dawg_ai
from dawg_ai import audio, places

WATCHED = """
import json, os, sys, time
from dawg_ai.cli import main
assert main(["apply", "auto_eq", "song.wav", "out.wav"]) == 0 and "onnxruntime" in sys.modules
time.sleep(0.5)
files = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
print(json.dumps([os.readlink(file) for file in files if os.path.islink(file)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_apply_opens_no_socket_and_leaves_no_file(tmp_path):
    """In a fresh home, and whatever the environment says; kernels are compiled already."""
    audio.write(
        tmp_path / "song.wav", np.random.default_rng(0).normal(0, 0.1, (2, 66_150)).astype(np.float32), 44_100
    )
    home = tmp_path / "fresh"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "DAWG_CACHE": str(places.compiled().parent),
        "PYTHONPATH": str(Path(dawg_ai.__file__).parents[1]),
        "ORT_DISABLE_TELEMETRY": "0",
    }
    command = [sys.executable, "-B", "-c", WATCHED]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    opened = json.loads(done.stdout.splitlines()[-1])
    assert not [each for each in opened if each.startswith("socket:") or str(home) in each]
    assert [path for path in home.rglob("*") if path.is_file()] == []

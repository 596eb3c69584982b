"""No kernel loops forever or writes outside its memory, whatever a host hands it; `hostile.py` hands it."""

import subprocess
import sys
from pathlib import Path

import pytest

from dawg_ai.dsp import effect


@pytest.mark.parametrize("name", effect.names())
def test_kernels_hold_what_a_hostile_host_hands_them(name):
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name("hostile.py")), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last = done.stdout.splitlines()[-1:]
    assert done.returncode >= 0, (
        f"{name} was killed by signal {-done.returncode} at {last}: endless, or out of memory"
    )
    assert last == ["done"], f"at {last}: {done.stderr.splitlines()[-1:]}"

"""The library for 64-bit Arm, on an emulated processor: every effect gives the golden bits."""

import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from dawg_ai.dsp import effect, library
from dawg_ai.dsp.instance import sizes as free_sizes
from dawg_ai.dsp.kernel import signature
from dawg_ai.native import build

sys.path.append(str(Path(__file__).parents[1] / "wasm"))
import parity
import test_golden

PATH = library.BUILT / "linux-aarch64.so"
pytest.importorskip("unicorn", reason="runs code for aarch64: pip install unicorn")
from machine import Machine  # noqa: E402

if not build.current(PATH):
    pytest.skip("python -m dawg_ai.native linux-aarch64 builds what this runs", allow_module_level=True)


def emulated(machine):
    """In place of `call`: the kernel of the library on `machine`."""

    def call(function, values):
        signed, sizes = signature(function), {}
        given = [values[each.name] for each in signed.arguments]
        for each, value in zip(signed.arguments, given, strict=True):
            if each.shape is not None:
                sizes |= free_sizes(each, value.shape)
        return machine.call(function.symbol, [*given, *(sizes[name] for name in signed.free)], signed.returns)

    return call


@pytest.mark.parametrize("name", effect.names())
def test_every_effect_gives_the_golden_bits(name, monkeypatch):
    golden = json.loads(test_golden.GOLDEN.read_text())
    title = f"{name}, mono"
    machine = Machine(PATH.read_bytes())
    monkeypatch.setattr(parity, "call", emulated(machine))
    found, _ = parity.native(test_golden.jobs()[title])
    assert sha256(found).hexdigest()[:16] == golden[title]


def test_meters_give_the_golden_bits(monkeypatch):
    golden, jobs = json.loads(test_golden.GOLDEN.read_text()), test_golden.jobs()
    for title in ("loudness", "levels", "key"):
        monkeypatch.setattr(parity, "call", emulated(Machine(PATH.read_bytes())))
        found, _ = parity.native(jobs[title])
        assert sha256(found).hexdigest()[:16] == golden[title], title

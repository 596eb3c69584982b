"""Saturation at every rate, in blocks longer and shorter than a chunk: the same bits in every host."""

import parity
import pytest
from test_parity import music

RATES = range(5)


def job(rate, samples, channels=2):
    knobs = [3, 18, 0.2, 0, 100, 0, rate]  # soft clip, 18 dB, a bias
    return parity.Job(
        "dawg_ai.dsp.effects.saturation:EFFECT",
        music(samples)[:channels],
        "process",
        ["y", "past"],
        {"knobs": knobs},
        [4096, 77],
    )


@pytest.mark.parametrize("rate", RATES)
def test_node_equals_native(rate, tmp_path):
    work = job(rate, 10_000)
    found, _ = parity.node(work, tmp_path, *parity.built("saturation"))
    assert parity.same(found, parity.native(work)[0])


def test_interpreted_equals_native(tmp_path):
    jobs = [job(rate, 4200, 1) for rate in (2, 3)] + [job(4, 300)]
    for each, (found, _) in zip(jobs, parity.elsewhere(jobs, tmp_path, NUMBA_DISABLE_JIT="1"), strict=True):
        assert parity.same(found, parity.native(each)[0])

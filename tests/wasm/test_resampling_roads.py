"""Resampling: the same bits on every road."""

import pytest
import roads
from test_roads import music


def job(samples, rates):
    sizes = [1000, 1, 128]
    keep, free = ["out", "progress", "past"], {"outputs": 24 * 1024 + 1}
    return roads.Job(
        "dawg_ai.dsp.blocks.resampling:MODULE", music(samples), "block", keep, {"rates": rates}, sizes, free=free
    )


@pytest.mark.parametrize("rates", [[44_100, 48_000], [48_000, 44_100], [44_100, 22_050]])
def test_node_equals_native(rates, tmp_path):
    work = job(5000, rates)
    found, _ = roads.node(work, tmp_path, *roads.built("resampling"))
    assert roads.same(found, roads.native(work)[0])


def test_interpreted_equals_native(tmp_path):
    work = job(1200, [44_100, 22_050])
    ((found, _),) = roads.elsewhere([work], tmp_path, NUMBA_DISABLE_JIT="1")
    assert roads.same(found, roads.native(work)[0])

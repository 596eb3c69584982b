"""Resampling: the same bits interpreted, natively and in WebAssembly."""

import parity
import pytest
from test_parity import music


def job(samples, rates):
    sizes = [1000, 1, 128]
    keep, free = ["out", "progress", "past"], {"outputs": 24 * 1024 + 1}
    return parity.Job(
        "dawg_ai.dsp.blocks.filters.resampling:MODULE", music(samples), "block", keep, {"rates": rates}, sizes,
        free=free,
    )  # fmt: skip


@pytest.mark.parametrize("rates", [[44_100, 48_000], [48_000, 44_100], [44_100, 22_050]])
def test_node_equals_native(rates, tmp_path):
    work = job(5000, rates)
    found, _ = parity.node(work, tmp_path, *parity.built("resampling"))
    assert parity.same(found, parity.native(work)[0])


def test_interpreted_equals_native(tmp_path):
    work = job(1200, [44_100, 22_050])
    ((found, _),) = parity.elsewhere([work], tmp_path, NUMBA_DISABLE_JIT="1")
    assert parity.same(found, parity.native(work)[0])

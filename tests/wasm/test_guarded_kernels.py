"""In the browser kernels hold knobs and sample rates within range as they do natively."""

import numpy as np
import pytest
from parity import built

from dawg_ai.dsp import effect
from dawg_ai.dsp.instance import Native
from dawg_ai.wasm.instance import Compiled

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("name", effect.names())
def test_knobs_and_rates_out_of_range_become_the_same_settings(name):
    module = effect.load(name).module
    native, compiled = Native(module), Compiled(*built(name))
    count = len(effect.load(name).knobs)
    for value, rate in ((1e9, 1e9), (-1e9, 0.0), (NAN, NAN), (INF, -1.0), (-INF, INF), (0.5, 384_000.0)):
        for each in (native, compiled):
            each.set("knobs", np.full(count, value))
            each.call("prepare", {"sample_rate_hz": rate})
        for array in native.arguments("prepare"):
            if native.declared(array):
                found, expected = compiled.get(array), native.get(array)
                assert np.isfinite(expected).all(), (array, value, rate)
                np.testing.assert_array_equal(found, expected, err_msg=f"{array} for {value} at {rate} Hz")
        if "latency" in compiled._entry["exports"]:
            late = [each.call("latency", {"sample_rate_hz": rate}) for each in (native, compiled)]
            assert late[0] == late[1] >= 0

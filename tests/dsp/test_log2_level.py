import numpy as np

from dawg_ai.dsp.kernel import kernel
from dawg_ai.dsp.log2_level import LOG2_PER_DB, gain_from_log2, log2_level


@kernel
def both(amplitudes, levels, back):
    for i in range(len(amplitudes)):
        levels[i] = log2_level(amplitudes[i])
        back[i] = gain_from_log2(levels[i])


def test_levels_are_right_to_a_millionth_of_a_decibel():
    rng = np.random.default_rng(0)
    amplitudes = np.concatenate(
        [np.geomspace(1e-9, 1e30, 100_001), np.exp2(rng.uniform(-1, 1, 100_000)), [1, 2**-0.5]]
    )
    levels, back = np.zeros_like(amplitudes), np.zeros_like(amplitudes)
    both(amplitudes, levels, back)
    assert np.abs(levels - np.log2(amplitudes)).max() / LOG2_PER_DB < 6e-7
    assert np.abs(np.log2(back) - levels).max() / LOG2_PER_DB < 1e-7


def test_what_is_exact():
    for exponent in range(-30, 30):
        assert log2_level(2.0**exponent) == exponent and gain_from_log2(float(exponent)) == 2.0**exponent
    assert log2_level(0.0) == log2_level(1e-300) == log2_level(1e-10)
    np.testing.assert_allclose(LOG2_PER_DB, np.log2(10) / 20, rtol=1e-15)

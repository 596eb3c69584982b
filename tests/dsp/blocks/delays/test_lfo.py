import numpy as np

from dawg_ai.dsp.blocks.delays.lfo import advance_lfo, lfo_rotation


def test_it_is_a_sine_and_its_cosine_that_do_not_drift():
    turn = lfo_rotation(0.7, 690.0)
    point, found = (1.0, 0.0), []
    for _ in range(100_000):
        point = advance_lfo(*point, *turn)
        found.append(point)
    angle = 2 * np.pi * 0.7 / 690 * np.arange(1, 100_001)
    np.testing.assert_allclose(found, np.stack([np.cos(angle), np.sin(angle)], axis=1), atol=1e-9)

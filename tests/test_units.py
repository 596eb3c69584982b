"""Decibels and back."""

import numpy as np
import pytest

from dawg_ai.units import amplitude_from_db, db_from_power


@pytest.mark.parametrize(
    ("power", "decibels"), [(1.0, 0.0), (100.0, 20.0), (1e-20, -200.0), (0.0, -200.0), (0.5, -3.0103)]
)
def test_decibels_of_power(power, decibels):
    assert float(db_from_power(power)) == pytest.approx(decibels, abs=1e-4)


def test_arrays_keep_their_shape():
    assert db_from_power(np.ones((2, 3), np.float32)).shape == (2, 3)
    assert db_from_power([1, 10]).tolist() == [0.0, 10.0]


@pytest.mark.parametrize("decibels", [-120.0, -6.0, 0.0, 12.5])
def test_amplitude_is_the_root_of_power(decibels):
    assert float(db_from_power(amplitude_from_db(decibels) ** 2)) == pytest.approx(decibels)

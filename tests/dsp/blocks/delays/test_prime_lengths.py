import numpy as np

from dawg_ai.dsp.blocks.delays.prime_lengths import LINE_SPAN, MIN_LINE_S, line_lengths, next_prime


def test_lengths_are_different_primes_in_a_geometric_series():
    for count in (8, 16):
        lengths = np.zeros(count)
        line_lengths(count, 44_100.0, lengths)
        assert len(set(lengths)) == count
        assert all(length % divisor for length in lengths for divisor in range(2, int(length**0.5) + 1))
        np.testing.assert_allclose(lengths, MIN_LINE_S * 44_100 * np.geomspace(1, LINE_SPAN, count), rtol=0.03)


def test_next_prime_counts_itself():
    assert [next_prime(n) for n in (2, 3, 4, 90, 97)] == [2, 3, 5, 97, 97]

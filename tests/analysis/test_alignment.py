"""The lag of a processed copy is found to the sample; what is not a copy is refused."""

import numpy as np
import pytest
from scipy import signal

from dawg_ai.analysis.alignment import align, overlap
from dawg_ai.errors import DawgError

RATE = 16_000


def music(seed=0, seconds=8):
    """Chords of chance with noise, (2, samples)."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 2) / RATE
    chords = [sum(np.sin(2 * np.pi * hz * t) for hz in rng.uniform(80, 4000, 4)) for _ in range(2 * seconds)]
    song = np.concatenate(chords) * 0.1
    return np.stack([song, song]) + 0.02 * rng.standard_normal((2, len(song)))


def mastered(song):
    """Another tone (linear phase, so without delay of its own after it is cut), and compressed."""
    taps = signal.firwin2(255, [0, 0.02, 0.3, 1], [0.3, 1, 1, 2.0])
    toned = signal.lfilter(taps, 1, np.pad(song, ((0, 0), (0, 127))))[:, 127:]
    return np.tanh(2.5 * toned)


@pytest.mark.parametrize("lag", [0, 1, -1, 4321, -777])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_master_is_found_to_the_sample(lag, sign):
    song = music()
    after = sign * mastered(song)
    after = np.pad(after, ((0, 0), (lag, 0))) if lag > 0 else after[:, -lag:]
    found = align(song.astype(np.float32), after.astype(np.float32), RATE)
    assert (found.lag_samples, found.inverted) == (lag, sign < 0)
    one, other = overlap(song, after, found)
    assert one.shape == other.shape and np.corrcoef(one[0], other[0])[0, 1] > 0.8


def test_another_song_is_refused():
    with pytest.raises(DawgError, match="not the same recording"):
        align(music(0), music(1), RATE)


def test_another_speed_is_refused():
    song = music(seconds=40)
    faster = signal.resample_poly(song, 10_000, 10_003, axis=1)
    with pytest.raises(DawgError, match=r"drift apart|not the same recording"):
        align(song, faster, RATE)


def test_silence_is_refused():
    with pytest.raises(DawgError, match="not the same recording"):
        align(np.zeros((1, 5 * RATE)), music(), RATE)

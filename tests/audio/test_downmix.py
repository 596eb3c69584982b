"""Every speaker of every layout goes to the side, and at the level, that ITU-R BS.775 states."""

import numpy as np
import pytest
import soundfile

from dawg_ai import audio

# In WAVE order; BS.775-3, annex 4, table 2 for 3/2 to 2/0. Sides and backs are the table's surrounds.
LAYOUTS = {3: "L R C", 4: "L R Ls Rs", 5: "L R C Ls Rs", 6: "L R C LFE Ls Rs", 8: "L R C LFE Lb Rb Ls Rs"}
GAINS = {
    "L": (1.0, 0.0),
    "R": (0.0, 1.0),
    "C": (0.7071, 0.7071),
    "LFE": (0.0, 0.0),
    "Ls": (0.7071, 0.0),
    "Rs": (0.0, 0.7071),
    "Lb": (0.7071, 0.0),
    "Rb": (0.0, 0.7071),
}
SPEAKERS = [(n, at, name) for n, names in LAYOUTS.items() for at, name in enumerate(names.split())]


@pytest.mark.parametrize(("channels", "at", "speaker"), SPEAKERS, ids=[f"{n} {name}" for n, _, name in SPEAKERS])
def test_a_speaker_alone_is_where_the_standard_puts_it(tmp_path, channels, at, speaker):
    """Through a file, since a wrong order of channels would do as much harm as a wrong gain."""
    rate_hz = 8_000
    sound = np.zeros((channels, 800), np.float32)
    sound[at] = 0.5 * np.sin(np.arange(800))
    soundfile.write(tmp_path / "a.wav", sound.T, rate_hz, "FLOAT")
    left, right = audio.stereo(audio.read(tmp_path / "a.wav")[0])
    np.testing.assert_allclose(left, GAINS[speaker][0] * sound[at], atol=1e-5)
    np.testing.assert_allclose(right, GAINS[speaker][1] * sound[at], atol=1e-5)


def test_a_speaker_behind_the_middle_is_in_the_middle():
    """6.1: left, right, centre, low frequency, back centre, sides."""
    left, right = audio.stereo(np.eye(7, dtype=np.float32))
    assert left[4] == right[4] and 0.49 < left[4] < 0.71
    np.testing.assert_allclose(left[[0, 1, 2, 3, 5, 6]], [1, 0, 0.7071, 0, 0.7071, 0], atol=1e-5)
    np.testing.assert_allclose(right[[0, 1, 2, 3, 5, 6]], [0, 1, 0.7071, 0, 0, 0.7071], atol=1e-5)


@pytest.mark.parametrize("channels", [1, 2])
def test_mono_and_stereo_are_left_alone(channels):
    sound = np.random.default_rng(0).normal(size=(channels, 100)).astype(np.float32)
    np.testing.assert_array_equal(audio.stereo(sound), sound)

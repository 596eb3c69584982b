"""Timing and pitch rules: what is asked for is what the frames and curves say."""

import numpy as np
import pytest
from scipy.signal import TransferFunction, step

from dawg_ai import ask
from dawg_ai.dsp.effects.voice import COLUMNS
from dawg_ai.dsp.instance import Native
from dawg_ai.lyrics import PHONEMES, syllable
from dawg_ai.plugins.vocals import PLUGIN, performance, timing

A, K, S, PAU, N = (PHONEMES.index(name) for name in ("a", "k", "s", "pau", "N"))


def note(start_s, duration_s, pitch=57.0, text="a", velocity=0.63):
    return [start_s, duration_s, pitch, velocity, 0, syllable(text)]


def encoded(*rows):
    extractor = PLUGIN.sources[0].features.extractor
    found = extractor.extract(Native(PLUGIN.module), np.float32(rows).reshape(-1, 6))
    return found["frames"], found["melody"]


def curves(*rows, **controls):
    """What the rules make of notes, with a network that always says the same."""

    def network(inputs):
        shape = (1, inputs["score_frames"].shape[1])
        levels = {"harmonic_db": (60, -50.0), "noise_db": (24, -80.0), "voicing": (1, 1.0)}
        return {name: np.full((*shape, width), value, np.float32) for name, (width, value) in levels.items()}

    still = {"drift_cents": 0.0, "vibrato_cents": 0.0} | controls
    answer = ask.Host.of(PLUGIN, network).ask({"score": [np.float32(rows)]}, still)
    return np.float32(answer.recipe["chain"][0]["curves"])


def phonemes(frames):
    """Phonemes in order, and the time at which each begins."""
    current = frames[:, timing.CURRENT].astype(int)
    first = np.flatnonzero(np.concatenate([[True], np.diff(current) != 0]))
    return [PHONEMES[current[i]] for i in first], first / 100


def test_vowels_begin_with_the_note_and_consonants_before_it():
    names, begins = phonemes(encoded(note(0.5, 0.5, text="sa"), note(1.0, 0.5, text="ku"))[0])
    assert names == ["pau", "s", "a", "k", "u", "pau"]
    lengths_s = [timing.CONSONANT_MS[index] / 1000 for index in (S, K)]
    assert begins == pytest.approx([0, 0.5 - lengths_s[0], 0.5, 1.0 - lengths_s[1], 1.0, 1.5], abs=0.011)


def test_a_consonant_leaves_the_note_before_at_least_half():
    names, begins = phonemes(encoded(note(0.5, 0.06), note(0.56, 0.3, text="shi"))[0])
    assert names == ["pau", "a", "sh", "i", "pau"] and begins[2] == pytest.approx(0.53, abs=0.011)


def test_without_room_before_it_the_consonant_takes_it_from_its_note():
    names, begins = phonemes(encoded(note(0.0, 0.5, text="sa"))[0])
    assert names == ["s", "a", "pau"] and begins[1] == pytest.approx(timing.CONSONANT_MS[S] / 1000, abs=0.011)


def test_codas_rests_and_held_vowels():
    names, _ = phonemes(encoded(note(0.2, 0.5, text="shin"), note(1.2, 0.5, text="kat"))[0])
    assert names == ["pau", "sh", "i", "N", "pau", "k", "a", "cl", "pau"]
    frames, melody = encoded(note(0.2, 0.5, 57, "ra"), note(0.72, 0.5, 60, "-"))
    assert phonemes(frames)[0] == ["pau", "r", "a", "pau"]
    assert melody[60, timing.PITCH_AFTER] == 60 and melody[80, timing.PITCH_BEFORE] == 57
    assert melody[130, timing.PITCH_AFTER] == 60


def test_frames_say_how_far_the_next_phoneme_is():
    frames, _ = encoded(note(0.5, 1.0, text="a"), note(1.5, 1.0, text="n"))
    now = frames[100]
    assert now[[timing.PREVIOUS, timing.CURRENT, timing.NEXT]].tolist() == [PAU, A, N]
    assert now[[timing.SINCE_S, timing.UNTIL_S, timing.PITCH]].tolist() == pytest.approx([0.5, 0.5, 57], abs=1e-5)


def test_no_notes_are_silence():
    frames, melody = encoded()
    assert len(frames) == len(melody) >= 1 and (frames[:, timing.CURRENT] == PAU).all() and not melody.any()


@pytest.mark.parametrize(("glide_s", "overshoot"), [(0.09, 0.05), (0.2, 0.2), (0.05, 0.01)])
def test_the_glide_is_the_step_response_of_a_second_order_system(glide_s, overshoot):
    peak = np.log(overshoot)
    damping, natural = -peak / np.hypot(np.pi, peak), performance.RATE / glide_s
    time_s = np.linspace(0, 0.6, 200)
    _, expected = step(TransferFunction([natural**2], [1, 2 * damping * natural, natural**2]), T=time_s)
    found = [performance.step_response(float(t), glide_s, overshoot) for t in time_s]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert max(performance.step_response(i / 1e4, glide_s, overshoot) for i in range(10_000)) == pytest.approx(
        1 + overshoot, abs=1e-4
    )


def test_pitch_goes_from_note_to_note_without_a_jump_and_arrives():
    rows = curves(note(0.2, 0.6, 57), note(0.8, 0.6, 64, "ka"), note(2.0, 0.5, 50))
    pitch = rows[:, 0]
    assert pitch[60] == pytest.approx(57, abs=0.01) and pitch[110] == pytest.approx(64, abs=0.05)
    assert np.abs(np.diff(pitch[20:139])).max() < 1.7
    assert 57 < pitch[80] < 64 and pitch[74] < 57.1 and pitch[100] > 63.5
    assert pitch[205] == pytest.approx(50, abs=0.01), "a note after a rest begins on its pitch"


@pytest.mark.parametrize(("cents", "hz"), [(30, 5.5), (100, 4.0), (60, 7.3)])
def test_vibrato_has_its_rate_and_depth_and_waits(cents, hz):
    pitch = curves(note(0.2, 3.2, 57), vibrato_cents=cents, vibrato_hz=hz)[:, 0] - 57
    assert np.abs(pitch[20:44]).max() < 1e-3
    part = pitch[70:300] * 100  # in full
    turns = np.exp(-2j * np.pi * np.linspace(2, 10, 1601)[:, None] * np.arange(len(part)) / 100)
    spectrum = np.abs(turns @ (part * np.hanning(len(part)))) * 2 / np.hanning(len(part)).sum()
    assert np.linspace(2, 10, 1601)[spectrum.argmax()] == pytest.approx(hz, rel=0.02)
    assert spectrum.max() == pytest.approx(cents, rel=0.03)


def test_drift_is_bounded_smooth_and_a_function_of_the_seed():
    one, same, other = (curves(note(0.1, 5, 57), drift_cents=20, seed=seed)[:, 0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.02
    assert 0.05 < np.abs(one - 57).max() < 0.2005 and np.abs(np.diff(one)).max() < 0.025


def test_louder_notes_are_louder_and_knobs_are_passed_on():
    soft, loud = (curves(note(0.2, 0.5, velocity=v))[40] for v in (0.315, 0.63))
    np.testing.assert_allclose(loud[1:] - soft[1:], 6.0, atol=0.13)
    assert len(loud) == COLUMNS and loud[1] == -50 and loud[-1] == -80


def test_labels_are_painted_as_they_are():
    extractor = PLUGIN.sources[1].features.extractor
    rows = np.float32([[0, 0.5, 0, 1, 0, PAU], [0.5, 0.1, 0, 1, 0, K], [0.6, 0.6, 0, 1, 0, A]])
    frames = extractor.extract(Native(PLUGIN.training_module), rows)["frames"]
    names, begins = phonemes(frames)
    assert names == ["pau", "k", "a"] and begins == pytest.approx([0, 0.5, 0.6], abs=0.011) and len(frames) == 121

"""`dawg beat`: what comes out is what was asked for, again the same, and a file that a sequencer can loop."""

import json

import numpy as np
import pytest
import soundfile

from dawg_ai import midi
from dawg_ai.beat import STEPS_PER_BEAT, style
from dawg_ai.beat.feel import drum_of, steps_of
from dawg_ai.cli import main


@pytest.fixture
def beat(tmp_path, capsys):
    """Run the verb; return the written file."""

    def run(*words, out="out.mid"):
        code = main(["beat", *[str(tmp_path / w) if w.endswith((".mid", ".wav")) else w for w in words]])
        said = capsys.readouterr()
        assert code == 0, said.err
        return midi.read(tmp_path / out)

    return run


@pytest.mark.parametrize("name", style.names())
def test_every_style_gives_parts_that_fit(beat, tmp_path, name):
    file = beat("out.mid", "--style", name, "--bars", "4", "--seed", "3")
    assert [track.name for track in file.tracks] == ["Drums", "Bass", "Melody"]
    assert [track.channel for track in file.tracks] == [9, 0, 1]
    assert file.length_beats == 16 and file.signatures == ((0.0, 4, 4),)
    assert file.tempos[0][1] == pytest.approx(style.load(name).tempo_bpm, rel=1e-4)
    for track in file.tracks:
        assert len(track.notes) >= 8
        assert (track.notes[:, 0] >= 0).all() and (track.notes[:, 0] + track.notes[:, 1] <= 16).all()
    assert {drum_of(pitch) for pitch in file.drums[:, 2]} >= {"kick"}
    first = (tmp_path / "out.mid").read_bytes()
    beat("out.mid", "--style", name, "--bars", "4", "--seed", "3")
    assert (tmp_path / "out.mid").read_bytes() == first, "the same seed gives the same bytes"
    beat("out.mid", "--style", name, "--bars", "4", "--seed", "4")
    assert (tmp_path / "out.mid").read_bytes() != first


def test_sound_lasts_as_long_as_the_music_and_is_not_clipped(beat, tmp_path):
    beat("out.mid", "out.wav", "--style", "trap", "--tempo", "150", "--bars", "2")
    sound, rate_hz = soundfile.read(tmp_path / "out.wav")
    assert 2 * 4 * 0.4 - 0.3 < len(sound) / rate_hz < 2 * 4 * 0.4 + 6
    assert 0.1 < np.abs(sound).max() < 1 and sound.shape[1] == 2


def stiff(tmp_path, tempo=100.0):
    """Two bars of eighths, every velocity the same, a flam on the last snare."""
    rows = [[step / 2, 0.1, 42, 0.7] for step in range(16)]
    rows += [[beat, 0.1, 36 if beat % 2 == 0 else 38, 0.7] for beat in range(8)] + [[7.06, 0.1, 38, 0.7]]
    file = midi.File((midi.Track(midi.merged([np.array(rows)]), "d", 9),), ((0.0, tempo),), length_beats=8.0)
    midi.write(tmp_path / "stiff.mid", file)
    return file


def cells(notes):
    return sorted(zip(steps_of(notes).tolist(), notes[:, 2].tolist(), strict=True))


def test_humanise_moves_no_stroke_to_another_step_and_nothing_at_amount_0(beat, tmp_path):
    given = stiff(tmp_path)
    played = beat("humanise", "stiff.mid", "out.mid", "--style", "lofi", "--amount", "1")
    assert cells(played.drums) == cells(given.drums)
    late = played.drums[:, 0] * STEPS_PER_BEAT - steps_of(played.drums)
    assert late.std() > 0.02 and len(np.unique(played.drums[:, 3])) > 10
    snares = played.drums[played.drums[:, 2] == 38][-2:, 0]
    assert snares[1] - snares[0] == pytest.approx(0.06, abs=2 / midi.PPQ), "a flam stays a flam"
    same = beat("humanise", "stiff.mid", "out.mid", "--amount", "0")
    np.testing.assert_array_equal(same.drums, midi.read(tmp_path / "stiff.mid").drums)


def test_swing_and_push_are_those_asked_for(beat):
    straight, swung, late = (
        beat("out.mid", "--style", "techno", "--density", "0.8", "--bars", "8", "--swing", swing, "--push-ms", push)
        for swing, push in (("0", "0"), ("0.3", "0"), ("0", "20"))
    )

    def offset(file, odd):
        steps = steps_of(file.drums)
        return float((file.drums[:, 0] * 4 - steps)[steps % 2 == odd].mean())

    assert offset(swung, 1) - offset(straight, 1) == pytest.approx(0.3, abs=0.03)
    assert offset(swung, 0) == pytest.approx(offset(straight, 0), abs=0.03)
    push_steps = 0.020 * style.load("techno").tempo_bpm / 15
    assert offset(late, 0) - offset(straight, 0) == pytest.approx(push_steps, rel=0.2)


def test_density_adds_strokes(beat):
    counts = [len(beat("out.mid", "--style", "house", "--density", str(d / 10)).drums) for d in range(0, 11, 2)]
    assert counts == sorted(counts) and counts[-1] > 2 * counts[0]


def test_a_change_of_tempo_moves_no_tick_but_milliseconds(beat):
    slow, fast = (
        beat("out.mid", "--style", "techno", "--tempo", tempo, "--amount", "0").drums for tempo in ("60", "180")
    )
    np.testing.assert_array_equal(slow, fast)


def test_infill_keeps_what_is_locked(beat, tmp_path):
    beat("one.mid", "--style", "funk", "--bars", "2", "--seed", "1", out="one.mid")
    given = midi.read(tmp_path / "one.mid").drums
    made = beat("infill", "one.mid", "out.mid", "--style", "house", "--lock", "kick", "--lock-steps", "1-8").drums
    locked = [(s, p) for s, p in cells(given) if p == 36 or s < 8]
    assert [(s, p) for s, p in cells(made) if p == 36 or s < 8] == locked
    assert cells(made) != cells(given)


def test_continue_goes_on_and_leaves_what_was_there(beat, tmp_path):
    beat("one.mid", "--bars", "2", out="one.mid")
    given = midi.read(tmp_path / "one.mid")
    longer = beat("continue", "one.mid", "out.mid", "--bars", "3")
    assert longer.length_beats == 20
    before = longer.drums[steps_of(longer.drums) < 32]
    np.testing.assert_array_equal(before, given.drums)
    assert set((steps_of(longer.drums) // 16).tolist()) == {0, 1, 2, 3, 4}


def test_vary_keeps_the_accents(beat, tmp_path):
    beat("one.mid", "--style", "funk", "--bars", "4", out="one.mid")
    given = midi.read(tmp_path / "one.mid").drums
    varied = beat("vary", "one.mid", "out.mid", "--amount", "0.6").drums
    loud = given[given[:, 3] >= np.quantile(given[:, 3], 0.8)]
    assert set(cells(loud)) <= set(cells(varied)) and cells(varied) != cells(given)


def test_taps_become_drums_at_their_own_times(beat, tmp_path):
    taps = np.array([[0.0, 0.1, 60, 0.8], [0.52, 0.1, 60, 0.5], [1.01, 0.1, 60, 0.9], [2.77, 0.1, 60, 0.6]])
    midi.write(tmp_path / "taps.mid", midi.File((midi.Track(taps),), ((0.0, 92.0),), length_beats=4.0))
    made = beat("tap2drum", "taps.mid", "out.mid", "--style", "hiphop").drums
    assert set(np.round(made[:, 0] * 480)) == set(np.round(taps[:, 0] * 480))


def test_added_bass_and_melody_follow_chords_in_names_and_numerals(beat, tmp_path):
    stiff(tmp_path)
    named = beat("add", "bass", "stiff.mid", "out.mid", "--style", "rock", "--chords", "Am F")
    again = beat("add", "bass", "stiff.mid", "out.mid", "--style", "rock", "--chords", "i VI", "--key", "Am")
    np.testing.assert_array_equal(named.tracks[1].notes, again.tracks[1].notes)
    bass = named.tracks[1].notes
    downbeats = {round(start / 4): pitch % 12 for start, _, pitch, _ in bass if abs(start % 4) < 0.1}
    assert downbeats == {0: 9, 1: 5}
    sung = beat("add", "melody", "stiff.mid", "out.mid", "--chords", "Am F")
    assert np.isin(sung.tracks[1].notes[:, 2] % 12, [0, 2, 4, 5, 7, 9, 11]).all()


def test_a_loop_wraps_what_comes_early(beat, tmp_path):
    words = ("out.mid", "--style", "rock", "--bars", "2", "--push-ms", "-20")
    plain, looped = beat(*words), beat(*words, "--loop")
    assert plain.drums[0, 0] == 0 and plain.length_beats == looped.length_beats == 8
    wrapped = looped.drums[looped.drums[:, 0] > 8 - 0.45 / 4]
    assert "kick" in {drum_of(pitch) for pitch in wrapped[:, 2]}
    assert not (looped.drums[:, 0] == 0).any()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["out.wav"], "expected: dawg beat OUT.mid"),
        (["humanise", "in.mid"], "expected: dawg beat humanise IN.mid OUT.mid"),
        (["out.mid", "--style", "polka"], "there is no style 'polka'; there are: bossa_nova"),
        (["out.mid", "--chords", "Am H"], "the chord 'H' is not understood"),
        (["out.mid", "--chords", "Amaj13b"], "after the root may follow"),
        (["out.mid", "--key", "H"], "the key 'H' is not understood"),
        (["out.mid", "--tempo", "5"], "--tempo is 5; expected 20 to 400"),
        (["out.mid", "--swing", "nan"], "--swing is nan"),
        (["out.mid", "--lock", "gong"], "there is no such drum"),
        (["infill", "in.mid", "out.mid"], "name it: --lock kick"),
        (["infill", "in.mid", "out.mid", "--lock-steps", "0-3"], "expected such as 1-8"),
        (["vary", "none.mid", "out.mid"], "cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path, capsys, words, complaint):
    midi.write(tmp_path / "in.mid", midi.File((midi.Track(np.array([[0, 1, 36, 0.5]]), channel=9),)))
    code = main(["beat", *[str(tmp_path / w) if w.endswith((".mid", ".wav")) else w for w in words]])
    assert code == 2 and complaint in capsys.readouterr().err
    assert not (tmp_path / "out.mid").exists()


def test_json_says_what_was_made(tmp_path, capsys):
    assert main(["beat", str(tmp_path / "a.mid"), "--chords", "Dm7 | G7 C |", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["chords"] == ["Dm7", "G7", "C"] and said["bars"] == 4 and said["notes"]["drums"] > 20

"""`dawg beat --engine network`: the shipped drummer, from MIDI to MIDI."""

import numpy as np
import pytest

from dawg_ai import midi
from dawg_ai.beat.feel import steps_of
from dawg_ai.cli import main


@pytest.fixture
def beat(tmp_path, home, capsys):
    def run(*words):
        paths = [str(tmp_path / word) if word.endswith(".mid") else word for word in words]
        code = main(["beat", *paths, "--engine", "network", "--style", "funk"])
        assert code == 0, capsys.readouterr().err
        return midi.read(tmp_path / "out.mid")

    return run


@pytest.fixture
def given(tmp_path):
    """Two bars of a stiff beat."""
    rows = [[beat / 2, 0.1, 42, 0.7] for beat in range(16)]
    rows += [[beat, 0.1, (36, 38)[beat % 2], 0.7] for beat in range(8)]
    events = midi.merged([np.array(rows, float)])
    midi.write(tmp_path / "in.mid", midi.File((midi.Track(events, channel=9),), ((0.0, 100.0),), length_beats=8.0))
    return events


def cells(notes):
    return sorted(zip(steps_of(notes).tolist(), notes[:, 2].tolist(), strict=True))


def test_it_plays_from_nothing_the_same_for_the_same_seed(beat, tmp_path):
    one = beat("out.mid", "--bars", "2", "--seed", "5")
    content = (tmp_path / "out.mid").read_bytes()
    beat("out.mid", "--bars", "2", "--seed", "5")
    assert (tmp_path / "out.mid").read_bytes() == content
    assert [track.name for track in one.tracks] == ["Drums", "Bass", "Melody"] and one.length_beats == 8
    beat("out.mid", "--bars", "2", "--seed", "6")
    assert (tmp_path / "out.mid").read_bytes() != content


def test_it_humanises_continues_and_fills_in(beat, given):
    played = beat("humanise", "in.mid", "out.mid")
    assert cells(played.drums) == cells(given) and len(np.unique(played.drums[:, 3])) > 4
    longer = beat("continue", "in.mid", "out.mid", "--bars", "2")
    before = longer.drums[steps_of(longer.drums) < 32]
    assert cells(before) == cells(given) and np.abs(before[:, 0] * 4 - steps_of(before)).max() < 0.01
    assert longer.length_beats == 16 and (steps_of(longer.drums) >= 48).any()
    filled = beat("infill", "in.mid", "out.mid", "--lock", "kick")
    kicks = filled.drums[filled.drums[:, 2] == 36]
    np.testing.assert_allclose(kicks[:, 0], given[given[:, 2] == 36][:, 0], atol=2e-3)


def test_it_drums_to_taps(beat, given):
    drums = beat("tap2drum", "in.mid", "out.mid").drums
    tapped = set(steps_of(given).tolist())
    on_taps = np.mean([step in tapped for step in steps_of(drums)])
    assert len(drums) >= len(tapped) / 2 and on_taps > 0.9

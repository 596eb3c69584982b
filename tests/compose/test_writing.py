"""Composed songs on paper: keys, forms and patterns."""

import pytest

from dawg_ai import compose
from dawg_ai.compose.harmony import Key
from dawg_ai.compose.score import BEATS_PER_BAR


@pytest.mark.parametrize("style", compose.STYLES)
@pytest.mark.parametrize("seed", range(8))
def test_every_note_lies_in_the_key(style, seed):
    score = compose.write(style, seed)
    key = Key(score.tonic, score.scale)
    for player, notes in score.parts.items():
        outside = [note.pitch for note in notes if note.pitch not in key]
        assert not outside, f"{player} leaves {score.key}"
        assert all(0 <= note.start_beats < score.bars * BEATS_PER_BAR + 0.5 for note in notes)
        assert all(0 < note.velocity <= 1 for note in notes)
    assert all(score.parts[player] for player in ("melody", "bass", "chords"))
    assert "kick" in {hit.drum for hit in score.drums}


@pytest.mark.parametrize("style", compose.STYLES)
def test_songs_of_a_style_are_different_pieces(style):
    scores = [compose.write(style, seed) for seed in range(8)]
    assert len({(score.tempo_bpm, score.key) for score in scores}) == 8
    assert len({tuple(note.pitch for note in score.parts["melody"]) for score in scores}) == 8


@pytest.mark.parametrize("style", compose.STYLES)
def test_patterns_have_the_length_of_a_bar(style):
    written = compose.STYLES[style]
    bars = [*written.bass_lines, *written.comping, *written.arps]
    bars += [pattern for groove in written.grooves for pattern in groove.values()]
    assert {len(pattern) for pattern in bars} == {16}
    assert {len(pattern) for pattern in written.melodies} == {32}

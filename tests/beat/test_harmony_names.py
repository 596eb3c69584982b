"""Chords as names and numerals, by what every textbook says of them."""

import pytest

from dawg_ai.beat.harmony import Key, parse, parse_key


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("C", {0, 4, 7}), ("Am", {9, 0, 4}), ("F#m7b5", {6, 9, 0, 4}), ("Bbmaj7", {10, 2, 5, 9}),
        ("Gsus4", {7, 0, 2}), ("Eb7", {3, 7, 10, 1}), ("Cdim7", {0, 3, 6, 9}), ("E+", {4, 8, 0}),
        ("D-7", {2, 5, 9, 0}), ("A9", {9, 1, 4, 7, 11}), ("G5", {7, 2}), ("Bo", {11, 2, 5}),
    ],
)  # fmt: skip
def test_names(name, classes):
    assert parse(name).at(0).classes == classes


def test_slash_chords_keep_their_bass():
    chord = parse("C/E").at(0)
    assert (chord.root, chord.bass, chord.classes) == (0, 4, {0, 4, 7})


@pytest.mark.parametrize(
    ("numerals", "key", "names"),
    [
        ("ii7 V7 Imaj7", "C", "Dm7 G7 Cmaj7"),
        ("ii7 V7 Imaj7", "Eb", "Fm7 Bb7 Ebmaj7"),
        ("i VI III VII", "Am", "Am F C G"),
        ("i iv V", "F#m", "F#m Bm C#"),
        ("I bVII IV", "D", "D C G"),
        ("viio", "C", "Bdim"),
    ],
)
def test_numerals_in_a_key_are_the_chords_of_that_name(numerals, key, names):
    ours, theirs = parse(numerals, key), parse(names)
    assert [(c.root, c.classes) for _, c in ours.spans] == [(c.root, c.classes) for _, c in theirs.spans]


@pytest.mark.parametrize(
    ("chords", "key"),
    [
        ("Am F C G", Key(9, True)),
        ("C Am F G", Key(0, False)),
        ("Em C G D", Key(4, True)),
        ("Dm7 G7 Cmaj7", Key(0, False)),
    ],
)
def test_the_key_is_estimated(chords, key):
    assert parse(chords).key == key


def test_bars_share_their_time():
    song = parse("Am7 | F G |")
    assert [song.at(beat).name for beat in (0, 3.9, 4, 5.9, 6, 7.9, 8)] == ["Am7", "Am7", "F", "F", "G", "G", "Am7"]
    assert parse_key("eb") == Key(3, False)

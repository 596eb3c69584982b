"""Scores with lyrics."""

import pytest

from dawg_ai.errors import UsageError
from dawg_ai.lyrics import unpacked
from dawg_ai.singing import melody, score


def note(step, duration, text="", inside=""):
    lyric = f"<lyric><text>{text}</text></lyric>" if text else ""
    pitch = f"<pitch><step>{step}</step><octave>3</octave></pitch>" if step else "<rest/>"
    return f"<note>{pitch}<duration>{duration}</duration>{inside}{lyric}</note>"


@pytest.fixture
def written(tmp_path):
    def write(*measures):
        opening = '<attributes><divisions>2</divisions></attributes><direction><sound tempo="120"/></direction>'
        inside = "".join(f"<measure>{measure}</measure>" for measure in (opening + measures[0], *measures[1:]))
        (tmp_path / "song.musicxml").write_text(f"<score-partwise><part>{inside}</part></score-partwise>", "utf-8")
        return tmp_path / "song.musicxml"

    return write


def test_notes_lyrics_ties_and_tempo(written):
    path = written(
        note("", 4) + note("A", 2, "さ", '<tie type="start"/>'),
        note("A", 2, "", '<tie type="stop"/>') + note("B", 1, "くー") + note("C", 1) + '<sound tempo="60"/>',
        note("G", 2, "ran"),
    )
    rows = melody.read(path)
    assert rows[:, :3].tolist() == [[1, 1, 57], [2, 0.25, 59], [2.25, 0.25, 48], [2.5, 1, 55]]
    assert [unpacked(int(number)) for number in rows[:, 5]] == [("s", "a"), ("k", "u"), ("-",), ("r", "a", "N")]
    assert melody.read(path, "la")[0, 5] == melody.read(path, "la")[3, 5]


def test_what_is_no_score_is_refused(written, tmp_path):
    with pytest.raises(UsageError, match="'123' is no syllable"):
        score.read(written(note("A", 2, "123")))
    (tmp_path / "bad.xml").write_text("<score")
    with pytest.raises(UsageError, match="is no MusicXML score"):
        score.read(tmp_path / "bad.xml")
    with pytest.raises(UsageError, match="cannot be read"):
        score.read(tmp_path / "none.xml")

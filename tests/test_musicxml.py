"""Lead sheets, on small scores written here."""

import zipfile

import numpy as np
import pytest

from dawg_ai import musicxml
from dawg_ai.errors import UsageError


def note(step="", octave=4, duration=2, more="", before=""):
    pitch = f"<pitch><step>{step}</step>{more}<octave>{octave}</octave></pitch>" if step else "<rest/>"
    return f"<note>{before}{pitch}<duration>{duration}</duration></note>"


def chord(step, kind="major"):
    return f"<harmony><root><root-step>{step}</root-step></root><kind>{kind}</kind></harmony>"


def bar(kind="", *, repeat="", ending="", side="right"):
    inside = (f'<ending number="{ending}" type="{kind}"/>' if ending else "") + (
        f'<repeat direction="{repeat}"/>' if repeat else ""
    )
    return f'<barline location="{side}">{inside}</barline>'


def sheet(path, *measures, container="<container/>"):
    body = "".join(f"<measure>{measure}</measure>" for measure in measures)
    head = "<attributes><divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    body = body.replace("<measure>", f'<measure>{head}<sound tempo="90"/>', 1)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("A song's score.xml", f"<score-partwise><part id='P1'>{body}</part></score-partwise>")
    return musicxml.read(path)


def pitches(found):
    return found.melody.tracks[0].notes[:, 2].tolist()


def test_notes_rests_accidentals_ties_grace_notes_and_chord_symbols(tmp_path):
    found = sheet(
        tmp_path / "a.mxl",
        chord("A", "minor-seventh") + note("C") + note() + note("B", 3, more="<alter>-1</alter>", before="<grace/>")
        + note("F", more="<alter>1</alter>", before='<tie type="start"/>'),
        note("F", more="<alter>1</alter>", before='<tie type="stop"/>') + chord("D") + note(duration=4),
        container="<container><rootfile full-path='it's not there.xml'/></container>",
    )  # fmt: skip
    np.testing.assert_allclose(found.melody.tracks[0].notes[:, :3], [[0, 1, 60], [2, 2, 66]])
    np.testing.assert_allclose(
        found.chords.tracks[0].notes[:, :3],
        [[0, 4, p] for p in (57, 60, 64, 67)] + [[4, 2, p] for p in (50, 54, 57)],
    )
    assert found.melody.tempos == ((0.0, 90.0),) and found.melody.signatures == ((0.0, 3, 4),)
    assert found.melody.length_beats == found.chords.length_beats == 6


def test_repeats_are_played_out_with_their_endings(tmp_path):
    found = sheet(
        tmp_path / "a.mxl",
        note("C"),
        bar(repeat="forward", side="left") + note("D"),
        bar("start", ending="1", side="left") + note("E") + bar("stop", ending="1", repeat="backward"),
        bar("start", ending="2", side="left") + note("F") + bar("stop", ending="2"),
        note("G") + bar(repeat="backward"),
    )
    assert pitches(found) == [60, 62, 64, 62, 65, 67, 67]
    plain = sheet(tmp_path / "b.mxl", note("C"), note("D") + bar(repeat="backward"), note("E"))
    assert pitches(plain) == [60, 62, 60, 62, 64]


def test_what_is_no_lead_sheet_is_refused(tmp_path):
    path = tmp_path / "x.mxl"
    path.write_bytes(b"no archive")
    with pytest.raises(UsageError, match="is no lead sheet, or is damaged"):
        musicxml.read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("song.xml", "<score-partwise/>")
    with pytest.raises(UsageError, match="has no part"):
        musicxml.read(path)

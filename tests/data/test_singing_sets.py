"""Datasets of singing, on miniatures in the layout of the public ones, made of our own sounds."""

import io
import zipfile

import numpy as np
import pytest
import soundfile

from dawg_ai import data, midi, notes
from dawg_ai.data.sets import alys
from dawg_ai.errors import UsageError
from dawg_ai.lyrics import PHONEMES

LABELS = "0 5000000 pau\n5000000 6000000 k\n6000000 12000000 a\n12000000 20000000 pau\n"


def sound(kind="WAV", seconds=1.0):
    content = io.BytesIO()
    tone = 0.1 * np.sin(np.arange(int(24_000 * seconds)) / 20)
    soundfile.write(content, tone, 24_000, format=kind, subtype="VORBIS" if kind == "OGG" else None)
    return content.getvalue()


@pytest.fixture
def song(tmp_path):
    midi.write(tmp_path / "x.mid", midi.File((midi.Track(np.array([[1.2, 1.0, 57, 0.7]])),), ((0.0, 120.0),)))
    return (tmp_path / "x.mid").read_bytes()


def pjs(song, kind="wav"):
    """Files as in PJS_corpus_ver1.1.zip: a folder for each song, with the spoken sentence beside it."""
    files = {"PJS_corpus_ver1.1/README-PJS_corpus_ver1.1.md": b"terms"}
    for name in ("pjs001", "pjs002", "pjs016", "pjs100"):
        at = f"PJS_corpus_ver1.1/{name}/{name}"
        files |= {f"{at}_song.{kind}": sound(kind.upper()), f"{at}_speech.wav": sound(), f"{at}.mid": song}
        files |= {f"{at}.lab": LABELS.encode(), f"{at}.musicxml": b"<score/>", f"{at}.txt": b"key:A maj"}
    return files


def test_pjs_as_published(home, tmp_path, song):
    with zipfile.ZipFile(tmp_path / "pjs.zip", "w") as archive:
        for name, content in pjs(song).items():
            archive.writestr(name, content)
    data.load("pjs").get(tmp_path / "pjs.zip")
    clips = data.load("pjs").clips()
    # The first and the sixteenth song have labels that do not fit.
    assert [(clip.id, clip.group) for clip in clips] == [("pjs/pjs002", "pjs002"), ("pjs/pjs100", "pjs100")]
    assert set(clips[0].files) == {"audio", "phonemes", "notes"} and clips[0].path.name == "pjs002_song.wav"
    assert clips[0].licence.spdx == "CC-BY-SA-4.0" and all(not reason for _, reason in data.examine(clips))
    assert not list(data.load("pjs").root.rglob("*speech*"))


def test_pjs_in_one_folder(home, tmp_path, song):
    for name, content in pjs(song, "flac").items():
        (tmp_path / "flat" / name.rpartition("/")[2]).parent.mkdir(exist_ok=True)
        (tmp_path / "flat" / name.rpartition("/")[2]).write_bytes(content)
    data.load("pjs").get(tmp_path / "flat")
    assert [clip.path.name for clip in data.load("pjs").clips()] == ["pjs002_song.flac", "pjs100_song.flac"]


@pytest.mark.parametrize("name", ["pjs", "alys"])
def test_without_a_file_it_says_how_to_get_it(name, home, tmp_path):
    with pytest.raises(UsageError, match=f"dawg data get {name} --from"):
        data.load(name).get()
    with pytest.raises(UsageError, match="has no "):
        data.load(name).get(tmp_path)


def test_labels_are_notes_without_pitch(tmp_path):
    (tmp_path / "x.lab").write_text(LABELS)
    rows = notes.read(tmp_path / "x.lab")
    assert rows[:, 0].tolist() == pytest.approx([0, 0.5, 0.6, 1.2])
    assert [PHONEMES[int(index)] for index in rows[:, 5]] == ["pau", "k", "a", "pau"]
    (tmp_path / "x.lab").write_text("0 100 a\n100 q\n")
    with pytest.raises(UsageError, match="line 2: '100 q' is no label"):
        notes.read(tmp_path / "x.lab")


OTO = """ba_ba_b.wav=- ばA4,100,300,-900,150,50
ba_ba_b.wav=a ばA4,1100,300,-900,150,60
ba_ba_b.wav=abA4,2000,300,-100,150,90
a_i.wav=- あA4,57.5,470.5,5549,22.5,0
a_i.wav=a いA4,1887.25,247.125,4457,156,91.125
a_i.wav=i-A4,2900,267,3.5,144.5,88.75
tya.wav=- tyaA4,0,100,-500,50,20
"""


@pytest.mark.parametrize("encoding", ["utf-8", "shift_jis"])
def test_alys(home, tmp_path, encoding):
    for pitch in alys.PITCHES:
        folder = tmp_path / "ALYS-DB-001-JPN" / pitch
        folder.mkdir(parents=True)
        (folder / "oto.ini").write_bytes(OTO.replace("A4", pitch).encode(encoding))
        for name in ("ba_ba_b", "a_i", "tya"):
            (folder / f"{name}.ogg").write_bytes(sound("OGG", 3.0))
    data.load("alys").get(tmp_path / "ALYS-DB-001-JPN")
    clips = data.load("alys").clips()
    assert [clip.id for clip in clips[:2]] == ["alys/A4/a_i", "alys/A4/ba_ba_b"] and len(clips) == 6
    assert {clip.group for clip in clips} == {"a_i", "ba_ba_b"} and clips[0].licence.spdx == "GPL-3.0-only"
    rows = notes.read(clips[1].files["phonemes"])
    assert [PHONEMES[int(index)] for index in rows[:, 5]] == ["pau", "b", "a", "b", "a"]
    # A consonant begins at offset + overlap, a vowel at offset + preutterance; the last ends with the overlap.
    assert rows[:, 0].tolist() == pytest.approx([0, 0.15, 0.25, 1.16, 1.25])
    assert rows[-1, :2].sum() == pytest.approx(2.09)
    vowels = notes.read(clips[0].files["phonemes"])
    assert [PHONEMES[int(index)] for index in vowels[:, 5]] == ["pau", "a", "i"]
    assert vowels[-1, :2].sum() == pytest.approx(3.0445)
    assert all(not reason for _, reason in data.examine(clips))

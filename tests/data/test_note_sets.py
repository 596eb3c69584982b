"""Datasets of notes, on miniatures in the layout of the public archives."""

import io
import zipfile

import numpy as np
import pytest

from dawg_ai import data, midi
from dawg_ai.errors import DawgError, UsageError
from tests.test_musicxml import chord, note, sheet

HIT = np.array([[0.0, 0.5, 36, 0.8], [1.01, 0.1, 38, 0.6]])


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.mid"
    midi.write(path, midi.File((midi.Track(HIT, "Drums", midi.DRUM_CHANNEL),)))
    return path.read_bytes()


@pytest.fixture
def get(tmp_path, home):
    def of(name, files):
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for inside, content in files.items():
                archive.writestr(inside, content)
        data.load(name).get(path)
        return data.load(name).clips()

    return of


INFO = """drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,duration,split
drummer1,drummer1/session1,drummer1/session1/10,hiphop/groove1,92,beat,4-4,drummer1/session1/10_x.mid,,7.3,train
drummer1,drummer1/session1,drummer1/session1/2,jazz,112,fill,3-4,drummer1/session1/2_y.mid,,2.1,validation
drummer7,drummer7/session2,drummer7/session2/1,rock,80,beat,4-4,drummer7/session2/1_z.mid,,9.9,test
"""


def test_groove(get, song):
    names = ("drummer1/session1/10_x.mid", "drummer1/session1/2_y.mid", "drummer7/session2/1_z.mid")
    clips = get("groove", {"groove/README": "", "groove/info.csv": INFO} | {f"groove/{name}": song for name in names})
    assert [clip.id for clip in clips] == [
        "groove/drummer1/session1/10", "groove/drummer1/session1/2", "groove/drummer7/session2/1",
    ]  # fmt: skip
    assert [clip.part for clip in clips] == ["train", "valid", "test"]
    assert [clip.group for clip in clips] == ["drummer1", "drummer1", "drummer7"]
    assert clips[0].style == "hiphop"
    assert clips[1].annotations == {"tempo_bpm": 112.0, "time_signature": "3/4", "kind": "fill", "duration_s": 2.1}
    assert len(midi.read(clips[2].files["notes"]).drums) == 2 and all(not reason for _, reason in data.examine(clips))


def test_freedoom(get, song):
    text = 'Bunny: "x" by A\n\tE1M1: "Steel by Brass" by J.Ast and Mr795\n\tMAP07: x.mid by Lo "B" Ha, remix of y\n'
    text += '--Previously Featured in 0.13.0--\nE1M1: "Old" by Somebody\n'
    files = {f"freedoom-master/musics/d_{name}.mid": song for name in ("e1m1", "map07", "intro")}
    files |= {"freedoom-master/CREDITS-MUSIC": text, "freedoom-master/musics/dummy.mid": song}
    clips = get("freedoom", files | {"freedoom-master/README.adoc": "", "freedoom-master/lumps/x.mid": song})
    assert [(clip.id, clip.group) for clip in clips] == [
        ("freedoom/d_e1m1", "J.Ast"), ("freedoom/d_intro", "not in the credits"), ("freedoom/d_map07", "Lo Ha"),
    ]  # fmt: skip


def test_nottingham(get, song):
    names = ("MIDI/reelsa-c12.mid", "MIDI/jigs3.mid", "MIDI/melody/jigs3.mid", "MIDI/chords/jigs3.mid")
    clips = get("nottingham", {f"nottingham-dataset-master/{name}": song for name in names})
    assert [(clip.id, clip.group) for clip in clips] == [
        ("nottingham/jigs3", "jigs"),
        ("nottingham/reelsa-c12", "reelsa-c"),
    ]


def test_openewld(get, tmp_path, capfd):
    sheet(tmp_path / "x.mxl", chord("C") + note("E"))
    good = (tmp_path / "x.mxl").read_bytes()
    clips = get(
        "openewld",
        {
            "OpenEWLD-master/README.md": "",
            "OpenEWLD-master/dataset/Ada_B-Carl_D/It's_a_Song/It's_a_Song.mxl": good,
            "OpenEWLD-master/dataset/Ada_B-Carl_D/It's_a_Song/It's_a_Song.csv": "",
            "OpenEWLD-master/dataset/[Unknown]/Broken/Broken.mxl": b"no score",
        },
    )
    ((clip),) = clips
    assert (clip.id, clip.group, clip.title) == ("openewld/Ada_B-Carl_D/It's_a_Song", "Ada_B", "It's a Song")
    assert [midi.read(clip.files[kind]).tracks[0].notes[:, 2].tolist() for kind in ("notes", "chords")] == [
        [64.0], [48.0, 52.0, 55.0],
    ]  # fmt: skip
    assert "left out: " in capfd.readouterr().err


@pytest.mark.parametrize("name", ["freedoom", "nottingham", "openewld"])
def test_without_a_file_it_says_where_to_get_it(name, home):
    with pytest.raises(UsageError, match=f"download https://github.com/.* dawg data get {name} --from FILE"):
        data.load(name).get()


def test_a_folder_will_do_and_names_that_lead_outside_are_refused(home, tmp_path, song):
    folder = tmp_path / "unpacked" / "groove"
    (folder / "drummer1").mkdir(parents=True)
    (folder / "info.csv").write_text(INFO)
    (folder / "drummer1" / "a.mid").write_bytes(song)
    data.load("groove").get(tmp_path / "unpacked")
    assert (data.load("groove").root / "drummer1/a.mid").read_bytes() == song
    with pytest.raises(UsageError, match=r"has no info\.csv"):
        data.load("groove").get(folder / "drummer1")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("nottingham/MIDI/../../../evil.mid", song)
        archive.writestr("nottingham/MIDI/good1.mid", song)
    (tmp_path / "evil.zip").write_bytes(content.getvalue())
    with pytest.raises(DawgError, match=r"evil\.mid' leads out of its folder; the archive is refused"):
        data.load("nottingham").get(tmp_path / "evil.zip")
    assert not data.load("nottingham").root.exists()
    assert not list(tmp_path.rglob("evil.mid"))


def test_a_damaged_archive_leaves_what_was_there(home, tmp_path, song, get):
    get("nottingham", {"n/MIDI/jigs1.mid": song})
    damaged = bytearray((tmp_path / "nottingham.zip").read_bytes())
    damaged[60] ^= 0xFF
    (tmp_path / "bad.zip").write_bytes(damaged)
    with pytest.raises(DawgError, match="is damaged"):
        data.load("nottingham").get(tmp_path / "bad.zip")
    assert len(data.load("nottingham").clips()) == 1

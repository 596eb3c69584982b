"""Separate tracks: the layouts that the source comes in."""

import zipfile

import pytest

from dawg_ai.data.sets import stems
from dawg_ai.errors import UsageError

IN_REPOSITORY = "everythingisremixed-main/src/3.Sodium/3.Sodium_Stem_VOX LEAD"


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_folder_of_songs_becomes_a_clip_for_each_track(tmp_path):
    for name in ("Sodium/KICK.m4a", "Sodium/VOX_LEAD.m4a", "Caesium/MASTER.m4a", "Elsewhere/KICK.m4a"):
        write(tmp_path / "source" / name, name.encode())
    stems.get(tmp_path / "stems", tmp_path / "source")
    clips = stems.clips(tmp_path / "stems")
    assert [clip.id for clip in clips] == ["stems/Caesium/MASTER", "stems/Sodium/KICK", "stems/Sodium/VOX_LEAD"]
    assert len({clip.group for clip in clips}) == 2, "a group is a song"
    assert clips[1].path.read_bytes() == b"Sodium/KICK.m4a"
    assert clips[1].annotations == {"tempo_bpm": 140.0, "key": "G minor"}
    assert clips[1].title == "Sodium: Kick" and clips[1].licence.allows_training


def test_the_zip_of_the_repository_is_taken_with_the_better_files(tmp_path):
    archive = tmp_path / "main.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"{IN_REPOSITORY}_mobile.m4a", b"small")
        file.writestr(f"{IN_REPOSITORY}.m4a", b"large")
        file.writestr(IN_REPOSITORY.replace("VOX LEAD", "KICK_mobile.m4a"), b"kick")
        file.writestr("everythingisremixed-main/README.md", b"words")
    stems.get(tmp_path / "stems", archive)
    found = {clip.id: clip.path.read_bytes() for clip in stems.clips(tmp_path / "stems")}
    assert found == {"stems/Sodium/KICK": b"kick", "stems/Sodium/VOX_LEAD": b"large"}


def test_songs_that_are_there_stay(tmp_path):
    write(tmp_path / "source" / "Sodium" / "KICK.m4a", b"new")
    write(tmp_path / "stems" / "Sodium" / "KICK.m4a", b"old")
    stems.get(tmp_path / "stems", tmp_path / "source")
    assert (tmp_path / "stems" / "Sodium" / "KICK.m4a").read_bytes() == b"old"


def test_what_is_no_source_is_refused_in_words(tmp_path):
    write(tmp_path / "notes.txt", b"no zip")
    for source, words in ((None, "--from"), (tmp_path / "notes.txt", "no ZIP"), (tmp_path, "holds no track")):
        with pytest.raises(UsageError, match=words):
            stems.get(tmp_path / "stems", source)
    assert not (tmp_path / "stems").exists()

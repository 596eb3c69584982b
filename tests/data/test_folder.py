"""A folder of one's own: who made what and on which terms, from tags and sidecars."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawg_ai import data
from dawg_ai.data.clip import Clip
from dawg_ai.data.sets import folder
from dawg_ai.errors import UsageError

NOISE = 0.1 * np.random.default_rng(3).standard_normal((4000, 2))


def song(path: Path, **tags: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path, "w", 44100, 2) as file:
        for tag, value in tags.items():
            setattr(file, tag, value)
        file.write(NOISE)


def clips(root: Path) -> dict[str, Clip]:
    return {clip.path.relative_to(root).as_posix(): clip for clip in data.load(f"folder:{root}").clips()}


def test_every_format_is_found_in_a_fixed_order_and_nothing_else(tmp_path: Path):
    for name in ("b.flac", "a.wav", "deep/er/c.ogg", "deep/d.mp3", "Z.WAV", ".hidden.wav", ".trash/e.wav"):
        song(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a song")
    (tmp_path / "named like a song.wav").mkdir()
    found = data.load(f"folder:{tmp_path}").clips()
    names = ["Z.WAV", "a.wav", "b.flac", "deep/d.mp3", "deep/er/c.ogg"]
    assert [clip.id for clip in found] == [f"folder/{tmp_path.name}/{name}" for name in names]


@pytest.mark.parametrize(
    ("suffix", "terms"), [("wav", "copyright"), ("flac", "license"), ("ogg", "license"), ("mp3", "comment")]
)
def test_tags_say_who_and_on_which_terms(tmp_path: Path, suffix: str, terms: str):
    song(
        tmp_path / f"a.{suffix}",
        **{"title": "One", "artist": "Ada", "album": "First", terms: "https://creativecommons.org/licenses/by/4.0/"},
    )
    clip = clips(tmp_path)[f"a.{suffix}"]
    assert (clip.title, clip.group) == ("One", "Ada / First")
    assert (clip.licence.spdx, clip.licence.holder) == ("CC-BY-4.0", "Ada")


def test_without_tags_the_parent_folder_is_the_group_and_nothing_is_allowed(tmp_path: Path):
    song(tmp_path / "band" / "a.wav")
    song(tmp_path / "band" / "demos" / "b.wav")
    song(tmp_path / "c.wav")
    found = clips(tmp_path)
    assert [clip.group for clip in found.values()] == ["band", "band/demos", "."]
    assert found["c.wav"].title == "c"
    assert not any(clip.licence.allows_training for clip in found.values())


def test_a_sidecar_holds_below_and_the_nearest_one_goes_first(tmp_path: Path):
    song(tmp_path / "a.wav", artist="Somebody", album="Else")
    song(tmp_path / "live" / "b.wav")
    song(tmp_path / "live" / "guests" / "c.wav")
    (tmp_path / "licence.toml").write_text('artist = "Ada"\nlicence = "own"\nstyle = "rock"')
    (tmp_path / "live" / "guests" / "licence.toml").write_text('artist = "Bob"\nlicence = "CC-BY-NC-4.0"')
    found = clips(tmp_path)
    assert found["a.wav"].group == "Ada / Else"
    assert found["live/b.wav"].licence.spdx == "LicenseRef-own"
    assert found["live/b.wav"].licence.allows_training
    assert found["live/guests/c.wav"].licence.holder == "Bob"
    assert found["live/guests/c.wav"].style == "rock"
    assert not found["live/guests/c.wav"].licence.allows_training


@pytest.mark.parametrize("content", ["artist = Ada", 'licens = "own"', "licence = 3"], ids=["syntax", "name", "type"])
def test_a_sidecar_that_is_not_understood_is_named(tmp_path: Path, content: str):
    song(tmp_path / "a.wav")
    (tmp_path / "licence.toml").write_text(content)
    with pytest.raises(UsageError, match=r"licence\.toml"):
        clips(tmp_path)


def test_a_folder_needs_a_path_that_is_there(tmp_path: Path):
    for spec in ("folder", "folder:", f"folder:{tmp_path}/nowhere"):
        with pytest.raises(UsageError, match="folder:/path/to/songs"):
            data.load(spec)
    with pytest.raises(UsageError, match="used where it is"):
        data.load(f"folder:{tmp_path}").get(tmp_path)


def test_a_broken_file_is_a_clip_all_the_same_and_named_when_read(tmp_path: Path):
    song(tmp_path / "a.wav")
    (tmp_path / "b.wav").write_text("no sound")
    found = data.load(f"folder:{tmp_path}").clips()
    good, rejected = data.usable(found)
    assert [clip.path.name for clip in good] == ["a.wav"]
    assert [(clip.path.name, reason.split(":")[0]) for clip, reason in rejected] == [("b.wav", "unreadable")]


def test_notes_without_sound_stand_in_order_among_the_songs(tmp_path: Path):
    """Clips are sorted by id on every machine, whatever kind of file they have."""
    for name in ("a", "c"):
        (tmp_path / f"{name}{folder.NOTES}").write_text("{}")
    for name in ("b", "d"):
        (tmp_path / f"{name}.wav").touch()
    ids = [clip.id for clip in folder.clips(tmp_path)]
    assert len(ids) == 4 and ids == sorted(ids) and [set(clip.files) for clip in folder.clips(tmp_path)] == [
        {"notes"}, {"audio"}, {"notes"}, {"audio"},
    ]  # fmt: skip

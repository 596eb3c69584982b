"""Music out of Debian packages, on tiny packages made here."""

import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawg_ai.data import debian
from dawg_ai.data.sets import debian_games
from dawg_ai.data.sets.debian_games import PACKAGES, Package
from dawg_ai.errors import DawgError, UsageError

pytestmark = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2001 The Programmers
License: GPL-2+

Files: data/music/*.ogg
  data/music/deep/*.ogg
Copyright: 2002 Ada
           2003 Bob
License: CC-BY-SA-3.0

Files: ./data/music/sold.ogg
Copyright: 2004 Carol
License: All-Rights-Reserved
 No copy may be made.
"""

GAME = Package("tiny-game", 1, "games/tiny/music", "data/music", style="rock")
ZIPPED = Package("tiny-zip", 1, "games/zip/music.pk3/songs", licence="CC0-1.0", holder="Dan", group="dan")


def song(path: Path, seconds: float, **tags: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path, "w", 8000, 1, format="OGG") as file:
        for tag, value in tags.items():
            setattr(file, tag, value)
        file.write(0.1 * np.sin(np.arange(int(8000 * seconds))))


def build(tree: Path, name: str, into: Path, copyright_text: str = COPYRIGHT):
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <no@body>\nDescription: tiny\n"
    )
    (tree / "usr/share/doc" / name).mkdir(parents=True)
    (tree / "usr/share/doc" / name / "copyright").write_text(copyright_text)
    into.mkdir(exist_ok=True)
    made = into / f"{name}_1.0_all.deb"
    subprocess.run(
        ["dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "--build", tree, made], check=True, capture_output=True
    )


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the packages `GAME` and `ZIPPED`, which are all there are."""
    monkeypatch.setattr(debian_games, "PACKAGES", (GAME, ZIPPED))
    game = tmp_path / "tree/game"
    for name in ("one.ogg", "deep/two.ogg", "sold.ogg", "nameless"):
        song(game / "usr/share/games/tiny/music" / name, 41, title=f"Song {name[:3]}")
    song(game / "usr/share/games/tiny/music/jingle.ogg", 39)
    song(game / "usr/share/games/tiny/sounds/long_rain.ogg", 60)
    (game / "usr/share/games/tiny/music/README.txt").write_text("not a song")
    (game / "usr/share/games/tiny/music/broken.ogg").write_text("not a song either")
    build(game, GAME.name, tmp_path / "debs")

    packed = tmp_path / "tree/packed"
    song(tmp_path / "three.ogg", 42, artist=" Dana ", title="  Three")
    song(tmp_path / "blank.ogg", 42, artist="  ", title=" ")
    (packed / "usr/share/games/zip").mkdir(parents=True)
    with zipfile.ZipFile(packed / "usr/share/games/zip/music.pk3", "w") as archive:
        for name in ("songs/three.ogg", "songs/../../escape.ogg", "rain/three.ogg"):
            archive.writestr(zipfile.ZipInfo(name), (tmp_path / "three.ogg").read_bytes())
        archive.writestr(zipfile.ZipInfo("songs/blank.ogg"), (tmp_path / "blank.ogg").read_bytes())
    build(packed, ZIPPED.name, tmp_path / "debs", "This package is free for all, written in plain words.")
    return tmp_path / "debs"


def test_the_songs_come_out_with_their_licences(packages: Path, tmp_path: Path):
    root = tmp_path / "root"
    debian_games.get(root, packages)
    found = {clip.id: clip for clip in debian_games.clips(root)}
    assert list(found) == [
        "debian_games/tiny-game/deep/two.ogg",
        "debian_games/tiny-game/nameless",
        "debian_games/tiny-game/one.ogg",
        "debian_games/tiny-zip/blank.ogg",
        "debian_games/tiny-zip/three.ogg",
    ]
    one = found["debian_games/tiny-game/one.ogg"]
    assert (one.licence.spdx, one.licence.holder) == ("CC-BY-SA-3.0", "2002 Ada; 2003 Bob")
    assert (one.title, one.style, one.group) == ("Song one", "rock", "tiny-game")
    assert found["debian_games/tiny-game/nameless"].licence.spdx == "GPL-2.0-or-later"
    three = found["debian_games/tiny-zip/three.ogg"]
    assert (three.licence.spdx, three.licence.holder, three.group) == ("CC0-1.0", "Dana", "dan")
    blank = found["debian_games/tiny-zip/blank.ogg"]
    assert (three.title, blank.title, blank.licence.holder) == ("Three", "blank", "Dan")
    assert three.licence.source == "Debian package tiny-zip"
    kept = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    assert kept == [
        "tiny-game/copyright",
        "tiny-game/deep/two.ogg",
        "tiny-game/nameless",
        "tiny-game/one.ogg",
        "tiny-game/tracks.json",
        "tiny-zip/blank.ogg",
        "tiny-zip/copyright",
        "tiny-zip/three.ogg",
        "tiny-zip/tracks.json",
    ]
    assert not list(tmp_path.rglob("escape.ogg"))


def test_what_is_complete_is_passed_over(packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    debian_games.get(tmp_path / "root", packages)
    monkeypatch.setattr(debian, "unpack", lambda *_: pytest.fail("unpacked again"))
    debian_games.get(tmp_path / "root", packages)


def test_after_a_kill_nothing_is_half_there_and_the_next_get_finishes(packages: Path, tmp_path: Path):
    root = tmp_path / "root"
    # The child stops for ever in the middle of the second package, after its song is on disk, and is killed there.
    script = f"""
import pathlib, time
from dawg_ai.data import debian
from dawg_ai.data.sets import debian_games
from dawg_ai.data.sets.debian_games import Package
debian_games.PACKAGES = ({GAME!r}, {ZIPPED!r})
real = debian.unpack
def unpack(deb, music, into):
    names = real(deb, music, into)
    if "tiny-zip" in deb.name:
        pathlib.Path({str(tmp_path / "stopped")!r}).touch()
        time.sleep(600)
    return names
debian.unpack = unpack
debian_games.get(pathlib.Path({str(root)!r}), pathlib.Path({str(packages)!r}))
"""
    child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (tmp_path / "stopped").exists():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert {clip.group for clip in debian_games.clips(root)} == {"tiny-game"}
    assert list(root.glob(".tiny-zip-*")), "the test should have left something behind"
    debian_games.get(root, packages)
    assert {clip.group for clip in debian_games.clips(root)} == {"tiny-game", "dan"}
    assert sorted(folder.name for folder in root.iterdir()) == ["tiny-game", "tiny-zip"]


def test_a_damaged_package_is_named_and_does_not_stop_the_others(packages: Path, tmp_path: Path, capsys):
    deb = packages / "tiny-game_1.0_all.deb"
    deb.write_bytes(deb.read_bytes()[:-5000])
    debian_games.get(tmp_path / "root", packages)
    assert {clip.group for clip in debian_games.clips(tmp_path / "root")} == {"dan"}
    said = capsys.readouterr().err
    assert "skipped for now: tiny-game_1.0_all.deb cannot be unpacked" in said
    assert "1 of 2 packages are in" in said


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("cat {tar}; echo 'bad checksum' >&2; exit 2", "bad checksum"),
        ("head -c 2700 {tar}", "unexpected end of data"),
        ("echo no archive at all; exit 0", "cannot be unpacked"),
    ],
    ids=["it fails at the end", "it breaks off", "it says nothing of an error"],
)
def test_whatever_goes_wrong_while_unpacking_is_reported(tmp_path, monkeypatch, script, complaint):
    """Either of both may notice: dpkg-deb, by how it ends, or the reader of the archive."""
    place = tmp_path / "usr/share/doc/tiny-game"
    place.mkdir(parents=True)
    (place / "copyright").write_text(COPYRIGHT)
    subprocess.run(["tar", "-cf", tmp_path / "tar", "-C", tmp_path, "usr"], check=True)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "dpkg-deb").write_text(f"#!/bin/sh\n{script.format(tar=tmp_path / 'tar')}\n")
    (tools / "dpkg-deb").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    (tmp_path / "into").mkdir()
    with pytest.raises(DawgError, match=complaint):
        debian.unpack(tmp_path / "tiny-game_1_all.deb", "usr/share/games/tiny/music", tmp_path / "into")


def test_a_package_of_another_shape_is_named(packages: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(debian_games, "PACKAGES", (Package("tiny-game", 1, "games/elsewhere", "data/music"),))
    with pytest.raises(DawgError, match="no package could be fetched"):
        debian_games.get(tmp_path / "root", packages)
    assert "holds no track of 40 s in games/elsewhere; is it another version?" in capsys.readouterr().err


def test_a_folder_without_packages_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"holds none of the packages, such as singularity-music_\*\.deb"):
        debian_games.get(tmp_path / "root", tmp_path)
    assert not (tmp_path / "root").exists()


def test_without_apt_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match=r"apt-get is not on this machine.* --from FOLDER"):
        debian_games.get(tmp_path / "root")


def test_what_apt_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "apt-get").write_text(
        '#!/bin/sh\necho "$*" > asked\necho "W: in $LC_ALL" >&2\necho \'W: and so on\' >&2\n'
        "echo 'E: Unable to locate package' >&2\necho >&2\nexit 100\n"
    )
    (tools / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setattr(debian_games, "PACKAGES", (GAME,))
    with pytest.raises(DawgError, match="no package could be fetched"):
        debian_games.get(tmp_path / "root")
    assert "could not download tiny-game: E: Unable to locate package" in capsys.readouterr().err
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize(("user", "sandboxed"), [(0, False), (1000, True)])
def test_apt_is_asked_in_its_own_language_and_not_to_drop_root(tmp_path, monkeypatch, user, sandboxed):
    """As root, apt would switch to a user who may not write here."""
    calls = []

    def run(command, *, cwd, env, **options):
        calls.append((command, env["LC_ALL"]))
        (cwd / "tiny-game_2.0_all.deb").touch()
        (cwd / "tiny-game_1.0_all.deb").touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(debian.shutil, "which", lambda name: name)
    monkeypatch.setattr(debian.os, "geteuid", lambda: user)
    monkeypatch.setattr(debian.subprocess, "run", run)
    assert debian.download("tiny-game", tmp_path).name == "tiny-game_2.0_all.deb"
    ((command, language),) = calls
    assert command[0] == "apt-get" and command[-2:] == ["download", "tiny-game"] and language == "C"
    assert ("APT::Sandbox::User=root" in command) == (not sandboxed)


def test_the_table_names_each_package_once_and_none_that_is_reserved():
    # Kept apart, to check releases with.
    reserved = {"unknown-horizons", "starfighter-data", "warmux-data", "openclonk-data", "freecol"}
    names = [package.name for package in PACKAGES]
    assert len(names) == len(set(names)) >= 60
    assert not {*names} & {*reserved, "extremetuxracer-data"}
    for package in PACKAGES:
        assert bool(package.source) != bool(package.licence), package.name
        assert bool(package.licence) == bool(package.holder), package.name

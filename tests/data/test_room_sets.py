"""Datasets of rooms and of dry sounds, on miniatures in the layout of the public ones, made of our own sounds."""

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from dawg_ai import data
from dawg_ai.analysis import room
from dawg_ai.data.sets import dry_sounds, rooms
from dawg_ai.errors import UsageError

RATE_HZ = 32_000


def response(t60_s, seed=0):
    """Noise that falls 60 dB in t60_s, after a direct sound."""
    seconds = np.arange(int(1.5 * t60_s * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(seed).normal(0, 0.1, (2, len(seconds))) * 10 ** (-3 * seconds / t60_s)
    noise[:, 0] = 0.9
    return noise


def write(path, sound, rate_hz=RATE_HZ):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound.T, rate_hz, subtype="PCM_24")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DAWG_HOME", str(tmp_path / "home"))
    return tmp_path


def test_rooms_have_their_decay_times_and_terms(home):
    folder = home / "given"
    for name, t60_s, text in (
        (
            "HallPosition1",
            0.6,
            "By OpenAirLib\n\nhttp://www.openairlib.net/hall\n\nAttribution Creative Commons license",
        ),
        ("HallPosition2", 0.6, "Recorded by Ann (2011)\nhttp://creativecommons.org/licenses/by-sa/3.0/"),
        ("Sold", 0.3, "All rights reserved"),
        ("Cellar", 0.3, "License for this content: Public Domain Creative Commons license"),
    ):
        write(folder / f"{name}.flac", response(t60_s))
        (folder / f"{name}.attribution.txt").write_text(text)
    write(folder / "emt_140_dark_1.flac", response(0.4))
    write(folder / "nothing_said.flac", response(0.4))
    data.load("rooms").get(folder)
    found = {clip.title: clip for clip in data.load("rooms").clips()}
    assert set(found) == {"HallPosition1", "HallPosition2", "Sold", "Cellar", "emt_140_dark_1"}
    for name, t60_s in (("HallPosition1", 0.6), ("Cellar", 0.3), ("emt_140_dark_1", 0.4)):
        times = [found[name].annotations[each] for each in room.DECAY_TIMES]
        assert times == pytest.approx([t60_s] * 3, rel=0.1), name
    assert found["HallPosition1"].group == found["HallPosition2"].group == "Hall"
    spdx = {name: clip.licence.spdx for name, clip in found.items()}
    assert spdx == {
        "HallPosition1": "CC-BY-3.0",
        "HallPosition2": "CC-BY-SA-3.0",
        "Sold": "unknown",
        "Cellar": "LicenseRef-public-domain",
        "emt_140_dark_1": "CC-BY-4.0",
    }
    assert found["HallPosition2"].licence.holder == "Ann (2011)"
    assert not found["Sold"].licence.allows_training
    assert found["Cellar"].files["response"].is_file()
    with pytest.raises(UsageError, match=r"attribution\.txt"):
        data.load("rooms").get(home / "elsewhere")


def test_openair_takes_stereo_and_mono_of_each_space(home):
    irs = home / "IRs"
    write(irs / "cave/stereo/cave_000_ortf_48k.wav", response(0.5))
    write(irs / "cave/mono/cave_omni.wav", response(0.5)[:1])
    write(irs / "cave/b-format/cave_b.wav", response(0.5))
    write(irs / "cave/examples/speech.wav", response(0.5))
    (irs / "cave/Read Me.txt").write_text("Licence: (https://creativecommons.org/licenses/by/4.0/).")
    write(irs / "shed/stereo/shed.wav", response(0.2))
    data.load("openair").get(irs)
    found = {clip.id: clip for clip in data.load("openair").clips()}
    assert set(found) == {
        "openair/cave/mono/cave_omni",
        "openair/cave/stereo/cave_000_ortf_48k",
        "openair/shed/stereo/shed",
    }
    cave = found["openair/cave/mono/cave_omni"]
    assert (cave.licence.spdx, cave.group) == ("CC-BY-4.0", "openair/cave")
    assert cave.annotations["t60_mid_s"] == pytest.approx(0.5, rel=0.1)
    assert not found["openair/shed/stereo/shed"].licence.allows_training
    with pytest.raises(UsageError, match="stereo"):
        data.load("openair").get(home / "home")


def test_decay_times_need_every_range():
    assert room.decay_times(response(0.4).astype(np.float32), 8000) is None  # nothing at 4 and 8 kHz
    assert rooms.terms("By Bob\nNon-Commercial Attribution Creative Commons").spdx == "unknown"


COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: drumkits/Old?Kit.h2drumkit
Copyright: 2001 Ann
License: GPL-2+ with composition exception

Files: drumkits/circAfrique.h2drumkit
Copyright: 2002 Bob
License: CC-BY-SA-3.0-us
"""


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")
def test_dry_sounds_come_by_kit_with_the_licence_of_each(home, monkeypatch):
    monkeypatch.setattr(dry_sounds, "PACKAGES", dry_sounds.PACKAGES[:1])
    tree, debs = home / "tree", home / "debs"
    kits = tree / dry_sounds.KITS
    for name in ("Old Kit/kick.flac", "circAfrique v4/djembe.wav", "GMRockKit/snare.flac"):
        write(kits / name, response(0.1))
    (kits / "Old Kit" / "README").write_text("not a sound")
    (tree / "usr/share/doc/hydrogen-drumkits").mkdir(parents=True)
    (tree / "usr/share/doc/hydrogen-drumkits/copyright").write_text(COPYRIGHT)
    (tree / "DEBIAN").mkdir()
    control = "Package: hydrogen-drumkits\nVersion: 1\nArchitecture: all\nMaintainer: No <no@b>\nDescription: tiny\n"
    (tree / "DEBIAN" / "control").write_text(control)
    debs.mkdir()
    made = debs / "hydrogen-drumkits_1_all.deb"
    subprocess.run(
        ["dpkg-deb", "-Zgzip", "--root-owner-group", "--build", tree, made], check=True, capture_output=True
    )
    data.load("dry_sounds").get(debs)
    found = {clip.title: clip for clip in data.load("dry_sounds").clips()}
    assert {name: clip.licence.spdx for name, clip in found.items()} == {
        "kick": "GPL-2.0-or-later",
        "djembe": "CC-BY-SA-3.0",
        "snare": "unknown",
    }
    assert (found["kick"].group, found["kick"].licence.holder) == ("Old Kit", "2001 Ann")
    assert found["snare"].group == "The Black Pearl 1.0"  # the same recordings
    assert found["djembe"].files["dry"].is_file()
    data.load("dry_sounds").get(debs)  # what is complete is not fetched again
    monkeypatch.setattr(dry_sounds, "PACKAGES", (dry_sounds.Package("tiny", "usr", "{file}"),))
    with pytest.raises(UsageError, match="tiny_"):
        data.load("dry_sounds").get(debs)

"""Features are computed once, whatever happens, and never of nothing."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import dawg_ai
from dawg_ai import audio, store
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.dsp.instance import Native
from dawg_ai.errors import UsageError

RATE_HZ = 8_000
BUILD = """
import sys
from pathlib import Path
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai import store
from dawg_ai.registry import load

if __name__ == "__main__":
    songs = sorted(Path(sys.argv[2]).glob("*.wav"))
    clips = [Clip(f"made/{path.stem}", {"audio": path}, path.stem, Licence("CC0-1.0")) for path in songs]
    built = store.build(load(sys.argv[1]), clips, workers=2)
    print(built.computed, "torch" in sys.modules)
"""


@pytest.fixture
def make_clips(tmp_path):
    def make(count, seconds=2):
        clips = []
        for i in range(count):
            path = tmp_path / "songs" / f"{i}.wav"
            noise = np.random.default_rng(i).normal(0, 0.1, (2, seconds * RATE_HZ)).astype(np.float32)
            audio.write(path, noise, RATE_HZ)
            clips.append(Clip(f"made/{i}", {"audio": path}, f"artist {i}", Licence("CC0-1.0")))
        return clips

    return make


def extracted(plugin, sound):
    return plugin.sources[0].features.extractor.extract(Native(plugin.module), sound)


def test_the_store_holds_what_the_kernel_makes(toy, make_clips):
    clips = make_clips(2, seconds=3)
    built = store.build(toy.load(), clips)
    assert set(built) == {"made/0", "made/1"} and not built.rejected
    expected = extracted(toy.load(), audio.open(clips[1].path))
    assert built["made/1"].keys() == {"song_power"} and expected.keys() == {"power"}
    np.testing.assert_array_equal(built["made/1"]["song_power"], expected["power"])
    assert built["made/1"]["song_power"].shape == (3, 1)


def test_surround_is_folded_to_stereo(toy, make_clips):
    clips = make_clips(1)
    surround = np.random.default_rng(0).normal(0, 0.1, (6, RATE_HZ)).astype(np.float32)
    audio.write(clips[0].path, surround, RATE_HZ)
    built = store.build(toy.load(), clips)
    expected = extracted(toy.load(), audio.held(audio.stereo(surround), RATE_HZ))
    np.testing.assert_array_equal(built["made/0"]["song_power"], expected["power"])


def test_nothing_is_computed_twice(toy, make_clips):
    clips = make_clips(4)
    assert store.build(toy.load(), clips[:3], workers=1).computed == 3
    assert store.build(toy.load(), clips[:3], workers=1).computed == 0
    assert store.build(toy.load(), clips, workers=1).computed == 1
    audio.write(clips[2].path, np.full((1, 3 * RATE_HZ), 0.5, np.float32), RATE_HZ)
    changed = store.build(toy.load(), clips, workers=1)
    assert changed.computed == 1
    np.testing.assert_array_equal(changed["made/2"]["song_power"], np.full((3, 1), 0.25, np.float32))


def test_a_changed_kernel_or_frame_computes_anew_and_a_changed_model_does_not(toy, make_clips):
    chosen = toy.load()
    before = store.key(chosen)
    toy.edit("model.py", "nn.GELU()", "nn.ReLU()")
    toy.edit("features.py", '"""Mean square of the frame."""', '"""Mean square."""')
    assert store.key(chosen) == before
    longer = replace(chosen.sources[0], features=replace(chosen.sources[0].features, frame_s=0.5))
    assert store.key(replace(chosen, sources=(longer,))) != before
    toy.edit("features.py", "** 2", "** 4")
    assert store.key(chosen) != before
    assert store.build(toy.load(), make_clips(1)).computed == 1


def test_an_edited_song_of_the_same_size_is_computed_anew(toy, make_clips):
    """The digest is remembered by size and time; a song saved again has its size, a copied one may have its time."""
    clips = make_clips(1)
    before = store.build(toy.load(), clips)
    size, time_ns = clips[0].path.stat().st_size, clips[0].path.stat().st_mtime_ns
    audio.write(clips[0].path, np.full((2, 2 * RATE_HZ), 0.5, np.float32), RATE_HZ)
    os.utime(clips[0].path, ns=(time_ns + 1, time_ns + 1))
    assert clips[0].path.stat().st_size == size
    changed = store.build(toy.load(), clips)
    assert changed.computed == 1 and changed.digests != before.digests
    np.testing.assert_array_equal(changed["made/0"]["song_power"], np.full((2, 1), 0.25, np.float32))


def test_whatever_determines_the_features_is_in_their_key(toy, monkeypatch):
    chosen = toy.load()
    source = chosen.sources[0]
    others = [
        replace(source, name="other"),
        replace(source, file="vocals"),
        replace(source, features=replace(source.features, hop_s=0.25)),
        replace(source, features=replace(source.features, outputs=())),
    ]
    keys = {store.key(replace(chosen, sources=(each,))) for each in (source, *others)}
    assert len(keys) == 1 + len(others)
    reached = []
    monkeypatch.setattr(store.fingerprint, "code", lambda *functions: reached.extend(functions) or {})
    store.key(chosen)
    assert {store.AudioExtractor, store.NoteExtractor} | set(source.features.kernels) <= set(reached)


def test_the_id_of_a_clip_is_part_of_its_place(toy, make_clips):
    """Two clips with the same file are two clips."""
    clips = make_clips(1)
    twin = replace(clips[0], id="made/twin")
    built = store.build(toy.load(), [*clips, twin])
    assert set(built) == {"made/0", "made/twin"} and built.paths["made/0"] != built.paths["made/twin"]


def test_bad_files_are_named_remembered_and_looked_at_again_when_changed(toy, make_clips):
    clips = make_clips(5)
    good = clips[0].path.read_bytes()
    clips[1].path.write_bytes(good[: len(good) // 2])
    clips[2].path.write_text("not a song")
    audio.write(clips[3].path, np.zeros((2, RATE_HZ), np.float32), RATE_HZ)
    clips[4].path.unlink()
    built = store.build(toy.load(), clips, workers=1)
    assert set(built) == {"made/0"}
    assert set(built.rejected) == {"made/1", "made/2", "made/3", "made/4"}
    for clip_id, word in [
        ("made/1", "truncated"),
        ("made/2", "unreadable"),
        ("made/3", "silent"),
        ("made/4", "no such"),
    ]:
        assert word in built.rejected[clip_id]
    again = store.build(toy.load(), clips, workers=1)
    assert again.computed == 0 and again.rejected == built.rejected
    for clip in clips[1:]:
        clip.path.write_bytes(good)
    assert set(store.build(toy.load(), clips, workers=1)) == {clip.id for clip in clips}


def test_a_clip_without_what_a_source_needs_and_one_that_is_too_fast_are_named(toy, make_clips):
    clips = make_clips(2)
    clips[0] = replace(clips[0], files={"notes": clips[0].path})
    audio.write(clips[1].path, np.full((1, 500_000), 0.1, np.float32), 384_000)
    rejected = store.build(toy.load(), clips).rejected
    assert rejected["made/0"] == "it has no file of a kind that is learned from: notes"
    rates = "the sample rate is 384000 Hz; features are taken from 4000 to 192000 Hz: resample it first"
    assert rejected["made/1"] == rates


def test_arrays_are_read_when_asked_for_and_kept_up_to_a_limit(toy, make_clips, monkeypatch):
    built = store.build(toy.load(), make_clips(3), workers=1)
    lazy = store.Stored(built, "made/1")
    assert not built._cache
    assert set(lazy) == {"song_power"} and len(lazy) == 1 and list(built._cache) == ["made/1"]
    assert lazy["song_power"] is lazy["song_power"]
    monkeypatch.setattr(store, "CACHE_BYTES", 10)
    assert built["made/2"]["song_power"].shape == (2, 1) and list(built._cache) == ["made/2"]


def test_a_copy_on_another_machine_is_not_computed_again(toy, make_clips, tmp_path):
    """What counts is the content of the files, not their place or time."""
    clips = make_clips(1)
    assert store.build(toy.load(), clips).computed == 1
    copy = tmp_path / "copy.wav"
    copy.write_bytes(clips[0].path.read_bytes())
    assert store.build(toy.load(), [replace(clips[0], files={"audio": copy})]).computed == 0


def test_two_clips_of_one_id_are_refused(make_clips):
    clips = make_clips(2)
    with pytest.raises(UsageError, match=r"two clips made/0; name each dataset once, and give two folders different"):
        store.trainable([*clips, clips[0]])


def test_a_licence_that_does_not_allow_training_is_refused(make_clips):
    clips = make_clips(2)
    clips[0] = replace(clips[0], licence=Licence("CC-BY-NC-4.0"))
    kept, refused = store.trainable(clips)
    assert kept == clips[1:]
    assert refused == {
        "made/0": "it may not be trained on: CC-BY-NC-4.0 forbids commercial use, and music that is made with the "
        "model may be sold"
    }


def process_children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for orphans in /proc")
def test_killed_it_goes_on_and_leaves_no_process_behind(toy, home, make_clips, tmp_path):
    clips = make_clips(60)
    script = tmp_path / "build.py"
    script.write_text(BUILD)
    command = [sys.executable, str(script), toy.folder.name, str(clips[0].path.parent)]
    environment = {**os.environ, "PYTHONPATH": str(Path(dawg_ai.__file__).parents[1])}

    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as killed:
        while len(list(home.rglob("*.npz"))) < 4:
            assert killed.poll() is None
            time.sleep(0.002)
        workers = process_children(killed.pid)
        killed.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers):
        assert time.monotonic() < deadline, "workers outlive the build"
        time.sleep(0.01)
    for path in (done := [path for path in home.rglob("*.npz") if not path.name.startswith(".")]):
        assert np.load(path)["song_power"].shape == (2, 1)
    assert len(done) < len(clips)

    resumed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert resumed.stdout.split() == [str(len(clips) - len(done)), "False"]
    assert "60/60" not in resumed.stderr
    assert store.build(toy.load(), clips).computed == 0


def test_workers_do_without_pytorch(toy, make_clips):
    guard = (
        "import multiprocessing, sys\nif multiprocessing.parent_process():\n    assert 'torch' not in sys.modules\n"
    )
    toy.edit("features.py", "from typing", f"{guard}from typing")
    assert store.build(toy.load(), make_clips(3), workers=2).computed == 3

"""A shard has the same bytes wherever it is made, is whole or not there, and is read by others than us."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from dawg_ai import audio, data, registry, shards, store, workers
from dawg_ai.cli import main
from dawg_ai.errors import UsageError

ROOT = Path(__file__).parents[1]


@pytest.fixture
def songs(toys, tmp_path, monkeypatch):
    """Nine songs, one of them damaged; four clips to a shard."""
    folder = tmp_path / "my.songs"
    for n in range(8):
        noise = np.random.default_rng(n).normal(0, 0.1, (1, 8_000 * (1 + n % 3))).astype(np.float32)
        audio.write(folder / f"{n}.mix.wav", noise, 8_000)
    (folder / "8.wav").write_bytes(b"no sound")
    (folder / "licence.toml").write_text('licence = "own"\nartist = "Ada"\n')
    monkeypatch.setattr(shards, "CLIPS_PER_SHARD", 4)
    return folder


def made(songs, folder, count=None):
    found, _ = store.sharded(registry.load("auto_gain"), data.load(f"folder:{songs}").clips())
    jobs = [(manifest, folder) for manifest in found]
    folder.mkdir(parents=True, exist_ok=True)
    for _ in workers.each(shards.make, jobs, count):
        pass
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_one_process_and_several_write_the_same_bytes(songs, tmp_path):
    one, several = made(songs, tmp_path / "one", 1), made(songs, tmp_path / "several", 3)
    assert len(one) == 6 and one == several
    # What files are called, and when they were written, is in no key but by the clip's id.
    for path in songs.glob("*.wav"):
        os.utime(path, (1, 1))
    assert made(songs, tmp_path / "again", 1) == one


def test_it_is_read_as_webdataset_reads_it(songs, tmp_path):
    """Files of a tar in a row with one name up to the first dot are one sample."""
    content = made(songs, tmp_path / "one", 1)
    samples: dict[str, dict[str, bytes]] = {}
    for name in sorted(content):
        if name.endswith(".tar"):
            with tarfile.open(fileobj=io.BytesIO(content[name])) as archive:
                for entry in archive:
                    assert (entry.mtime, entry.uid, entry.gid, entry.uname) == (0, 0, 0, "")
                    key, _, kind = entry.name.partition(".")
                    samples.setdefault(key, {})[kind] = archive.extractfile(entry).read()
    assert len(samples) == 9 and all(set(each) <= {"json", "npz"} for each in samples.values())
    about = {json.loads(each["json"])["id"]: each for each in samples.values()}
    assert json.loads(about["folder/my.songs/8.wav"]["json"])["rejected"].startswith("unreadable")
    features = store.build(registry.load("auto_gain"), data.load(f"folder:{songs}").clips(), workers=1)
    for clip_id, arrays in features.items():
        with np.load(io.BytesIO(about[clip_id]["npz"])) as found:
            assert set(found.files) == set(arrays)
            for name in found.files:
                np.testing.assert_array_equal(found[name], arrays[name])
        assert json.loads(about[clip_id]["json"])["licence"] == "LicenseRef-own"


def test_the_index_says_where_everything_is(songs, tmp_path):
    content = made(songs, tmp_path / "one", 1)
    for name in content:
        if name.endswith(".json"):
            index, tar = json.loads(content[name]), content[name.replace(".json", ".tar")]
            assert index["sha256"] == sha256(tar).hexdigest()
            for entry in index["clips"]:
                if "rejected" not in entry:
                    np.load(io.BytesIO(tar[entry["offset"] : entry["offset"] + entry["size"]])).close()


def features(songs, *more):
    return main(["features", "auto_gain", "--data", f"folder:{songs}", "--json", *more])


def test_jobs_share_the_work_and_the_store_takes_what_they_made(songs, home, capsys):
    for job in ("1/2", "2/2"):
        assert features(songs, "--shard", job, "--workers", "1") == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["shards"], second["shards"], first["of"]) == (2, 1, 3) and first["clips"] + second["clips"] == 9
    assert features(songs, "--workers", "1") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["computed"] == 0 and said["clips"] == 8 and "folder/my.songs/8.wav" in said["rejected"]
    assert features(songs, "--shard", "1/2") == 0
    assert json.loads(capsys.readouterr().out)["computed"] == 0


def test_a_damaged_shard_is_made_again(songs, home, capsys):
    assert features(songs, "--shard", "1/1", "--workers", "1") == 0
    folder = Path(json.loads(capsys.readouterr().out)["folder"])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    tar = sorted(folder.glob("*.tar"))[0]
    tar.write_bytes(before[tar.name][:-2000] + b"?" * 2000)
    assert features(songs, "--workers", "1") == 0
    assert 0 < json.loads(capsys.readouterr().out)["computed"] <= 4 and not tar.exists()
    assert features(songs, "--shard", "1/1", "--workers", "1") == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3"])
def test_a_share_that_is_none_is_refused(songs, text, capsys):
    assert features(songs, f"--shard={text}") == 2
    assert "expected I/N" in capsys.readouterr().err


def test_other_content_or_code_is_another_shard(songs, tmp_path):
    plugin, clips = registry.load("auto_gain"), data.load(f"folder:{songs}").clips()
    before = [each.name for each in store.sharded(plugin, clips)[0]]
    audio.write(songs / "0.mix.wav", np.full((1, 8_000), 0.2, np.float32), 8_000)
    after = [each.name for each in store.sharded(plugin, data.load(f"folder:{songs}").clips())[0]]
    assert before[0] != after[0] and before[1:] == after[1:]
    with pytest.raises(UsageError):
        shards.share("x", [])


def test_killed_at_any_moment_nothing_is_lost_or_doubled(songs, home, tmp_path, capsys):
    """SIGKILL while shards are made; what is there is whole, and the end is what an undisturbed run gives."""
    whole = made(songs, tmp_path / "whole", 1)
    _, folder = store.sharded(registry.load("auto_gain"), data.load(f"folder:{songs}").clips())
    script = (
        "from dawg_ai import shards; shards.CLIPS_PER_SHARD = 4\nfrom dawg_ai.cli import main\n"
        f"main(['features', 'auto_gain', '--data', 'folder:{songs}', '--shard', '1/1', '--workers', '1'])"
    )
    plugins = str(ROOT / "tests" / "toy_plugins")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DAWG_PLUGINS": plugins, "DAWG_HOME": str(home)}
    rng, kills = np.random.default_rng(0), 0
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", script], env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        began, count = time.monotonic(), len(list(folder.glob("*"))) if folder.is_dir() else 0
        while process.poll() is None and time.monotonic() - began < 60:
            if folder.is_dir() and len(list(folder.iterdir())) > count:
                time.sleep(rng.uniform(0, 0.02))
                break
            time.sleep(0.001)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
        for path in folder.glob("*.json"):
            assert path.read_bytes() == whole[path.name]
            assert path.with_suffix(".tar").read_bytes() == whole[path.with_suffix(".tar").name]
        if len(list(folder.glob("[!.]*.json"))) == 3:
            break
    assert kills >= 1
    assert features(songs, "--shard", "1/1", "--workers", "1") == 0
    names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    assert {name: (folder / name).read_bytes() for name in names} == whole

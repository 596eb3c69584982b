"""Shards go up whole and come down checked: in memory, and through a real S3 interface where moto is installed."""

import json
import shutil
import uuid

import numpy as np
import pytest

from dawg_ai import audio, shards, storage
from dawg_ai.cli import main
from dawg_ai.errors import DawgError, UsageError

pytest.importorskip("fsspec", reason="fsspec is not installed; it is in the extra `cluster`")


@pytest.fixture
def songs(toys, tmp_path, monkeypatch):
    for n in range(5):
        noise = np.random.default_rng(n).normal(0, 0.1, (1, 8_000)).astype(np.float32)
        audio.write(tmp_path / "songs" / f"{n}.wav", noise, 8_000)
    (tmp_path / "songs" / "licence.toml").write_text('licence = "own"\n')
    monkeypatch.setattr(shards, "CLIPS_PER_SHARD", 2)
    return tmp_path / "songs"


def features(capsys, songs, *more):
    assert main(["features", "auto_gain", "--data", f"folder:{songs}", "--workers", "1", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])  # the server of S3 prints as well


def shared(capsys, songs, home, url):
    """Two jobs on two machines, and a third machine that computes nothing."""
    for job in ("1/2", "2/2"):
        made = features(capsys, songs, "--shard", job, "--storage", url)
        assert made["computed"] == made["shards"]
        again = features(capsys, songs, "--shard", job, "--storage", url)
        assert again["computed"] == 0
        shutil.rmtree(home)
    assert len(storage.present(url)) == 3
    last = features(capsys, songs, "--storage", url)
    assert (last["computed"], last["clips"]) == (0, 5)


def test_machines_share_a_folder_of_any_kind(songs, home, capsys):
    shared(capsys, songs, home, f"memory://{uuid.uuid4()}")


def test_a_folder_of_this_machine_will_do(songs, home, capsys, tmp_path):
    shared(capsys, songs, home, str(tmp_path / "shared"))
    names = sorted(path.suffix for path in (tmp_path / "shared").iterdir())
    assert names == [".json"] * 3 + [".tar"] * 3, "no draft is left"


def test_what_is_damaged_there_is_said_to_be(songs, home, capsys, tmp_path):
    folder = tmp_path / "shared"
    features(capsys, songs, "--shard", "1/1", "--storage", str(folder))
    tar = sorted(folder.glob("*.tar"))[0]
    tar.write_bytes(tar.read_bytes()[:-1])
    shutil.rmtree(home)
    with pytest.raises(DawgError, match=rf"{tar.name} is damaged"):
        storage.pull(str(folder), tmp_path / "here")
    assert not (tmp_path / "here" / tar.name).exists()


def test_an_unknown_kind_says_what_to_install():
    with pytest.raises(UsageError, match="pip install"):
        storage.present("nosuch://x")


@pytest.mark.filterwarnings("ignore")
def test_s3(songs, home, capsys, monkeypatch):
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    server = moto.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "FSSPEC_S3_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    try:
        boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="features")
        shared(capsys, songs, home, "s3://features/auto_gain")
    finally:
        server.stop()

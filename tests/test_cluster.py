"""Shards from a real Ray cluster of three nodes on this machine: the same bytes as here, though a node is killed."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from dawg_ai import audio, cluster, data, registry, shards, store, workers
from dawg_ai.errors import UsageError

ROOT = Path(__file__).parents[1]


def test_without_ray_or_without_a_cluster_it_says_what_to_do():
    try:
        import ray  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(UsageError, match=r"pip install 'dawg-ai\[cluster\]'"):
            list(cluster.each(len, [("a",)], "127.0.0.1:1"))


@pytest.mark.filterwarnings("ignore")
def test_three_nodes_one_of_them_killed_make_the_same_bytes(toys, tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed; it is in the extra `cluster`")
    from ray.cluster_utils import Cluster

    folder = tmp_path / "songs"
    for n in range(24):
        noise = np.random.default_rng(n).normal(0, 0.1, (2, 8_000 * 60)).astype(np.float32)
        audio.write(folder / f"{n}.wav", noise, 8_000)
    (folder / "licence.toml").write_text('licence = "own"\n')
    monkeypatch.setattr(shards, "CLIPS_PER_SHARD", 2)
    found, _ = store.sharded(registry.load("auto_gain"), data.load(f"folder:{folder}").clips())
    for each in ("here", "there"):
        (tmp_path / each).mkdir()
    for _ in workers.each(shards.make, [(each, tmp_path / "here") for each in found], 1):
        pass
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    settings = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=settings)
    others = [nodes.add_node(num_cpus=1, object_store_memory=100_000_000) for _ in range(2)]

    def kill_one():
        while len(list((tmp_path / "there").glob("[!.]*.json"))) < 3:
            time.sleep(0.02)
        nodes.remove_node(others[0], allow_graceful=False)

    killer = threading.Thread(target=kill_one)
    killer.start()
    try:
        jobs = [(each, tmp_path / "there") for each in found]
        done = list(cluster.each(shards.make, jobs, nodes.address))
    finally:
        killer.join()
        nodes.shutdown()
    assert len(done) == len(found) == 12
    here, there = (
        {path.name: path.read_bytes() for path in (tmp_path / each).glob("[!.]*")} for each in ("here", "there")
    )
    assert here == there

"""A folder for each session has everything to launch it, and no secret."""

import json
import os
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dawg_ai import launch
from dawg_ai.launch import lease as leases
from dawg_ai.launch.lease import Lease
from dawg_ai.planning import platform

SECRETS = ("KAGGLE_KEY", "KAGGLE_API_TOKEN", "VAST_API_KEY", "RUNPOD_API_KEY", "LAMBDA_API_KEY", "HF_TOKEN")
OFFERS = [(place, price) for name in platform.names() for place in [platform.load(name)] for price in place.prices]


def lease(place, price):
    """A lease of seven hours."""
    start = datetime(2026, 12, 1, 8, tzinfo=UTC)
    usd = price.usd_per_hour or (0.0 if price.kind == "free" else 0.3)
    return Lease(
        3, "auto_gain", ("demo",), place.name, price.device, price.kind, price.offer, start, 7.0, 0.2, usd, 900.0
    )


@pytest.mark.parametrize(
    ("place", "price"), OFFERS, ids=lambda each: getattr(each, "name", getattr(each, "device", ""))
)
def test_every_offer_has_a_folder_that_launches_it(place, price, monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, "a secret")
    made = lease(place, price)
    found = launch.files(made)
    assert "session.json" in found and "run.sh" in found and not any("a secret" in each for each in found.values())
    declared = json.loads(found["session.json"])
    assert declared["end"] == "2026-12-01T15:00:00Z"
    assert declared["worst_usd"] == pytest.approx(7 * made.max_usd_per_hour)
    said = "".join(found.values())
    # Every way to train ends by itself, before the machine does.
    assert re.search(r"(timeout|Timeout|MaxRuntimeInSeconds)[^\n]{0,60}\b25(140|200)s?\b", said), said
    assert re.search(r"dawg train auto_gain --data demo (--hours 6.7833|--lease session.json)", said)
    for name, content in found.items():
        if name.endswith((".json", ".ipynb")):
            json.loads(content)
        elif name.endswith(".py"):
            compile(content, name, "exec")


def test_kaggle_s_gpu_is_named_and_tried():
    place = platform.load("kaggle")
    found = launch.files(lease(place, place.prices[0]))
    metadata = json.loads(found["kernel-metadata.json"])
    assert metadata["machine_shape"] == "NvidiaTeslaT4" and metadata["is_private"]
    assert len(metadata["title"]) >= 5 and metadata["id"].endswith(metadata["title"])
    assert 'torch.ones(8, device="cuda").sum()' in found["script.py"]
    assert "-t 25200 --accelerator NvidiaTeslaT4" in found["README.txt"]


def test_a_bid_is_a_bid_and_on_demand_is_not():
    place = platform.load("vast")
    bids = {price.kind: launch.files(lease(place, price))["README.txt"] for price in place.prices}
    # What is reserved pays for the disk too.
    assert "--bid_price 0.2970" in bids["interruptible"] or "--bid_price 0.1170" in bids["interruptible"]
    assert "--bid_price" not in bids["on-demand"] and "--type on-demand" in bids["on-demand"]


def test_the_notebook_saves_before_the_end_and_has_no_output():
    place = platform.load("colab")
    book = json.loads(launch.files(lease(place, place.prices[0]))["03-colab-auto-gain.ipynb"])
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    cells = book["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert "drive.mount" in code[1]["source"] and "flush" in code[-1]["source"]
    compile(code[0]["source"], "cell", "exec")


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
@pytest.mark.parametrize(("trains_s", "code"), [("0", 7), ("30", 124)])
def test_the_script_ends_the_training_at_the_end_of_the_lease(tmp_path, monkeypatch, trains_s, code):
    """With a `dawg` that only sleeps; SIGTERM comes in time."""
    (tmp_path / "dawg").write_text(f"#!/bin/bash\ntrap 'echo saved; exit 3' TERM\nsleep {trains_s} & wait\nexit 7\n")
    (tmp_path / "dawg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(leases, "END_S", 1.0)
    place = platform.load("local_cpu")
    short = replace(lease(place, place.prices[0]), hours=2 / 3600)
    done = subprocess.run(["bash", "-c", leases.script(short)], capture_output=True, text=True, timeout=20)
    assert done.returncode == code and (done.stdout == "saved\n") == (trains_s == "30")

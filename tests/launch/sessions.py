"""What tests of sessions share: songs, a toy that trains for a while, and its outcome when nothing happens to it."""

import json
import os
import time

import numpy as np
import torch

from dawg_ai import audio, places
from dawg_ai.cli import main
from dawg_ai.launch import folders
from dawg_ai.launch.trainer import Status
from dawg_ai.planning.ledger import Ledger
from dawg_ai.training import checkpoint

WAIT_S = 120.0


def make_songs(root):
    """Twelve discs of one song of three seconds; the spec of the dataset."""
    for i in range(12):
        noise = np.random.default_rng(i).normal(0, 0.01 * (i + 1), (1, 3 * 8_000)).astype(np.float32)
        audio.write(root / f"disc {i}" / "song.wav", noise, 8_000)
    (root / "licence.toml").write_text('licence = "own"\n')
    return f"folder:{root}"


def lengthen(toy, spec, steps):
    """Let the toy train on these songs, for so many steps of at least 10 ms, and save often.

    So it is under way for long enough to be stopped, on any machine, and takes little of it; its features are there.
    """
    drawn = "    return draw(items, rng, rng.integers"
    toy.edit("examples.py", "import Any\n", "import Any\nimport time\n")
    toy.edit("examples.py", drawn, f"    time.sleep(0.01)\n{drawn}")
    toy.edit("__init__.py", '"steps": 60', f'"steps": {steps}')
    toy.edit("__init__.py", '"evaluate_every": 20', '"evaluate_every": 100000')
    toy.edit("__init__.py", '("demo",)', f"({spec!r},)")
    assert main(["features", toy.folder.name, "--data", spec, "--workers", "1"]) == 0
    return toy.folder.name


def wait_for(what, wait_s=WAIT_S):
    """Until it is true."""
    until_s = time.monotonic() + wait_s
    while not what():
        assert time.monotonic() < until_s, "it did not come about in time"
        time.sleep(0.05)


def status(session):
    return Status.read(folders.session(session))


def states():
    book = Ledger()
    try:
        return dict(book.sessions())
    finally:
        book.close()


def only_run(plugin):
    (run,) = [each for each in (places.runs() / plugin).iterdir() if (each / "checkpoint.pt").is_file()]
    return checkpoint.load(run)


def assert_same_weights(one, other):
    assert one["step"] == other["step"]
    for part in ("weights", "average"):
        assert all(torch.equal(one[part][name], other[part][name]) for name in one[part])


def uninterrupted(plugin, elsewhere, spec):
    """The toy's state at its end, in another home, trained by one command."""
    before = os.environ["DAWG_HOME"]
    elsewhere()
    try:
        assert main(["train", plugin, "--data", spec]) == 0
        return only_run(plugin)
    finally:
        os.environ["DAWG_HOME"] = before


def said(capsys):
    return json.loads(capsys.readouterr().out)

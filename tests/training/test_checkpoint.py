"""Whatever becomes of the files of a run, what is loaded is undamaged, or it is said aloud that nothing is left."""

import pathlib
import pickle

import pytest
import torch

from dawg_ai.errors import DawgError
from dawg_ai.training import checkpoint
from dawg_ai.training.checkpoint import NEWEST, PREVIOUS


def state(step):
    return {"step": step, "weights": {"layer": torch.full((64,), float(step))}}


def flip(at):
    def damage(path):
        content = bytearray(path.read_bytes())
        content[int(at * (len(content) - 1))] ^= 1
        path.write_bytes(content)

    return damage


DAMAGES = {
    "first byte": flip(0),
    "middle": flip(0.5),
    "last byte": flip(1),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "empty": lambda path: path.write_bytes(b""),
    "no payload": lambda path: path.write_bytes(path.read_bytes().partition(b"\n")[0]),
}
damaged = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())


def test_nothing_is_there_before_the_first(tmp_path):
    assert checkpoint.load(tmp_path) is None
    assert checkpoint.load(tmp_path / "nowhere") is None


def test_the_newest_is_loaded_and_the_one_before_it_kept(tmp_path):
    for step in (1, 2, 3):
        checkpoint.save(tmp_path, state(step))
        assert checkpoint.load(tmp_path)["step"] == step
    assert {path.name for path in tmp_path.iterdir()} == {NEWEST, PREVIOUS}
    assert torch.equal(checkpoint.load(tmp_path)["weights"]["layer"], torch.full((64,), 3.0))
    (tmp_path / NEWEST).unlink()  # as by a crash between the two renames of a save
    assert checkpoint.load(tmp_path)["step"] == 2


@damaged
def test_a_damaged_one_gives_way_and_never_becomes_the_one_to_fall_back_on(tmp_path, damage, capsys):
    for step in (1, 2):
        checkpoint.save(tmp_path, state(step))
    damage(tmp_path / NEWEST)
    assert checkpoint.load(tmp_path)["step"] == 1
    assert "is damaged; resuming from the checkpoint before it" in capsys.readouterr().err
    checkpoint.save(tmp_path, state(3))
    damage(tmp_path / NEWEST)
    assert checkpoint.load(tmp_path)["step"] == 1, "the damaged one of step 2 has replaced the good one"


@damaged
def test_damaged_while_another_process_trains_it_does_not_push_out_the_good_one(tmp_path, damage):
    """The next `load` after it is damaged may come from a second command, and the next `save` later."""
    for step in (1, 2):
        checkpoint.save(tmp_path, state(step))
    damage(tmp_path / NEWEST)
    assert checkpoint.load(tmp_path)["step"] == checkpoint.load(tmp_path)["step"] == 1
    assert not (tmp_path / NEWEST).exists() and (tmp_path / PREVIOUS).exists()


@damaged
@pytest.mark.parametrize("there", [(NEWEST,), (PREVIOUS,), (NEWEST, PREVIOUS)], ids=" and ".join)
def test_if_all_are_damaged_it_is_said_and_said_again(tmp_path, damage, there):
    """Training must not begin from nothing without a word, as though there had been no checkpoint."""
    for step in (1, 2):
        checkpoint.save(tmp_path, state(step))
    for name in (NEWEST, PREVIOUS):
        damage(tmp_path / name) if name in there else (tmp_path / name).unlink()
    for _ in range(2):
        with pytest.raises(DawgError, match=r"all checkpoints in .* are damaged; remove the folder"):
            checkpoint.load(tmp_path)


class Harmful:
    """Unpickled, it would touch a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self.path,)


def test_what_a_checkpoint_holds_is_read_and_never_run(tmp_path):
    """A run may come from someone else, and a pickle can do anything."""
    checkpoint.save(tmp_path, {"step": 1, "weights": Harmful(tmp_path / "touched")})
    with pytest.raises(pickle.UnpicklingError):
        checkpoint.load(tmp_path)
    assert not (tmp_path / "touched").exists()


def test_what_a_killed_save_has_left_is_cleared(tmp_path):
    checkpoint.save(tmp_path, state(1))
    (tmp_path / ".checkpoint-x1y2z3.pt").write_bytes(b"half of it")
    assert checkpoint.load(tmp_path)["step"] == 1
    assert [path.name for path in tmp_path.iterdir()] == [NEWEST]


def test_a_leftover_that_another_process_has_cleared_is_no_matter(tmp_path, monkeypatch):
    checkpoint.save(tmp_path, state(1))
    monkeypatch.setattr(pathlib.Path, "glob", lambda folder, _: iter([folder / ".checkpoint-gone.pt"]))
    assert checkpoint.load(tmp_path)["step"] == 1

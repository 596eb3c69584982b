"""Checkpoints in a place that machines share: whole, read back, the newest first, held by one session at a time."""

import json
from datetime import UTC, datetime, timedelta

import fsspec
import pytest

from dawg_ai.errors import DawgError
from dawg_ai.training.seal import sealed
from dawg_ai.training.travel import SKEW_S, HeldError, Place, arrived, steps_done


@pytest.fixture(params=["a folder", "memory"])
def url(request, tmp_path):
    """A folder, and a place that only fsspec knows."""
    if request.param == "a folder":
        return str(tmp_path / "place")
    return f"memory://{tmp_path.name}"


@pytest.fixture
def clock():
    return [datetime(2026, 11, 28, 8, tzinfo=UTC)]


def place(url, clock=None):
    return Place(url, "toy", "split0-seed0-abc", (lambda: clock[0]) if clock else None)


def saved(folder, step, payload=b"weights"):
    """A run's folder after a save."""
    folder.mkdir(parents=True, exist_ok=True)
    content = payload + str(step).encode()
    (folder / "checkpoint.pt").write_bytes(sealed(content) + content)
    (folder / "settings.json").write_text("{}")
    (folder / "status.json").write_text(json.dumps({"step": step, "steps": 100, "finished": False}))
    return folder


def content(url, name):
    files, root = fsspec.core.url_to_fs(url)
    return files, f"{root}/toy/split0-seed0-abc/{name}"


def test_it_arrives_whole_and_the_one_before_is_kept(url, tmp_path):
    here = tmp_path / "here"
    for step in (10, 20, 30):
        place(url).put(saved(here, step), step)
    assert list(place(url).steps()) == [30, 20]
    there = tmp_path / "there"
    assert place(url).fetch(there) == 30
    assert (there / "checkpoint.pt").read_bytes() == (here / "checkpoint.pt").read_bytes()
    assert (there / "settings.json").is_file() and steps_done(there) == 30
    assert arrived(url) == [("toy", "split0-seed0-abc")]
    assert place(url).fetch(there) == 30 and not (there / "previous.pt").exists()  # nothing further


def test_what_is_further_here_stays(url, tmp_path):
    place(url).put(saved(tmp_path / "here", 10), 10)
    there = saved(tmp_path / "there", 50)
    before = (there / "checkpoint.pt").read_bytes()
    assert place(url).fetch(there) == 50 and (there / "checkpoint.pt").read_bytes() == before


def test_a_damaged_one_is_passed_over(url, tmp_path):
    for step in (10, 20):
        name = place(url).put(saved(tmp_path / "here", step), step)
    files, path = content(url, name)
    files.pipe_file(path, files.cat_file(path)[:-1] + b"?")
    assert place(url).fetch(tmp_path / "there") == 10


@pytest.mark.parametrize("fault", ["half", "error"])
def test_an_upload_that_fails_costs_nothing_that_was_there(url, tmp_path, monkeypatch, fault):
    place(url).put(saved(tmp_path / "here", 10), 10)
    shared = place(url)
    write = shared._files.pipe_file

    def failing(path, value, *words, **more):
        if "uploading" in path:
            write(path, value[: len(value) // 2])
            if fault == "error":
                raise OSError("the connection was reset")
            return
        write(path, value, *words, **more)

    monkeypatch.setattr(shared._files, "pipe_file", failing)
    with pytest.raises((DawgError, OSError), match=r"did not arrive whole|reset"):
        shared.put(saved(tmp_path / "here", 20), 20)
    monkeypatch.undo()
    assert list(place(url).steps()) == [10]
    files, _ = content(url, "")
    assert not [each for each in files.find(files._strip_protocol(url)) if "uploading" in each]


def test_one_session_holds_a_run(url, clock):
    first, second = place(url, clock), place(url, clock)
    first.hold("01-vast", 600)
    with pytest.raises(HeldError, match=r"session 01-vast on .* holds this run until 2026-11-28T08:10"):
        second.hold("02-kaggle", 600)
    clock[0] += timedelta(seconds=500)
    first.renew("01-vast", 600)
    clock[0] += timedelta(seconds=600 + SKEW_S - 1)  # by a clock that is ahead, it would have expired
    with pytest.raises(HeldError):
        second.hold("02-kaggle", 600)
    first.release()
    second.hold("02-kaggle", 600)


def test_one_that_is_silent_for_too_long_loses_it(url, clock):
    first, second = place(url, clock), place(url, clock)
    first.hold("01-vast", 600)
    clock[0] += timedelta(seconds=600 + SKEW_S + 1)
    second.hold("02-kaggle", 600)
    with pytest.raises(HeldError, match="session 02-kaggle has taken the run"):
        first.renew("01-vast", 600)
    first.release()  # not its own any more
    second.renew("02-kaggle", 600)


def test_one_that_has_ended_for_certain_holds_nothing(url, clock):
    place(url, clock).hold("01-vast", 6000)
    place(url, clock).hold("02-kaggle", 600, over=("00-local", "01-vast"))


def test_a_session_that_starts_again_on_its_machine_goes_on(url, clock, monkeypatch):
    place(url, clock).hold("01-vast", 6000)
    place(url, clock).hold("01-vast", 6000)
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    with pytest.raises(HeldError):
        place(url, clock).hold("01-vast", 6000)


def test_a_damaged_declaration_holds_nothing(url, clock):
    shared = place(url, clock)
    shared.hold("01-vast", 6000)
    files, path = content(url, "held.json")
    files.pipe_file(path, b"{")
    place(url, clock).hold("02-kaggle", 600)


def test_of_two_that_find_it_expired_one_gets_it(tmp_path, clock, monkeypatch):
    """The other takes it between the look and the rename."""
    url = str(tmp_path)
    place(url, clock).hold("01-vast", 60)
    clock[0] += timedelta(hours=1)
    late, quick = place(url, clock), place(url, clock)
    refuse = late._refuse

    def beaten(*words):
        refuse(*words)
        quick.hold("03-quick", 600)

    monkeypatch.setattr(late, "_refuse", beaten)
    with pytest.raises(HeldError, match="just taken"):
        late.hold("02-late", 600)
    quick.renew("03-quick", 600)

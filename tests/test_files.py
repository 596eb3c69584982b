"""Atomic writes: a file is complete or not there."""

import os
import stat

import pytest

from dawg_ai import files


def test_the_old_content_stays_until_the_new_is_whole(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with files.atomic_write(path) as draft:
        draft.write_text("new")
        assert path.read_text() == "old"
        assert draft.parent == path.parent and draft.suffix == path.suffix
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_goes_wrong_nothing_is_left(tmp_path, error):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(error), files.atomic_write(path) as draft:
        draft.write_text("half of it")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_and_rights_are_those_of_any_new_file(tmp_path):
    path = tmp_path / "a" / "b" / "c.txt"
    before = os.umask(0o027)
    try:
        with files.atomic_write(path) as draft:
            draft.write_text("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_of_two_writers_at_once_the_last_stays_whole(tmp_path):
    path = tmp_path / "a.txt"
    with files.atomic_write(path) as one, files.atomic_write(path) as other:
        assert one != other
        one.write_text("one" * 1000)
        other.write_text("other")
    assert path.read_text() == "one" * 1000
    assert list(tmp_path.iterdir()) == [path]

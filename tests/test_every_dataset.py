"""Every file in `dawg_ai/data/sets` is a dataset that says where it is from. A new one is tested by being there."""

import inspect
from pathlib import Path

import pytest

from dawg_ai import data
from dawg_ai.errors import UsageError

NAMES = data.names()


@pytest.fixture
def dataset(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> data.Dataset:
    monkeypatch.setenv("DAWG_HOME", str(tmp_path))
    return data.load(f"folder:{tmp_path}" if request.param == "folder" else request.param)


every_dataset = pytest.mark.parametrize("dataset", NAMES, indirect=True)


def test_the_folder_is_the_list():
    folder = Path(inspect.getfile(data)).parent / "sets"
    assert sorted(NAMES) == sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")
    assert {"debian_games", "folder"} <= set(NAMES)


@every_dataset
def test_it_opens_with_what_it_is(dataset: data.Dataset):
    assert len(dataset.module.__doc__ or "") > 200, f"{dataset.name}: say what it is, who made it, where it is from"
    assert dataset.summary.endswith((".", ":")) or dataset.summary, (
        "the first line is the summary in `dawg data list`"
    )


@every_dataset
@pytest.mark.parametrize("fact", ["CITATION", "LICENCE", "VERSION"])
def test_it_states_the_facts(dataset: data.Dataset, fact: str):
    value = getattr(dataset.module, fact, None)
    assert isinstance(value, str), f"{dataset.name} needs {fact}, a text"
    assert value.strip(), f"{dataset.name}: {fact} is empty"


@every_dataset
def test_its_functions_take_what_they_should(dataset: data.Dataset):
    assert list(inspect.signature(dataset.module.get).parameters)[:2] == ["root", "source"]
    assert set(inspect.signature(dataset.module.get).parameters) <= {"root", "source", "request"}
    assert inspect.signature(dataset.module.get).parameters["source"].default is None
    assert list(inspect.signature(dataset.module.clips).parameters) == ["root"]
    assert dataset.module.get.__doc__
    assert dataset.module.clips.__doc__


@every_dataset
def test_asked_too_early_it_says_how_to_get_it(dataset: data.Dataset):
    if dataset.name == "folder":
        assert dataset.clips() == []
        return
    with pytest.raises(UsageError, match=f"not here yet; get it with: dawg data get {dataset.name}"):
        dataset.clips()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "folder"])
def test_what_is_on_this_machine_is_sound(name: str):
    dataset = data.load(name)
    if not dataset.root.is_dir():
        pytest.skip(f"{name} is not on this machine")
    clips = dataset.clips()
    ids = [clip.id for clip in clips]
    assert ids == sorted(set(ids)), "ids are unique and in order"
    for clip in clips:
        assert clip.id.startswith(f"{name}/")
        assert all(path.is_file() for path in clip.files.values())
        assert clip.group
        assert clip.licence.spdx
        assert clip.licence.holder, f"{clip.id}: whom to thank?"


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(UsageError, match="debian_games"):
        data.load("debian_gamse")

"""Every loader reads a miniature of its dataset in the public layout: what it finds is sound, and found again."""

import pytest

from dawg_ai import data
from dawg_ai.cli import main
from dawg_ai.data.request import Request
from tests.data.miniatures import MAKERS

# id, group, official part and licence of each clip
SMALL = [
    ("000002", "artist 1", "train", "CC-BY-NC-SA-3.0"),
    ("000005", "artist 1", "train", "CC-BY-4.0"),
    ("000010", "artist 6", "valid", "CC-BY-SA-3.0"),
]
MEDIUM = [
    *SMALL,
    ("000003", "artist 1", "train", "LicenseRef-public-domain"),
    ("001486", "artist 9", "test", "CC0-1.0"),
]
LARGE = [*MEDIUM, ("000020", "artist 4", "test", "unknown")]  # a title without a version names no licence
EXPECTED = {
    "fma_small": SMALL,
    "fma_medium": sorted(MEDIUM),
    "fma_large": sorted(LARGE),
    "fma_full": sorted(LARGE),
    "jamendo": [
        ("track_0000214", "artist_000014", "train", "CC-BY-SA-2.5"),
        ("track_0000382", "artist_000020", "valid", "CC-BY-3.0"),
        ("track_0003346", "artist_000517", "test", "CC-BY-NC-ND-2.0"),
    ],
    "vocalset": [
        ("female1/arpeggios/belt/f1_arpeggios_belt_c_a", "female1", "train", "CC-BY-4.0"),
        ("female2/arpeggios/vibrato/f2_arpeggios_vibrato_c_e", "female2", "test", "CC-BY-4.0"),
        ("male1/long_tones/trillo/m1_long_trillo_u", "male1", "train", "CC-BY-4.0"),
        ("male10/excerpts/vibrato/caro", "male10", "test", "CC-BY-4.0"),
    ],
    "msd": [
        ("TRAAAAW128F429D538", "ARD7TVE1187B99BFB1", None, "LicenseRef-Echo-Nest-API"),
        ("TRACCVZ128F4291A8A", "ARMQHX71187B9890D3", None, "LicenseRef-Echo-Nest-API"),
    ],
    "audioset": [
        ("--4gqARaEJE_0", "--4gqARaEJE", "test", "CC-BY-4.0"),
        ("-0RWZT-miFs_420000", "-0RWZT-miFs", None, "CC-BY-4.0"),
        ("3RWZT_miFs0_0", "3RWZT_miFs0", None, "CC-BY-4.0"),
    ],
    "pairs": [
        ("0001", "Room 1", None, "LicenseRef-consent"),
        ("0002", "Room 2", None, "LicenseRef-private"),
    ],
}


@pytest.fixture(params=MAKERS)
def loaded(request, home, tmp_path):
    if request.param == "msd":
        pytest.importorskip("h5py", reason="h5py is not installed; it is in the extra `sets`")
    source = tmp_path / "source"
    source.mkdir()
    return data.load(request.param), MAKERS[request.param](source)


def test_it_reads_what_is_published(loaded, capsys):
    dataset, source = loaded
    assert main(["data", "get", dataset.name, "--from", str(source)]) == 0
    clips = dataset.clips()
    found = [(clip.id.removeprefix(f"{dataset.name}/"), clip.group, clip.part, clip.licence.spdx) for clip in clips]
    assert found == EXPECTED[dataset.name]
    assert all(clip.licence.holder and clip.title for clip in clips)
    assert all(path.is_file() for clip in clips for path in clip.files.values())
    assert [reason for _, reason in data.examine(clips) if reason] == []
    dataset.get(source)  # again
    assert dataset.clips() == clips
    left = [path.name for path in dataset.root.rglob("*") if path.name.startswith(".") or path.suffix == ".part"]
    assert left == [], "nothing unfinished stays"


def test_a_part_of_it(loaded, capsys):
    dataset, source = loaded
    assert main(["data", "get", dataset.name, "--from", str(source), "--limit", "1"]) == 0
    (one,) = dataset.clips()
    dataset.get(source, Request(limit=2))
    two = dataset.clips()
    assert len(two) == 2 and one in two, "more has what less has"
    dataset.get(source)
    assert len(dataset.clips()) == len(EXPECTED[dataset.name])
    assert main(["data", "get", dataset.name, "--from", str(source), "--limit", "0"]) == 2


def test_by_licence(loaded):
    dataset, source = loaded
    licences = [row[3] for row in EXPECTED[dataset.name]]
    closed = ("NC", "unknown", "Echo", "private")
    shippable = [each for each in licences if not any(word in each for word in closed)]
    permissive = [each for each in shippable if "-SA-" not in each]
    for terms, kept in (("any", licences), ("share-alike", shippable), ("permissive", permissive)):
        dataset.get(source, Request(licence=terms))
        assert [clip.licence.spdx for clip in dataset.clips()] == kept, terms


def test_another_dataset_is_refused_and_nothing_is_left(loaded, tmp_path, capsys):
    dataset, _ = loaded
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "holiday.txt").write_text("sun")
    code = main(["data", "get", dataset.name, "--from", str(tmp_path / "other")])
    said = capsys.readouterr().err
    assert code == 2 and str(tmp_path / "other") in said
    assert not dataset.root.is_dir() or dataset.clips() == []

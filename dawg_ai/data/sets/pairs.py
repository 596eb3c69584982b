"""Pairs: songs before and after a mastering studio worked on them, aligned to the sample and matched in level.

Made by studios that consent to it, for their own songs or those that they may speak for. A folder holds the files and
a sheet, `pairs.csv`, with one row per song:

    id,studio,song,before,after,consent,scope,signed
    0001,Room Five,First Song,0001/mix.wav,0001/master.wav,yes,ship,2026-03-01

`before` and `after` are files in the folder. `consent` has to be "yes". `scope` is "train" for models that stay with
whoever trains them, or "ship" for models that are given to others. `signed` is the day of the consent. The group is
the studio, so that none is in two parts of a split.

Consent can be taken back: `dawg data forget pairs/0001` removes the arrays that were made from a pair, keeps it from
coming back, and names the models that learned from it.
"""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

from dawg_ai import audio, progress
from dawg_ai.analysis import alignment
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import PRIVATE, Licence
from dawg_ai.dsp.meters.loudness import integrated_lufs
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.files import atomic_folder, atomic_write

CITATION = "The studios that are named with each pair."
LICENCE = "As each studio consents: to train, or to train and to ship what learned from it."
VERSION = "1"

SHEET = "pairs.csv"
COLUMNS = ("id", "studio", "song", "before", "after", "consent", "scope", "signed")
SCOPES = {"train": PRIVATE, "ship": "LicenseRef-consent"}
FORGOTTEN = "forgotten.json"  # ids whose consent was taken back
FACTS = "pair.json"


def get(root: Path, source: Path | None = None) -> None:
    """Align the pairs of a folder, match their levels, and write them into `root`; those that are there stay.

    Args:
        root: folder of the dataset.
        source: the folder with the sheet.

    Raises:
        UsageError: there is no source, the sheet lacks a column or a consent, or a file is missing.
    """
    if source is None:
        raise UsageError(f"name the folder that holds {SHEET}: dawg data get pairs --from FOLDER")
    rows = _sheet(source / SHEET)
    root.mkdir(parents=True, exist_ok=True)
    gone = _forgotten(root)
    with progress.bar("pairs", "song", len(rows)) as bar:
        for row in rows:
            folder = root / row["id"]
            if row["id"] in gone:
                progress.say(f"{row['id']} is left out: its consent was taken back")
            elif not folder.is_dir():
                try:
                    _prepare(row, source, folder)
                except (DawgError, audio.UnusableAudio) as error:
                    progress.say(f"{row['id']} is left out: {error}")
            bar.update()


def clips(root: Path) -> list[Clip]:
    """A clip for each pair, with the files before and after; both begin and end at the same sample."""
    found = []
    for path in root.glob(f"*/{FACTS}"):
        row: dict[str, Any] = json.loads(path.read_text("utf-8"))
        files = {"audio": path.parent / "before.wav", "after": path.parent / "after.wav"}
        facts = {name: row[name] for name in ("lag_samples", "gain_db", "inverted", "scope", "signed", "duration_s")}
        licence = Licence(SCOPES[row["scope"]], row["studio"], f"consent of {row['signed']} to {row['scope']}")
        found.append(Clip(f"pairs/{row['id']}", files, row["studio"], licence, row["song"], annotations=facts))
    return sorted(found, key=lambda clip: clip.id)


def forget(root: Path, clip: Clip) -> list[Path]:
    """Remove what was made from a pair, and keep it from coming back.

    Args:
        root: folder of the dataset.
        clip: the pair.

    Returns:
        What was removed.
    """
    name = clip.id.removeprefix("pairs/")
    with atomic_write(root / FORGOTTEN) as draft:
        draft.write_text(json.dumps(sorted({*_forgotten(root), name})) + "\n", "utf-8")
    removed = sorted(path for path in (root / name).iterdir())
    shutil.rmtree(root / name)
    return removed


def _forgotten(root: Path) -> set[str]:
    path = root / FORGOTTEN
    return set(json.loads(path.read_text("utf-8"))) if path.is_file() else set()


def _sheet(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise UsageError(f"{path} is missing; its first line is: {','.join(COLUMNS)}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if missing := set(COLUMNS) - set(table.fieldnames or ()):
                raise UsageError(f"{path} has no column {', '.join(sorted(missing))}; they are: {', '.join(COLUMNS)}")
            rows = [{name: (row[name] or "").strip() for name in COLUMNS} for row in table]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is not a CSV file in UTF-8: {error}") from None
    for number, row in enumerate(rows, 2):
        _check(f"{path}, line {number}", row, path.parent)
    ids = [row["id"] for row in rows]
    if twice := next((each for each in ids if ids.count(each) > 1), None):
        raise UsageError(f"{path} has the id {twice} twice; each song has its own")
    return rows


def _check(where: str, row: dict[str, str], folder: Path) -> None:
    name = row["id"]
    if not name or name.startswith(".") or any(letter in name for letter in "/\\:\0"):
        raise UsageError(f"{where}: the id {name!r} cannot be the name of a folder")
    if row["consent"].lower() != "yes":
        raise UsageError(f"{where}: {name} is without consent ({row['consent']!r}; expected 'yes'); take the row out")
    if row["scope"] not in SCOPES:
        raise UsageError(f"{where}: the scope of {name} is {row['scope']!r}; expected {' or '.join(SCOPES)}")
    if not row["signed"] or not row["studio"]:
        raise UsageError(f"{where}: {name} has no studio, or no day of its consent in the column 'signed'")
    for column in ("before", "after"):
        if not (folder / row[column]).is_file():
            raise UsageError(f"{where}: {row[column]!r} of {name} is not a file in {folder}")


def _prepare(row: dict[str, str], source: Path, folder: Path) -> None:
    """Align a pair, match the level of the second to the first, and write both."""
    before, rate_hz = audio.read(source / row["before"])
    after, after_hz = audio.read(source / row["after"])
    after = audio.at_rate(after, after_hz, rate_hz)
    found = alignment.align(before, after, rate_hz)
    before, after = alignment.overlap(before, after, found)
    gain_db = integrated_lufs(before, rate_hz) - integrated_lufs(after, rate_hz)
    if not abs(gain_db) < 60:
        raise DawgError("one of the two has no loudness to match (it is silent, or shorter than 400 ms)")
    facts = {
        **{name: row[name] for name in ("id", "studio", "song", "scope", "signed")},
        "lag_samples": found.lag_samples,
        "inverted": str(found.inverted).lower(),
        "gain_db": round(gain_db, 3),
        "duration_s": round(before.shape[1] / rate_hz, 3),
    }
    with atomic_folder(folder) as draft:
        audio.write(draft / "before.wav", before, rate_hz, bits="32f")
        audio.write(draft / "after.wav", after * 10 ** (gain_db / 20), rate_hz, bits="32f")
        (draft / FACTS).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")

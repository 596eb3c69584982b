"""Groove MIDI Dataset: 13.6 hours of drumming on an electronic kit, aligned to a click, by ten drummers.

Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck and David Bamman recorded it for "Learning to Groove with Inverse
Sequence Transformations" (ICML 2019): 1,150 MIDI files with expressive velocity and micro-timing, whole performances
and fills, with style, tempo and time signature. https://magenta.tensorflow.org/datasets/groove

The official split is in `info.csv`; drummers are in several of its parts. The group is the drummer.
"""

import csv
import tempfile
from pathlib import Path

from dawg_ai.data import archive, fetch
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.licence import Licence

CITATION = (
    "Gillick, Roberts, Engel, Eck, Bamman: Learning to Groove with Inverse Sequence Transformations. ICML 2019."
)
LICENCE = "CC BY 4.0, Google LLC."
VERSION = "1.0.0"

URL = "https://storage.googleapis.com/magentadata/datasets/groove/groove-v1.0.0-midionly.zip"
SHA256 = "651cbc524ffb891be1a3e46d89dc82a1cecb09a57c748c7b45b844c4841dcc1e"
SIZE_BYTES = 3_260_318
INFO = "info.csv"
PARTS: dict[str, Part] = {"train": "train", "validation": "valid", "test": "test"}


def get(root: Path, source: Path | None = None) -> None:
    """Put the MIDI files and their table into `root`.

    Args:
        root: folder of the dataset.
        source: the archive or its unpacked folder; by default it is downloaded.
    """
    if source is None and (root / INFO).is_file():
        return
    with tempfile.TemporaryDirectory() as folder:
        if source is None:
            source = Path(folder) / "groove.zip"
            fetch.download(URL, source, sha256=SHA256, size_bytes=SIZE_BYTES)
        archive.unpack(source, root, INFO, lambda name: name == INFO or name.endswith(".mid"))


def clips(root: Path) -> list[Clip]:
    """A clip for each performance; `kind` is "beat" or "fill", the style without what follows its "/"."""
    found = []
    with (root / INFO).open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            found.append(
                Clip(
                    id=f"groove/{row['id']}",
                    files={"notes": root / row["midi_filename"]},
                    group=row["drummer"],
                    licence=Licence("CC-BY-4.0", "Google LLC", URL),
                    title=Path(row["midi_filename"]).stem,
                    style=row["style"].partition("/")[0],
                    annotations={
                        "tempo_bpm": float(row["bpm"]),
                        "time_signature": row["time_signature"].replace("-", "/"),
                        "kind": row["beat_type"],
                    },
                    part=PARTS[row["split"]],
                )
            )
    return sorted(found, key=lambda clip: clip.id)

"""Rooms: measured impulse responses of 20 spaces, and of a plate in 15 settings.

The spaces (churches, halls, a tunnel, a living room, the inside of a piano, ...) were measured for the OpenAIR
library of the University of York and others, and collected by Andrew Burnson for Reverb.js (http://reverbjs.org); an
attribution text beside each says who measured it and under which terms. Greg Hopkins measured the EMT 140 plate;
oramics/sampled has it (folder `IR/EMT140-Plate`). Get a folder with the responses, and for each but the plate's its
`<name>.attribution.txt`, and name it: `dawg data get rooms --from FOLDER`.

A clip is a response (file kind "response"), a group is a room. Reverberation times are measured when the responses
are put in place: `t60_low_s` is the geometric mean of the octaves 125 and 250 Hz, `t60_mid_s` of 500 Hz to 2 kHz,
`t60_high_s` of 4 and 8 kHz, each T30, or T20 where the noise floor leaves no more (ISO 3382-1). A response without
one of the three is left out.
"""

import json
import re
import shutil
from pathlib import Path

from dawg_ai import audio, progress
from dawg_ai.analysis import room
from dawg_ai.audio import UnusableAudio
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence, recognise
from dawg_ai.errors import UsageError
from dawg_ai.files import atomic_folder

CITATION = (
    "OpenAIR library, University of York, https://www.openairlib.net; A. Burnson, Reverb.js, http://reverbjs.org; "
    "G. Hopkins, EMT 140 plate, https://github.com/oramics/sampled"
)
LICENCE = "Per response: public domain, CC BY or CC BY-SA, as its attribution text says."
VERSION = "1"

PLATE = "emt_140"
# The plate's page says "Creative Commons Attribution" without a version.
PLATE_LICENCE = Licence("CC-BY-4.0", "Greg Hopkins", "https://github.com/oramics/sampled")
_SUFFIXES = (".flac", ".wav")
_POSITION = re.compile(r"Position\d+$")


def get(root: Path, source: Path | None = None) -> None:
    """Copy the responses into `root` and measure their reverberation times.

    Args:
        root: folder of the dataset.
        source: folder of the responses and their attribution texts.

    Raises:
        UsageError: no source is given, or it holds no response with known terms.
    """
    if source is None:
        if root.is_dir():
            return
        raise UsageError(
            "rooms is not fetched by itself: put the responses of Reverb.js and of oramics/sampled, with their "
            "attribution texts, into a folder and run: dawg data get rooms --from FOLDER"
        )
    found = [
        path for path in sorted(source.rglob("*")) if path.suffix.lower() in _SUFFIXES and _licence(path) is not None
    ]
    if not found:
        raise UsageError(f"{source} holds no response (.flac or .wav) with a <name>.attribution.txt beside it")
    root.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folder(root) as draft, progress.bar("rooms", "response", len(found)) as bar:
        measured = []
        for path in found:
            licence = _licence(path)
            try:
                times = room.decay_times(*audio.read(path))
            except UnusableAudio as error:
                progress.say(str(error))
                times = None
            if licence and times:
                shutil.copyfile(path, draft / path.name)
                terms = {"spdx": licence.spdx, "holder": licence.holder, "source": licence.source}
                measured.append({"file": path.name, **terms, **times})
            bar.update()
        (draft / "rooms.json").write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
        shutil.rmtree(root, ignore_errors=True)


def _licence(path: Path) -> Licence | None:
    """The terms of a response; None where nothing is said of them."""
    if path.stem.startswith(PLATE):
        return PLATE_LICENCE
    text = path.with_suffix(".attribution.txt")
    return terms(text.read_text("utf-8", errors="replace")) if text.is_file() else None


def terms(attribution: str) -> Licence:
    """The licence of an attribution text.

    Those of OpenAIR's first site name a Creative Commons licence without its version, which was 3.0 then.

    >>> terms("By OpenAirLib\\n\\nLicense for this content: Attribution Share Alike Creative Commons license").spdx
    'CC-BY-SA-3.0'
    >>> terms("http://creativecommons.org/licenses/by-nc/3.0/").spdx
    'CC-BY-NC-3.0'
    """
    links = re.findall(r"https?://\S+", attribution)
    source = links[0] if links else ""
    lines = attribution.strip().splitlines() or [""]
    named = re.match(r"(?:Recorded by|By) (.+)", lines[0])
    holder = "OpenAIR" if named is None or named[1] == "OpenAirLib" else named[1]
    spdx = next((each for each in map(recognise, links) if each != "unknown"), "unknown")
    words = attribution.lower()
    if spdx == "unknown" and "creative commons" in words and "commercial" not in words and "deriv" not in words:
        if "public domain" in words:
            spdx = "LicenseRef-public-domain"
        elif "attribution" in words:
            spdx = "CC-BY-SA-3.0" if "share alike" in words else "CC-BY-3.0"
    return Licence(spdx, holder, source)


def clips(root: Path) -> list[Clip]:
    """A clip for each response. All positions in a room, and all settings of the plate, are one group."""
    found = []
    for row in json.loads((root / "rooms.json").read_text("utf-8")):
        name = Path(row["file"]).stem
        found.append(
            Clip(
                id=f"rooms/{name}",
                files={"response": root / row["file"]},
                group=PLATE if name.startswith(PLATE) else _POSITION.sub("", name),
                licence=Licence(row["spdx"], row["holder"], row["source"]),
                title=name,
                annotations={each: row[each] for each in room.DECAY_TIMES},
            )
        )
    return sorted(found, key=lambda clip: clip.id)

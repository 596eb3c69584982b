"""OpenAIR: room impulse responses of the Open Acoustic Impulse Response Library, University of York.

Damian Murphy, Simon Shelley and many contributors measured churches, halls, caves, forests and factories:
"OpenAIR: An Interactive Auralization Web Resource and Database", AES 129, 2010. https://www.openairlib.net; the files
are at https://webfiles.york.ac.uk/OPENAIR/IRs, a folder for each space with `mono`, `stereo`, `b-format` and other
folders in it. Mirror that folder, or unpack the spaces' ZIPs side by side, and name it:
`dawg data get openair --from IRs`.

A clip is a response of a `stereo` or `mono` folder (file kind "response"), a group is a space. The terms of a space
are those that a text in its folder states with a Creative Commons link, such as `Read Me.txt`; where there is none
they are unknown, and nothing is learned from it. Reverberation times are measured when the responses are put in
place, as `rooms` says.
"""

import json
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
    "Murphy, Shelley: OpenAIR: An Interactive Auralization Web Resource and Database. AES 129, 2010. "
    "https://www.openairlib.net"
)
LICENCE = "Per space: mostly CC BY 4.0, as the text in its folder says."
VERSION = "1"

SOURCE = "https://webfiles.york.ac.uk/OPENAIR/IRs"
LAYOUTS = ("stereo", "mono")


def get(root: Path, source: Path | None = None) -> None:
    """Copy the stereo and mono responses into `root` and measure their reverberation times.

    Args:
        root: folder of the dataset.
        source: the mirrored folder `IRs`, with a folder for each space.

    Raises:
        UsageError: no source is given, or it holds no response.
    """
    if source is None:
        if root.is_dir():
            return
        raise UsageError(
            f"openair is not fetched by itself: mirror {SOURCE} (or a part of it) and run: "
            "dawg data get openair --from IRs"
        )
    found = [path for layout in LAYOUTS for path in sorted(source.glob(f"*/{layout}/*.wav"))]
    if not found:
        raise UsageError(f"{source} holds no response; expected <space>/stereo/*.wav or <space>/mono/*.wav")
    root.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folder(root) as draft, progress.bar("openair", "response", len(found)) as bar:
        measured = []
        for path in found:
            name = path.relative_to(source)
            try:
                times = room.decay_times(*audio.read(path))
            except UnusableAudio as error:
                progress.say(str(error))
                times = None
            if times:
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, draft / name)
                measured.append({"file": name.as_posix(), "spdx": _spdx(source / name.parts[0]), **times})
            bar.update()
        (draft / "openair.json").write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
        shutil.rmtree(root, ignore_errors=True)


def _spdx(space: Path) -> str:
    """The licence that a text in a space's folder links to."""
    for text in sorted(space.glob("*.txt")):
        for word in text.read_text("utf-8", errors="replace").split():
            if (found := recognise(word.strip("<>()[],;"))) != "unknown":
                return found
    return "unknown"


def clips(root: Path) -> list[Clip]:
    """A clip for each response; all responses of a space are one group."""
    found = []
    for row in json.loads((root / "openair.json").read_text("utf-8")):
        name = Path(row["file"])
        found.append(
            Clip(
                id=f"openair/{name.with_suffix('').as_posix()}",
                files={"response": root / name},
                group=f"openair/{name.parts[0]}",
                licence=Licence(row["spdx"], "OpenAIR, University of York", SOURCE),
                title=f"{name.parts[0]}: {name.stem}",
                annotations={each: row[each] for each in room.DECAY_TIMES},
            )
        )
    return sorted(found, key=lambda clip: clip.id)

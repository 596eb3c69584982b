"""MUSDB18-HQ and MUSDB18: 150 songs of ten hours, each as mixture, vocals, drums, bass and the rest.

Collected by Zafar Rafii, Antoine Liutkus, Fabian-Robert Stoter, Stylianos Ioannis Mimilakis and Rachel Bittner from
DSD100 and MedleyDB. `train` has 100 songs, `test` 50; this official split is kept, and a group is a song. A clip has
the files audio (the mixture), vocals, drums, bass and other.

Source: https://zenodo.org/records/3338373 (WAV) and https://zenodo.org/records/1117372 (`.stem.mp4`, AAC), for
research and teaching alone: it has to be asked for there, and no plugin learns from it. Unpack it and name the
folder with `train` and `test`: `dawg data get musdb18hq --from ~/musdb18hq`. Folders
`<Artist> - <Title>/mixture.wav, vocals.wav, ...` are used where they are; of `.stem.mp4`, FFmpeg makes such folders.
"""

import shutil
import subprocess
from pathlib import Path

from dawg_ai import progress
from dawg_ai.data.clip import Clip, Part
from dawg_ai.data.licence import Licence
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.files import atomic_folder

CITATION = (
    "Z. Rafii, A. Liutkus, F.-R. Stoter, S. I. Mimilakis, R. Bittner, MUSDB18-HQ - an uncompressed version of "
    "MUSDB18, 2019, https://doi.org/10.5281/zenodo.3338373"
)
LICENCE = "Educational and research use only, so nothing is trained on it; of some songs CC BY-NC-SA."
VERSION = "1"

PARTS: dict[str, Part] = {"train": "train", "test": "test"}
# In the order of the streams in a .stem.mp4.
STEMS = ("mixture", "drums", "bass", "other", "vocals")
_STEM_SUFFIX = ".stem.mp4"


def get(root: Path, source: Path | None = None) -> None:
    """Link the songs of an unpacked archive into `root`, or take the stems out of `.stem.mp4` files.

    Args:
        root: folder of the dataset.
        source: the folder that holds `train` and `test`.

    Raises:
        UsageError: no source is given, or it holds no song, or FFmpeg is missing for `.stem.mp4`.
        DawgError: FFmpeg cannot read a file.
    """
    if source is None:
        raise UsageError(
            "musdb18hq has to be asked for at https://zenodo.org/records/3338373; unpack it and run: "
            "dawg data get musdb18hq --from FOLDER"
        )
    songs = [(part, path) for part in PARTS for path in sorted((source / part).glob("*")) if _is_song(path)]
    if not songs:
        raise UsageError(f"{source} holds no song; expected train and test, with folders of {', '.join(STEMS)}.wav")
    with progress.bar("musdb18hq", "song", len(songs)) as bar:
        for part, path in songs:
            target = root / part / path.name.removesuffix(_STEM_SUFFIX)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                if path.is_dir():
                    target.symlink_to(path.resolve(), target_is_directory=True)
                else:
                    _take_stems(path, target)
            bar.update()


def _is_song(path: Path) -> bool:
    return (path / "mixture.wav").is_file() or path.name.endswith(_STEM_SUFFIX)


def _take_stems(path: Path, folder: Path) -> None:
    """Write each stream of a `.stem.mp4` as WAV into a hidden folder, and rename that when it is whole."""
    if not shutil.which("ffmpeg"):
        raise UsageError(f"{path.name} holds five streams, which FFmpeg takes apart; install ffmpeg")
    with atomic_folder(folder) as draft:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-i", f"file:{path}"]
        for stream, stem in enumerate(STEMS):
            command += ["-map", f"0:a:{stream}", "-c:a", "pcm_s16le", str(draft / f"{stem}.wav")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DawgError(f"{path} cannot be taken apart: {done.stderr.strip()[-300:]}")


def clips(root: Path) -> list[Clip]:
    """A clip for each song, with its stems, in the official split."""
    found = []
    for folder, part in PARTS.items():
        for song in sorted((root / folder).glob("*")):
            if not (song / "mixture.wav").is_file() or song.name.startswith("."):
                continue
            artist, _, title = song.name.partition(" - ")
            files = {"audio" if stem == "mixture" else stem: song / f"{stem}.wav" for stem in STEMS}
            found.append(
                Clip(
                    id=f"musdb18hq/{folder}/{song.name}",
                    files={kind: path for kind, path in files.items() if path.is_file()},
                    group=song.name,
                    licence=Licence("LicenseRef-MUSDB18", artist, "https://zenodo.org/records/3338373"),
                    title=title or song.name,
                    part=part,
                )
            )
    return sorted(found, key=lambda clip: clip.id)

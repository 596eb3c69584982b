"""Soundtracks of free games, from the Debian archive: real, released music whose licences let anyone learn from it.

Made by the games' composers, all credited: the rights holder and the licence of every track come from the package's
own copyright file, which is kept beside the tracks. What is here are the tracks of 40 seconds or more; shorter files
are jingles and sound effects. All are lossy (mostly Ogg Vorbis at 44.1 kHz), at the level their makers chose.

Source: the Debian archive (bookworm; most packages are in every release), read with `apt-get download`. On another
system, download the .deb files from packages.debian.org and give their folder with `--from`.
"""

import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import soundfile
from tqdm import tqdm

from dawg_ai import audio
from dawg_ai.data import debian
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import DawgError, UsageError

CITATION = "The composers named with each clip; packaged by the Debian Games Team, https://www.debian.org"
LICENCE = "Per track: GPL, CC BY, CC BY-SA, CC0 and public domain, each as its package's copyright file says."
VERSION = "1"

SHORTEST_S = 40.0


@dataclass(frozen=True)
class Package:
    """Where the music of one package is and on which terms.

    `source` is the folder `music` under the name that the copyright file uses: a track's own paragraph there gives
    its licence and holder. Copyright files in free text are not read by program; then `licence` and `holder` say
    what a reader finds there, and `source` is empty.
    """

    name: str
    megabytes: int  # of the package, for the time left
    music: str  # folder in the package, below usr/share
    source: str = ""
    licence: str = ""
    holder: str = ""
    style: str | None = None  # None: mixed
    group: str = ""  # the composer or series it shares with another package; else the package itself


PACKAGES = (
    Package("singularity-music", 52, "games/singularity/music", "", "CC-BY-SA-3.0", "Max McCracken", "ambient"),
    Package("marsshooter-data", 68, "games/marsshooter/audio", "data/audio"),
    Package("colobot-common-sounds", 61, "games/colobot/music", "data/music"),
    Package("hyperrogue-music", 64, "hyperrogue/music", "music"),
    Package(
        "nexuiz-music",
        84,
        "games/nexuiz/data/music.pk3/sound/cdtracks",
        "",
        "GPL-2.0-or-later",
        "Alientrap",
        "electronic",
    ),
    Package("hedgewars-data", 145, "games/hedgewars/Data/Music", "share/hedgewars/Data/Music"),
    Package(
        "wesnoth-1.16-music",
        153,
        "games/wesnoth/1.16/data/core/music",
        "",
        "GPL-2.0-or-later",
        "The Battle for Wesnoth contributors",
        "orchestral",
    ),
    Package("supertux-data", 162, "games/supertux2/music", "data/music"),
    Package("ufoai-music", 210, "games/ufoai/base/0music.pk3/music", "base/music"),
    Package("naev-data", 350, "naev/dat/snd/music", "dat/snd/music"),
    Package("widelands-data", 381, "games/widelands/data/music", "data/music"),
)


def get(root: Path, source: Path | None = None) -> None:
    """Bring the packages' music into `root`, one folder each; a package that is complete is passed over.

    A package that cannot be had is named on stderr and does not stop the others.

    Raises
    ------
    UsageError
        apt-get is missing, or `source` (a folder of .deb files) holds none of the packages.
    DawgError
        Not one package could be had.
    """
    if source is not None and not any(debian.find_deb(package.name, source) for package in PACKAGES):
        raise UsageError(f"{source} holds none of the packages, such as {PACKAGES[0].name}_*.deb; put them there")
    root.mkdir(parents=True, exist_ok=True)
    with tqdm(total=sum(package.megabytes for package in PACKAGES), unit="MB", file=sys.stderr) as progress:
        for package in PACKAGES:
            progress.set_description(package.name)
            if not (root / package.name).is_dir():
                try:
                    _get_package(package, root, source)
                except UsageError:
                    raise
                except DawgError as error:
                    progress.write(f"left out for now: {error}", file=sys.stderr)
            progress.update(package.megabytes)
    here = sum((root / package.name).is_dir() for package in PACKAGES)
    print(f"{here} of {len(PACKAGES)} packages are in {root}", file=sys.stderr)
    if not here:
        raise DawgError("none of the packages could be had; the lines above say why")


def _get_package(package: Package, root: Path, source: Path | None) -> None:
    """Work in a folder with a dot; the finished one gets its name in one move, so what has a name is complete."""
    for stale in root.glob(f".{package.name}-*"):
        shutil.rmtree(stale)
    draft = Path(tempfile.mkdtemp(dir=root, prefix=f".{package.name}-"))
    try:
        deb = debian.find_deb(package.name, source) if source else debian.download(package.name, draft)
        if deb is None:
            raise DawgError(f"{package.name} is not in {source}")
        content = draft / "content"
        names = debian.unpack(deb, f"usr/share/{package.music}", content)
        tracks = [track for name in names if (track := _track(package, content, name))]
        if not tracks:
            raise DawgError(
                f"{deb.name} holds no track of {SHORTEST_S:.0f} s in {package.music}; is it another version?"
            )
        (content / "tracks.json").write_text(json.dumps(tracks, indent=1, sort_keys=True), "utf-8")
        content.replace(root / package.name)
    finally:
        shutil.rmtree(draft)


def _track(package: Package, folder: Path, name: str) -> dict[str, str] | None:
    """What is known of the file `name`; None, and the file is gone, if it is no music track."""
    path = folder / name
    try:
        long_enough = audio.duration_s(path) >= SHORTEST_S
    except audio.UnusableAudio:
        long_enough = False
    if not long_enough:
        path.unlink()
        return None
    licence, holder = package.licence, package.holder
    if package.source:
        stanzas = debian.stanzas((folder / "copyright").read_text("utf-8", errors="replace"))
        stanza = debian.stanza_of(f"{package.source}/{name}", stanzas)
        licence, holder = (debian.spdx(stanza.licence), stanza.holder) if stanza else ("unknown", "")
    with soundfile.SoundFile(path) as file:
        title = file.title.strip()
    return {"file": name, "licence": licence, "holder": holder, "title": title or path.stem}


def clips(root: Path) -> list[Clip]:
    """The tracks of the packages in `root`. One group is one package, or the packages of one composer."""
    found = []
    for package in PACKAGES:
        folder = root / package.name
        if not folder.is_dir():
            continue
        for track in json.loads((folder / "tracks.json").read_text("utf-8")):
            found.append(
                Clip(
                    id=f"debian_games/{package.name}/{track['file']}",
                    path=folder / track["file"],
                    group=package.group or package.name,
                    licence=Licence(track["licence"], track["holder"], f"Debian package {package.name}"),
                    title=track["title"],
                    style=package.style,
                )
            )
    return sorted(found, key=lambda clip: clip.id)

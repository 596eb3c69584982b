"""Soundtracks of free games, from the Debian archive: real, released music whose licences let anyone learn from it.

Made by the games' composers, all credited: the rights holder and the licence of every track come from the package's
own copyright file, which is kept beside the tracks. Only tracks of 40 seconds or more are included; shorter files are
jingles and sound effects. All are lossy (mostly Ogg Vorbis at 44.1 kHz), and no level is changed.

Source: the Debian archive (bookworm; most packages are in every release), read with `apt-get download`. On another
system, download the .deb files from packages.debian.org and give their folder with `--from`.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import soundfile

from dawg_ai import audio, progress
from dawg_ai.data import debian
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import DawgError, UsageError

CITATION = "The composers named with each clip; packaged by the Debian Games Team, https://www.debian.org"
LICENCE = "Per track: GPL, CC BY, CC BY-SA, CC0 and public domain, each as its package's copyright file says."
VERSION = "2"

SHORTEST_S = 40.0


@dataclass(frozen=True)
class Package:
    """Where the music of one package is, and its terms.

    `source` is the folder `music` as the copyright file calls it; the paragraph for a track there gives licence and
    holder. Where that file is free text or malformed, `source` is empty, and `licence` and `holder` were read from it
    by hand.
    """

    name: str
    megabytes: int  # of the download
    music: str  # folder below usr/share; may lead through a zip file
    source: str = ""
    licence: str = ""
    holder: str = ""
    style: str | None = None  # None: mixed or unknown
    group: str = ""  # set where packages share a composer; else each is a group of its own


# Most music per megabyte first, so that an interrupted download has as much music as possible.
# Left out, with the reason:
#   licence: drascula-music (no fee may be charged), btanks-data (GPL with an exception for one company),
#     davegnukem-data, freedink-data and tuxtype-data (the copyright file does not mention the music); by their own
#     paragraphs also three tracks of trackballs-data (Ethymonics: whether they may be changed is unclear) and one of
#     tuxmath-data (none named)
#   bandwidth (22 or 32 kHz, or below 70 kbit/s): warzone2100-music, planetblupi-music-ogg, wizznic-data,
#     fillets-ng-data, openarena-088-data, asc-music, powermanga-data, holotz-castle-data, alienblaster-data, toppler,
#     lugaru-data, ardentryst, solarwolf, hannah-data, instead-data, freeciv-data, freedroid-data
#   not whole songs: fretsonfire-songs-* (guitar and backing apart), krank and endless-sky-data (background noise)
#   one track in more than 100 MB: freeorion-data, cube2-data, torcs-data, nexuiz-data
#   the same music as cavepacker-data: caveexpress-data
PACKAGES = (
    Package(
        "singularity-music",
        52,
        "games/singularity/music",
        licence="CC-BY-SA-3.0",
        holder="Max McCracken",
        style="ambient",
    ),
    Package("marsshooter-data", 68, "games/marsshooter/audio", "data/audio"),
    Package("colobot-common-sounds", 61, "games/colobot/music", "data/music"),
    Package("hyperrogue-music", 64, "hyperrogue/music", "music"),
    Package(
        "nexuiz-music",
        84,
        "games/nexuiz/data/music.pk3/sound/cdtracks",
        licence="GPL-2.0-or-later",
        holder="Alientrap",
        style="electronic",
    ),
    Package("hedgewars-data", 145, "games/hedgewars/Data/Music", "share/hedgewars/Data/Music"),
    Package(
        "wesnoth-1.16-music",
        153,
        "games/wesnoth/1.16/data/core/music",
        licence="GPL-2.0-or-later",
        holder="The Battle for Wesnoth contributors",
        style="orchestral",
    ),
    Package("supertux-data", 162, "games/supertux2/music", "data/music"),
    Package("ufoai-music", 210, "games/ufoai/base/0music.pk3/music", "base/music"),
    Package("naev-data", 350, "naev/dat/snd/music", "dat/snd/music"),
    Package("widelands-data", 381, "games/widelands/data/music", "data/music"),
    Package("abe-data", 2, "games/abe/sounds", "sounds"),
    Package("adonthell-data", 14, "games/adonthell/games/wastesedge/audio", "audio"),
    Package("amoebax-data", 8, "games/amoebax/music", "data/music"),
    Package("angrydd", 4, "games/angrydd/music", "music"),
    Package("blobwars-data", 65, "games/blobwars/music", "music"),
    Package("brainparty-data", 13, "games/brainparty", "Content"),
    Package("bumprace-data", 4, "games/bumprace/sound", licence="CC-BY-3.0", holder="Alexandr Zhelanov"),
    Package("cavepacker-data", 5, "games/cavepacker/sounds", "sounds"),
    Package("enigma-data", 30, "games/enigma/music", licence="GPL-2.0-only", holder="The Enigma team"),
    Package("flare-game", 123, "games/flare/mods/fantasycore/music", "mods/fantasycore/music", style="orchestral"),
    Package("freedroidrpg-data", 228, "freedroidrpg/data/sound/music", "data/sound/music"),
    Package("frozen-bubble-data", 21, "games/frozen-bubble/snd", "snd"),
    Package("funnyboat", 3, "games/funnyboat/data", "data"),
    Package("gamine-data", 4, "games/gamine/sounds", "sounds", style="orchestral"),
    Package("gigalomania-data", 22, "gigalomania/music", "music"),
    Package(
        "glob2-data",
        9,
        "games/glob2/data/zik",
        licence="GPL-3.0-or-later",
        holder="Stephane Magnenat, Luc-Olivier de Charrière",
    ),
    Package("hex-a-hop-data", 9, "games/hex-a-hop/hex-a-hop", "data"),
    Package("lincity-ng-data", 44, "games/lincity-ng/music", "data/music"),
    Package("lordsawar-data", 21, "games/lordsawar/music", "dat/music"),
    Package("mazeofgalious-data", 8, "games/mazeofgalious/sound", licence="GPL-1.0-or-later", holder="Santi Ontanon"),
    Package(
        "megaglest-data",
        242,
        "games/megaglest/techs/megapack/factions",
        "techs/megapack/factions",
        style="orchestral",
    ),
    Package("miceamaze", 12, "games/miceamaze/music", "data/music", style="electronic"),
    Package("mrrescue", 11, "games/mrrescue/mrrescue.love/data/sfx", "data/sfx", style="chiptune"),
    Package("neverball-common", 16, "games/neverball/bgm", "data/bgm"),
    Package(
        "orbital-eunuchs-sniper-data", 3, "games/orbital_eunuchs_sniper", licence="Zlib", holder="Zachary J. Slater"
    ),
    Package("pangzero", 2, "perl5/auto/share/dist/Games-PangZero", "data"),
    Package("pathological", 8, "games/pathological/music", "music"),
    Package("pax-britannica-data", 8, "pax-britannica/audio", "audio"),
    Package("performous", 4, "games/performous/themes/default", "themes/default"),
    Package("pink-pony-data", 10, "games/pink-pony/music", licence="CC-BY-SA-3.0", holder="Renich"),
    Package(
        "plee-the-bear-data",
        32,
        "games/plee-the-bear/music",
        licence="CC-BY-SA-3.0",
        holder="Julien Jorge and others",
    ),
    Package("pushover-data", 32, "pushover/themes", "themes"),
    Package("raincat-data", 9, "games/raincat/data/music", "data/music"),
    Package(
        "scorched3d-data", 31, "games/scorched3d/data/globalmods/none/data/music", "data/globalmods/none/data/music"
    ),
    Package(
        "searchandrescue-data",
        46,
        "games/searchandrescue/music",
        licence="GPL-1.0-or-later",
        holder="WolfPack Entertainment",
    ),
    Package("trackballs-data", 31, "games/trackballs/music", "share/music"),
    Package("tuxfootball", 15, "games/tuxfootball/sound", "data/sound"),
    Package("tuxmath-data", 8, "tuxmath/sounds", "data/sounds"),
    Package("wordwarvi-sound", 8, "wordwarvi/sounds", "sounds"),
    Package("xmoto-data", 31, "games/xmoto/Textures/Musics", "bin/Textures/Musics"),
    Package("zaz-data", 19, "games/zaz", "data", style="electronic"),
    *(
        Package(
            name,
            megabytes,
            music,
            licence="BSD-2-Clause",
            holder="Kenta Cho",
            style="electronic",
            group="kenta-cho",
        )
        for name, megabytes, music in (
            ("a7xpg-data", 3, "games/a7xpg/sounds"),
            ("gunroar-data", 4, "games/gunroar/sounds/musics"),
            ("mu-cade-data", 4, "games/mu-cade/sounds/musics"),
            ("noiz2sa-data", 8, "games/noiz2sa/sounds"),
            ("parsec47-data", 4, "games/parsec47/sounds"),
            ("rrootage-data", 3, "games/rrootage/sounds"),
            ("titanion-data", 4, "games/titanion/sounds/musics"),
            ("torus-trooper-data", 5, "games/torus-trooper/sounds/musics"),
            ("tumiki-fighters-data", 4, "games/tumiki-fighters/sounds"),
        )
    ),
    Package("berusky2-data", 560, "games/berusky2/music", "data/music"),
    Package("supertuxkart-data", 628, "games/supertuxkart/data/music", "data/music"),
    Package(
        "0ad-data",
        1378,
        "games/0ad/mods/public/public.zip/audio/music",
        "binaries/data/mods/public/audio/music",
        style="orchestral",
    ),
    Package("redeclipse-data", 862, "games/redeclipse/data/sounds/music", "data/sounds/music", style="electronic"),
)


def get(root: Path, source: Path | None = None) -> None:
    """Download and unpack the packages' music into `root`, one folder each; complete packages are skipped.

    A package that cannot be fetched is named on stderr and does not stop the others.

    Args:
        root: folder of the dataset.
        source: a folder of .deb files to use instead of downloading.

    Raises:
        UsageError: apt-get is missing, or `source` has none of the packages.
        DawgError: no package could be fetched.
    """
    if source is not None and not any(debian.find_deb(package.name, source) for package in PACKAGES):
        raise UsageError(f"{source} holds none of the packages, such as {PACKAGES[0].name}_*.deb; put them there")
    root.mkdir(parents=True, exist_ok=True)
    with progress.bar("debian_games", "MB", sum(package.megabytes for package in PACKAGES)) as bar:
        for package in PACKAGES:
            bar.set_description(package.name)
            deb = None if source is None else debian.find_deb(package.name, source)
            asked_for = source is None or deb is not None
            try:
                if asked_for and not (root / package.name).is_dir():
                    _get_package(package, root, deb)
            except UsageError:
                raise
            except DawgError as error:
                progress.say(f"skipped for now: {error}")
            bar.update(package.megabytes)
    here = sum((root / package.name).is_dir() for package in PACKAGES)
    progress.say(f"{here} of {len(PACKAGES)} packages are in {root}")
    if here == 0:
        raise DawgError("no package could be fetched; the lines above say why")


def _get_package(package: Package, root: Path, deb: Path | None) -> None:
    """Unpack into a hidden folder and rename it when finished, so that a folder with the final name is complete."""
    for stale in root.glob(f".{package.name}-*"):
        shutil.rmtree(stale)
    draft = Path(tempfile.mkdtemp(dir=root, prefix=f".{package.name}-"))
    try:
        deb = deb or debian.download(package.name, draft)
        content = draft / "content"
        names = debian.unpack(deb, f"usr/share/{package.music}", content)
        stanzas = debian.stanzas((content / "copyright").read_text("utf-8", errors="replace"))
        tracks = [track for name in names if (track := _track(package, stanzas, content, name))]
        if not tracks:
            raise DawgError(
                f"{deb.name} holds no track of {SHORTEST_S:.0f} s in {package.music}; is it another version?"
            )
        (content / "tracks.json").write_text(json.dumps(tracks, indent=1, sort_keys=True), "utf-8")
        content.replace(root / package.name)
    finally:
        shutil.rmtree(draft)


def _track(package: Package, stanzas: list[debian.Stanza], folder: Path, name: str) -> dict[str, str] | None:
    """Metadata of the file `name`; None, and the file is deleted, if it is not music or may not be trained on."""
    path = folder / name
    terms = Licence(package.licence, package.holder)
    if package.source:
        stanza = debian.stanza_of(f"{package.source}/{name}", stanzas)
        terms = Licence(debian.spdx(stanza.licence), stanza.holder) if stanza else Licence("unknown")
    try:
        wanted = terms.allows_training and audio.duration_s(path) >= SHORTEST_S
    except audio.UnusableAudio:
        wanted = False
    if not wanted:
        path.unlink()
        return None
    with soundfile.SoundFile(path) as file:
        # The composer in the file's tags is more exact than the holder of the whole package.
        holder = terms.holder if package.source else file.artist.strip() or terms.holder
        title = file.title.strip() or path.stem
    return {"file": name, "licence": terms.spdx, "holder": holder, "title": title}


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
                    files={"audio": folder / track["file"]},
                    group=package.group or package.name,
                    licence=Licence(track["licence"], track["holder"], f"Debian package {package.name}"),
                    title=track["title"],
                    style=package.style,
                )
            )
    return sorted(found, key=lambda clip: clip.id)

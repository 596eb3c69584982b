"""Dry sounds: one-shots of 15 drum kits, and one-shots and loops of Sonic Pi, from the Debian archive.

The kits were made for the drum machine Hydrogen by Artemiy Pavlov, Emiliano Grilli, Glen MacArthur, Emanuel Rumpf
and others; the samples of Sonic Pi, chosen by Sam Aaron, are freesound.org recordings in the public
domain. Close recordings and synthesised sounds without added reverberation, as far as their makers say; pads, noises
and voices of Sonic Pi are left out, since many are not dry. Holder and licence of each come from the package's
copyright file, which is kept. Left out: BJA_Pacific, whose files are AIFF.

A clip is a sound (file kind "dry"), a group is a kit; of Sonic Pi's samples, what its file names begin with (`bd`,
`loop`, `tabla`, ...). Kits that share recordings are one group: GMRockKit has 81 files of The Black Pearl, and those
of Emiliano Grilli are one set of drums. Source: the Debian archive (bookworm), read with `apt-get download`; on
another system, download the .deb files from packages.debian.org and give their folder with `--from`.
"""

import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from dawg_ai import audio, progress
from dawg_ai.data import debian
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import Licence
from dawg_ai.errors import UsageError

CITATION = "The makers named with each clip; Hydrogen, http://hydrogen-music.org; Sonic Pi, https://sonic-pi.net"
LICENCE = "Per kit: GPL, CC BY, CC BY-SA and CC0, as its package's copyright file says."
VERSION = "1"

KITS = "usr/share/hydrogen/data/drumkits"


@dataclass(frozen=True)
class Package:
    """Where the sounds of a package are.

    Args:
        name: of the package.
        folder: of the sounds.
        stated: how the copyright file calls a file: `{kit}` stands for the first folder, `{file}` for the path.
        wanted: what the file's path has to match.
        renamed: kits that the copyright file calls otherwise.
    """

    name: str
    folder: str
    stated: str
    wanted: str = ".*"
    renamed: dict[str, str] = field(default_factory=dict)


PACKAGES = (
    Package(
        "hydrogen-drumkits",
        KITS,
        "drumkits/{kit}.h2drumkit",
        renamed={"circAfrique v4": "circAfrique"},
    ),
    Package("hydrogen-data", KITS, "data/drumkits/{file}"),
    Package(
        "sonic-pi-samples",
        "usr/share/sonic-pi/samples",
        "etc/samples/{file}",
        "(bass|bd|drum|elec|glitch|guit|loop|perc|sn|tabla)_.*",
    ),
)
SHARED = {"GMRockKit": "The Black Pearl 1.0"} | dict.fromkeys(
    ("Millo-Drums_v.1", "Millo_MultiLayered2", "Millo_MultiLayered3"), "Millo"
)
# Licences that Debian states in words of its own: a national version of the same terms, and an exception that only
# gives further permission.
_AS_SPDX = {"CC-BY-SA-3.0-us": "CC-BY-SA-3.0", "GPL-2+ with composition exception": "GPL-2.0-or-later"}


def get(root: Path, source: Path | None = None) -> None:
    """Download and unpack the packages' sounds into `root`, one folder each; complete packages are skipped.

    Args:
        root: folder of the dataset.
        source: a folder of .deb files to use instead of downloading.

    Raises:
        UsageError: apt-get is missing, or `source` lacks a package.
        DawgError: a package could not be fetched.
    """
    root.mkdir(parents=True, exist_ok=True)
    with progress.bar("dry_sounds", "package", len(PACKAGES)) as bar:
        for package in PACKAGES:
            bar.set_description(package.name)
            if not (root / package.name).is_dir():
                _get_package(package, root, source)
            bar.update()


def _get_package(package: Package, root: Path, source: Path | None) -> None:
    """Unpack into a hidden folder and rename it when finished."""
    with tempfile.TemporaryDirectory(dir=root, prefix=f".{package.name}-") as scratch:
        draft = Path(scratch)
        deb = debian.find_deb(package.name, source) if source else debian.download(package.name, draft)
        if deb is None:
            raise UsageError(f"{source} holds no {package.name}_*.deb; put it there")
        content = draft / "content"
        names = debian.unpack(deb, package.folder, content)
        stanzas = debian.stanzas((content / "copyright").read_text("utf-8", errors="replace"))
        sounds = [_sound(package, name, stanzas) for name in names if _is_wanted(package, name)]
        (content / "sounds.json").write_text(json.dumps(sounds, indent=1) + "\n", "utf-8")
        content.replace(root / package.name)


def _is_wanted(package: Package, name: str) -> bool:
    return bool(re.fullmatch(package.wanted, name)) and PurePosixPath(name).suffix.lower() in audio.SUFFIXES


def _sound(package: Package, name: str, stanzas: list[debian.Stanza]) -> dict[str, str]:
    path = PurePosixPath(name)
    kit = path.parts[0] if len(path.parts) > 1 else f"{package.name}/{name.partition('_')[0]}"
    stated = package.stated.format(kit=package.renamed.get(kit, kit), file=name)
    stanza = debian.stanza_of(stated, stanzas)
    spdx = "unknown" if stanza is None else _AS_SPDX.get(stanza.licence) or debian.spdx(stanza.licence)
    return {"file": name, "kit": kit, "licence": spdx, "holder": stanza.holder if stanza else ""}


def clips(root: Path) -> list[Clip]:
    """A clip for each sound."""
    found = []
    for package in PACKAGES:
        folder = root / package.name
        if not folder.is_dir():
            continue
        for sound in json.loads((folder / "sounds.json").read_text("utf-8")):
            found.append(
                Clip(
                    id=f"dry_sounds/{package.name}/{sound['file']}",
                    files={"dry": folder / sound["file"]},
                    group=SHARED.get(sound["kit"], sound["kit"]),
                    licence=Licence(sound["licence"], sound["holder"], f"Debian package {package.name}"),
                    title=Path(sound["file"]).stem,
                )
            )
    return sorted(found, key=lambda clip: clip.id)

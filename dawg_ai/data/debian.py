"""Music from Debian packages: download, unpack only the audio, read the licence of each file.

A package is fetched with `apt-get download` and opened with `dpkg-deb`; nothing is installed, and no root
permissions are needed. A `copyright` file in Debian's machine-readable format (DEP-5) states holder and licence of
each file: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
"""

import fnmatch
import os
import re
import shutil
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from dawg_ai import audio
from dawg_ai.errors import DawgError, UsageError

# Some games have music files without a suffix.
_MUSIC_SUFFIXES = audio.SUFFIXES | {""}
ARCHIVE_SUFFIXES = frozenset({".love", ".pk3", ".zip"})  # .pk3 and .love are zip files too

# Debian's short names (lower case, no spaces) and their SPDX identifiers, where the two differ.
_SPDX = {
    "artistic-2": "Artistic-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "cc0": "CC0-1.0",
    "expat": "MIT",
    "free-art-license-1.2": "LAL-1.2",
    "gpl": "GPL-1.0-or-later",
    "gpl-1+": "GPL-1.0-or-later",
    "gpl-2": "GPL-2.0-only",
    "gpl-2+": "GPL-2.0-or-later",
    "gpl-3": "GPL-3.0-only",
    "gpl-3+": "GPL-3.0-or-later",
    "lgpl-2.1+": "LGPL-2.1-or-later",
    "mit": "MIT",
    "pd": "LicenseRef-public-domain",
    "public-domain": "LicenseRef-public-domain",
    "zlib": "Zlib",
}


class Stanza(NamedTuple):
    """One `Files:` paragraph: path patterns, licence (Debian's name) and rights holder."""

    patterns: tuple[str, ...]
    licence: str
    holder: str


def spdx(name: str) -> str:
    """The SPDX expression of a Debian licence name, or "unknown".

    >>> spdx("GPL-2+"), spdx("GPL-3 or CC-BY-3.0"), spdx("CC-BY-SA-3.0 and GPL-2+"), spdx("as-is")
    ('GPL-2.0-or-later', 'GPL-3.0-only OR CC-BY-3.0', 'CC-BY-SA-3.0 AND GPL-2.0-or-later', 'unknown')
    """
    alternatives = []
    for alternative in re.split(r"\s+or\s+|\s*\|\s*", name.strip(), flags=re.IGNORECASE):
        terms = [_one_spdx(term) for term in re.split(r"\s+and\s+", alternative, flags=re.IGNORECASE)]
        if "unknown" not in terms:
            alternatives.append(" AND ".join(terms))
    return " OR ".join(alternatives) or "unknown"


def _one_spdx(term: str) -> str:
    key = re.sub(r"\s+", "-", term.strip(" ,")).lower()
    key = re.sub(r"^(l?gpl-[123])\.0(?=\+|$)", r"\1", key)
    if key in _SPDX:
        return _SPDX[key]
    # CC licences include "or any later version", so Debian's plus adds nothing.
    if re.fullmatch(r"cc0-1\.0|cc-by(-sa)?-[234]\.[05]\+?", key):
        return key.rstrip("+").upper()
    return "unknown"


def stanzas(copyright_text: str) -> list[Stanza]:
    """Parse the `Files:` paragraphs of a machine-readable copyright file.

    Args:
        copyright_text: content of the file.

    Returns:
        The paragraphs in order; none if the file is free text.
    """
    found = []
    for paragraph in re.split(r"\n[ \t]*\n", copyright_text.replace("\r", "")):
        fields: dict[str, list[str]] = {}
        lines: list[str] = []
        for line in paragraph.splitlines():
            field = re.match(r"([A-Za-z-]+):(.*)", line)
            if field:
                lines = fields.setdefault(field[1].lower(), [])
                lines.append(field[2].strip())
            else:
                lines.append(line.strip())
        if "files" in fields and "license" in fields:
            patterns = " ".join(fields["files"]).replace(",", " ").split()
            holder = "; ".join(line for line in fields.get("copyright", []) if line)
            stripped = tuple(pattern.removeprefix("./") for pattern in patterns)
            found.append(Stanza(stripped, fields["license"][0], holder))
    return found


def stanza_of(source_path: str, among: list[Stanza]) -> Stanza | None:
    """The paragraph that applies to a file: the last one that matches, as the format requires.

    >>> among = [Stanza(("*",), "GPL-2+", "A"), Stanza(("music/*",), "CC0-1.0", "B")]
    >>> stanza_of("music/one.ogg", among).holder
    'B'
    """
    found = None
    for stanza in among:
        if any(fnmatch.fnmatchcase(source_path, pattern) for pattern in stanza.patterns):
            found = stanza
    return found


def download(package: str, into: Path) -> Path:
    """Fetch a .deb with `apt-get download`.

    Args:
        package: name of the package.
        into: folder for the file.

    Returns:
        The .deb.

    Raises:
        UsageError: apt-get is missing (not a Debian machine).
        DawgError: the archive has no such package, or the transfer failed.
    """
    if shutil.which("apt-get") is None:
        raise UsageError(
            "apt-get is not on this machine, so Debian packages cannot be fetched here; download the .deb files "
            "on a Debian machine (or from packages.debian.org) and give their folder: "
            "dawg data get debian_games --from FOLDER"
        )
    command = ["apt-get", "-q", "download", package]
    if os.name == "posix" and os.geteuid() == 0:
        # By default apt drops root to a user who may not write here; it warns, and downloads as root anyway.
        command[1:1] = ["-o", "APT::Sandbox::User=root"]
    done = subprocess.run(command, cwd=into, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    found = find_deb(package, into)
    if done.returncode != 0 or found is None:
        reason = (done.stderr.strip().splitlines() or ["no file was downloaded"])[-1]
        raise DawgError(f"apt-get could not download {package}: {reason} (stale package lists? run: apt-get update)")
    return found


def find_deb(package: str, folder: Path) -> Path | None:
    """The .deb of `package` in `folder` whose name sorts last, or None."""
    return max(folder.glob(f"{package}_*.deb"), default=None)


def unpack(deb: Path, music: str, into: Path) -> list[str]:
    """Unpack a package's music and its copyright file.

    Args:
        deb: the package.
        music: folder in it whose audio files are unpacked; may lead through a zip archive, as in
            "usr/share/games/x/data/music.pk3/sound".
        into: folder for the files.

    Returns:
        Paths of the audio files relative to `music`, sorted.

    Raises:
        DawgError: the package is damaged or has no copyright file.
        UsageError: dpkg-deb is missing.
    """
    folder = PurePosixPath(music)
    archive = next((p for p in reversed([folder, *folder.parents]) if p.suffix in ARCHIVE_SUFFIXES), None)
    names = []
    with _members(deb) as members:
        for path, content in members:
            if path.name == "copyright" and path.parts[:3] == ("usr", "share", "doc"):
                _copy(content, into / "copyright")
            elif path == archive:
                _copy(content, into / "archive")
                names += _unzip(into / "archive", folder.relative_to(archive), into)
                (into / "archive").unlink()
            elif path.is_relative_to(folder) and path.suffix.lower() in _MUSIC_SUFFIXES:
                names.append(str(path.relative_to(folder)))
                _copy(content, into / names[-1])
    if not (into / "copyright").exists():
        raise DawgError(f"{deb.name} has no copyright file, so its music cannot be used")
    return sorted(names)


@contextmanager
def _members(deb: Path) -> Iterator[Iterator[tuple[PurePosixPath, IO[bytes]]]]:
    """The regular files of a package as (path, content), in archive order."""
    if shutil.which("dpkg-deb") is None:
        raise UsageError(f"dpkg-deb is needed to open {deb.name} and is not installed; install the package `dpkg`")
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        error_text = ""
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                yield _plain_files(tar)
            # Read past the tar's end marker too, or dpkg-deb gets SIGPIPE and seems to have failed.
            while process.stdout.read(1 << 20):
                pass
        except (tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
            error_text = str(error)
        process.stdout.close()
        stderr = process.stderr.read().decode(errors="replace").strip()
    if error_text or process.returncode != 0:
        raise DawgError(f"{deb.name} cannot be unpacked: {error_text or stderr}; remove it and get it again")


def _plain_files(tar: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, IO[bytes]]]:
    for member in tar:
        content = tar.extractfile(member) if member.isfile() else None
        if content is not None and ".." not in member.name.split("/"):
            yield PurePosixPath(member.name.removeprefix("./")), content


def _unzip(archive: Path, folder: PurePosixPath, into: Path) -> list[str]:
    names = []
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            path = PurePosixPath(entry.filename)
            wanted = path.is_relative_to(folder) and path.suffix.lower() in _MUSIC_SUFFIXES
            if wanted and not entry.is_dir() and ".." not in path.parts:
                names.append(str(path.relative_to(folder)))
                with opened.open(entry) as content:
                    _copy(content, into / names[-1])
    return names


def _copy(content: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)

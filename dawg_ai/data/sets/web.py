"""Web: recordings from addresses or playlists that you have the right to learn from, fetched by the tools for it.

Made by whoever published them. A text file lists addresses, one a line; `yt-dlp` fetches them, `spotdl` those of
Spotify and `scdl` those of SoundCloud, where they are installed (`pip install yt-dlp`). It takes
`--i-have-the-rights`:

    dawg data get web --from addresses.txt --i-have-the-rights

The statement is recorded with every clip, with address, day and tool. A model may learn from them, and stays with
you: its weights are not exported to be shared. The group is the uploader.
"""

import datetime
import json
import shutil
import subprocess
import urllib.parse
from hashlib import sha256
from pathlib import Path

from dawg_ai import audio, progress
from dawg_ai.data.clip import Clip
from dawg_ai.data.licence import PRIVATE, Licence
from dawg_ai.data.request import Request
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.files import atomic_folder

CITATION = "The uploaders that are named with each clip."
LICENCE = "The rights that you stated to have; what learned from them is not to be shared."
VERSION = "1"

FACTS = "clip.json"
STATEMENT = "The user states to have the right to learn from this recording."
TERMS = (
    "What the terms of service say: YouTube, Spotify and SoundCloud forbid downloads beyond what they offer "
    "themselves, "
    "unless they or the holders of the rights allow them."
)


def get(root: Path, source: Path | None = None, request: Request = Request()) -> None:  # noqa: B008, it is frozen
    """Fetch the addresses of a list, each into a folder of its own; those that are there are not fetched again.

    An address that cannot be fetched is named, and does not stop the others.

    Args:
        root: folder of the dataset.
        source: a text file with one address a line; lines that begin with "#" are remarks.
        request: the statement, and how many addresses are fetched.

    Raises:
        UsageError: the statement or the list is missing, a line is no address, or a tool is not installed.
        DawgError: no address could be fetched.
    """
    if not request.has_rights:
        raise UsageError(f"{TERMS} If you have the right to learn from them, add --i-have-the-rights")
    if source is None or not source.is_file():
        raise UsageError(
            "name a text file with one address a line: dawg data get web --from FILE --i-have-the-rights"
        )
    lines = [line.strip() for line in source.read_text("utf-8", "replace").splitlines()]
    addresses = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))[: request.limit]
    tools = {address: _tool(address) for address in addresses}
    progress.say(TERMS)
    root.mkdir(parents=True, exist_ok=True)
    failed = 0
    with progress.bar("web", "address", len(addresses)) as bar:
        for address, tool in tools.items():
            folder = root / sha256(address.encode()).hexdigest()[:16]
            if not folder.is_dir():
                try:
                    _fetch(address, tool, folder)
                except DawgError as error:
                    failed += 1
                    progress.say(f"left out: {error}")
            bar.update()
    if addresses and failed == len(addresses):
        raise DawgError("no address could be fetched; the lines above say why")


def clips(root: Path) -> list[Clip]:
    """A clip for each recording; a playlist has several."""
    found = []
    for facts in root.glob(f"*/{FACTS}"):
        row = json.loads(facts.read_text("utf-8"))
        for path in sorted(facts.parent.iterdir()):
            if path.suffix.lower() in audio.SUFFIXES:
                uploader, _, title = path.stem.partition(" - ")
                found.append(
                    Clip(
                        id=f"web/{facts.parent.name}/{path.stem}",
                        files={"audio": path},
                        group=uploader,
                        licence=Licence(PRIVATE, uploader, row["address"]),
                        title=title or path.stem,
                        annotations={name: row[name] for name in ("address", "fetched", "tool", "statement")},
                    )
                )
    return sorted(found, key=lambda clip: clip.id)


def _tool(address: str) -> str:
    """The program for an address."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{address!r} is no address; expected https://...")
    host = f".{parts.hostname}"
    tool = "spotdl" if host.endswith(".spotify.com") else "scdl" if host.endswith(".soundcloud.com") else "yt-dlp"
    if shutil.which(tool) is None:
        raise UsageError(
            f"{address} is fetched by {tool}, which is not installed; install it with: pip install {tool}"
        )
    return tool


def _fetch(address: str, tool: str, folder: Path) -> None:
    with atomic_folder(folder) as draft:
        command = {
            "yt-dlp": [
                "-x",
                "--audio-format",
                "vorbis",
                "-o",
                f"{draft}/%(uploader)s - %(title)s.%(ext)s",
                "--",
                address,
            ],
            "spotdl": [
                "download",
                address,
                "--format",
                "ogg",
                "--output",
                f"{draft}/{{artist}} - {{title}}.{{output-ext}}",
            ],
            "scdl": ["-l", address, "--path", str(draft), "--onlymp3"],
        }[tool]
        done = subprocess.run([tool, *command], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode or not any(path.suffix.lower() in audio.SUFFIXES for path in draft.iterdir()):
            reason = (done.stderr.strip().splitlines() or ["it brought no file of sound"])[-1]
            raise DawgError(f"{address}: {tool} could not fetch it: {reason}")
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        facts = {"address": address, "fetched": today, "tool": tool, "statement": STATEMENT}
        (draft / FACTS).write_text(json.dumps(facts, indent=1) + "\n", "utf-8")

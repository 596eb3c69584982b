"""Shards: the features of some 200 clips as one tar, the unit of work at scale.

    <name>.tar     WebDataset layout: for each clip `<key>.npz` with its arrays and `<key>.json` with what it is, or
    `<key>.json`
                   alone with the reason, where it cannot be used
    <name>.json    the index: the clips in order, place and length of each in the tar, and the tar's SHA-256

`make` is a pure function of a manifest: the same bytes on every machine, in one process, in a pool or on a cluster.
The tar is renamed into place when it is whole, and the index after it, so a shard with an index is whole. A key is a
digest of the content of the clip's files, never of their time or place, so a copied dataset is not computed twice,
and a run goes on exactly on another machine.
"""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import numpy as np

from dawg_ai import fingerprint
from dawg_ai.data.clip import Clip
from dawg_ai.errors import UsageError
from dawg_ai.extraction import extract
from dawg_ai.files import atomic_write

CLIPS_PER_SHARD = 200


@dataclass(frozen=True)
class Manifest:
    """What a shard is made from.

    Args:
        plugin: name of the plugin.
        key: digest of the code and the settings that compute the features.
        clips: the clips.
        keys: the key of each, hexadecimal: WebDataset takes what follows a dot for the kind of file.
    """

    plugin: str
    key: str
    clips: tuple[Clip, ...]
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the shard's files, by what is in them."""
        return fingerprint.digest(self.plugin, self.key, self.keys)


def manifests(plugin_name: str, key: str, clips: Mapping[str, Clip]) -> list[Manifest]:
    """Divide clips into shards.

    Args:
        plugin_name: the plugin.
        key: digest of the code and the settings.
        clips: key -> clip.

    Returns:
        The manifests, the same for the same clips in any order.
    """
    ordered = sorted(clips, key=lambda each: (clips[each].id, each))
    pieces = [ordered[at : at + CLIPS_PER_SHARD] for at in range(0, len(ordered), CLIPS_PER_SHARD)]
    return [Manifest(plugin_name, key, tuple(clips[each] for each in piece), tuple(piece)) for piece in pieces]


def share(text: str, of: Sequence[Manifest]) -> list[Manifest]:
    """The share of one job of several, such as "2/8": the second of eight.

    Args:
        text: number of the job, from 1, and the number of jobs.
        of: all manifests.

    Raises:
        UsageError: the text is of another form.
    """
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise UsageError(f"--shard is {text!r}; expected I/N, such as 2/8 for the second of eight jobs")
    return list(of[int(number) - 1 :: int(count)])


def make(manifest: Manifest, folder: Path) -> Path:
    """Compute a shard, if it is not there yet.

    Args:
        manifest: what it is made from.
        folder: where its two files go.

    Returns:
        Its index.
    """
    index = folder / f"{manifest.name}.json"
    if index.is_file():
        return index
    entries: list[dict[str, Any]] = []
    tar = folder / f"{manifest.name}.tar"
    with atomic_write(tar) as draft, tarfile.open(draft, "w", format=tarfile.USTAR_FORMAT) as archive:
        for key, clip in zip(manifest.keys, manifest.clips, strict=True):
            found = extract(manifest.plugin, clip)
            about = {
                "id": clip.id,
                "group": clip.group,
                "style": clip.style,
                "part": clip.part,
                "licence": clip.licence.spdx,
                "holder": clip.licence.holder,
                **({"rejected": found} if isinstance(found, str) else {}),
            }
            entry: dict[str, Any] = {
                "id": clip.id,
                "key": key,
                **({"rejected": found} if isinstance(found, str) else {}),
            }
            _add(archive, f"{key}.json", json.dumps(about, sort_keys=True).encode("utf-8", "surrogatepass"))
            if not isinstance(found, str):
                content = packed(found)
                _add(archive, f"{key}.npz", content)
                entry |= {"offset": archive.offset - _padded(len(content)), "size": len(content)}
            entries.append(entry)
    with tar.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    stated = {"plugin": manifest.plugin, "key": manifest.key, "sha256": digest, "clips": entries}
    with atomic_write(index) as draft:
        draft.write_text(json.dumps(stated, indent=1, sort_keys=True) + "\n", "utf-8", "surrogatepass")
    return index


def packed(arrays: Mapping[str, Any]) -> bytes:
    """Arrays as an uncompressed .npz, the same bytes for the same arrays."""
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def collect(folder: Path, key: str) -> Iterator[tuple[str, bytes | str]]:
    """What whole shards hold; damaged ones are removed, so that they are made again.

    Args:
        folder: where shards are.
        key: only of this code and these settings.

    Yields:
        Key of a clip, and the bytes of its .npz, or why it has none.
    """
    for path in sorted(folder.glob("*.json")):
        index = json.loads(path.read_text("utf-8", "surrogatepass"))
        if index["key"] != key:
            continue
        tar = path.with_suffix(".tar")
        content = tar.read_bytes() if tar.is_file() else b""
        if sha256(content).hexdigest() != index["sha256"]:
            path.unlink()
            tar.unlink(missing_ok=True)
            continue
        for entry in index["clips"]:
            if "rejected" in entry:
                yield entry["key"], str(entry["rejected"])
            else:
                yield entry["key"], content[entry["offset"] : entry["offset"] + entry["size"]]


def holding(folder: Path, key: str) -> list[Path]:
    """The files of the shards that hold a clip.

    Args:
        folder: where shards are.
        key: key of the clip.
    """
    indices = (
        path for path in sorted(folder.glob("*.json")) if f'"{key}"' in path.read_text("utf-8", "surrogatepass")
    )
    return [each for path in indices for each in (path, path.with_suffix(".tar"))]


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """A member without a time, owner or rights of its own: a tar is only the same twice without them."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o644, 0
    archive.addfile(entry, io.BytesIO(content))


def _padded(size: int) -> int:
    return -(-size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE

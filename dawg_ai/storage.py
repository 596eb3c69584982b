"""Shards in storage that machines share: `s3://`, `gs://`, `hf://`, or any other that fsspec knows.

The index of a shard goes up after its tar, so a shard with an index is whole. What comes down is checked by the
SHA-256 that the index states; fsspec's own caches, which keep truncated files, are not used.
"""

import json
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Any

from dawg_ai import shards
from dawg_ai.errors import DawgError, UsageError
from dawg_ai.files import atomic_write


def present(url: str) -> set[str]:
    """Names of the shards that are there.

    Args:
        url: a folder, such as "s3://bucket/features".

    Raises:
        UsageError: fsspec, or its part for this kind of storage, is not installed.
    """
    system, root = _open(url)
    names = system.ls(root, detail=False) if system.exists(root) else []
    return {PurePosixPath(name).stem for name in names if name.endswith(".json")}


def make(manifest: shards.Manifest, folder: Path, url: str) -> Path:
    """Compute a shard and put it into storage.

    Args:
        manifest: what it is made from.
        folder: where its files are on this machine.
        url: the folder in storage.

    Returns:
        Its index on this machine.
    """
    index = shards.make(manifest, folder)
    system, root = _open(url)
    system.makedirs(root, exist_ok=True)
    for path in (index.with_suffix(".tar"), index):
        target, draft = f"{root}/{path.name}", f"{root}/{path.name}.part"
        system.put_file(str(path), draft)
        system.mv(draft, target)
    return index


def pull(url: str, folder: Path) -> int:
    """Bring the shards that are not in a folder yet.

    Args:
        url: the folder in storage.
        folder: the folder on this machine.

    Returns:
        How many came.

    Raises:
        DawgError: one of them is damaged there.
    """
    system, root = _open(url)
    folder.mkdir(parents=True, exist_ok=True)
    missing = sorted(name for name in present(url) if not (folder / f"{name}.json").is_file())
    for name in missing:
        content = system.cat_file(f"{root}/{name}.json")
        with atomic_write(folder / f"{name}.tar") as draft:
            system.get_file(f"{root}/{name}.tar", str(draft))
            with draft.open("rb") as file:
                if file_digest(file, "sha256").hexdigest() != json.loads(content)["sha256"]:
                    raise DawgError(f"{url}/{name}.tar is damaged; remove it and its index there, and make it again")
        with atomic_write(folder / f"{name}.json") as draft:
            draft.write_bytes(content)
    return len(missing)


def _open(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs

        system, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError(f"--storage {url}: {error}; install it with: pip install 'dawg-ai[cluster]' s3fs") from None
    return system, str(root).rstrip("/")

"""The studio's site as a folder for any static web host; docs/hosting.md says what a host is to do with it.

index.html, sw.js, app.webmanifest, engine/manifest.json, bundles/index.json    asked for again on each visit
assets/...              all that is large: its content's digest is in its name, so it never changes
*.br, *.gz              the same, compressed, for hosts that do not compress by themselves
_headers, vercel.json, .nojekyll, hosting/...      what each host wants to be told
"""

import gzip
import importlib.util
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from dawg_ai import progress, serve
from dawg_ai.errors import DawgError
from dawg_ai.files import atomic_folder
from dawg_ai.hosting import hosts

Content = Path | bytes

NAME = "DAWG studio"
WORKER = "sw.js"
ENGINE_INDEX, BUNDLE_INDEX = "engine/manifest.json", "bundles/index.json"
COMPRESSED = frozenset({".css", ".html", ".js", ".json", ".md", ".onnx", ".svg", ".txt", ".wasm", ".webmanifest"})
LEAST_BYTES = 1024  # smaller files gain nothing
LARGE_BYTES = 4 << 20  # at full quality the network runtime takes 40 s, and gets 12 % smaller
LINK = '<link rel="manifest" href="./app.webmanifest" />'
# Of a first visit, these wait until they are needed.
LATER = (".flac", ".onnx", ".md", "plugin.wasm", "check.json")
RUNTIME = "assets/ort-"


def write(folder: Path) -> list[str]:
    """Write the site to a new folder.

    Args:
        folder: a new or empty folder.

    Returns:
        The addresses of its files.

    Raises:
        DawgError: the page is not built, or the folder is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DawgError(f"{folder} is not an empty folder; name a new one, so that no old file is left among the new")
    files = site()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folder(folder) as draft, progress.bar("compressing", "file", len(files)) as bar:
        for address, content in files.items():
            for name, data in [(address, _bytes(content)), *_compressed(address, _bytes(content))]:
                _put(draft / name, data)
            bar.update()
        for address, text in hosts.configuration(serve.headers("")).items():
            _put(draft / address, text.encode())
        return sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file())


def _put(draft: Path, data: bytes) -> None:
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_bytes(data)


def _bytes(content: Content) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def _compressed(address: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """What compresses it, and is smaller."""
    if Path(address).suffix not in COMPRESSED or len(data) < LEAST_BYTES:
        return
    ways = {".gz": gzip.compress(data, 9, mtime=0)}
    if has_brotli():
        import brotli

        ways[".br"] = brotli.compress(data, quality=11 if len(data) < LARGE_BYTES else 9)
    yield from ((address + suffix, less) for suffix, less in ways.items() if len(less) < len(data))


def has_brotli() -> bool:
    """Whether the package that compresses by Brotli is installed."""
    return importlib.util.find_spec("brotli") is not None


def site() -> dict[str, Content]:
    """The files of the site for a web host, by address.

    Raises:
        DawgError: the page is not built.
    """
    files: dict[str, Content] = dict(serve.site())
    files |= _hashed_engine(files) | _hashed_bundles(files)
    files = {address: content for address, content in files.items() if not _moved(address)}
    page = _bytes(files["index.html"]).decode()
    files["index.html"] = page.replace("</head>", f"  {LINK}\n  </head>").encode()
    files["app.webmanifest"] = json.dumps(_app(), indent=1).encode()
    files[WORKER] = _worker(files)
    return files


def _moved(address: str) -> bool:
    return address.startswith(("engine/", "bundles/")) and address not in (ENGINE_INDEX, BUNDLE_INDEX)


def _digest(*contents: bytes) -> str:
    found = sha256()
    for content in contents:
        found.update(sha256(content).digest())
    return found.hexdigest()[:10]


def _hashed_engine(files: Mapping[str, Content]) -> dict[str, Content]:
    """The kernels under names that hold their digest, and the manifest that says so."""
    manifest = json.loads(_bytes(files[ENGINE_INDEX]))
    found: dict[str, Content] = {}
    for name, entry in manifest["modules"].items():
        kernels = files[f"engine/{entry['wasm']}"]
        address = f"assets/{name}-{_digest(_bytes(kernels))}.wasm"
        entry["wasm"] = f"../{address}"
        found[address] = kernels
    return {**found, ENGINE_INDEX: json.dumps(manifest, separators=(",", ":")).encode()}


def _hashed_bundles(files: Mapping[str, Content]) -> dict[str, Content]:
    """The bundles in folders whose names hold their digest, and the index that says so."""
    index = json.loads(_bytes(files[BUNDLE_INDEX]))
    found: dict[str, Content] = {}
    for place, name in enumerate(index["bundles"]):
        root = f"bundles/{name}/"
        mine = {address.removeprefix(root): files[address] for address in files if address.startswith(root)}
        folder = f"assets/{name}-{_digest(*map(_bytes, mine.values()))}"
        index["bundles"][place] = f"../{folder}"
        found |= {f"{folder}/{file}": content for file, content in mine.items()}
    return {**found, BUNDLE_INDEX: json.dumps(index).encode()}


def _app() -> dict[str, Any]:
    """The manifest of the installable app."""
    return {
        "name": NAME,
        "short_name": NAME,
        "description": "AI music plugins that run in the browser and send nothing anywhere",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#12161c",
        "theme_color": "#12161c",
        "icons": [{"src": "./icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }


def _worker(files: Mapping[str, Content]) -> bytes:
    """The service worker, which begins with what the site is made of; other files make another worker."""
    addresses = [address for address in sorted(files) if address != WORKER]
    later = [address for address in addresses if address.endswith(LATER) or address.startswith(RUNTIME)]
    site = {
        "version": _digest(*(_bytes(files[address]) for address in addresses)),
        # A host may answer for index.html that the page is at the folder's own address.
        "first": ["./" if address == "index.html" else address for address in addresses if address not in later],
        "later": later,
    }
    return f"const SITE = {json.dumps(site)};\n".encode() + _bytes(files[WORKER])

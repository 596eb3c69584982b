"""Export a trained plugin as a bundle, or the package for browser DAWs.

    dawg export auto_eq      # network, kernels, check example, licences, model card
    dawg export web dawg     # effects, instruments and all bundles as the folder "dawg", for any web host

Exports the run that was trained last, or the one of --split and --seed, to the user's data folder, where `dawg apply`
and `dawg studio` find it, or to --out. What was learned from material that only you have the right to is
exported with --private alone, and says so. The package's README.md says how it is used.
"""

import argparse
import json
import sys
from pathlib import Path

from dawg_ai import bundle as bundles
from dawg_ai import places, plugin, registry
from dawg_ai.errors import UsageError
from dawg_ai.export import web

PACKAGE = "web"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("plugin", help=f"one of: {', '.join(registry.names())}; or {PACKAGE}: the package")
    parser.add_argument("folder", type=Path, nargs="?", help="where the package goes: a new folder")
    parser.add_argument("--split", type=int, metavar="N", help="of the run; default: the last one trained")
    parser.add_argument("--seed", type=int, metavar="N", help="of the run; default: the last one trained")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="folder for the bundle's folder")
    parser.add_argument("--private", action="store_true", help="for yourself, though some clips may not be shipped")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    if arguments.plugin == PACKAGE:
        return _package(arguments)
    if arguments.folder:
        raise UsageError(f"{arguments.folder}: only the package takes a folder; a bundle goes to --out")
    chosen = registry.load(arguments.plugin)
    chosen.part("model")
    from dawg_ai.export import make

    folder = make.trained_run(chosen, arguments.split, arguments.seed)
    print(f"from {folder}", file=sys.stderr)
    bundle = make.bundle(chosen, folder, (arguments.out or places.bundles()) / chosen.name, private=arguments.private)
    sizes = {path.name: path.stat().st_size for path in sorted(bundle.folder.iterdir())}
    takes_song = any(source.name == plugin.SONG for source in bundle.sources)
    figures = {
        "plugin": chosen.name,
        "run": str(folder),
        "folder": str(bundle.folder),
        "bytes": sizes,
        "offered": list(bundle.offered),
        "licence": bundle.declaration["licence"],
        "next": f"dawg apply {chosen.name} {'IN.wav ' if takes_song else ''}OUT.wav",
    }
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"{bundle.folder}: {', '.join(f'{n} {size / 1000:.1f} kB' for n, size in sizes.items())}")
        print(f"next: {figures['next']}")
    return 0


def _package(arguments: argparse.Namespace) -> int:
    if not arguments.folder:
        raise UsageError(f"name a new folder for the package: dawg export {PACKAGE} FOLDER")
    folders = bundles.folders()
    files = web.write(arguments.folder, folders)
    figures = {"folder": str(arguments.folder), "files": len(files), "plugins": sorted(folders)}
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"{len(files)} files in {arguments.folder}, with the plugins {', '.join(sorted(folders)) or '(none)'}")
        print(f'next: import {{ createEffect }} from "./{arguments.folder.name}/dawg.js"')
    return 0

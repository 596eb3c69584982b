"""Check that the browser has every kernel, made of the sources as they are now.

    dawg check
    dawg check --json

Compiles every effect and meter for the browser, which takes a minute or two, and compares that with the files that
are shipped. A kernel lacks where they do not have it, and is stale where they were made of other sources. Exit code
1 when there is such a kernel; `python -m dawg_ai.wasm` then makes all of them anew.
"""

import argparse
import json
import sys

from dawg_ai.wasm import build


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    files = build.engine(build.compile_modules(build.engine_paths()))
    found = build.differences(files)
    kernels = sum(len(each["exports"]) for each in json.loads(files["manifest.json"])["modules"].values())
    if arguments.json:
        print(json.dumps({"kernels": kernels, **found}))
    else:
        for state, names in found.items():
            for name in names:
                print(f"{name}: {state}")
        wrong = sum(map(len, found.values()))
        print(f"{kernels} kernels, {kernels - wrong} of them in the browser as the sources give them")
        if wrong:
            print("what lacks or is stale is made by: python -m dawg_ai.wasm", file=sys.stderr)
    return 1 if any(found.values()) else 0

"""Say what the browser lacks of the engine: kernels that are not built, or not from these sources.

    dawg check
    dawg check --quick     # what is declared alone; nothing is compiled

Compiling takes a minute or two. Ends with 1 where the browser lacks something; `python -m dawg_ai.wasm` builds it.
"""

import argparse
import json
import sys

from dawg_ai.wasm import build, check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("--quick", action="store_true", help="look at what is declared, not at code")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    paths = build.engine_paths()
    if not arguments.quick:
        print(f"compiling {len(paths)} modules, a minute or two ...", file=sys.stderr)
    engine = check.declared(build.BUILT) if arguments.quick else build.engine(build.compile_modules(paths))
    found = check.lacks(build.BUILT, engine)
    if arguments.json:
        print(json.dumps({"modules": len(paths), "lacks": found}))
    elif found:
        for name, words in found.items():
            print(f"{name} {words}")
        print("build them: python -m dawg_ai.wasm")
    else:
        print(f"the browser has all {len(paths)} modules")
    return 1 if found else 0

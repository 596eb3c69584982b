"""Check that the compiled kernels are complete and up to date, here and for the browser.

    dawg check
    dawg check --quick     # compare declarations only; nothing is compiled

It says which library of kernels is at work here, and of which sources. Those of the browser are compiled again to
compare, which takes a minute or two and Numba (pip install numba). The exit code is 1 if one is missing or was built
from other sources; `python -m dawg_ai.wasm` builds them again.
"""

import argparse
import json
import sys

from dawg_ai.dsp import library
from dawg_ai.wasm import build, check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("--quick", action="store_true", help="compare declarations only, not code")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb; return the exit code."""
    paths = build.engine_paths()
    if not arguments.quick:
        print(f"compiling {len(paths)} modules, a minute or two ...", file=sys.stderr)
    engine = check.declared(build.BUILT) if arguments.quick else build.engine(build.compile_modules(paths))
    found = check.problems(build.BUILT, engine)
    if arguments.json:
        print(json.dumps({"library": library.opened().words, "modules": len(paths), "lacks": found}))
        return 1 if found else 0
    print(f"kernels here: {library.opened().words}")
    if found:
        for name, words in found.items():
            print(f"{name} {words}")
        print("build them: python -m dawg_ai.wasm")
    else:
        print(f"the browser has all {len(paths)} modules")
    return 1 if found else 0

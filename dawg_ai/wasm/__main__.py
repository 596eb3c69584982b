"""`python -m dawg_ai.wasm` rebuilds `built/`. With a folder and paths it is the compiler process of `build`."""

import sys
from pathlib import Path

from dawg_ai.errors import DawgError
from dawg_ai.wasm import build

try:
    if sys.argv[1:]:
        build.compile_here(Path(sys.argv[1]), sys.argv[2:])
    else:
        build.rebuild()
except DawgError as error:
    sys.exit(str(error))

"""`python -m dawg_ai.native [PLATFORM...]` builds the libraries of kernels, by default for this machine."""

import sys

from dawg_ai.errors import DawgError
from dawg_ai.native import build

if __name__ == "__main__":
    try:
        build.build(sys.argv[1:])
    except DawgError as error:
        sys.exit(f"dawg_ai.native: {error}")

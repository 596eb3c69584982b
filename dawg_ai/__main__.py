"""`python -m dawg_ai` is `dawg`."""

import sys

from dawg_ai.cli import main

sys.exit(main())

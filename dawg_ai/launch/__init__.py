"""What it takes to start a session of a plan: one file of this folder is one platform.

    files(lease) -> {name: content}    what to give to the platform, and README.txt, which says how

A platform without a file of its own gets `session.json` and `run.sh` alone, which is all that this computer needs.
Keys and tokens stay in the platforms' own clients and environment variables; none is written into a file.
"""

import importlib
import json
import pkgutil
from collections.abc import Mapping

from dawg_ai.launch.lease import Lease, script


def names() -> list[str]:
    """The platforms that have a file.

    >>> "kaggle" in names()
    True
    """
    shared = ("lease", "skypilot")
    return sorted(each.name for each in pkgutil.iter_modules(__path__) if each.name not in shared)


def files(lease: Lease) -> dict[str, str]:
    """Everything that it takes to start a session.

    Args:
        lease: what the session may do.

    Returns:
        Contents by file name.
    """
    own: Mapping[str, str] = {}
    if lease.platform in names():
        own = importlib.import_module(f"{__name__}.{lease.platform}").files(lease)
    return {"session.json": json.dumps(lease.declaration(), indent=2) + "\n", "run.sh": script(lease), **own}

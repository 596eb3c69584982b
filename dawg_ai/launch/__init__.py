"""What it takes to start a session of a plan: one file of this folder is one platform.

    files(lease) -> {name: content}    what to give to the platform, and README.txt, which says how
    launcher(host) -> Launcher         `dawg launch` starts, watches and ends sessions with it; or else
    by_hand(lease) -> line             what a person presses or runs

A platform without a file of its own gets `session.json` and `run.sh` alone.
Keys and tokens stay in the platforms' own clients and environment variables; none is written into a file.
"""

import importlib
import json
import pkgutil
from collections.abc import Mapping
from types import ModuleType

from dawg_ai.errors import UsageError
from dawg_ai.launch.launcher import Launcher
from dawg_ai.launch.lease import FILE, Lease, script

# What the platforms' files share.
SHARED = frozenset(
    {"control", "folders", "launcher", "lease", "request", "rest", "skypilot", "ssh_machine", "trainer"}
)


def names() -> list[str]:
    """The platforms that have a file.

    >>> "kaggle" in names()
    True
    """
    return sorted(each.name for each in pkgutil.iter_modules(__path__) if each.name not in SHARED)


def _module(platform: str) -> ModuleType | None:
    """The file of a platform, which may name a host, such as "ssh:gpu-box"."""
    name = platform.partition(":")[0]
    return importlib.import_module(f"{__name__}.{name}") if name in names() else None


def files(lease: Lease) -> dict[str, str]:
    """Everything that it takes to start a session.

    Args:
        lease: what the session may do.

    Returns:
        Contents by file name.
    """
    module = _module(lease.platform)
    own: Mapping[str, str] = module.files(lease) if module else {}
    return {FILE: json.dumps(lease.declaration(), indent=2) + "\n", "run.sh": script(lease), **own}


def launcher(platform: str) -> Launcher | None:
    """The launcher of a platform; None where a person starts its sessions.

    Args:
        platform: its name; with a host as "ssh:gpu-box".

    Raises:
        UsageError: there is no such platform.
    """
    module = _module(platform)
    if module is None:
        raise UsageError(f"no platform called {platform!r} can be launched on; there are: {', '.join(names())}")
    if not hasattr(module, "launcher"):
        return None
    found: Launcher = module.launcher(platform.partition(":")[2])
    return found


def by_hand(lease: Lease) -> str:
    """What a person presses or runs to start a session, in one line."""
    module = _module(lease.platform)
    assert module is not None, lease.platform
    line: str = module.by_hand(lease)
    return line

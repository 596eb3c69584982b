"""What kernels are compiled for."""

from dataclasses import dataclass
from typing import Literal

# Unoptimised code for a generic processor: Numba's optimised code has vector instructions of this machine.
ENVIRONMENT = {"NUMBA_OPT": "0", "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


@dataclass(frozen=True)
class Target:
    """What code is made for.

    Args:
        triple: LLVM's name of the platform.
        cpu: the oldest processor that shall run it.
        features: what it has besides.
        attributes: of every function, as LLVM writes them.
        integer: type of integer arguments and sizes.
        position_independent: as a shared library is.
        distinct: whether no two arrays of a call overlap.
    """

    triple: str
    cpu: str = ""
    features: str = ""
    attributes: str = ""
    integer: Literal["i32", "i64"] = "i64"
    position_independent: bool = True
    distinct: bool = False

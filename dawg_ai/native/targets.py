"""The platforms that libraries of kernels are built for."""

from collections.abc import Mapping
from dataclasses import dataclass

from dawg_ai.compiler.target import Target

# Without it, LLVM keeps to vectors of 256 bits: the compressor takes 1.10 of the JIT's time, with it 0.96.
_WIDE = '"prefer-vector-width"="512"'


@dataclass(frozen=True)
class Platform:
    """An operating system on a kind of processor.

    Args:
        system: as `sys.platform` has it.
        tag: of its wheels.
        targets: by the name of the processor, as in `dawg_ai.dsp.library.NEEDS`.
        zig: what `zig cc -target` calls it; "" where `elf.py` links.
    """

    system: str
    tag: str
    targets: Mapping[str, Target]
    zig: str = ""


def _x86_64(triple: str) -> dict[str, Target]:
    return {
        "x86-64-v4": Target(triple, "x86-64-v4", attributes=_WIDE),
        "x86-64-v3": Target(triple, "x86-64-v3"),
    }


def _aarch64(triple: str, cpu: str) -> dict[str, Target]:
    return {"aarch64": Target(triple, cpu)}


PLATFORMS: Mapping[str, Platform] = {
    "linux-x86-64": Platform("linux", "manylinux_2_17_x86_64", _x86_64("x86_64-unknown-linux-gnu")),
    "linux-aarch64": Platform("linux", "manylinux_2_17_aarch64", _aarch64("aarch64-unknown-linux-gnu", "generic")),
    "darwin-aarch64": Platform(
        "darwin", "macosx_11_0_arm64", _aarch64("arm64-apple-macosx11.0.0", "apple-m1"), "aarch64-macos.11.0"
    ),
    "darwin-x86-64": Platform(
        "darwin", "macosx_11_0_x86_64", _x86_64("x86_64-apple-macosx11.0.0"), "x86_64-macos.11.0"
    ),
    "win32-x86-64": Platform("win32", "win_amd64", _x86_64("x86_64-pc-windows-msvc"), "x86_64-windows-gnu"),
    "win32-aarch64": Platform(
        "win32", "win_arm64", _aarch64("aarch64-pc-windows-msvc", "generic"), "aarch64-windows-gnu"
    ),
}

"""Kernels as machine code: the library of all kernels of `dawg_ai.dsp`, compiled ahead of time for each platform.

`targets.py` lists the platforms, `dawg_ai.compiler` compiles the kernels to object files, `elf.py` links those for
Linux and `ziglang` for other systems, and `build.py` does so for all kernels, into `built/`. `dawg_ai.dsp.library`
loads the result, without Numba and LLVM.
"""

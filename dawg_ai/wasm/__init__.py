"""Kernels as WebAssembly: the functions that run natively, compiled ahead of time for the browser.

`dawg_ai.compiler` compiles kernels to an object file, `link.py` links that to a module that a browser loads, and
`build.py` does so for every effect. `built/` has the result, so that users need not build it.
"""

"""Kernels as WebAssembly: the same functions that run natively, compiled ahead for the browser.

`ir.py` turns kernels into one LLVM module and that into an object file, `link.py` the object file into a module that
a browser loads, `build.py` does it for every effect. `built/` has the result, so that nobody needs to build.
"""

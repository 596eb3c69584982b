"""Kernels to object files ahead of time, by Numba and LLVM: for the browser (`dawg_ai.wasm`) and for machines
(`dawg_ai.native`)."""

"""Digital signal processing as kernels: effects, meters, analysis. One effect, one file.

`effects` and `meters` are what users call; `blocks` are what these are made of. Below them is the numeric floor:
`kernel` (what a kernel is), `math` (elementary functions with the same bits everywhere), `log2_level` (fast levels),
`bits`, and SIMD vectors in `lanes`, `lanes8`, `lanes16`.
"""

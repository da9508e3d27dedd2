"""Benchmarks, and the size of the blocks that they measure."""

BLOCK_RUNS = 512
"""As in all versions, so that figures can be compared; the program itself takes as many as a worker's memory holds."""

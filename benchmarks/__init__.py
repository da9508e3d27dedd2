"""Benchmarks, and the size of the blocks that they measure."""

BLOCK_RUNS = 512
"""The same in all versions, so that figures are comparable; the program uses as many as a worker's memory permits."""

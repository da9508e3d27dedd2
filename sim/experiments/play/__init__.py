"""Computation of runs: jobs, workers, resource estimates, sweeps and ensembles.

This package divides runs into blocks, jobs and parts and computes them, on this machine or on others. All commands use it.
The day belongs to the model, the format of folders to store.
"""

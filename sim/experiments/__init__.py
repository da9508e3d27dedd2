"""Many runs: ensembles and sweeps, their computation, storage and reading.

One package each for the design of runs (design), their storage (store), their computation (play) and their export to other
formats (export). The analysis of results belongs to sim.analysis.
"""

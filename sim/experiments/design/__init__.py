"""The design of a batch of runs: factors, points, what-ifs, replicates, values that differ by run.

This package determines the values and the random numbers of each run, from a file or a call, before anything is run.
Folders, processes and progress belong elsewhere.
"""

"""What a batch of runs is asked to be: factors, points, what-ifs, replicates, values that differ by run.

Here belongs what decides the values and the random numbers of a run, from a file or a call. Folders, processes and
progress do not: a design is known before anything is played.
"""

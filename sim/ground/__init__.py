"""What everything stands on: the lattice and the theatre cut out of it, members from data, files, text, checks, errors.

Here belongs what does not change in a run, and what every room needs to take input and to write files. It knows no
actor, no process and no scenario.
"""

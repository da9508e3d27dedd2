"""What is kept of a block of runs and read off it: series, outcomes, events, the ledger of reasons, snapshots.

Here belongs what is read of one block, day by day or at its end. It changes nothing in a run; what is asked of many
runs together is of analysis, and how it lies on the disk of experiments.
"""

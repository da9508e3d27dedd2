"""Many runs: ensembles and sweeps, how they are played and stored, and how they are opened again.

A room each for what runs are asked to be (design), how they are kept (store), how they are played (play), and how
they are given away (export); nothing else lies here. What is asked of them afterwards is of analysis.
"""

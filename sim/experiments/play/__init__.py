"""The one way in which runs are played: jobs, workers, what a batch needs, sweeps and ensembles.

Here belongs how runs become blocks, jobs and parts, on this machine or on others, and what that takes. The day is of
the model, the form of a folder of store; no command plays runs by another way.
"""

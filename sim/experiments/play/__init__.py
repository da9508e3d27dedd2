"""The one way in which runs are played: jobs, workers, what a batch needs, sweeps and ensembles."""

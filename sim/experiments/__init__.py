"""Ensembles of runs: computed in blocks by workers, kept in results folders, summarised, scored and reported."""

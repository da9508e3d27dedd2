"""Two batches of runs against each other, run by run."""

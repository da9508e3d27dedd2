"""Many runs: ensembles and sweeps, how they are played and stored, and how they are opened again."""

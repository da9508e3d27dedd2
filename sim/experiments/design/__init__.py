"""What a batch of runs is asked to be: factors, points, what-ifs, replicates, values that differ by run."""

"""The Live page: an ensemble as it unfolds, and why."""

"""The report of an ensemble, and the page of its scores."""

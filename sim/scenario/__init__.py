"""Scenarios: read, checked against a schema that is passed in, written, and laid out as arrays by run."""

"""Runs against the record: observations, forecasts of them, scores."""

"""Hindcast: observations, reference forecasts, scores."""

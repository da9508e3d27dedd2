"""Analysis of results: scores against the record, comparison, sensitivity, calibration, explanation.

This package computes statistics and the wording of their uncertainty. Presentation belongs to pages and cli, the computation
of runs to experiments.
"""

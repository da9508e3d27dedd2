"""The smallest share a sampled design can detect, and the warning where its points are few for the values it varies."""

from __future__ import annotations

from scipy import stats

from sim.analysis.sensitivity.variance import LEVEL, number_of_bins

LARGE = 0.2
"""A share of the points' variance that single values seldom reach: a design that detects only such shares is too coarse."""


def smallest_share(points: int, values: int) -> float:
    """Return the smallest share of the points' variance at which one of so many values is distinguishable from chance.

    points: independent points, rows of the design. It is the share at which the F test of one value, over the bins that so
    many points make, reaches 1 - LEVEL divided by the number of values (Bonferroni; what the q of a single one comes to).
    """
    bins = number_of_bins(points)
    freedom = points - bins
    if freedom < 1:
        return 1.0
    ratio = (bins - 1) * float(stats.f.isf((1 - LEVEL) / values, bins - 1, freedom)) / freedom
    part = ratio / (1 + ratio)
    return part - (bins - 1) * (1 - part) / freedom


def too_few_points(points: int, values: int) -> str:
    """Return the warning that a sampled design has few points for its values, "" where it has enough.

    Few is: no more points than values, so that the effects cannot be separated (a linear model of so many values needs a
    point more); or so few that only a value with a LARGE share could be detected.
    """
    least = smallest_share(points, values) if values else 0.0
    if not values or (points > values and least <= LARGE):
        return ""
    many = f"{values:,} value{'s' if values > 1 else ''}"
    limit = f"a value is detected only if it explains {least:.0%} of the variance between points"
    mixed = ", and the effects of different values cannot be separated" if points <= values else ""
    return f"{points:,} points are few for {many}: {limit}{mixed}"

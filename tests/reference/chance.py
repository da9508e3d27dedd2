"""The run's random numbers: uniforms by the name of their stream, and plain inversions of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import bdtr, ndtri, pdtr

from sim.draws import Draws

F = np.float32


class RunDraws:
    """The uniform numbers of one run."""

    def __init__(self, seed: int, run: int, first_day: int) -> None:
        self._draws = Draws(seed, [run], first_day)

    def once(self, name: str, width: int = 1) -> np.ndarray:
        """Return (width,) numbers that belong to the run."""
        return self._draws.once(name, width)[:, 0]

    def today(self, name: str, day: int) -> np.float64:
        """Return the day's number of a stream of one."""
        return self._draws.daily(name, day)[0]

    def each_today(self, name: str, day: int, width: int) -> np.ndarray:
        """Return the day's (width,) numbers of a stream."""
        return self._draws.daily(name, day, width)[:, 0]


def normal(u: np.float64) -> np.float32:
    return F(ndtri(u))


def exponential(u: np.float64) -> np.float32:
    return F(-np.log(u))


def poisson(u: float, mean: float) -> np.float32:
    """Return the smallest count whose cumulative probability reaches `u`."""
    return F(_smallest(lambda k: pdtr(k, float(mean)) >= u))


def binomial(u: float, trials: float, chance: float) -> np.float32:
    """Return the smallest count of successes whose cumulative probability reaches `u`."""
    n, p = int(trials), float(chance)
    return F(_smallest(lambda k: k >= n or bdtr(k, n, p) >= u))


def _smallest(reaches: Callable[[int], bool]) -> int:
    """Return the smallest whole number that `reaches`: double until one does, then halve the gap."""
    if reaches(0):
        return 0
    low, high = 0, 1
    while not reaches(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high

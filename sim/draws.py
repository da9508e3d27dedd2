"""Named random streams: the only file that makes random numbers.

Run r of a scenario reads the same numbers whatever block, worker or order it is computed in, so run r of a what-if has
the luck of run r of its base. Each stream is a table of uniforms with one row per run, made by Philox keyed by (seed,
name, chunk of days) and positioned at the run's row. Only uniforms are drawn, a fixed number of them; everything else is
an inversion, so a changed rate in one run never shifts the numbers of another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from hashlib import blake2b

import numpy as np
from scipy.special import bdtrik, betainc, ndtri, pdtr, pdtrik

DAYS_PER_CHUNK = 64
KEPT_WIDTH = 16  # what belongs to the run is read on many days; that of the cells on the first evening only
PHILOX_WORDS = 4  # 64-bit numbers per step of the Philox counter
SMALLEST = 2.0**-53


class Draws:
    """Uniform numbers in (0, 1) for the runs of a block.

    seed: of the scenario. numbers: (runs,) the number of each run, 0 or more; any, in any order, also the same one again:
    a number is drawn once and indexed. first_day: days from the epoch to the start, so that scenarios which start on other
    days stay paired. Raises ValueError.
    """

    def __init__(self, seed: int, numbers: Sequence[int] | np.ndarray, first_day: int = 0) -> None:
        self.seed, self.numbers, self.first_day = seed, np.asarray(numbers, dtype=np.int64), first_day
        if self.numbers.ndim != 1 or (self.numbers < 0).any():
            raise ValueError(f"expected the numbers of the runs, 0 or more, got {numbers}")
        self._distinct, place = np.unique(self.numbers, return_inverse=True)
        self._place = None if np.array_equal(self._distinct, self.numbers) else place
        self._chunks: dict[str, tuple[int, np.ndarray]] = {}
        self._kept: dict[str, np.ndarray] = {}

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.numbers)

    def once(self, name: str, width: int) -> np.ndarray:
        """Return (width, runs) uniforms that belong to the run and not to a day."""
        drawn = self._kept.get(name)
        if drawn is None:
            drawn = np.ascontiguousarray(self._drawn(f"once/{name}", 0, width)[:, :width].T)
            if width <= KEPT_WIDTH:
                self._kept[name] = drawn
        return self._of_runs(drawn)

    def daily(self, name: str, day: int, width: int = 1) -> np.ndarray:
        """Return (width, runs) uniforms of `day`, counted from the scenario's start; (runs,) when width is 1."""
        chunk, within = divmod(self.first_day + day, DAYS_PER_CHUNK)
        kept = self._chunks.get(name)
        if kept is None or kept[0] != chunk:
            padded = -(-width // PHILOX_WORDS) * PHILOX_WORDS
            drawn = self._drawn(name, chunk, DAYS_PER_CHUNK * padded).reshape(-1, DAYS_PER_CHUNK, padded)
            kept = (chunk, np.ascontiguousarray(drawn[:, :, :width].transpose(1, 2, 0)))
            self._chunks[name] = kept
        table = kept[1][within]
        return self._of_runs(table[0] if width == 1 else table)

    def part(self, runs: np.ndarray) -> Draws:
        """Return the draws of the runs of these indices only; what is drawn for one is there for the other."""
        part = copy(self)
        part.numbers = self.numbers[runs]
        part._place = runs if self._place is None else self._place[runs]
        return part

    def _of_runs(self, drawn: np.ndarray) -> np.ndarray:
        return drawn if self._place is None else drawn[..., self._place]

    def _drawn(self, name: str, chunk: int, width: int) -> np.ndarray:
        """Return (distinct numbers, padded width) uniforms, a row for each number in rising order."""
        padded = -(-width // PHILOX_WORDS) * PHILOX_WORDS
        key = int.from_bytes(blake2b(f"{self.seed}/{name}/{chunk}".encode(), digest_size=16).digest(), "little")
        drawn = np.empty((len(self._distinct), padded))
        ends = np.append(np.flatnonzero(np.diff(self._distinct) > 1) + 1, len(self._distinct))
        for start, end in zip(np.append(0, ends[:-1]), ends, strict=True):  # numbers that follow each other, at once
            bits = np.random.Philox(key=key, counter=int(self._distinct[start]) * (padded // PHILOX_WORDS))
            np.random.Generator(bits).random(out=drawn[start:end])
        return np.maximum(drawn, SMALLEST, out=drawn)


def normal(uniform: np.ndarray) -> np.ndarray:
    """Turn uniforms into standard normal numbers, float32, by inversion."""
    return ndtri(uniform).astype(np.float32)


def exponential(uniform: np.ndarray) -> np.ndarray:
    """Turn uniforms into exponential numbers of mean 1, float32, by inversion."""
    return (-np.log(uniform)).astype(np.float32)


def poisson(uniform: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Turn uniforms into Poisson counts of the given mean (0 or more, same shape), float32, by inversion."""
    mean = np.asarray(mean, dtype=np.float64)
    none = np.exp(-mean)
    some = uniform > none
    u, m, p = np.broadcast_to(uniform, mean.shape)[some], mean[some], none[some]
    counts = np.zeros(mean.shape, dtype=np.float32)
    few = m <= COUNTED_UP_TO
    found, m_few = np.empty(len(u)), m[few]
    found[few] = _count_up(u[few], p[few], lambda k, left: m_few[left] / (k + 1.0))
    u, m = u[~few], np.minimum(m[~few], HIGHEST_MEAN)
    found[~few] = _round_up(u, pdtrik(u, m), lambda k: pdtr(k, m))
    counts[some] = found
    return counts


def binomial(uniform: np.ndarray, trials: np.ndarray, chance: np.ndarray | float) -> np.ndarray:
    """Turn uniforms into binomial counts (trials whole, chance in [0, 1]), float32, by inversion."""
    chance = np.minimum(np.asarray(chance, dtype=np.float64), ALL_BUT_CERTAIN)
    trials, chance = np.broadcast_arrays(np.asarray(trials, dtype=np.float64), chance)
    none = np.exp(trials * np.log1p(-chance))
    some = uniform > none
    u, n, p = np.broadcast_to(uniform, trials.shape)[some], trials[some], chance[some]
    counts = np.zeros(trials.shape, dtype=np.float32)
    few = n * p <= COUNTED_UP_TO
    found = np.empty(len(u))
    odds, n_few = (p / (1.0 - p))[few], n[few]
    found[few] = _count_up(u[few], none[some][few], lambda k, left: (n_few[left] - k) / (k + 1.0) * odds[left])
    u, n, p = u[~few], n[~few], p[~few]
    found[~few] = _round_up(u, bdtrik(u, n, p), lambda k: betainc(n - k, k + 1.0, 1.0 - p))
    counts[some] = np.minimum(found, trials[some])
    return counts


ALL_BUT_CERTAIN = 1.0 - 2.0**-24
"""Certainty counts as this chance, the largest float32 below it: a high hazard rounds to it, and its odds are no number."""

COUNTED_UP_TO = 16.0
"""Up to this mean it is quicker to add up probabilities count by count than to invert the distribution's function."""

HIGHEST_MEAN = 1e10
"""Larger means count as this one: it is more than all people there are, and scipy finds no inverse soon after it."""

HIGHEST_COUNT = 200
"""No count of so small a mean is as high: a uniform that close to 1 gets the highest count reached."""


def _count_up(u: np.ndarray, term: np.ndarray, ratio: Callable[[int, np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the smallest whole number whose cumulative share reaches `u`, where 0 does not.

    term: share of 0. ratio: of the share of k + 1 to that of k, for the entries `left`.
    """
    found = np.ones(len(u))
    left, share = np.arange(len(u)), term
    for k in range(HIGHEST_COUNT):
        term = term * ratio(k, left)
        share = share + term
        on = u > share
        if not on.any():
            break
        left, term, share, u = left[on], term[on], share[on], u[on]
        found[left] = k + 2.0
    return found


def _round_up(u: np.ndarray, k: np.ndarray, share_up_to: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Round the continuous inverse `k` up to the smallest whole number whose cumulative share reaches `u`."""
    k = np.maximum(np.ceil(k), 1.0)
    return k - (share_up_to(k - 1.0) >= u)  # the continuous inverse can land a hair above a whole number

"""Sides of a comparison in pairs of runs: ensembles with common random numbers, sweeps of one design, a sweep by a lever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from sim.analysis.compare.sides import Side, opened, side_of, sides_by
from sim.analysis.measure import likeliest
from sim.analysis.where import Condition
from sim.experiments.store.sweep import SweepResults
from sim.ground.checks import first_repeated
from sim.ground.errors import InputError
from sim.record.outcomes import Outcome


@dataclass(frozen=True, eq=False)
class Paired:
    """A base and others, whose runs are in the same order. notes: what limits their figures."""

    base: Side
    others: tuple[Side, ...]
    notes: tuple[str, ...]
    condition: Condition | None = None


def pair(sources: Sequence[str | Path], by: str | None = None, uncertain: str | None = None) -> Paired:
    """Return the sides of a comparison, in pairs of runs. Raises InputError where their random numbers differ.

    sources: results folders, or names of scenarios whose results are in their default folder. by: for one sweep, the path
    whose values are the sides. uncertain: for names of scenarios, which values their runs draw, as of `run`.
    """
    results = [opened(source, uncertain) for source in sources]
    twice = first_repeated(results[1:], key=lambda each: each.folder.resolve())
    if twice is not None:
        raise InputError(f"{twice.folder}: is named twice; compare takes each B once")
    if by is not None:
        if len(results) != 1 or not isinstance(results[0], SweepResults):
            raise InputError("--by goes with the folder of one sweep")
        sides = sides_by(results[0], by)
    else:
        sides = [side_of(each) for each in results]
    if len(sides) < 2:
        raise InputError("a comparison needs two sides: name two results folders, or one sweep with --by PATH")
    return _matched(_named_apart(sides))


def shared_outcomes(paired: Paired) -> tuple[tuple[Outcome, ...], tuple[str, ...]]:
    """Return the outcomes that all sides have, by the same expression, and a note of each other one that some side has."""
    sides = (paired.base, *paired.others)
    shared = [outcome for outcome in paired.base.known if all(_same(outcome, side) for side in sides)]
    names = {outcome.name for outcome in shared}
    notes = []
    for name in dict.fromkeys(outcome.name for side in sides for outcome in side.known if outcome.name not in names):
        having = [side for side in sides if any(outcome.name == name for outcome in side.known)]
        lacking = " and ".join(dict.fromkeys(side.name for side in sides if side not in having))
        notes.append(f"{name} is not compared: " + (f"{lacking} lacks it" if lacking else "the sides define it otherwise"))
    return tuple(shared), tuple(notes)


def _same(outcome: Outcome, side: Side) -> bool:
    return any((other.name, other.formula) == (outcome.name, outcome.formula) for other in side.known)


def asked_outcome(paired: Paired, name: str, shared: Sequence[Outcome]) -> Outcome:
    """Return an outcome that was asked for by name. Raises InputError, also where a side lacks it."""
    sides = (paired.base, *paired.others)
    for side in sides:
        if name in side.lacks:
            raise InputError(f"{side.where_from}: {side.lacks[name]}")
    there = [side for side in sides if any(outcome.name == name for outcome in side.known)]
    known = {outcome.name: outcome for outcome in shared}
    if there and name not in known:
        lacking = next((side for side in sides if side not in there), None)
        said = f"{lacking.name} lacks it{lacking.adds}" if lacking else "the sides define it otherwise"
        raise InputError(f"{name}: {said}")
    if name not in known:
        raise InputError(f"{name} is not the name of an outcome{likeliest(name, shared, paired.base.adds)}")
    return known[name]


def condition_on(paired: Paired, condition: Condition) -> Paired:
    """Return the pairs whose base run meets a condition, on every side."""
    holds = condition.holds(paired.base.outcomes, paired.base.series)
    if not holds.any():
        raise InputError(f'no run of {paired.base.name} meets --where "{condition.text}"')
    note = f"only the {holds.sum():,} of {len(holds):,} pairs whose run of {paired.base.name} meets {condition.text}"
    others = tuple(side.kept(holds) for side in paired.others)
    notes = (*paired.notes, note, *condition.notes(paired.base.outcomes))
    return Paired(paired.base.kept(holds), others, notes, condition)


def _named_apart(sides: list[Side]) -> list[Side]:
    """Give sides of the same name the name of their folder."""
    names = [side.name for side in sides]
    return [replace(s, name=f"{s.name} ({s.where_from})") if names.count(s.name) > 1 else s for s in sides]


def _matched(sides: list[Side]) -> Paired:
    base = sides[0]
    for side in sides[1:]:
        _check_one_design(base, side)
        _check_same_drawn(base, side)
        if (side.seed, side.epoch) != (base.seed, base.epoch):
            what = (
                f"seeds {base.seed} and {side.seed}" if side.seed != base.seed else f"epochs {base.epoch} and {side.epoch}"
            )
            raise InputError(
                f"{base.name} and {side.name} have different random numbers ({what}), so that their runs cannot be paired; "
                "run both with the same --seed and epoch"
            )
    common = set(map(tuple, base.key.tolist())).intersection(*(map(tuple, side.key.tolist()) for side in sides[1:]))
    if not common:
        why = "; ".join(dict.fromkeys(note for side in sides for note in side.notes))
        names = " and ".join(side.name for side in sides)
        raise InputError(f"{names} have no run in common{f' ({why})' if why else ''}")
    matched = [_in_order(side, common) for side in sides]
    paired = Paired(matched[0], tuple(matched[1:]), tuple(_notes(sides, len(common))))
    if horizon(paired) < max(side.start for side in sides):
        spans = ", ".join(f"{side.name} {side.start} to {side.end}" for side in sides)
        raise InputError(f"the sides have no day in common: {spans}")
    return paired


def _check_one_design(base: Side, side: Side) -> None:
    """Raise InputError where a sweep is compared with an ensemble, other points, or other random numbers."""
    if (base.design is None) != (side.design is None):
        sweep, other = (base, side) if side.design is None else (side, base)
        raise InputError(f"{sweep.where_from} is a sweep and {other.where_from} an ensemble: their runs cannot be paired")
    if base.design != side.design:
        raise InputError(f"{base.where_from} and {side.where_from} have different points: their runs cannot be paired")
    if base.streams != side.streams:
        streams = f'streams = "{base.streams}" and "{side.streams}"'
        raise InputError(
            f"{base.where_from} and {side.where_from} have different random numbers ({streams}); play both with the same"
        )


def _check_same_drawn(base: Side, side: Side) -> None:
    """Raise InputError where run r has different drawn values on the two sides."""
    if (base.drawn is None) != (side.drawn is None):
        with_, without = (base, side) if side.drawn is None else (side, base)
        raise InputError(
            f"{with_.where_from} draws uncertain values by run and {without.where_from} does not, so that their runs cannot "
            "be paired; run both with --uncertain, or both without"
        )
    if base.drawn is not None and side.drawn is not None and not base.drawn.agrees(side.drawn):
        raise InputError(
            f"{base.where_from} and {side.where_from} draw different values ({base.drawn.what} and {side.drawn.what}, "
            f"seeds {base.drawn.seed} and {side.drawn.seed}); run both with the same --uncertain and --seed"
        )


def _in_order(side: Side, common: set[tuple[int, int]]) -> Side:
    keys = list(map(tuple, side.key.tolist()))
    places = sorted((place for place, key in enumerate(keys) if key in common), key=lambda place: keys[place])
    return side.kept(np.array(places))


def _notes(sides: Sequence[Side], common: int) -> list[str]:
    notes = list(dict.fromkeys(note for side in sides for note in side.notes))
    if any(len(side.key) != common for side in sides):
        counts = ", ".join(f"{side.name} {len(side.key)}" for side in sides)
        notes.append(f"INCOMPLETE: {common} pairs of runs are compared; there are {counts}")
    if len({side.code for side in sides}) > 1:
        notes.append("the sides were computed by different versions of the code, which may explain differences")
    if len({side.end for side in sides}) > 1:
        notes.append(f"the sides end on different days: dates after {min(side.end for side in sides)} count as not come")
    if len({side.start for side in sides}) > 1:
        starts = ", ".join(f"{side.name} {side.start}" for side in sides)
        notes.append(f"the sides start on different days ({starts}): sums cover different periods")
    return notes


def horizon(paired: Paired) -> date:
    """Return the last day that all sides reach."""
    return min(side.end for side in (paired.base, *paired.others))

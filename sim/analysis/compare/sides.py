"""Sides of a comparison, read from results: an ensemble, the points of a sweep, or those with one value of a lever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.where import Series, not_kept
from sim.experiments.design.factors import SCENARIO
from sim.experiments.design.uncertain import Uncertain, uncertain_of
from sim.experiments.export.tables import open_results
from sim.experiments.play.folder import default_folder
from sim.experiments.play.run import ensemble_of
from sim.experiments.store.ensemble import Results
from sim.experiments.store.sweep import SweepResults
from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.ground.paths import scenario_folder, shown_path
from sim.record.outcomes import OUTCOMES, Outcome, columns_read
from sim.registry import load_scenario
from sim.scenario.files import near_miss
from sim.scenario.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a comparison.

    key: (pairs, 2) what a run is paired by: 0 in an ensemble, else the point or what the points of a lever have in common,
    and the run. outcomes: name -> (pairs,) float, dates in days since `start`, NaN where it did not come or did not arise.
    notes: what limits its figures. expected: outcome -> direction that its scenario expects.
    design, streams: of a sweep, values and row of each point, and which random numbers they have. drawn: of an ensemble,
    which values are drawn by run. shares: (pairs, 2) row of the design, or set of drawn values, and number of the run; the
    key where left out. known: its outcomes. lacks: of those that it should have and lacks, the line that says so.
    adds: how one more gets into it. series: its daily series, (days + 1, pairs) each.
    """

    name: str
    where_from: str
    seed: int
    epoch: date
    start: date
    end: date
    code: str
    key: np.ndarray
    outcomes: Mapping[str, np.ndarray]
    notes: tuple[str, ...] = ()
    expected: Mapping[str, str] = field(default_factory=dict)
    design: Any = None
    streams: str = ""
    drawn: Uncertain | None = None
    shares: np.ndarray | None = None
    known: tuple[Outcome, ...] = OUTCOMES
    lacks: Mapping[str, str] = field(default_factory=dict)
    adds: str = ""
    series: Series = not_kept

    @property
    def clusters(self) -> np.ndarray:
        """(pairs, 2) what pairs share: the row of the design, 0 in an ensemble, and the number of the run."""
        return self.key if self.shares is None else self.shares

    def kept(self, places: np.ndarray) -> Side:
        """Return the side with some of its runs."""
        outcomes = {name: values[places] for name, values in self.outcomes.items()}
        shares = None if self.shares is None else self.shares[places]
        return replace(self, key=self.key[places], outcomes=outcomes, shares=shares, series=_chosen(self.series, places))


def _chosen(series: Series, places: np.ndarray) -> Series:
    """Return the series of some of the runs."""

    def of(name: str) -> np.ndarray | None:
        whole = series(name)
        return None if whole is None else whole[:, places]

    return of


def opened(source: str | Path, uncertain: str | None) -> Results | SweepResults:
    """Return the results of a folder or of a scenario's name. Raises InputError. uncertain: as of `pair`."""
    if Path(source).is_dir():
        return open_results(source)
    if isinstance(source, str) and "/" not in source:
        names = [path.stem for path in scenario_folder().glob("*.toml")]
        if source in names:
            scenario = load_scenario(source)
            drawn = None if uncertain is None else uncertain_of(uncertain, scenario)
            folder = default_folder(ensemble_of(scenario, drawn))
            if not folder.is_dir():
                others, option = (
                    _results_of(source, "other results are in"),
                    f" --uncertain {uncertain}" if uncertain else "",
                )
                raise InputError(
                    f"{source} has not been run; pullback run {source}{option} writes its results to {folder}{others}"
                )
            return open_results(folder)
        hint = _results_of(source, "its results are in") or near_miss(source, names)
        raise InputError(f"{source} is neither a results folder nor a shipped scenario{hint}")
    if Path(source).suffix == ".toml" and Path(source).is_file():
        raise InputError(f"{source}: is a scenario file; name the results folder that pullback run {source} writes")
    raise InputError(f"{source}: no such results folder")


def _results_of(name: str, intro: str) -> str:
    """List the results of a scenario that its name alone does not find: of one's own file, other values, days or seed."""
    found = ", ".join(str(path) for path in sorted(Path("results").glob(f"{name}-????????")))
    return f"; {intro} {found}: name the folder" if found else ""


def side_of(results: Results | SweepResults) -> Side:
    """Return the runs of results as a side."""
    if isinstance(results, SweepResults):
        return _side_of_sweep(results)
    outcomes = dict(results.outcomes)
    run = outcomes.pop("run").astype(np.int64)
    key = np.column_stack([np.zeros_like(run), run])
    name = results.manifest["scenario"]
    note = () if results.is_complete else (f"INCOMPLETE: {name} has {len(run)} of {results.runs_asked} runs",)
    side = replace(_side(name, results, results.scenario, key, outcomes), series=results.series)
    return replace(side, notes=note, expected=results.scenario.expected, drawn=results.uncertain, shares=results.clusters)


def _side_of_sweep(results: SweepResults) -> Side:
    """Return the points of a sweep, paired with those of another by point and run; the unchanged base is left out."""
    table, manifest = results.table(), results.manifest
    rows = np.array(results.design.row_of_design)
    kept = rows[table["point"].to_numpy()] >= 0
    point, run = (table[name].to_numpy()[kept].astype(np.int64) for name in ("point", "run"))
    outcomes = {name: table[name].to_numpy()[kept] for name in columns_read(results.known)}
    key = np.column_stack([point, run])
    side = _side(manifest["name"], results, results.base, key, outcomes)
    note = () if results.is_complete else (f"{manifest['name']}: {results.shortfall}",)
    points = {f.path: [row[n] for row, at in zip(results.design.rows, rows, strict=True) if at >= 0]
              for n, f in enumerate(results.design.factors)}  # fmt: skip
    return replace(
        side, notes=note, expected=results.base.expected, design=(points, results.design.row_of_design),
        streams=results.streams, shares=results.clusters(point, run), series=_chosen(results.series_of_runs, kept),
    )  # fmt: skip


def _side(
    name: str, results: Results | SweepResults, scenario: Scenario, key: np.ndarray, outcomes: Mapping[str, np.ndarray]
) -> Side:
    dates, folder = (scenario.epoch, scenario.start_date, scenario.end_date), str(shown_path(results.folder))
    side = Side(name, folder, scenario.seed, *dates, results.manifest["code"], key, outcomes)
    return replace(side, known=results.known, lacks=dict.fromkeys(results.lacking, results.lacks), adds=results.adds)


def sides_by(results: SweepResults, path: str) -> list[Side]:
    """Return a side for each value of a lever, the base's first."""
    design, known = results.design, {factor.path: factor for factor in results.design.factors}
    if path not in known:
        raise InputError(f"--by {path}: does not vary in {results.folder}{near_miss(path, known)}")
    rows, column = np.array(design.row_of_design), np.array(design.drawn(path, results.base))
    others = _others(results, path)
    before = known[path].before
    crossed = {value: np.flatnonzero((rows >= 0) & (column == value)) for value in dict.fromkeys(column[rows >= 0].tolist())}
    values = sorted(crossed, key=lambda value: (value != before, str(value)))
    cells = _cells(others, crossed[values[0]])
    if len(cells) != len(crossed[values[0]]) or any(_cells(others, points) != cells for points in crossed.values()):
        raise InputError(
            f"--by {path}: is no lever of {results.folder}; only a lever is crossed with the rest of the design"
        )
    table, row_of_cell = results.table(), {cell: place for place, cell in enumerate(sorted(cells))}
    point, run = table["point"].to_numpy(), table["run"].to_numpy().astype(np.int64)
    cell_of_point = np.full(design.points, -1)
    for points in crossed.values():
        for each in points:
            cell_of_point[each] = row_of_cell[tuple(str(column[each]) for column in others)]
    notes = [results.shortfall] if not results.is_complete else []
    played = np.unique(point)
    missing = [f"{path} = {shown(value)}" for value in values if not np.isin(crossed[value], played).any()]
    if missing and len(values) - len(missing) < 2:
        raise InputError(
            f"{results.folder}: {results.shortfall}, none with {' or '.join(missing)}; play the rest of the sweep"
        )
    notes += [f"INCOMPLETE: left out, as no run of it is there: {' and '.join(missing)}"] if missing else []
    sides = []
    for value in values:
        kept = np.isin(point, crossed[value])
        if not kept.any():
            continue
        key = np.column_stack([cell_of_point[point[kept]], run[kept]])
        outcomes = {column: table[column].to_numpy()[kept] for column in columns_read(results.known)}
        name = value if path == SCENARIO else f"{path} = {shown(value)}"
        scenario = design.what_if(value, results.base).scenario if path == SCENARIO else results.base
        side = _side(str(name), results, scenario, key, outcomes)
        expected = scenario.expected if path == SCENARIO else {}
        side = replace(side, series=_chosen(results.series_of_runs, kept))
        sides.append(replace(side, notes=tuple(notes), shares=results.clusters(point[kept], run[kept]), expected=expected))
    return sides


def _others(results: SweepResults, path: str) -> list[np.ndarray]:
    """Return what distinguishes the points with one value of a factor: for a lever the row that it is crossed with."""
    design, levers = results.design, [raw["path"] for raw in results.manifest["design"]["levers"]]
    if path in levers:
        others = [np.array(design.column(each)) for each in levers if each != path]
        return [np.array([f"{row:07d}" for row in design.row_of_design]), *others]
    return [np.array(design.drawn(f.path, results.base)) for f in design.factors if f.path != path]


def _cells(others: Sequence[np.ndarray], points: np.ndarray) -> set[tuple[str, ...]]:
    return {tuple(str(column[point]) for column in others) for point in points}

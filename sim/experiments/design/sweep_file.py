"""Read a sweep file: a base, a design over its levers and uncertainties, a number of runs. Errors name the key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.experiments.design.design import METHODS, MOST_POINTS, SAMPLED, Recipe
from sim.experiments.design.design_table import read_design_table
from sim.experiments.design.factors import MOST_LEVELS, SCENARIO, Factor
from sim.experiments.design.kept import Kept
from sim.experiments.design.paths import read_factors
from sim.experiments.design.replicates import SHARED, STREAMS, Sequential, default_streams, read_criteria
from sim.experiments.design.scenario_lever import check_levers, read_scenarios
from sim.experiments.design.sweep import LEVELS, Sweep
from sim.experiments.design.what_ifs import WhatIf
from sim.ground.checks import shown
from sim.ground.errors import InputError
from sim.ground.paths import scenario_folder
from sim.record.outcomes import Outcome, outcomes_of
from sim.registry import load_scenario
from sim.scenario.entries import Value
from sim.scenario.files import RENAMED, check_known, find_scenario, near_miss
from sim.scenario.heading import MOST_RUNS
from sim.scenario.own_outcomes import OwnOutcome, over, own_outcomes
from sim.scenario.scenario import Scenario

FORMAT = 1
TOP = (
    "format",
    "name",
    "title",
    "question",
    "base",
    "seed",
    "days",
    "design",
    "levers",
    "uncertainties",
    "outcomes",
    "replicates",
    "output",
)
DESIGN = ("method", "points", "levels", "seed", "include_base", "table", "repeated")
SERIES_KEPT = ("quantiles", "full", "none")
RUNS = 256


def sweep_names() -> tuple[str, ...]:
    """Return the names of the shipped sweeps, sorted."""
    return tuple(sorted(path.stem for path in (scenario_folder() / "sweeps").glob("*.toml")))


def read_sweep(
    data: Mapping[str, Any], name: str, where: str, folder: Path, text: str = "", kept: Kept | None = None
) -> Sweep:
    """Return the checked sweep of a sweep file. Raises InputError.

    where: start of messages. folder: base of relative paths. kept: the scenarios of a results folder, which replace those
    named in the file.
    """
    try:
        return _Reader(data, folder, kept).sweep(name, text)
    except InputError as error:
        message = str(error)
        raise InputError(message if message.startswith(f"{where}: ") else f"{where}: {message}") from None


def safe_name(name: str) -> str:
    """Return a file name as a folder name: characters other than letters, digits, hyphen and underscore become hyphens."""
    return re.sub(r"[^\w-]+", "-", name).strip("-") or "sweep"


def find_sweep(name_or_path: str | Path) -> Path:
    """Return the file of a sweep by the name of a shipped one or by path, or its results folder. Raises InputError."""
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or "/" in text or text.endswith(".toml"):
        return Path(text)
    if text in sweep_names():
        return scenario_folder() / "sweeps" / f"{text}.toml"
    if Path(text).is_dir():
        return Path(text)
    hint = near_miss(text, sweep_names()) or f"; shipped are {', '.join(sweep_names())} (a path needs a slash or .toml)"
    raise InputError(f"{text or 'an empty name'} is not a known sweep{hint}")


@dataclass(frozen=True)
class _Reader:
    """The tables of one file, and the base of its relative paths."""

    data: Mapping[str, Any]
    folder: Path
    kept: Kept | None = None

    def sweep(self, name: str, text: str) -> Sweep:
        check_known(self.data, TOP, "", RENAMED)
        if self.data.get("format") != FORMAT:
            raise InputError(f"format = {shown(self.data.get('format'))} must be {FORMAT}")
        base = self._base()
        recipe = self._recipe(base)
        replicates, output = self._table("replicates"), self._table("output")
        check_known(output, ("series",), "[output] ")
        own, until = self._outcomes(base, recipe), "until" in replicates
        sequential = _sequential(replicates, output.get("series"), outcomes_of(own)) if until else None
        runs = sequential.most if sequential else _fixed(replicates)
        series = output.get("series", "full" if runs <= len(LEVELS) else "quantiles")
        if series not in SERIES_KEPT:
            raise InputError(f"[output] series = {shown(series)} must be one of {', '.join(SERIES_KEPT)}")
        title, question = self._text("title"), self._text("question")
        own_name = self._text("name")
        if own_name and not own_name.replace("-", "").replace("_", "").isalnum():
            raise InputError(f"name = {shown(own_name)} must be letters, digits and hyphens: it names a folder")
        name = own_name or safe_name(name)
        streams = _streams(replicates, recipe, sequential.least if sequential else runs)
        chosen = "streams" in replicates
        made = Sweep(name, title, question, base, recipe, runs, series, text, sequential, streams, chosen)
        return replace(made, outcomes=own)

    def _base(self) -> Scenario:
        if not isinstance(self.data.get("base"), str):
            raise InputError("base must be the name of a scenario or a path, in quotes")
        try:
            base = self.kept.base if self.kept else load_scenario(self._base_file())
        except InputError as error:
            raise InputError(f"base: {error}") from None
        given = {key: self.data[key] for key in ("seed", "days") if key in self.data}
        return base.with_values(given, set_by="the sweep") if given else base

    def _outcomes(self, base: Scenario, recipe: Recipe) -> tuple[OwnOutcome, ...]:
        """Return the outcomes of the base, of the scenarios of its lever and, on top, of the file."""
        if self.kept:
            return self.kept.outcomes
        given = own_outcomes(self._table("outcomes")) if "outcomes" in self.data else ()
        of_scenarios = {own.name: own for own in base.outcomes}
        for name, what_if in recipe.what_ifs.items():
            for own in what_if.scenario.outcomes:
                other = of_scenarios.setdefault(own.name, own)
                if other.of != own.of and own.name not in {each.name for each in given}:
                    said = f"is {shown(own.of)} in {name} and {shown(other.of)} elsewhere"
                    raise InputError(f"outcomes: {own.name}: {said}; say under [outcomes] which, or name one otherwise")
        made = over(tuple(of_scenarios.values()), given)
        outcomes_of(made)
        return made

    def _base_file(self) -> Path:
        return find_scenario(self.data["base"], beside=self.folder)

    def _scenarios(self, listed: Any, base: Scenario) -> dict[str, WhatIf]:
        if self.kept:
            return {name: WhatIf(self.kept.scenarios.get(name, base), base) for name in listed["values"]}
        return read_scenarios(listed, base, self._base_file(), self.folder)

    def _recipe(self, base: Scenario) -> Recipe:
        raw = self._table("design")
        check_known(raw, DESIGN, "[design] ")
        method = raw.get("method")
        if method not in METHODS:
            raise InputError(f"[design] method = {shown(method)} must be one of {', '.join(METHODS)}")
        include_base = _yes_or_no(raw, "include_base", True)
        listed = self._table("levers").get(SCENARIO)
        scenarios = {} if listed is None else self._scenarios(listed, base)
        levers = read_factors("levers", self._table("levers"), base, as_levels=True, scenarios=tuple(scenarios))
        check_levers(levers, scenarios.values())
        numbers = {
            "points": self._points(raw, method),
            "levels": _whole(raw, "levels", 3, "[design] ", 2, MOST_LEVELS),
            "seed": _whole(raw, "seed", 0, "[design] ", 0),
        }
        if method == "table":
            varied, table = self._rows_of_table(raw, base)
        else:
            uncertain, table = self._table("uncertainties"), ()
            varied = read_factors("uncertainties", uncertain, base, as_levels=method not in SAMPLED)
        self._check_factors(method, levers, varied, raw)
        what_ifs = {name: what_if for name, what_if in scenarios.items() if name != base.name}
        return Recipe(method, levers, varied, include_base=include_base, table=table, what_ifs=what_ifs, **numbers)

    def _points(self, raw: Mapping[str, Any], method: str) -> int:
        if method not in SAMPLED:
            if "points" in raw:
                raise InputError(f"[design] points go with {' and '.join(SAMPLED)}, not with {method}")
            return 0
        if "points" not in raw:
            raise InputError(f"[design] {method} needs points = ...")
        points = _whole(raw, "points", 0, "[design] ", 2, MOST_POINTS)
        if method == "sobol" and points & (points - 1):
            near = 1 << (points.bit_length() - 1)
            raise InputError(f"[design] points = {points} must be a power of 2 for sobol, as in {near} or {2 * near}")
        return points

    def _check_factors(
        self, method: str, levers: tuple[Factor, ...], varied: tuple[Factor, ...], raw: Mapping[str, Any]
    ) -> None:
        duplicates = {factor.path for factor in levers} & {factor.path for factor in varied}
        if duplicates:
            raise InputError(f"{sorted(duplicates)[0]} is given under [levers] and in the design over the uncertainties")
        if method in SAMPLED and not varied:
            raise InputError(f"[uncertainties] is empty; {method} needs something to sample")
        if not levers and not varied:
            raise InputError("[levers] and [uncertainties] are empty; a sweep varies something")
        for key in ("table", "repeated"):
            if method != "table" and key in raw:
                raise InputError(f'[design] {key} goes with method = "table"')

    def _rows_of_table(
        self, raw: Mapping[str, Any], base: Scenario
    ) -> tuple[tuple[Factor, ...], tuple[tuple[Value, ...], ...]]:
        if not isinstance(raw.get("table"), str):
            raise InputError('[design] table must be the path of a CSV file, in quotes, as in table = "plausible.csv"')
        if self._table("uncertainties"):
            raise InputError("[uncertainties] does not go with a table: the columns of the table vary")
        return read_design_table(self.folder / raw["table"], base, may_repeat=_yes_or_no(raw, "repeated", False))

    def _table(self, key: str) -> Mapping[str, Any]:
        table = self.data.get(key, {})
        if not isinstance(table, Mapping):
            raise InputError(f"{key} must be a table, [{key}]")
        return table

    def _text(self, key: str) -> str:
        raw = self.data.get(key, "")
        if not isinstance(raw, str):
            raise InputError(f"{key} = {shown(raw)} must be text in quotes")
        return raw


def _fixed(replicates: Mapping[str, Any]) -> int:
    if {"min", "step", "max"} & set(replicates):
        raise InputError("[replicates] min, step and max go with until = [...]; a fixed number of runs is n")
    check_known(replicates, ("n", "streams"), "[replicates] ")
    return _whole(replicates, "n", RUNS, "[replicates] ", 1, MOST_RUNS)


def _streams(replicates: Mapping[str, Any], recipe: Recipe, least: int) -> str:
    """Return whether the points share random numbers. least: the fewest runs of a point."""
    streams = replicates.get("streams", default_streams(least))
    if streams not in STREAMS:
        raise InputError(f"[replicates] streams = {shown(streams)} must be one of {', '.join(STREAMS)}")
    return streams if recipe.uncertainties else SHARED  # without uncertainties there is one row, and both settings are equal


def _sequential(replicates: Mapping[str, Any], series: Any, outcomes: Sequence[Outcome]) -> Sequential:
    where = "[replicates] "
    if "n" in replicates:
        raise InputError(f"{where}n does not go with until; give min, step and max")
    check_known(replicates, ("min", "step", "max", "until", "streams"), where)
    if series in ("quantiles", None):
        raise InputError(
            f'{where}until needs [output] series = "none" or "full": quantiles are taken over a fixed number of runs'
        )
    least = _whole(replicates, "min", 64, where, 2)
    step = _whole(replicates, "step", 64, where, 1)
    most = _whole(replicates, "max", 2048, where, least, MOST_RUNS)
    return Sequential(least, step, most, read_criteria(replicates["until"], where, outcomes))


def _yes_or_no(design: Mapping[str, Any], key: str, default: bool) -> bool:
    raw = design.get(key, default)
    if not isinstance(raw, bool):
        raise InputError(f"[design] {key} = {shown(raw)} must be true or false")
    return raw


def _whole(table: Mapping[str, Any], key: str, default: int, where: str, least: int, most: int = 2**63 - 1) -> int:
    raw = table.get(key, default)
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < least:
        raise InputError(f"{where}{key} = {shown(raw)} must be a whole number of {least} or more")
    if raw > most:
        raise InputError(f"{where}{key} = {shown(raw)} must be {most:,} or less")
    return raw

"""Runs that stop on an evening and keep their states, and runs that go on from there under other values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sim.experiments.design.sweep import Sweep
from sim.experiments.design.what_ifs import WhatIf
from sim.experiments.store.digest import code_digest
from sim.experiments.store.ensemble import open_ensemble
from sim.experiments.store.kept import load_sweep
from sim.experiments.store.stored import Stored
from sim.ground.errors import InputError
from sim.scenario.scenario import Scenario, branch_off

GOES_ON = "# Goes on from the runs saved in {folder}{under}: the same sweep --from command adds what lacks.\n"


def stopped(sweep: Sweep, day: int) -> Sweep:
    """Return a sweep that ends on the evening of a day and keeps the states. Raises InputError."""
    horizon = sweep.base.days
    return replace(_lasting(sweep, day, "--until"), horizon=horizon)


def sweep_continued(folder: Path, sets: Sequence[str], days: int | None = None) -> Sweep:
    """Return the sweep that takes up the runs saved in a folder, under `sets` from the day after their last evening.

    Every point keeps its values, but for those that are set. days: to play in all, those of the sweep when left out. Raises
    InputError where the folder holds no states, or not of every run that was asked for, or those of other code.
    """
    stored = _saved(Stored(folder), sets, "sweep")
    if stored.shortfall:
        raise InputError(f"{folder}: {stored.shortfall}; the command that saved them goes on with it")
    horizon = stored.manifest["horizon"]
    if days is not None:
        check_ends(stored, days)
    saved = _lasting(load_sweep(folder), horizon if days is None else days, "--from")
    names = stored.design.scenario_names or ("",)
    scenarios = {name: _branched(_of(saved, name), stored.base.days + 1, sets) for name in names}
    what_ifs = {name: WhatIf(each, saved.base) for name, each in scenarios.items() if each.hash != saved.base.hash}
    under = f" under {', '.join(sets)}" if sets else ""
    return replace(
        saved,
        recipe=replace(saved.recipe, what_ifs=what_ifs),
        runs=int(stored.wanted.max()),
        text=GOES_ON.format(folder=folder, under=under),
        streams=stored.streams,
        streams_chosen=True,
    )


def ensemble_continued(folder: Path, sets: Sequence[str]) -> Scenario:
    """Return the scenario that takes up the runs saved in a folder, under `sets` from the day after their last evening.

    Raises InputError where the folder holds no states, or those of other code.
    """
    saved = _saved(open_ensemble(folder), sets, "run")
    origin = saved.base.with_values({"days": saved.manifest["horizon"], "runs": saved.runs_there}, set_by="--from")
    return branch_off(replace(origin, name=saved.manifest["scenario"]), saved.base.days + 1, sets)


def check_ends(saved: Stored, days: int) -> None:
    """Raise InputError where runs would end before the evening on which they were saved."""
    if days < saved.base.days:
        said = f"was saved on the evening of {saved.base.end_date}; its runs cannot end before it"
        raise InputError(f"{saved.folder}: {said}")


def _saved(stored: Stored, sets: Sequence[str], command: str) -> Stored:
    """Return results whose states can be taken up again under `sets`. Raises InputError. command: what makes such."""
    if "horizon" not in stored.manifest:
        raise InputError(f"{stored.folder}: holds no saved states; make them with {command} --until DAY --save DIR")
    if stored.manifest["code"] != code_digest():
        raise InputError(f"{stored.folder}: was saved by another version of the code; save it again")
    if any(expression.partition("=")[0].strip() in ("seed", "start_date") for expression in sets):
        raise InputError("--from: seed and start_date cannot change; the runs keep their luck")
    return stored


def _lasting(sweep: Sweep, days: int, set_by: str) -> Sweep:
    """Return a sweep of other length, the scenarios of its lever too."""
    base = sweep.base.with_values({"days": days}, set_by=set_by)
    what_ifs = {
        name: WhatIf(replace(what_if.scenario.with_values({"days": days}, set_by=set_by), name=name), base)
        for name, what_if in sweep.recipe.what_ifs.items()
    }
    return replace(sweep, base=base, recipe=replace(sweep.recipe, what_ifs=what_ifs))


def _of(sweep: Sweep, name: str) -> Scenario:
    what_if = sweep.recipe.what_ifs.get(name)
    return sweep.base if what_if is None else what_if.scenario


def _branched(scenario: Scenario, day: int, sets: Sequence[str]) -> Scenario:
    return replace(branch_off(scenario, day, sets), name=scenario.name)

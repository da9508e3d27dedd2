"""Play one run again, the same to the last bit, and keep what a ledger says of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.ground.checks import FIRST_RUN, whole_number
from sim.model import TheatreModel
from sim.record.ledger import Keeper, Ledger
from sim.registry import as_scenario
from sim.scenario.scenario import Scenario
from sim.state.values import Columns


def keep_ledger(
    scenario: Scenario | str | Path, run: int, days: int | None = None, columns: Sequence[Columns] = ()
) -> Ledger:
    """Play run number `run` of a scenario again, to `days` or its horizon, and return its ledger.

    columns: the run's own values, one of each path, as TheatreModel takes them. Raises InputError.
    """
    scenario, run = as_scenario(scenario), whole_number("run", run, FIRST_RUN)
    model = TheatreModel(scenario, numbers=[run], columns=columns)
    ledger = open_ledger(model, scenario)
    model.run_to(scenario.days if days is None else days)
    return ledger


def open_ledger(model: TheatreModel, scenario: Scenario) -> Ledger:
    """Return an empty ledger that a model of one run of the scenario writes into from now on."""
    ledger = Ledger(scenario, int(model.draws.numbers[0]))
    model.watcher = Keeper(model.theatre, model.state, ledger)
    return ledger

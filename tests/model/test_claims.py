"""What cannot happen without its cause, on real runs: collapse, extension, request, withdrawal, and the record as a whole.

Each claim stands beside the runs in which the cause is there and the effect comes, so that it says something.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.agents import AGENTS
from sim.agents.base import Rule
from sim.agents.damascus.talks import a_foreign_base_stands_in_newly_held_land
from sim.agents.damascus.values import Values
from sim.agents.seen import Seen
from sim.model import TheatreModel
from sim.record.history import SERIES, History
from sim.record.outcomes import outcome_table
from sim.registry import load_scenario
from sim.state.state import NEVER, STAYING
from tests.lived import RUNS, lived

NO_TRANSFER = 'us.start_chance_per_day={ value = 0, range = [0, 1], source = "assumed: the test itself" }'
NO_TALKS = "damascus.talks_chance_per_day=0"


def played(name: str, *sets: str) -> History:
    """Return the record of RUNS runs of a scenario."""
    return lived(load_scenario(name, sets))


# --- no collapse without defection ------------------------------------------------------------------------------------


def test_without_defection_no_community_goes_over_and_no_cell_is_taken_by_it() -> None:
    history = played("no-defection")
    assert (history.gone_over_on == NEVER).all()
    assert (history.series["cells_by_defection"] == 0).all()


def test_without_defection_no_run_collapses_unless_a_deal_has_handed_the_ground_over() -> None:
    """Collapse: the SDF's share below half of its share at the start. The offensive alone never brings it about."""
    outcomes = outcome_table(played("no-defection"))
    by_force = ~np.isnan(outcomes["collapse_day"]) & ~(outcomes["deal_reached_on"] <= outcomes["collapse_day"])
    assert not by_force.any()


def test_with_defection_most_runs_collapse_before_any_deal() -> None:
    outcomes = outcome_table(played("baseline"))
    by_force = ~np.isnan(outcomes["collapse_day"]) & ~(outcomes["deal_reached_on"] <= outcomes["collapse_day"])
    assert by_force.mean() > 0.5


def test_the_offensive_comes_without_defection_too() -> None:
    """It is not for want of an offensive that nothing collapses."""
    fought = [(played(name).series["fighting_sectors"] > 1).any(axis=0).mean() for name in ("baseline", "no-defection")]
    assert fought[1] > 0.5 * fought[0] > 0.25


# --- no extension without a reason ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["baseline", "from-ceasefire"])
def test_without_transfer_and_without_talks_no_truce_is_ever_extended(name: str) -> None:
    series = played(name, NO_TRANSFER, NO_TALKS).series
    assert (series["detainees_transferred"] == 0).all()
    assert (series["deal"] == 0).all()
    assert series["truces"][-1].sum() > RUNS, "truces there are"
    assert series["truces_lapsed"][-1].sum() > RUNS, "and they come to their expiry"
    assert (series["truce_extensions"] == 0).all()


@pytest.mark.parametrize("removed", [NO_TRANSFER, NO_TALKS])
def test_either_reason_alone_extends_truces(removed: str) -> None:
    assert played("baseline", removed).series["truce_extensions"][-1].sum() > RUNS / 2


# --- no request while the SDF holds Hasakah province ------------------------------------------------------------------


class Requests:
    """Looks on while a model steps: what Damascus knew of Hasakah in the runs and on the days in which it asked."""

    def __init__(self, model: TheatreModel) -> None:
        self.model = model
        self.known: list[float] = []

    def decided(self, decision: str, rules: tuple[Rule, ...], seen: Seen, values: Values) -> None:
        if decision != "damascus.request":
            return
        rule = self.model.history.rule_names[decision].index(a_foreign_base_stands_in_newly_held_land.__name__)
        asked = self.model.orders.rules[decision] == rule
        self.known += seen.core_share_lost[asked].tolist()

    def advanced(self, mechanism: str) -> None:
        pass


@pytest.mark.parametrize("name", ["baseline", "damascus-presses-on", "from-ceasefire"])
def test_damascus_asks_moscow_only_once_it_knows_enough_of_hasakah_lost(name: str) -> None:
    scenario = load_scenario(name)
    model = TheatreModel(scenario, runs=RUNS)
    model.watcher = requests = Requests(model)
    model.run_to(30)
    assert len(requests.known) > RUNS / 2
    assert min(requests.known) >= scenario["damascus"].request_at_core_share


@pytest.mark.parametrize("name", ["baseline", "quiet-2025", "no-defection", "damascus-presses-on", "moscow-stays"])
def test_no_request_while_the_sdf_holds_hasakah(name: str) -> None:
    """On the evening before a request the province is lost in truth too, up to the error of observation (4 sd)."""
    series, values = played(name).series, load_scenario(name)["damascus"]
    lost, asked = series["hasakah_share_lost"], series["withdrawal_requested"] > 0
    enough = values.request_at_core_share - 4 * values.observation_error
    assert enough > lost[0].max(), "at the start the province is the SDF's"
    day, run = np.nonzero(asked[1:] & ~asked[:-1])
    assert (lost[day, run] >= enough).all()


# --- Moscow, and the record as a whole --------------------------------------------------------------------------------


def test_moscow_never_leaves_under_its_policy_to_stay() -> None:
    series = played("moscow-stays").series
    assert (series["withdrawal_requested"][-1] > 0).mean() > 0.5, "it is asked to"
    assert (series["withdrawal_phase"] == STAYING).all()
    assert (series["qamishli_persons"] == series["qamishli_persons"][0]).all()
    assert (series["tonnes_ordered_out"] == 0).all()


RECORD = (
    "sdf_share", "cells_by_assault", "cells_by_defection", "cells_by_hand_over",
    "campaign", "fighting_sectors", "truce", "truces", "truce_extensions", "deal",
    "killed_damascus", "killed_sdf", "killed_civilians", "partner_shifted", "institutions_handed_over",
    "withdrawal_requested", "withdrawal_phase", "tonnes_ordered_out", "sorties", "convoys",
    "qamishli_persons", "detainees_transferred", "us_bases", "us_persons", "us_strikes",
    "supply_delivered", "oil_share_damascus", "displaced_hasakah",
)  # fmt: skip
"""What the four actors brought about."""

NOT_THEIRS = (
    "attacks", "us_killed", "detainees_escaped", "detainees_recaptured", "detainees_held_by_sdf", "shaddadi_escapes",
    "shaddadi_recaptured", "al_hol_residents", "displaced_aleppo", "tie_damascus_moscow", "summit_result",
    "hmeimim_status", "tartus_status", "army_readiness", "sdf_prospects", "moscow_influence", "damascus_authority",
    "sdf_uncertainty", "influence_tie", "influence_status", "authority_recognition", "uncertainty_outcome",
)  # fmt: skip
"""What moves without an order: insurgents, prisoners who slip out, people who return, relations that fade, the summit on
the calendar, and what is reckoned from these."""


def test_nothing_is_scripted_with_all_four_actors_idle_nothing_of_the_record_happens() -> None:
    history = played("baseline", *(f'{agent.name}.policy="idle"' for agent in AGENTS))
    series = history.series
    moved = {name for name in SERIES if (series[name] != series[name][0]).any()}
    assert {name for name in moved if not name.startswith("attacks_")} <= set(NOT_THEIRS)
    assert (history.taken_on == NEVER).all()
    assert (history.gone_over_on == NEVER).all()
    assert series["shaddadi_escapes"].max() < 20, "a few slip out of a guarded prison, not the 120 to 200 of the record"


def test_all_of_the_record_happens_when_they_act() -> None:
    series = played("baseline").series
    assert not set(RECORD) & set(NOT_THEIRS)
    still = [name for name in RECORD if (series[name] == series[name][0]).all()]
    assert still == []

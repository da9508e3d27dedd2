"""The processes of the world against closed forms that are known for them, each through the project's own code."""

from __future__ import annotations

from functools import cache
from math import ceil, comb, exp

import numpy as np
import pytest
from scipy import stats

from sim.agents import damascus, sdf
from sim.draws import Draws, binomial, poisson
from sim.ground.theatre import Theatre
from sim.mechanisms import advance, attrition, defection, insurgency, truce, withdrawal
from sim.model import TheatreModel
from sim.registry import load_scenario
from sim.scenario.scenario import Scenario
from sim.state.orders import Orders
from sim.state.state import AIRFIELD, ARMY, DRAWING_DOWN, FIGHTERS, HELICOPTERS, STORES, State, sizes
from sim.state.values import PerMember
from tests.shipped import SECTORS
from tests.worlds import rates as rates_of

ENOUGH = 1e9
MANY = 50_000
"""Communities: near the fold a few thousand settle visibly elsewhere."""


@cache
def baseline() -> Scenario:
    return load_scenario("baseline")


# --- attrition: stochastic Lanchester laws ------------------------------------------------------------------------------


def wins(army: int, fighters: int, limit: float, advantage: float, runs: int = 4000) -> float:
    """Return the share of fights to the finish that the army wins, in steps so short that one falls at a time."""
    rates = rates_of("attrition", attacker_coefficient_per_day=1.0, defender_advantage=advantage)
    draws = Draws(7, range(runs))
    present = np.empty((2, len(SECTORS), runs), np.float32)
    present[ARMY], present[FIGHTERS] = army, fighters
    room = np.full(present.shape[1:], limit, np.float32)
    dt = 0.04 / min(max(army, fighters), limit)
    day = 0
    while (alive := (present > 0).all(axis=0)).any():
        day += 1
        dead = attrition.exchange(present, room, rates, draws, day, dt)
        present -= np.stack(dead) * alive
    return float((present[FIGHTERS] <= 0)[present[ARMY] > 0].sum() / (present > 0).any(axis=0).sum())


def ruin(army: int, fighters: int, chance: float) -> float:
    """Return the chance that all `fighters` fall before the `army` does; chance: that the next to fall is a fighter."""
    return sum(comb(fighters - 1 + lost, lost) * chance**fighters * (1 - chance) ** lost for lost in range(army))


@pytest.mark.parametrize(("army", "fighters", "share"), [(12, 10, 0.768646), (60, 50, 0.950655)])
def test_without_a_limit_of_contact_attrition_follows_the_square_law(army: int, fighters: int, share: float) -> None:
    """Exact win probabilities of the stochastic square law (Brown 1963; Kingman 2002)."""
    assert wins(army, fighters, ENOUGH, 1.0, runs=24_000 // army) == pytest.approx(share, abs=0.012)


def test_in_single_combat_attrition_follows_the_linear_law_which_is_the_gamblers_ruin() -> None:
    assert ruin(12, 10, 0.5) == pytest.approx(0.668188, abs=1e-6)
    assert wins(12, 10, 1.0, 1.0) == pytest.approx(0.668188, abs=0.012)
    assert wins(12, 5, 1.0, 2.0) == pytest.approx(ruin(12, 5, 1.0 / 3.0), abs=0.012)


# --- defection: the fold of a threshold cascade -------------------------------------------------------------------------


@pytest.mark.parametrize(("spread", "settles_at"), [(0.122, 0.0548), (0.123, 1.0)])
def test_a_well_mixed_cascade_folds_where_granovetter_says(spread: float, settles_at: float) -> None:
    """Thresholds at the normal quantiles (i - 1/2) / N of mean 0.25: the fixed point jumps between two spreads."""
    theatre = strip(MANY)
    state = State.zeros(sizes(theatre, 1), day=1)
    state.fighting[:] = True
    state.threshold[:, 0] = 0.25 + spread * stats.norm.ppf((np.arange(theatre.size) + 0.5) / theatre.size)
    rates = rates_of("defection", weight_like_class=1.0, weight_neighbours=0.0, weight_army=0.0, weight_guarantor=0.0,
        own_province_share=0.0, going_over_per_day=1.0,
    )  # fmt: skip
    before = -1
    while (gone := int(state.gone_over.sum())) != before:
        before = gone
        defection.advance(theatre, state, None, rates, None, 1.0)
    assert gone / theatre.size == pytest.approx(settles_at, abs=0.0005)


def test_without_an_offensive_nobody_goes_over_whatever_the_pressure() -> None:
    theatre = strip(50)
    state = State.zeros(sizes(theatre, 1), day=1)
    state.threshold[:] = -1.0
    defection.advance(theatre, state, None, rates_of("defection"), None, 1.0)
    assert state.gone_over.sum() == 0


# --- advance: the pace of a column --------------------------------------------------------------------------------------


def strip(cells: int) -> Theatre:
    """Return a road of cells, 10 km each, with Damascus's ground at its western end."""
    theatre = TheatreModel(baseline(), 1).theatre
    nowhere, damascus_ground = cells, cells + 1
    index = np.arange(cells)
    neighbours = np.stack([np.full(cells, nowhere), np.append(index[1:], nowhere), np.full(cells, nowhere), index - 1])
    neighbours[3, 0] = damascus_ground
    flat = {name: np.full(cells, value) for name, value in {"area_km2": 100.0, "population": 1.0}.items()}
    return Theatre(
        grid=theatre.grid,
        members=theatre.members,
        start_holder=theatre.start_holder,
        cells=index,
        community=np.ones(cells, bool),
        neighbours=neighbours,
        kin=np.minimum(neighbours, cells),
        edge_km=np.full((4, cells), 10.0, np.float32),
        road_edge=np.zeros((4, cells), bool),
        river_edge=np.zeros((4, cells), bool),
        sector=np.zeros(cells, np.int8),
        province=np.zeros(cells, np.int8),
        allegiance_class=np.zeros(cells, np.int8),
        **{name: values.astype(np.float32) for name, values in flat.items()},
    )


@pytest.mark.parametrize("sub_moves", [6, 12, 24])
@pytest.mark.parametrize("pace", [11.0, 28.0, 35.0])
def test_a_column_keeps_its_pace_whatever_the_number_of_sub_moves(sub_moves: int, pace: float) -> None:
    theatre, days = strip(60), 12
    state = State.zeros(sizes(theatre, 1), day=0)
    state.army[-1], state.gone_over[:-1], state.fighting[:] = 1.0, 1.0, True
    rates = rates_of("advance", gone_over_km_per_day=pace, tribes_take_hold_per_day=0.0)
    for _ in range(days):
        state.day += 1
        for _ in range(sub_moves):
            advance.advance(theatre, state, None, rates, None, 1.0 / sub_moves)
    assert abs((state.army[:-2] > 0).sum() - pace * days / 10.0) <= 1.5


# --- truce: survival of fixed terms -------------------------------------------------------------------------------------


def test_a_truce_survives_its_terms_as_hazard_and_extensions_say() -> None:
    """Of k terms of T days, each day at a hazard of breakdown and extended at its end: (exp(-h T) e)^k."""
    runs, term, hazard, extended, terms = 40_000, 5, 0.03, 0.6, 3
    rates = rates_of("truce", breakdown_per_day=hazard, breakdown_rise_per_violation=0.0, breakdown_factor_shared_task=1.0,
        breakdown_factor_guarantor_gone=1.0, violations_per_day=0.0,
    )  # fmt: skip
    theatre = strip(2)
    state = State.zeros(sizes(theatre, runs), day=0)
    state.truce[:], state.truce_ends[:], state.truce_term[:] = True, term, term
    draws, chance = Draws(3, range(runs)), np.random.default_rng(1)
    for day in range(1, term * terms + 1):
        orders = Orders.zeros(sizes(theatre, runs))
        orders.extension_offered[:], orders.extension_accepted[:] = term, chance.random(runs) < extended
        state.day = day
        truce.advance(theatre, state, orders, rates, draws, 1.0)
        if day % term == 0:
            k = day // term
            assert state.truce.mean() == pytest.approx((exp(-hazard * term) * extended) ** k, abs=0.01)
    assert (state.lapsed + state.broken + state.truce == 1).all()


# --- withdrawal: time from stock and capacity ---------------------------------------------------------------------------


@pytest.mark.parametrize(("stores", "sorties", "tonnes", "by_road"), [(500, 2, 40, 0), (500, 1, 50, 70), (41, 1, 40, 0)])
def test_stores_leave_in_the_days_that_capacity_allows(stores: int, sorties: int, tonnes: int, by_road: int) -> None:
    theatre = strip(2)
    state, orders = State.zeros(sizes(theatre, 3), day=0), Orders.zeros(sizes(theatre, 3))
    rates = rates_of("withdrawal", airlift_sorties_per_day=float(sorties), tonnes_per_sortie=float(tonnes),
        convoy_tonnes_per_day=float(by_road),
    )  # fmt: skip
    state.stock[AIRFIELD, STORES] = stores
    state.withdrawal[:] = DRAWING_DOWN
    draws, days = Draws(1, range(3)), 0
    while state.stock[AIRFIELD, STORES].any():
        days += 1
        state.day = days
        withdrawal.advance(theatre, state, orders, rates, draws, 1.0)
    assert days == ceil(stores / (sorties * tonnes + by_road))
    assert (state.tonnes_by_air + state.tonnes_by_road == stores).all()
    assert (state.stock[AIRFIELD, HELICOPTERS] == 0).all()


# --- insurgency: Hawkes process -----------------------------------------------------------------------------------------


def attacks_by_day(ratio: float, runs: int, days: int) -> np.ndarray:
    """Return (days, runs) attacks in one province whose process has a mean of 0.6 a day and this branching ratio."""
    theatre = TheatreModel(baseline(), 1).theatre
    share = PerMember(deir_ez_zor=1.0, raqqa=0.0, hasakah=0.0)
    rates = rates_of("insurgency", attacks_per_day=0.6, branching_ratio=ratio, memory_days=5.0, share=share,
        vacuum_factor=0.0, escapee_factor_per_hundred=0.0, strike_factor=1.0,
    )  # fmt: skip
    state, draws = State.zeros(sizes(theatre, runs), day=0), Draws(5, range(runs))
    counts = np.empty((days, runs))
    for day in range(days):
        state.day = day + 1
        insurgency.advance(theatre, state, None, rates, draws, 1.0)
        counts[day] = state.attacks[0]
    return counts


def test_attacks_have_the_mean_and_the_clustering_of_a_hawkes_process() -> None:
    """Mean mu / (1 - n); over windows much longer than the memory, variance over mean 1 / (1 - n)^2 (Hawkes 1971)."""
    runs, window, n = 300, 200, 0.45
    kept = attacks_by_day(n, runs, days=2000)[100:]
    assert kept.mean() == pytest.approx(0.6, rel=0.02)
    windows = kept[: len(kept) // window * window].reshape(-1, window, runs).sum(axis=1)
    assert windows.var() / windows.mean() == pytest.approx(1.0 / (1.0 - n) ** 2, rel=0.08)


def test_attacks_come_at_their_own_rate_from_the_first_day() -> None:
    """Expected number = rate x days in any stretch, the first weeks too, where nothing raises or lowers it."""
    theatre, runs, days = TheatreModel(baseline(), 1).theatre, 4000, 28
    rates = rates_of("insurgency", vacuum_factor=0.0, escapee_factor_per_hundred=0.0, strike_factor=1.0)
    state, draws = State.zeros(sizes(theatre, runs), day=0), Draws(6, range(runs))
    insurgency.initialise(theatre, state, rates, draws)
    share = rates.share[:, 0]
    total = np.zeros(3)
    for state.day in range(1, days + 1):
        insurgency.advance(theatre, state, None, rates, draws, 1.0)
        total += state.attacks.mean(axis=1)
        if state.day in (1, 7, days):
            assert total.sum() == pytest.approx(0.6 * state.day, rel=5 / np.sqrt(0.6 * state.day * runs) * 1.5)
    assert total == pytest.approx(0.6 * days * share, rel=0.06)


# --- luck: inversions ---------------------------------------------------------------------------------------------------


def test_counts_are_the_exact_quantiles_of_their_distributions() -> None:
    uniform = np.random.default_rng(2).random(60_000)
    uniform[:4] = [1e-12, 1 - 1e-12, 0.5, 2.0**-53]
    mean = np.resize([0.0, 1e-6, 0.3, 2.0, 15.9, 16.1, 500.0], uniform.shape)
    assert np.array_equal(poisson(uniform, mean), np.where(mean > 0, stats.poisson.ppf(uniform, np.maximum(mean, 1e-9)), 0))
    trials = np.resize([0.0, 1.0, 5.0, 900.0, 24_000.0], uniform.shape)
    chance = np.resize([0.0, 1e-7, 1e-3, 0.3, 0.9, 0.02, 1e-4], uniform.shape)
    assert np.array_equal(binomial(uniform, trials, chance), stats.binom.ppf(uniform, trials, chance))


def test_what_is_all_but_certain_happens_to_all_of_them() -> None:
    trials, uniform = np.array([0.0, 1.0, 5.0, 40.0, 40_000.0]), np.full(5, 0.5)
    hazard = np.full(5, 30.0, np.float32)  # of an abandoned prison, a high draw: its chance rounds to 1
    assert np.array_equal(binomial(uniform, trials, -np.expm1(-hazard)), trials)


# --- bargaining ---------------------------------------------------------------------------------------------------------


class Estimates:
    """What the SDF's rules read of a day."""

    def __init__(self, prospects: float, uncertainty: float = 0.0) -> None:
        self.prospects, self.uncertainty = np.array([prospects]), np.array([uncertainty])
        self.truce_term = self.truce = np.array([0.0])


@pytest.mark.parametrize(("offered", "accepts"), [(0.29, 0.0), (0.31, 1.0)])
def test_without_noise_an_offer_is_taken_above_fearons_reservation_value(offered: float, accepts: float) -> None:
    """Win probability 0.4 times a stake of 1 less a cost of 0.1 (Fearon 1995)."""
    values = rates_of("sdf", stake=1.0, cost_of_fighting=0.1, temperature=0.0005)
    assert sdf.acceptance(Estimates(0.4), values, offered)[0] == pytest.approx(accepts, abs=1e-6)


def test_noise_makes_the_answer_even_at_the_reservation_value_and_flatter_around_it() -> None:
    values = rates_of("sdf", stake=1.0, cost_of_fighting=0.1, temperature=0.05, noise_by_uncertainty=2.0)
    assert sdf.acceptance(Estimates(0.4, 0.7), values, 0.3)[0] == pytest.approx(0.5)
    sharp, dull = (sdf.acceptance(Estimates(0.4, doubt), values, 0.35)[0] for doubt in (0.0, 1.0))
    assert sharp == pytest.approx(1.0 / (1.0 + exp(-1.0)))
    assert dull == pytest.approx(1.0 / (1.0 + exp(-1.0 / 3.0)))


def test_the_declining_side_fights_from_powells_switch_point_on() -> None:
    """Fight if d q - p > w / (1 - w), with q = 1 - (1 - p)(1 - g) (Powell 2006)."""
    discount, given_up, cost = 0.9, 0.5, 0.1
    values = rates_of("sdf", discount=discount, power_given_up=given_up, cost_of_fighting=cost)
    # d (p + (1 - p) g) - p = w / (1 - w), solved for p, the other's win probability now
    switch = (discount * given_up - cost / (1 - cost)) / (1 - discount * (1 - given_up))
    for other_wins, fights in ((switch - 0.01, True), (switch + 0.01, False)):
        assert bool(sdf.a_deal_would_shift_power_too_fast(Estimates(1.0 - other_wins), values)[0]) is fights


def test_the_chance_to_extend_is_the_tables_at_its_terms_and_a_reason_shifts_its_logit() -> None:
    values = rates_of("damascus")
    base = values.extension_base
    table = {2.5: base.term_2_3_days, 5.5: base.term_4_7_days, 14: base.term_8_20_days, 40: base.term_21_60_days}
    for term, share in table.items():
        seen = Estimates(0.5)
        seen.truce_term = np.array([float(term)])
        assert damascus.truce.extension_chance(seen, values, 0.0)[0] == pytest.approx(share)
        odds = share / (1 - share) * 3.5
        assert damascus.truce.extension_chance(seen, values, np.log(3.5))[0] == pytest.approx(odds / (1 + odds))

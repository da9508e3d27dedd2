"""A tutorial of ten minutes: run, look, change one value, compare run by run, sweep.

Run it as a script (`.venv/bin/python examples/tutorial.py`), or open it in an editor with cells (each begins with
`# %%`). It writes to results/tutorial. Every printed number is from simulated runs of a model under stated assumptions: an
exploration, not a forecast.
"""

# %% [markdown]
# ## 1. One run
# A scenario has every value of a run. A model computes a block of runs; run 7 is the same history each time.

# %%
from pathlib import Path

import numpy as np

import sim

RUNS = 64
FOLDER = Path("results/tutorial")
FOLDER.mkdir(parents=True, exist_ok=True)

scenario = sim.load_scenario("baseline")
model = sim.TheatreModel(scenario, runs=RUNS)
model.run_to(8)  # the evening of 20 January 2026
share = model.history.series["sdf_share"]
print(f"{scenario.title}: {scenario.days} days from {scenario.start_date}")
print(f"one of {RUNS} runs: the SDF's share of the country went from {share[0, 7]:.3f} to {share[8, 7]:.3f} in 8 days")
print(f"all of them: {share[8].min():.3f} to {share[8].max():.3f}; a single run is not representative")

# %% [markdown]
# ## 2. Many runs
# `sim.run` computes complete histories and stores them in a folder; the same line again reuses them. An outcome has one
# value per run. A date is NaN if the event did not occur, so look first at how often it occurred, then at when.

# %%
base = sim.run("baseline", runs=RUNS, out=FOLDER / "baseline")
moved = base.outcomes["detainees_transferred"]
broke = base.outcomes["truce_broken_on"]
print(f"detainees moved to Iraq: median {np.median(moved):,.0f}, 5% to 95% {np.quantile(moved, [0.05, 0.95]).round()}")
print(f"a truce broke within its term in {np.isfinite(broke).sum()} of {RUNS} runs", end="")
print(f", half of those by day {np.nanmedian(broke):.0f}" if np.isfinite(broke).any() else "")

# %% [markdown]
# ## 3. Change one value
# A what-if is a small file over a base. It states its question, and the expected effects before the run.

# %%
what_if = FOLDER / "one-flight.toml"
what_if.write_text(
    """\
base = "baseline"
title = "One flight a day"
question = "How much longer does the withdrawal from Qamishli take with one cargo flight a day, and what else changes?"
expected = { qamishli_95_percent_out_on = "later" }

[withdrawal]
airlift_sorties_per_day = 1
"""
)
changed = sim.run(what_if, runs=RUNS, out=FOLDER / "one-flight")

# %% [markdown]
# ## 4. Compare run by run
# Run 17 of the what-if uses the random numbers of run 17 of the baseline (common random numbers), so differences of pairs
# cancel much of the chance variation. The output is the median of the pairs that differ, its interval, and the shares of
# pairs in which the what-if is higher or later, and lower or earlier. If every pair differs by 0, the outcome does not
# depend on the change. A date that did not occur is later by at least the remaining days.

# %%
names = ("qamishli_95_percent_out_on", "tonnes_by_road", "moscow_influence", "truce_agreed_on")
for difference in sim.compare(base.folder, changed.folder, outcomes=names).differences:
    within = f" [{difference.ci[0]:+.3g}, {difference.ci[1]:+.3g}]" if difference.ci else ""
    pairs = f"up in {difference.share_greater:.0%} of the pairs, down in {difference.share_less:.0%}"
    print(f"{difference.outcome.name}: {pairs}, difference {difference.diff:+.3g}{within}")

# %% [markdown]
# ## 5. Run a sweep
# One value is one answer. A sweep repeats the question for several values, with common random numbers.

# %%
(FOLDER / "flights.toml").write_text(
    """\
format = 1
name = "flights"
base = "baseline"

[design]
method = "grid"
include_base = false

[levers]
"withdrawal.airlift_sorties_per_day" = { values = [1, 2, 3] }

[replicates]
n = 32
"""
)
swept = sim.sweep(FOLDER / "flights.toml", out=FOLDER / "flights")
flights = np.array(swept.design.column("withdrawal.airlift_sorties_per_day"))
point, _, out_on = swept.values("qamishli_95_percent_out_on")
for value in sorted(set(flights.tolist())):
    days = out_on[flights[point] == value]
    dates = days[np.isfinite(days)]
    print(
        f"flights a day {value:g}: 95% out in {len(dates)} of {len(days)} runs, half of those by day {np.median(dates):.0f}"
    )

# %% [markdown]
# ## 6. Next steps
# The reasons behind a run: `pullback explain results/tutorial/baseline --run 7`. The values that drive an outcome:
# `pullback sensitivity`. Agreement with the record: `pullback hindcast`, and docs/LIMITS.md.

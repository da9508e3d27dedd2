"""A first lesson in ten minutes: run, look, change one value, compare run by run, sweep a little.

Run it as a script (`.venv/bin/python examples/tutorial.py`), or open it in an editor that knows cells (each begins with
`# %%`). It keeps what it makes in results/tutorial. Every number it prints is of simulated runs of a model under stated
assumptions: an exploration, not a forecast.
"""

# %% [markdown]
# ## 1. One run
# A scenario holds every value a run starts from. A model plays a block of runs; run 7 is the same history each time.

# %%
from pathlib import Path

import numpy as np

import sim

RUNS = 64
HERE = Path("results/tutorial")
HERE.mkdir(parents=True, exist_ok=True)

scenario = sim.load_scenario("baseline")
model = sim.TheatreModel(scenario, runs=RUNS)
model.run_to(8)  # the evening of 20 January 2026
share = model.history.series["sdf_share"]
print(f"{scenario.title}: {scenario.days} days from {scenario.start_date}")
print(f"one of {RUNS} runs: the SDF's share of the country went from {share[0, 7]:.3f} to {share[8, 7]:.3f} in 8 days")
print(f"all of them: {share[8].min():.3f} to {share[8].max():.3f}; one path says little")

# %% [markdown]
# ## 2. Many runs
# `sim.run` plays whole histories and keeps them in a folder; the same line again finds them there. An outcome is a value a
# run. A date that never came is none, so look at how often it came before you look at when.

# %%
base = sim.run("baseline", runs=RUNS, out=HERE / "baseline")
moved = base.outcomes["detainees_transferred"]
broke = base.outcomes["truce_broken_on"]
print(f"detainees moved to Iraq: median {np.median(moved):,.0f}, 5% to 95% {np.quantile(moved, [0.05, 0.95]).round()}")
print(f"a truce broke within its term in {np.isfinite(broke).sum()} of {RUNS} runs", end="")
print(f", half of those by day {np.nanmedian(broke):.0f}" if np.isfinite(broke).any() else "")

# %% [markdown]
# ## 3. Change one value
# A what-if is a small file over a base. It says beforehand what it should move, and why anybody would ask.

# %%
what_if = HERE / "one-flight.toml"
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
changed = sim.run(what_if, runs=RUNS, out=HERE / "one-flight")

# %% [markdown]
# ## 4. Compare run by run
# Run 17 of the what-if has the luck of run 17 of the baseline. So take the differences of pairs: luck that both share falls
# out. What is printed is one thing: the median of the pairs that differ, its interval, and in how many pairs the what-if is
# higher or later, and lower or earlier. A difference of 0 in every pair says that nothing here depends on it. A date that
# did not come is later by at least the days that were left.

# %%
names = ("qamishli_95_percent_out_on", "tonnes_by_road", "moscow_influence", "truce_agreed_on")
for each in sim.compare(base.folder, changed.folder, outcomes=names).differences:
    within = f" [{each.ci[0]:+.3g}, {each.ci[1]:+.3g}]" if each.ci else ""
    pairs = f"up in {each.share_greater:.0%} of the pairs, down in {each.share_less:.0%}"
    print(f"{each.outcome.name}: {pairs}, difference {each.diff:+.3g}{within}")

# %% [markdown]
# ## 5. Sweep a little
# One value at one place of its range is one answer. A sweep asks the same at several, each with the same luck.

# %%
(HERE / "flights.toml").write_text(
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
swept = sim.sweep(HERE / "flights.toml", out=HERE / "flights")
flights = np.array(swept.design.column("withdrawal.airlift_sorties_per_day"))
point, _, out_on = swept.values("qamishli_95_percent_out_on")
for value in sorted(set(flights.tolist())):
    mine = out_on[flights[point] == value]
    came = mine[np.isfinite(mine)]
    print(f"flights a day {value:g}: 95% out in {len(came)} of {len(mine)} runs, half of those by day {np.median(came):.0f}")

# %% [markdown]
# ## 6. What to ask next
# Why did a run go as it did: `pullback explain results/tutorial/baseline --run 7`. Which values an outcome rests on:
# `pullback sensitivity`. Where the model failed the record: `pullback hindcast`, and docs/LIMITS.md.

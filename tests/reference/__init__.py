"""A plain reference of the whole model: one run, loops and scalars, nothing shared with the agents and mechanisms.

It is slow on purpose. Each file tells a stretch of the day in the order it happens; day.py holds the day. Numbers are
kept in single precision where the core keeps them so, and added up in the same order, so that a threshold met to the last
bit falls to the same side. It reads the world (sim.ground.grid, sim.ground.theatre), the random streams (sim.draws.Draws),
the values of a scenario, the names
and indices of sim.state.state, and the first evening's plain values (sim.state.start.initial_state).
"""

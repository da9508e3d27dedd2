"""The four strategic actors, one per file: its values, its rules, its Mesa class.

An agent decides from its observations (Seen) and its values, and writes Orders. It never changes the state; mechanisms do.
Outside pressures are scenario values, not actors.
"""

from sim.agents.damascus import Damascus
from sim.agents.moscow import Moscow
from sim.agents.sdf import Sdf
from sim.agents.united_states import UnitedStates

AGENTS = (Damascus, Moscow, Sdf, UnitedStates)

"""The four strategic actors, one per file: its values, its rules, its Mesa class."""

from sim.agents.damascus import Damascus
from sim.agents.moscow import Moscow
from sim.agents.sdf import Sdf
from sim.agents.united_states import UnitedStates

AGENTS = (Damascus, Moscow, Sdf, UnitedStates)

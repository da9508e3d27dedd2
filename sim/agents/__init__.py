"""The four strategic actors, one per file: its values, its rules, its Mesa class.

Here belongs what somebody decides, from what is seen of the world (Seen) and own values, written as Orders. What then
happens is a mechanism; an agent changes no state. Pressures from outside are settings, not actors.
"""

from sim.agents.damascus import Damascus
from sim.agents.moscow import Moscow
from sim.agents.sdf import Sdf
from sim.agents.united_states import UnitedStates

AGENTS = (Damascus, Moscow, Sdf, UnitedStates)

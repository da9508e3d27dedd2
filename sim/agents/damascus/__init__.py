"""Damascus: the transitional government, its army and the tribes allied with it.

Interests: one army and one state, oil, crossings and prisons, foreign recognition. Red lines: the SDF as a bloc,
federalism. Source: facts section 4.
"""

from __future__ import annotations

from typing import ClassVar

from sim.agents.base import Policy, StrategicAgent, null_policies
from sim.agents.damascus.campaign import CAMPAIGN, PRESSING, WAITING
from sim.agents.damascus.talks import REQUEST, TALKS
from sim.agents.damascus.truce import NO_TRUCE, TRUCE
from sim.agents.damascus.values import Values

DOCUMENTED: Policy = {"campaign": CAMPAIGN, "truce": TRUCE, "talks": TALKS, "request": REQUEST}


class Damascus(StrategicAgent):
    """Takes ground that costs little, stops at the cities, asks foreign bases to leave."""

    name = "damascus"
    title = "Damascus"
    Values = Values
    policies: ClassVar[dict[str, Policy]] = {
        "documented": DOCUMENTED,
        "negotiate_first": DOCUMENTED | {"campaign": WAITING},
        "press_on": DOCUMENTED | {"campaign": PRESSING, "truce": NO_TRUCE},
        **null_policies(DOCUMENTED),
    }

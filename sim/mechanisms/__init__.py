"""What happens in the world: one process per file, each with its NAME, its Rates and its advance().

MECHANISMS stands in the order of the day. advance(theatre, state, orders, rates, luck, dt) moves the state by dt days and
never decides anything; begin(), where a mechanism has one, draws what belongs to a
run; the fighting ones run in several sub-moves a day, the others once. What somebody chooses is an agent's.
"""

from sim.mechanisms import (
    advance,
    assets,
    attrition,
    campaign,
    custody,
    defection,
    displacement,
    guarantee,
    indices,
    insurgency,
    prospects,
    relations,
    summit,
    supply,
    talks,
    transfer,
    truce,
    us_presence,
    withdrawal,
)

DIPLOMACY = (guarantee, talks, truce, summit, relations)
LOGISTICS = (withdrawal, supply, transfer, us_presence)
FIGHTING = (defection, advance)
AFTERMATH = (attrition, custody, insurgency, displacement, assets, prospects, indices)
MECHANISMS = DIPLOMACY + LOGISTICS + (campaign,) + FIGHTING + AFTERMATH

"""The processes of the world: one per file, each with its NAME, its Rates and its advance().

MECHANISMS is in the order of the day. advance(theatre, state, orders, rates, draws, dt) changes the state over dt days.
initialise(theatre, state, rates, draws), which some mechanisms have, sets the initial state and draws values of the whole
run. Fighting mechanisms run in several sub-moves a day, the others once. Decisions are taken by agents, never here.
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

"""The shipped members by the names that tests know them by."""

from __future__ import annotations

from sim.ground.members import shipped_members

MEMBERS = shipped_members()
SECTORS, CUSTODY_SITES, ASSETS, INSTITUTIONS = (
    MEMBERS.axes[axis] for axis in ("sectors", "custody_sites", "assets", "institutions")
)
US_BASES, COASTAL_BASES, INSURGENT_PROVINCES = (
    MEMBERS.axes[axis] for axis in ("us_bases", "coastal_bases", "insurgent_provinces")
)
POCKET = SECTORS.index("deir_hafer")
PRISONS = slice(0, 6)
SHADDADI, AL_AQTAN, AL_HOL, ROJ = map(CUSTODY_SITES.index, ("shaddadi_prison", "al_aqtan", "al_hol", "roj"))
SECURITY, CROSSINGS, AIRPORT, OIL, PRISONS_HANDED, ADMINISTRATION = range(6)
AT_HMEIMIM, AT_TARTUS = map(COASTAL_BASES.index, ("hmeimim", "tartus"))
TANF = US_BASES.index("al_tanf_garrison")

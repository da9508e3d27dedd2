"""Consistency of the first evening of a scenario: the map, its communities, custody and the truce."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.ground.grid import load_control
from sim.ground.lattice import HOLDERS
from sim.ground.members import Members
from sim.ground.theatre import ALLEGIANCE_CLASSES, CONTESTED, SDF, Theatre
from sim.state.start import Course, Start

JUDGED = ("hasakah", "raqqa", "deir_ez_zor", "aleppo")
"""Provinces whose sub-districts were assigned classes of allegiance (docs/SOURCES.md)."""


def contradictions(start: Start, control: str, communities: str, members: Members) -> list[str]:
    """Return a line for each contradiction between values of the first evening.

    control, communities: the rasters of the holders on that evening and before the offensive, by name or path.
    """
    if not isinstance(start, Start):
        return []
    return [*_unlisted(control, communities), *_custody(start, control, members), *_course(start.course)]


def about_the_map(theatre: Theatre, control: str, communities: str, classes: str) -> list[str]:
    """Return lines about the map: the communities of a map that is not shipped, and gaps of any map.

    Gaps are communities without an assigned class, and ground of no sector. control, communities, classes: the rasters, by
    name or path.
    """
    is_community, lines = theatre.community, []
    if control != _name(control):
        counts = np.bincount(theatre.allegiance_class[is_community], minlength=len(ALLEGIANCE_CLASSES))
        of_class = ", ".join(f"{count} {name}" for count, name in zip(counts, ALLEGIANCE_CLASSES, strict=True))
        lines.append(f"{_name(control)}: {counts.sum()} communities on {_name(communities)}: {of_class}")
    judged = [theatre.grid.province_index(key) for key in JUDGED]
    foreign = int((is_community & ~np.isin(theatre.province, judged)).sum())
    if foreign and not classes:
        where = ", ".join(JUDGED)
        lines.append(
            f"classes: {foreign} communities lie outside {where}, where no class of allegiance was assigned: they count as "
            "other, the class that goes over most easily; give a raster of 0, 1 and 2 at the top of the file, classes = ..."
        )
    unnamed = [index for index, sector in enumerate(theatre.members["sectors"]) if not sector.host]
    nowhere = int((is_community & np.isin(theatre.sector, unnamed)).sum())
    if nowhere:
        lines.append(f"sectors: {nowhere} communities lie in no named sector; only a general offensive reaches them")
    return lines


def _unlisted(control: str, communities: str) -> Iterator[str]:
    """Yield a line if the SDF holds cells that are not communities and therefore could never go over."""
    sdf_cells = np.isin(load_control(control), (SDF, CONTESTED))
    listed = np.isin(load_control(communities), (SDF, CONTESTED))
    if unlisted := int((sdf_cells & ~listed).sum()):
        yield (
            f"communities: {unlisted} cells that the SDF holds on {_name(control)} are not communities on "
            f"{_name(communities)} and could never go over; omit communities to use those of the map"
        )


def _custody(start: Start, control: str, members: Members) -> Iterator[str]:
    """Yield a line for each site guarded by the SDF on ground of others, or besieged on ground of the SDF."""
    holder = load_control(control)
    for member in members["custody_sites"]:
        site = member.key
        custody, code = start.custody[site], int(holder[member.cell])
        if (custody == "guarded" and code not in (SDF, CONTESTED)) or (custody == "besieged" and code == SDF):
            yield f"start.custody.{site} = {custody}, but its cell is {HOLDERS[code]} on {_name(control)}"


def _course(course: Course) -> Iterator[str]:
    """Yield a line for each contradiction between truce, campaign and counts of escapes."""
    left, term = course.truce_days_left, course.truce_term
    if left > term:
        yield f"start.course: truce_days_left = {left:g} is more than truce_term = {term:g}"
    if left > 0 and course.campaign != "none":
        yield f"start.course: campaign = {course.campaign}, but truce_days_left = {left:g} means that a truce is in force"
    if course.recaptured_shaddadi > course.escaped_shaddadi:
        yield "start.course: recaptured_shaddadi is more than escaped_shaddadi"


def _name(raster: str) -> str:
    return raster.rpartition("/")[2]

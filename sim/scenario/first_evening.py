"""What a scenario says of its first evening, held against itself: the map, its communities, custody and the truce."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.ground.grid import load_control
from sim.ground.lattice import HOLDERS
from sim.ground.members import Members
from sim.ground.theatre import ALLEGIANCE_CLASSES, CONTESTED, SDF, Theatre
from sim.state.start import Course, Start

JUDGED = ("hasakah", "raqqa", "deir_ez_zor", "aleppo")
"""Provinces whose sub-districts were judged when the classes of allegiance were drawn (docs/SOURCES.md)."""


def contradictions(start: Start, control: str, communities: str, members: Members) -> list[str]:
    """Return a line for each pair of statements that cannot both hold on the first evening.

    control, communities: the rasters of the holders on that evening and before the offensive, by name or path.
    """
    if not isinstance(start, Start):
        return []
    return [*_strangers(control, communities), *_custody(start, control, members), *_course(start.course)]


def about_the_map(theatre: Theatre, control: str, communities: str, classes: str) -> list[str]:
    """Return lines on the map: the communities of one that is not shipped, and on any map what does not fit it.

    That is classes nobody judged and ground of no sector. control, communities, classes: the rasters, by name or path.
    """
    mine, lines = theatre.community, []
    if control != _name(control):
        counts = np.bincount(theatre.allegiance_class[mine], minlength=len(ALLEGIANCE_CLASSES))
        of_class = ", ".join(f"{count} {name}" for count, name in zip(counts, ALLEGIANCE_CLASSES, strict=True))
        lines.append(f"{_name(control)}: {counts.sum()} communities on {_name(communities)}: {of_class}")
    judged = [theatre.grid.province_index(key) for key in JUDGED]
    foreign = int((mine & ~np.isin(theatre.province, judged)).sum())
    if foreign and not classes:
        where = ", ".join(JUDGED)
        lines.append(
            f"classes: {foreign} communities lie outside {where}, where no class of allegiance was judged: they count as "
            "other, which goes over easily; name a raster of 0, 1 and 2 at the top of the file, classes = ..."
        )
    unnamed = [index for index, sector in enumerate(theatre.members["sectors"]) if not sector.host]
    nowhere = int((mine & np.isin(theatre.sector, unnamed)).sum())
    if nowhere:
        lines.append(f"sectors: {nowhere} communities lie in no named sector; only a general offensive goes there")
    return lines


def _strangers(control: str, communities: str) -> Iterator[str]:
    """Find ground that the SDF holds on the map without its being a community, so that it could never go over."""
    held = np.isin(load_control(control), (SDF, CONTESTED))
    known = np.isin(load_control(communities), (SDF, CONTESTED))
    if strangers := int((held & ~known).sum()):
        yield (
            f"communities: {strangers} cells that the SDF holds on {_name(control)} are none of its communities on "
            f"{_name(communities)} and could never go over; leave communities out to take those of the map"
        )


def _custody(start: Start, control: str, members: Members) -> Iterator[str]:
    """Find sites that the SDF guards on ground it does not hold, or that are besieged on ground it does."""
    holder = load_control(control)
    for member in members["custody_sites"]:
        site = member.key
        custody, code = start.custody[site], int(holder[member.cell])
        if (custody == "guarded" and code not in (SDF, CONTESTED)) or (custody == "besieged" and code == SDF):
            yield f"start.custody.{site} = {custody}, but its cell is {HOLDERS[code]} on {_name(control)}"


def _course(course: Course) -> Iterator[str]:
    """Find a truce, a campaign or counts of escapes that exclude each other."""
    left, term = course.truce_days_left, course.truce_term
    if left > term:
        yield f"start.course: truce_days_left = {left:g} is more than truce_term = {term:g}"
    if left > 0 and course.campaign != "none":
        yield f"start.course: campaign = {course.campaign}, while truce_days_left = {left:g} says that a truce is in force"
    if course.recaptured_shaddadi > course.escaped_shaddadi:
        yield "start.course: recaptured_shaddadi is more than escaped_shaddadi"


def _name(raster: str) -> str:
    return raster.rpartition("/")[2]

"""The members of the axes: sectors, prisons and camps, assets, institutions, bases, provinces with a part, towns, gains.

They are rows of data with a source each, in sim/data/theatre.toml or a scenario's own file. The model identifies members by
kind and role, never by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from sim.ground.checks import first_repeated, shown
from sim.ground.errors import InputError
from sim.ground.grid import load_grid, read_raster
from sim.ground.grid_checks import NEAREST_CELL
from sim.ground.paths import data_folder
from sim.ground.user_text import read_toml

PLACES = {
    "custody_sites": "site", "assets": "site", "coastal_bases": "site", "us_bases": "site", "towns": "town",
    "core": "province", "insurgent_provinces": "province", "hosts": "province",
}  # fmt: skip
"""Axis -> kind of place of its members. Members of `gains` have it as their kind; members of other axes are not places."""

KINDS = {"custody_sites": ("prison", "camp"), "gains": ("town", "site")}
ROLES = {
    "sectors": ("exposed", "traded", "corridor", "airfield"),
    "hosts": ("behind_the_lines", "charted"),
    "institutions": ("custody", "airfield"),
    "coastal_bases": ("air", "port"),
    "us_bases": ("northeast",),
}
AXES = ("sectors", "institutions", "gains", *PLACES)
SHIPPED = "shipped"
"""Value in a scenario or a file of members that refers to the shipped data."""


@dataclass(frozen=True)
class Member:
    """A member of an axis. lat, lon: degrees, NaN if it is not a place. cell: lattice cell, or -1. province: index, or -1.

    institution: for an asset, the institution it is handed over with. host: for a sector, the province to which most of its
    displaced flee. letter: for a sector, its letter in the raster of sectors.
    """

    key: str
    name: str = ""
    kind: str = ""
    roles: tuple[str, ...] = ()
    institution: str = ""
    host: str = ""
    letter: str = ""
    source: str = ""
    lat: float = float("nan")
    lon: float = float("nan")
    cell: int = -1
    province: int = -1


@dataclass(frozen=True, eq=False)
class Members:
    """The members of every axis, in order."""

    of: Mapping[str, tuple[Member, ...]]
    digest: str = ""

    def __getitem__(self, axis: str) -> tuple[Member, ...]:
        return self.of[axis]

    @cached_property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """Keys by axis; oil_fields are the assets of that kind."""
        keys = {axis: tuple(member.key for member in members) for axis, members in self.of.items()}
        return keys | {"oil_fields": tuple(asset.key for asset in self.of["assets"] if asset.kind == "oil_field")}

    def index(self, axis: str, key: str) -> int:
        """Return the index of a member in its axis, -1 if there is no such member."""
        keys = self.axes[axis]
        return keys.index(key) if key in keys else -1

    def having(self, axis: str, role: str) -> np.ndarray:
        """Return (members,) bool: members with a role."""
        return self._having[axis, role]

    @cached_property
    def _having(self) -> dict[tuple[str, str], np.ndarray]:
        return {
            (axis, role): np.array([role in member.roles for member in self.of[axis]], bool)
            for axis, roles in ROLES.items()
            for role in roles
        }

    def of_kind(self, axis: str, kind: str) -> np.ndarray:
        """Return (members,) bool: members of a kind."""
        return self._kinds[axis] == kind

    @cached_property
    def _kinds(self) -> dict[str, np.ndarray]:
        return {axis: np.array([member.kind for member in members], object) for axis, members in self.of.items()}


def load_sectors(raster: str, members: Members) -> np.ndarray:
    """Return (cells,) int8 index into the members' sectors. raster: path of the user's own, "" for the shipped one.

    Raises InputError with line and column.
    """
    path = Path(raster) if raster else data_folder() / "sectors.txt"
    return read_raster(path, [sector.letter for sector in members["sectors"]])


@cache
def shipped_members() -> Members:
    """Return the shipped members."""
    return read_members(data_folder() / "theatre.toml")


def read_members(path: Path) -> Members:
    """Read a file of members, which gives the members of every axis: tables, [] for none, or "shipped".

    Raises InputError with the member.
    """
    data, _ = read_toml(path)
    for axis in data:
        if axis not in AXES:
            raise InputError(f"{path.name}: {axis} is not one of {', '.join(AXES)}")
    for axis in AXES:
        if axis not in data:
            raise InputError(f'{path.name}: {axis} is missing: give its members, "{SHIPPED}", or [] for none')
    members_by_axis: dict[str, tuple[Member, ...]] = {}
    for axis in AXES:
        if data[axis] == SHIPPED:
            members_by_axis[axis] = shipped_members()[axis]
            continue
        if not isinstance(data[axis], list) or not all(isinstance(row, Mapping) for row in data[axis]):
            raise InputError(f'{path.name}: {axis} must be tables, each under [[{axis}]], or [], or "{SHIPPED}"')
        try:
            members_by_axis[axis] = tuple(_member(axis, row) for row in data[axis])
        except InputError as error:
            raise InputError(f"{path.name}: {axis}: {error}") from None
    for fault in _faults(members_by_axis):
        raise InputError(f"{path.name}: {fault}")
    return Members(members_by_axis, blake2b(repr(members_by_axis).encode(), digest_size=16).hexdigest())


def _member(axis: str, row: Mapping[str, Any]) -> Member:
    given = dict(row)
    place: dict[str, Any] = {name: given.pop(name) for name in ("lat", "lon") if name in given}
    known = {item.name: item.type for item in fields(Member)}
    for name, raw in given.items():
        if name not in known or name in ("cell", "province"):
            raise InputError(f"{name} is not a known key of a member")
        wanted = list if name == "roles" else str
        if not isinstance(raw, wanted):
            raise InputError(f"{name} = {shown(raw)} must be {'a list of roles' if name == 'roles' else 'text in quotes'}")
    key = given.get("key", "")
    if not key.isidentifier():
        raise InputError(f"key = {shown(key)} must be letters, digits and _, as in my_prison")
    if not given.get("source", "").strip():
        raise InputError(f"{key}: source is missing: give the reason for its membership, or the word assumed")
    for name, allowed in (("kind", KINDS.get(axis)), ("roles", ROLES.get(axis, ()))):
        for raw in [given.get(name, "")] if name == "kind" else given.get(name, []):
            if allowed is not None and raw not in allowed:
                raise InputError(f"{key}: {name} {shown(raw)} is not one of {', '.join(allowed) or 'none'}")
    member = Member(**given | {"roles": tuple(given.get("roles", ()))})
    place_kind = member.kind if axis == "gains" else PLACES.get(axis, "")
    return _placed(member, place_kind, place) if place_kind else replace(member, name=member.name or key.replace("_", " "))


def _placed(member: Member, place_kind: str, place: Mapping[str, Any]) -> Member:
    """Return a member with its location: that of its key in the lattice tables, or the cell nearest to lat, lon."""
    grid, key = load_grid(), member.key
    if place:
        if (
            place_kind == "province"
            or len(place) < 2
            or not all(type(degrees) in (int, float) for degrees in place.values())
        ):
            raise InputError(f"{key}: give lat and lon in degrees, of a site or a town")
        off = np.maximum(np.abs(grid.lat - place["lat"]), np.abs(grid.lon - place["lon"]))
        if off.min() > NEAREST_CELL:
            raise InputError(f"{key}: {place['lat']} N, {place['lon']} E is in no cell of the country")
        if not member.name:
            raise InputError(f"{key}: name is missing")
        return replace(member, cell=int(off.argmin()), **place)
    try:
        if place_kind == "province":
            index = grid.province_index(key)
            return replace(member, province=index, name=member.name or grid.provinces[index].name)
        known = grid.town(key) if place_kind == "town" else grid.site(key)
    except KeyError:
        raise InputError(f"{key} is not a {place_kind} of the lattice; give lat, lon and name") from None
    return replace(member, cell=known.cell, lat=known.lat, lon=known.lon, name=member.name or known.name)


def _faults(members_by_axis: Mapping[str, tuple[Member, ...]]) -> Iterator[str]:
    """Yield a line for each inconsistency between members."""
    provinces = {province.key for province in load_grid().provinces}
    for axis, members in members_by_axis.items():
        if (duplicate := first_repeated(member.key for member in members)) is not None:
            yield f"{axis}: {duplicate} is given twice"
    for asset in members_by_axis["assets"]:
        if asset.institution and asset.institution not in {
            institution.key for institution in members_by_axis["institutions"]
        }:
            yield f"assets: {asset.key}: {asset.institution} is not one of the institutions"
    if not members_by_axis["sectors"]:
        yield "sectors: at least one is needed"
    letters = [sector.letter for sector in members_by_axis["sectors"]]
    if any(len(letter) != 1 for letter in letters) or len(set(letters)) < len(letters):
        yield "sectors: each needs a letter of its own, for the raster"
    for sector in members_by_axis["sectors"]:
        if sector.host and sector.host not in provinces:
            yield f"sectors: {sector.key}: host {sector.host} is not a province"

"""The members of the axes: sectors, prisons and camps, assets, institutions, bases, provinces with a part, towns, gains.

They are rows of data, sim/data/theatre.toml or a file of a scenario's own, each with its source. The model knows what a
member is by its kind and its roles, never by its name.
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
"""Axis -> what its members are; those of `gains` say it by their kind, those of the others are no places."""

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
"""Stands in a scenario, and in a file of members, for what the program brings along."""


@dataclass(frozen=True)
class Member:
    """A member of an axis. lat, lon: degrees, NaN where it is no place, and its lattice cell, -1. province: index, or -1.

    institution: of an asset, the institution that it goes with. host: of a sector, the province to which most of its
    displaced flee. letter: of a sector, in the raster of sectors.
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
    """The members of every axis, in their order."""

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
        """Return the place of a member in its axis, -1 where it is none."""
        keys = self.axes[axis]
        return keys.index(key) if key in keys else -1

    def having(self, axis: str, role: str) -> np.ndarray:
        """Return (members,) bool: those that have a role."""
        return self._having[axis, role]

    @cached_property
    def _having(self) -> dict[tuple[str, str], np.ndarray]:
        return {
            (axis, role): np.array([role in member.roles for member in self.of[axis]], bool)
            for axis, roles in ROLES.items()
            for role in roles
        }

    def of_kind(self, axis: str, kind: str) -> np.ndarray:
        """Return (members,) bool: those of a kind."""
        return self._kinds[axis] == kind

    @cached_property
    def _kinds(self) -> dict[str, np.ndarray]:
        return {axis: np.array([member.kind for member in members], object) for axis, members in self.of.items()}


def load_sectors(raster: str, members: Members) -> np.ndarray:
    """Return (cells,) int8 index into the members' sectors. raster: path of the user's own, "" for the shipped one.

    Raises InputError naming line and column.
    """
    path = Path(raster) if raster else data_folder() / "sectors.txt"
    return read_raster(path, [sector.letter for sector in members["sectors"]])


@cache
def shipped_members() -> Members:
    """Return the members that the program brings along."""
    return read_members(data_folder() / "theatre.toml")


def read_members(path: Path) -> Members:
    """Read a file of members, which says of every axis what its members are: tables, [] for none, or "shipped".

    Raises InputError naming the member.
    """
    data, _ = read_toml(path)
    for axis in data:
        if axis not in AXES:
            raise InputError(f"{path.name}: {axis} is not one of {', '.join(AXES)}")
    for axis in AXES:
        if axis not in data:
            raise InputError(f'{path.name}: {axis} is missing: give its members, "{SHIPPED}", or [] for none')
    made: dict[str, tuple[Member, ...]] = {}
    for axis in AXES:
        if data[axis] == SHIPPED:
            made[axis] = shipped_members()[axis]
            continue
        if not isinstance(data[axis], list) or not all(isinstance(row, Mapping) for row in data[axis]):
            raise InputError(f'{path.name}: {axis} must be tables, each under [[{axis}]], or [], or "{SHIPPED}"')
        try:
            made[axis] = tuple(_member(axis, row) for row in data[axis])
        except InputError as error:
            raise InputError(f"{path.name}: {axis}: {error}") from None
    for fault in _faults(made):
        raise InputError(f"{path.name}: {fault}")
    return Members(made, blake2b(repr(made).encode(), digest_size=16).hexdigest())


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
        raise InputError(f"{key}: source is missing: what makes it a member, or the word assumed")
    for name, allowed in (("kind", KINDS.get(axis)), ("roles", ROLES.get(axis, ()))):
        for raw in [given.get(name, "")] if name == "kind" else given.get(name, []):
            if allowed is not None and raw not in allowed:
                raise InputError(f"{key}: {name} {shown(raw)} is not one of {', '.join(allowed) or 'none'}")
    member = Member(**given | {"roles": tuple(given.get("roles", ()))})
    what = member.kind if axis == "gains" else PLACES.get(axis, "")
    return _placed(member, what, place) if what else replace(member, name=member.name or key.replace("_", " "))


def _placed(member: Member, what: str, place: Mapping[str, Any]) -> Member:
    """Return a member at its place: that of its key in the tables of the lattice, or the cell nearest to lat, lon."""
    grid, key = load_grid(), member.key
    if place:
        if what == "province" or len(place) < 2 or not all(type(each) in (int, float) for each in place.values()):
            raise InputError(f"{key}: give lat and lon in degrees, of a site or a town")
        off = np.maximum(np.abs(grid.lat - place["lat"]), np.abs(grid.lon - place["lon"]))
        if off.min() > NEAREST_CELL:
            raise InputError(f"{key}: {place['lat']} N, {place['lon']} E is in no cell of the country")
        if not member.name:
            raise InputError(f"{key}: name is missing")
        return replace(member, cell=int(off.argmin()), **place)
    try:
        if what == "province":
            index = grid.province_index(key)
            return replace(member, province=index, name=member.name or grid.provinces[index].name)
        found = grid.town(key) if what == "town" else grid.site(key)
    except KeyError:
        raise InputError(f"{key} is no {what} of the lattice; give lat, lon and name") from None
    return replace(member, cell=found.cell, lat=found.lat, lon=found.lon, name=member.name or found.name)


def _faults(made: Mapping[str, tuple[Member, ...]]) -> Iterator[str]:
    """Find what does not fit together."""
    provinces = {province.key for province in load_grid().provinces}
    for axis, members in made.items():
        if (twice := first_repeated(member.key for member in members)) is not None:
            yield f"{axis}: {twice} stands there twice"
    for asset in made["assets"]:
        if asset.institution and asset.institution not in {each.key for each in made["institutions"]}:
            yield f"assets: {asset.key}: {asset.institution} is none of the institutions"
    if not made["sectors"]:
        yield "sectors: at least one is needed"
    letters = [sector.letter for sector in made["sectors"]]
    if any(len(letter) != 1 for letter in letters) or len(set(letters)) < len(letters):
        yield "sectors: each needs a letter of its own, for the raster"
    for sector in made["sectors"]:
        if sector.host and sector.host not in provinces:
            yield f"sectors: {sector.key}: host {sector.host} is no province"

"""Find and read scenario files: one layer of values per file of a chain of bases, and one per `--set`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sim.ground.errors import InputError, one_line
from sim.ground.paths import scenario_folder
from sim.ground.user_text import read_toml

HEADING_KEYS = (
    "format", "title", "question", "base", "outcomes", "expected", "epoch", "start_date", "days", "runs", "seed", "control",
    "communities", "classes", "sectors", "sites", "timeline", "orders", "takes_effect",
    "as_run",
)  # fmt: skip
"""Keys at the top of a file; every other key is a section."""

RENAMED = {"asks": "question", "expect": "expected"}
RENAMED_OF_AN_ORDER = {"matter": "decision"}
"""Earlier spelling of a key -> its name: an error in a user's file, read as the new key in a results folder."""


class InputErrors(InputError):
    """Several errors in one file: the message is the first one with their number; `lines` has all."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(map(one_line, lines))
        more = f" (and {len(self.lines) - 1} more; pullback check lists them)" if len(self.lines) > 1 else ""
        super().__init__(self.lines[0] + more)

    def __reduce__(self) -> tuple[type, tuple[tuple[str, ...]]]:
        return InputErrors, (self.lines,)


@dataclass(frozen=True)
class Layer:
    """The values of one file or `--set`.

    name: origin noted in its entries. where: start of its error messages. folder: base of its relative paths. complete: it
    has no base and must set every value.
    """

    name: str
    where: str
    folder: Path
    data: Mapping[str, Any]
    complete: bool = False

    @property
    def tables(self) -> dict[str, Any]:
        """The sections, including unknown keys."""
        return {key: raw for key, raw in self.data.items() if key not in HEADING_KEYS and key not in RENAMED}


def scenario_names() -> tuple[str, ...]:
    """Return the names of the shipped scenarios, sorted."""
    return tuple(sorted(path.stem for path in scenario_folder().glob("*.toml")))


def near_miss(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean X?" for the closest of `known`, or "". Of a dotted path the section may be wrong."""
    known = list(known)
    same_ending = [path for path in known if "." in word and path.rpartition(".")[2] == word.rpartition(".")[2]]
    likeliest = get_close_matches(word, known, 1) if len(same_ending) != 1 else same_ending
    return f"; did you mean {likeliest[0]}?" if likeliest else ""


def check_known(
    table: Iterable[str], keys: Iterable[str], where: str, renamed: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Raise InputError for the first key of a table that is not one of `keys`.

    where: start of the message. renamed: earlier spellings, by the name to write.
    """
    for key in table:
        if key in renamed:
            raise InputError(f"{where}{renamed_key(key, renamed)}")
        if key not in keys:
            hint = near_miss(key, keys) or f"; known are {', '.join(keys)}"
            raise InputError(f"{where}{key} is not a known key{hint}")


def renamed_key(key: str, renamed: Mapping[str, str]) -> str:
    """Return the message for a key in its earlier spelling."""
    return f"{key} was renamed: write {renamed[key]}"


def in_current_keys(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the tables of a scenario or sweep file of a results folder with the earlier spellings replaced."""
    current = {RENAMED.get(key, key): raw for key, raw in data.items()}
    orders = current.get("orders")
    if isinstance(orders, list) and all(isinstance(item, Mapping) for item in orders):
        current["orders"] = [{RENAMED_OF_AN_ORDER.get(key, key): raw for key, raw in item.items()} for item in orders]
    return current


def find_scenario(name_or_path: str | Path, beside: Path = Path()) -> Path:
    """Return the file of a shipped scenario by name, or of a path: a text with a slash or ending in .toml.

    beside: base of a relative path. Raises InputError for a name that is not shipped.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or "/" in text or text.endswith(".toml"):
        return beside / name_or_path
    if text in scenario_names():
        return scenario_folder() / f"{text}.toml"
    hint = near_miss(text, scenario_names()) or "; pullback list names them (a path needs a slash or .toml)"
    raise InputError(f"{text or 'an empty name'} is not a known scenario{hint}")


def read_layers(name_or_path: str | Path, kept: bool = False) -> tuple[Layer, ...]:
    """Read a scenario file and the chain of its bases; the complete file comes first.

    kept: the file belongs to a results folder, which may be older than a renamed key.
    Raises InputError for a file that cannot be found or read, that is not TOML, or whose chain of bases is circular.
    """
    layers: list[Layer] = []
    path, seen = find_scenario(name_or_path), []
    while True:
        seen.append(path.resolve())
        data = in_current_keys(_read_toml(path)) if kept else _read_toml(path)
        base = data.get("base")
        layers.insert(0, Layer(path.stem, path.name, path.parent, data, complete="base" not in data))
        if "base" not in data:
            return tuple(layers)
        if not isinstance(base, str):
            raise InputError(f"{path.name}: base must be the name of a scenario or a path, in quotes")
        try:
            path = find_scenario(base, beside=path.parent)
        except InputError as error:
            raise InputError(f"{layers[0].where}: base: {error}") from None
        if path.resolve() in seen:
            chain = " -> ".join([layer.name for layer in reversed(layers)] + [path.stem])
            raise InputError(f"{layers[0].where}: the chain of bases is circular: {chain}")


def read_set(expression: str) -> Layer:
    """Read one `--set KEY=VALUE`, whose value is TOML, as a layer. Raises InputError with an example."""
    key, equals, text = (part.strip() for part in expression.partition("="))
    if not (key and equals and text):
        raise InputError(f"--set {expression}: give KEY=VALUE, as in --set withdrawal.airlift_sorties_per_day=3")
    try:
        data = tomllib.loads(expression)
    except (ValueError, RecursionError) as error:
        if re.fullmatch(r"[A-Za-z][\w -]*", text):
            raise InputError(f"--set {expression}: text needs quotes: --set '{key}=\"{text}\"'") from None
        raise InputError(f"--set {expression}: not TOML: {error}") from None
    return Layer("--set", "--set", Path(), data)


def _read_toml(path: Path) -> Mapping[str, Any]:
    if path.stem in scenario_names() and not path.exists():
        raise InputError(f"{path}: no such file; the shipped scenario is called {path.stem}")
    return read_toml(path)[0]

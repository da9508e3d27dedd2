"""The dated record: observations with their range of reports, and what forecasts without a model say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sim.checks import first_repeated, same
from sim.errors import InputError
from sim.outcomes import DATE, NUMBER, OUTCOMES, YES_NO, Outcome
from sim.paths import data_folder
from sim.scenario_file import near_miss
from sim.user_text import read_toml

SCORES = ("crps", "brier", "interval")
KEYS = ("name", "outcome", "observed", "unit", "score", "nothing_changes", "used_to_fit", "confidence", "source")
OPTIONAL = ("by", "disagreement", "climatology")
CLIMATOLOGY_KEYS = ("values", "source")
NEVER_SAYS = "never"


@dataclass(frozen=True)
class Climatology:
    """What the past says: values, an ensemble of past cases (for yes_no: of shares), and where they are from."""

    values: tuple[Any, ...]
    source: str


@dataclass(frozen=True)
class Observation:
    """A dated fact with its range of reports.

    observed: (low, central, high), dates as calendar dates. nothing_changes: what that forecast says, NEVER_SAYS for a date
    that would not come. by: the evening by which it was so, None where unstated; a date says so itself. disagreement: in
    what the reports differ. climatology: None where no past cases are known.
    """

    name: str
    outcome: str
    observed: tuple[Any, Any, Any]
    unit: str
    score: str
    nothing_changes: Any
    used_to_fit: bool
    confidence: str
    source: str
    by: date | None = None
    disagreement: str = ""
    climatology: Climatology | None = None

    @property
    def seen_by(self) -> date | None:
        """The last evening a scenario must cover to say anything of it, None where that is not stated."""
        return self.observed[1] if isinstance(self.observed[1], date) else self.by

    @property
    def unchanged(self) -> bool:
        """Whether "nothing changes" lies within the reports, so that being right shows nothing."""
        low, _, high = self.observed
        return self.nothing_changes != NEVER_SAYS and low <= self.nothing_changes <= high

    def lies_within(self, start: date, end: date) -> bool:
        """Whether it came after the evening of the start, when it was still open, and before the runs end."""
        return self.seen_by is None or start < self.seen_by <= end


def load_observations(path: str | Path | None = None) -> tuple[Observation, ...]:
    """Read the shipped record, or the user's own. Raises InputError naming the observation and what is wrong."""
    path = Path(path) if path else data_folder() / "observations.toml"
    data, _ = read_toml(path)
    unknown = [key for key in data if key not in ("format", "observation")]
    tables = data.get("observation")
    if unknown or data.get("format") != 1 or not _are_tables(tables):
        raise InputError(f"{path.name}: expected format = 1 and tables [[observation]], and nothing else")
    made = tuple(_observation(f"{path.name}: observation {number}", item) for number, item in enumerate(tables or (), 1))
    names = [item.name for item in made]
    for number, name in enumerate(names, 1):
        if same(name) in map(same, names[: number - 1]):
            raise InputError(f"{path.name}: observation {number}: another one has the name {name!r}")
    twice = first_repeated(made, key=lambda item: (item.outcome, same(item.observed), item.by))
    if twice is not None:
        raise InputError(f"{path.name}: {twice.name}: another one says the same of {twice.outcome}; leave one of them out")
    return made


def _are_tables(raw: Any) -> bool:
    return isinstance(raw, list) and bool(raw) and all(isinstance(item, Mapping) for item in raw)


def _observation(where: str, item: Mapping[str, Any]) -> Observation:
    _known(item, KEYS + OPTIONAL, where)
    missing = [key for key in KEYS if key not in item]
    if missing:
        raise InputError(f"{where}: lacks {', '.join(missing)}")
    for key in ("name", "outcome", "unit", "score", "confidence", "source", "disagreement"):
        if not isinstance(item.get(key, ""), str):
            raise InputError(f"{where}: {key} must be text in quotes")
    if not isinstance(item["used_to_fit"], bool):
        raise InputError(f"{where}: used_to_fit must be true or false")
    known = {outcome.name: outcome for outcome in OUTCOMES}
    if item["outcome"] not in known:
        raise InputError(f"{where}: {item['outcome']} is not a known outcome{near_miss(item['outcome'], known)}")
    outcome = known[item["outcome"]]
    _check_score(item["score"], outcome, where)
    _check_observed(item["observed"], outcome, where)
    if not _is_said(item["nothing_changes"], outcome) and (outcome.type, item["nothing_changes"]) != (DATE, NEVER_SAYS):
        wanted = '"never" or a date' if outcome.type == DATE else "a number"
        raise InputError(f"{where}: nothing_changes must be {wanted}")
    if type(item.get("by", date.min)) is not date:
        raise InputError(f"{where}: by must be a date without quotes, as in 2026-01-24")
    past = _climatology(item["climatology"], outcome, where) if "climatology" in item else None
    return Observation(**{**item, "observed": tuple(item["observed"]), "climatology": past})


def _check_score(score: str, outcome: Outcome, where: str) -> None:
    if score not in SCORES:
        raise InputError(f"{where}: score = {score!r} is not one of {', '.join(SCORES)}")
    if outcome.type not in (DATE, NUMBER, YES_NO):
        raise InputError(f"{where}: {outcome.name} is a {outcome.type}; numbers, dates and yes_no can be scored")
    if (score == "brier") != (outcome.type == YES_NO):
        raise InputError(f"{where}: score brier is for yes_no outcomes and for no others; {outcome.name} is {outcome.type}")


def _check_observed(observed: Any, outcome: Outcome, where: str) -> None:
    if not (isinstance(observed, list) and len(observed) == 3 and all(_is_said(x, outcome) for x in observed)):
        kind = "dates" if outcome.type == DATE else "numbers"
        raise InputError(f"{where}: observed must be three {kind}, [low, central, high]")
    if not observed[0] <= observed[1] <= observed[2]:
        raise InputError(f"{where}: observed = [low, central, high] must not fall")
    if outcome.type == YES_NO and not set(observed) <= {0, 1}:
        raise InputError(f"{where}: observed must be 0 for no or 1 for yes, each of low, central, high")


def _is_said(raw: Any, outcome: Outcome) -> bool:
    """Whether a value is one that the outcome can take."""
    return type(raw) is date if outcome.type == DATE else isinstance(raw, (int, float)) and not isinstance(raw, bool)


def _climatology(raw: Any, outcome: Outcome, where: str) -> Climatology:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("values"), list) or not isinstance(raw.get("source"), str):
        raise InputError(f'{where}: climatology must be a table, as in {{ values = [16, 20], source = "..." }}')
    _known(raw, CLIMATOLOGY_KEYS, f"{where}: climatology")
    if not raw["values"] or not all(_is_said(x, outcome) for x in raw["values"]):
        raise InputError(f"{where}: climatology: values must be {'dates' if outcome.type == DATE else 'numbers'}")
    return Climatology(tuple(raw["values"]), raw["source"])


def _known(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in keys:
            raise InputError(f"{where}: {key} is not a known key{near_miss(key, keys)}")

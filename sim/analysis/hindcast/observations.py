"""Read a record file and check the keys, values, unit and dates of every observation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sim.analysis.hindcast.observation import BY, END, NEVER_OCCURS, NO_CATEGORY, Climatology, Observation, event_of
from sim.ground.checks import first_repeated, same
from sim.ground.errors import InputError
from sim.ground.paths import data_folder
from sim.ground.user_text import read_toml
from sim.record.outcomes import CATEGORY, COVERED, DATE, NUMBER, OUTCOMES, YES_NO, Outcome, outcomes_of
from sim.scenario.files import check_known, near_miss
from sim.scenario.own_outcomes import OwnOutcome, over, own_outcomes

SCORES = ("crps", "brier", "interval")
KEYS = ("name", "outcome", "unit", "score", "nothing_changes", "used_to_fit", "confidence", "source")
EVENT_KEYS = {DATE: ("came_by", "not_by", "not_before"), NUMBER: ("at_least", "at_most"), CATEGORY: ("is",), YES_NO: ()}
"""Keys of an event, instead of `observed`, by type of outcome."""
OPTIONAL = (
    "observed",
    "by",
    "since",
    "read",
    "disagreement",
    "climatology",
    *(key for keys in EVENT_KEYS.values() for key in keys),
)
CLIMATOLOGY_KEYS = ("values", "source")
SHIPPED = data_folder() / "observations.toml"


def load_observations(path: str | Path | None = None, own: tuple[OwnOutcome, ...] = ()) -> tuple[Observation, ...]:
    """Read the shipped record, or the user's own. Raises InputError with the observation and the fault.

    own: the scenario's outcomes, which observations may use; those of the record itself take precedence.
    """
    path = Path(path) if path else SHIPPED
    data, _ = read_toml(path)
    unknown = [key for key in data if key not in ("format", "observation", "outcomes")]
    tables = data.get("observation")
    if unknown or data.get("format") != 1 or not _are_tables(tables):
        raise InputError(f"{path.name}: expected format = 1, tables [[observation]], [outcomes] if any, and nothing else")
    own = own_in(path, own)
    known = outcomes_of(own)
    observations = tuple(
        _observation(f"{path.name}: observation {number}", item, known, own) for number, item in enumerate(tables or (), 1)
    )
    names = [item.name for item in observations]
    for number, name in enumerate(names, 1):
        if same(name) in map(same, names[: number - 1]):
            raise InputError(f"{path.name}: observation {number}: another one has the name {name!r}")
    duplicate = first_repeated(observations, key=lambda item: (item.outcome, same(item.observed), item.by))
    if duplicate is not None:
        raise InputError(
            f"{path.name}: {duplicate.name}: another one has the same value of {duplicate.outcome}; leave one of them out"
        )
    return observations


def own_in(path: str | Path | None, own: tuple[OwnOutcome, ...] = ()) -> tuple[OwnOutcome, ...]:
    """Return outcomes with those that a record defines put on top. Raises InputError."""
    path = Path(path) if path else SHIPPED
    try:
        made = over(own, own_outcomes(read_toml(path)[0].get("outcomes", {})))
        outcomes_of(made)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None
    return made


def _are_tables(raw: Any) -> bool:
    """Whether it is a non-empty list of tables."""
    return isinstance(raw, list) and bool(raw) and all(isinstance(item, Mapping) for item in raw)


def _observation(
    where: str, item: Mapping[str, Any], outcomes: tuple[Outcome, ...], own: tuple[OwnOutcome, ...]
) -> Observation:
    """Return a checked observation. where: its name in messages. outcomes: those it may use. Raises InputError."""
    check_known(item, KEYS + OPTIONAL, f"{where}: ")
    missing = [key for key in KEYS if key not in item]
    if missing:
        raise InputError(f"{where}: lacks {', '.join(missing)}")
    for key in ("name", "outcome", "unit", "score", "confidence", "source", "disagreement"):
        if not isinstance(item.get(key, ""), str):
            raise InputError(f"{where}: {key} must be text in quotes")
    if not isinstance(item["used_to_fit"], bool):
        raise InputError(f"{where}: used_to_fit must be true or false")
    known = {outcome.name: outcome for outcome in outcomes}
    if item["outcome"] not in known:
        raise InputError(f"{where}: {item['outcome']} is not a known outcome{near_miss(item['outcome'], known)}")
    outcome = known[item["outcome"]]
    event_keys = _event_keys(item, outcome, where)
    _check_score(item["score"], outcome, bool(event_keys), where)
    if not event_keys:
        _check_observed(item, outcome, where)
    if item["unit"] != outcome.unit:
        raise InputError(f'{where}: unit = "{item["unit"]}" does not fit; {outcome.name} is in "{outcome.unit}"')
    _check_nothing_changes(item["nothing_changes"], outcome, where)
    _check_days(item, outcome, event_keys, where)
    event = event_of(item, outcome.type, outcome.categories)
    kept = {key: value for key, value in item.items() if key in Observation.__dataclass_fields__}
    if "climatology" in item:
        kept["climatology"] = _climatology(item["climatology"], outcome, where)
    if outcome.type == CATEGORY:
        kept["nothing_changes"] = _index(item["nothing_changes"], outcome)
    observed = tuple(item["observed"]) if "observed" in item else (1, 1, 1)
    kept["own"] = own if outcome not in OUTCOMES else ()
    return Observation(**{**kept, "observed": observed, "event": event, "by": _seen_by(item)})


def _event_keys(item: Mapping[str, Any], outcome: Outcome, where: str) -> tuple[str, ...]:
    """Return the keys of an event, given instead of a value. Raises InputError if they do not fit the outcome."""
    event_keys = tuple(key for keys in EVENT_KEYS.values() for key in keys if key in item)
    for key in event_keys:
        if key not in EVENT_KEYS[outcome.type]:
            raise InputError(f"{where}: {key} does not go with {outcome.name}, which is a {outcome.type}")
        if key == "is":
            if item[key] not in outcome.categories:
                raise InputError(f"{where}: is = {item[key]!r} is not one of {', '.join(outcome.categories)}")
        elif not _is_value(item[key], outcome):
            raise InputError(f"{where}: {key} must be a {'date without quotes' if outcome.type == DATE else 'number'}")
    if event_keys and "observed" in item:
        raise InputError(f"{where}: give observed or {' and '.join(event_keys)}, not both")
    if outcome.type == CATEGORY and not event_keys:
        raise InputError(f'{where}: {outcome.name} is a category; give it with is = "{outcome.categories[0]}"')
    if not event_keys and "observed" not in item:
        others = f", or {', '.join(EVENT_KEYS[outcome.type])}" if EVENT_KEYS[outcome.type] else ""
        raise InputError(f"{where}: lacks observed = [low, central, high]{others}")
    if "not_by" in event_keys and len(event_keys) > 1:
        raise InputError(
            f"{where}: not_by goes without others; leave out {' and '.join(key for key in event_keys if key != 'not_by')}"
        )
    low, high = (
        next((item[key] for key in keys if key in item), None)
        for keys in (("not_before", "at_least"), ("came_by", "at_most"))
    )
    if low is not None and high is not None and low > high:
        raise InputError(f"{where}: {' and '.join(event_keys)} exclude every value")
    return event_keys


def _check_score(score: str, outcome: Outcome, is_event: bool, where: str) -> None:
    if score not in SCORES:
        raise InputError(f"{where}: score = {score!r} is not one of {', '.join(SCORES)}")
    if is_event and score != "brier":
        raise InputError(f"{where}: an event is scored by brier, not by {score}")
    if not is_event and ((outcome.type == YES_NO and score != "brier") or (outcome.type == NUMBER and score == "brier")):
        raise InputError(
            f"{where}: score brier is for yes or no: yes_no outcomes, a date that had occurred by a day, at_least, at_most"
            f"; {outcome.name} is {outcome.type}"
        )


def _check_observed(item: Mapping[str, Any], outcome: Outcome, where: str) -> None:
    observed, is_answer = item["observed"], item["score"] == "brier"
    fits = _is_number if is_answer else lambda x: _is_value(x, outcome)
    if not (isinstance(observed, list) and len(observed) == 3 and all(fits(x) for x in observed)):
        kind = "dates" if outcome.type == DATE and not is_answer else "numbers"
        raise InputError(f"{where}: observed must be three {kind}, [low, central, high]")
    if not observed[0] <= observed[1] <= observed[2]:
        raise InputError(f"{where}: observed = [low, central, high] must not fall")
    if is_answer and not set(observed) <= {0, 1}:
        raise InputError(f"{where}: observed must be 0 for no or 1 for yes, each of low, central, high")
    if is_answer and outcome.type == DATE and "by" not in item:
        raise InputError(f"{where}: brier scores whether {outcome.name} had occurred by a day: give by")


def _check_nothing_changes(raw: Any, outcome: Outcome, where: str) -> None:
    if outcome.type == CATEGORY:
        if raw not in (*outcome.categories, NO_CATEGORY):
            raise InputError(f"{where}: nothing_changes must be {NO_CATEGORY!r} or one of {', '.join(outcome.categories)}")
    elif not _is_value(raw, outcome) and (outcome.type, raw) != (DATE, NEVER_OCCURS):
        expected = '"never" or a date' if outcome.type == DATE else "a number"
        raise InputError(f"{where}: nothing_changes must be {expected}")


def _check_days(item: Mapping[str, Any], outcome: Outcome, event_keys: tuple[str, ...], where: str) -> None:
    for key in ("by", "since"):
        if type(item.get(key, date.min)) is not date:
            raise InputError(f"{where}: {key} must be a date without quotes, as in 2026-01-24")
    if item.get("read", BY) not in (BY, END):
        raise InputError(f"{where}: read must be {BY!r}, the evening of by, or {END!r}, the last one")
    if outcome.type == DATE and event_keys and "by" in item:
        raise InputError(f"{where}: {' and '.join(event_keys)} name the day; leave out by")
    if "since" in item:
        if outcome.type != NUMBER or COVERED in outcome.arises:
            raise InputError(f"{where}: since needs a number without a day in its name; not {outcome.name}")
        if "by" not in item or not item["since"] < item["by"] or item.get("read") == END:
            raise InputError(f"{where}: since needs a later by, on whose evening the change ends")


def _seen_by(item: Mapping[str, Any]) -> date | None:
    """Return the evening of the observation."""
    before = item["not_before"] - timedelta(1) if "not_before" in item else None
    return item.get("came_by") or item.get("not_by") or before or item.get("by")


def _is_number(raw: Any) -> bool:
    return isinstance(raw, (int, float)) and not isinstance(raw, bool)


def _is_value(raw: Any, outcome: Outcome) -> bool:
    """Whether it is a possible value of the outcome."""
    if outcome.type == CATEGORY:
        return raw in outcome.categories
    return type(raw) is date if outcome.type == DATE else _is_number(raw)


def _index(raw: str, outcome: Outcome) -> Any:
    return raw if raw == NO_CATEGORY else outcome.categories.index(raw)


def _climatology(raw: Any, outcome: Outcome, where: str) -> Climatology:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("values"), list) or not isinstance(raw.get("source"), str):
        raise InputError(f'{where}: climatology must be a table, as in {{ values = [16, 20], source = "..." }}')
    check_known(raw, CLIMATOLOGY_KEYS, f"{where}: climatology: ")
    if not raw["values"] or not all(_is_value(x, outcome) for x in raw["values"]):
        kind = {DATE: "dates", CATEGORY: "categories"}.get(outcome.type, "numbers")
        raise InputError(f"{where}: climatology: values must be {kind}")
    values = [_index(x, outcome) for x in raw["values"]] if outcome.type == CATEGORY else raw["values"]
    return Climatology(tuple(values), raw["source"])

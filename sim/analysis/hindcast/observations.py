"""Read a record file: every observation checked, its keys, its values, its unit and its dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sim.analysis.hindcast.observation import BY, END, NEVER_SAYS, NONE_SAYS, Climatology, Observation, event_of
from sim.ground.checks import first_repeated, same
from sim.ground.errors import InputError
from sim.ground.paths import data_folder
from sim.ground.user_text import read_toml
from sim.record.outcomes import CATEGORY, COVERED, DATE, NUMBER, OUTCOMES, YES_NO, Outcome, outcomes_of
from sim.scenario.files import check_known, near_miss
from sim.scenario.own_outcomes import OwnOutcome, over, own_outcomes

SCORES = ("crps", "brier", "interval")
KEYS = ("name", "outcome", "unit", "score", "nothing_changes", "used_to_fit", "confidence", "source")
ASKED = {DATE: ("came_by", "not_by", "not_before"), NUMBER: ("at_least", "at_most"), CATEGORY: ("is",), YES_NO: ()}
"""Keys in place of `observed`, by type of outcome: what was so, without a value."""
OPTIONAL = (
    "observed",
    "by",
    "since",
    "read",
    "disagreement",
    "climatology",
    *(key for keys in ASKED.values() for key in keys),
)
CLIMATOLOGY_KEYS = ("values", "source")
SHIPPED = data_folder() / "observations.toml"


def load_observations(path: str | Path | None = None, own: tuple[OwnOutcome, ...] = ()) -> tuple[Observation, ...]:
    """Read the shipped record, or the user's own. Raises InputError naming the observation and what is wrong.

    own: outcomes of the scenario's own, that observations may be of; the file's own are put on top.
    """
    path = Path(path) if path else SHIPPED
    data, _ = read_toml(path)
    unknown = [key for key in data if key not in ("format", "observation", "outcomes")]
    tables = data.get("observation")
    if unknown or data.get("format") != 1 or not _are_tables(tables):
        raise InputError(
            f"{path.name}: expected format = 1, tables [[observation]] and perhaps [outcomes], and nothing else"
        )
    own = own_in(path, own)
    known = outcomes_of(own)
    made = tuple(
        _observation(f"{path.name}: observation {number}", item, known, own) for number, item in enumerate(tables or (), 1)
    )
    names = [item.name for item in made]
    for number, name in enumerate(names, 1):
        if same(name) in map(same, names[: number - 1]):
            raise InputError(f"{path.name}: observation {number}: another one has the name {name!r}")
    twice = first_repeated(made, key=lambda item: (item.outcome, same(item.observed), item.by))
    if twice is not None:
        raise InputError(f"{path.name}: {twice.name}: another one says the same of {twice.outcome}; leave one of them out")
    return made


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
    """Whether it is a list of tables, and not an empty one."""
    return isinstance(raw, list) and bool(raw) and all(isinstance(item, Mapping) for item in raw)


def _observation(
    where: str, item: Mapping[str, Any], outcomes: tuple[Outcome, ...], own: tuple[OwnOutcome, ...]
) -> Observation:
    """Return a checked observation. where: what names it in messages. outcomes: that it may be of. Raises InputError."""
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
    asked = _asked(item, outcome, where)
    _check_score(item["score"], outcome, bool(asked), where)
    if not asked:
        _check_observed(item, outcome, where)
    if item["unit"] != outcome.unit:
        raise InputError(f'{where}: unit = "{item["unit"]}" does not fit; {outcome.name} is in "{outcome.unit}"')
    _check_said(item["nothing_changes"], outcome, where)
    _check_days(item, outcome, asked, where)
    event = event_of(item, outcome.type, outcome.categories)
    kept = {key: value for key, value in item.items() if key in Observation.__dataclass_fields__}
    if "climatology" in item:
        kept["climatology"] = _climatology(item["climatology"], outcome, where)
    if outcome.type == CATEGORY:
        kept["nothing_changes"] = _index(item["nothing_changes"], outcome)
    observed = tuple(item["observed"]) if "observed" in item else (1, 1, 1)
    kept["own"] = own if outcome not in OUTCOMES else ()
    return Observation(**{**kept, "observed": observed, "event": event, "by": _seen_by(item)})


def _asked(item: Mapping[str, Any], outcome: Outcome, where: str) -> tuple[str, ...]:
    """Return the keys that say what was so in place of a value. Raises InputError where they do not fit the outcome."""
    given = tuple(key for keys in ASKED.values() for key in keys if key in item)
    for key in given:
        if key not in ASKED[outcome.type]:
            raise InputError(f"{where}: {key} does not go with {outcome.name}, which is a {outcome.type}")
        if key == "is":
            if item[key] not in outcome.categories:
                raise InputError(f"{where}: is = {item[key]!r} is not one of {', '.join(outcome.categories)}")
        elif not _is_said(item[key], outcome):
            raise InputError(f"{where}: {key} must be a {'date without quotes' if outcome.type == DATE else 'number'}")
    if given and "observed" in item:
        raise InputError(f"{where}: give observed or {' and '.join(given)}, not both")
    if outcome.type == CATEGORY and not given:
        raise InputError(f'{where}: {outcome.name} is a category; say which with is = "{outcome.categories[0]}"')
    if not given and "observed" not in item:
        others = f", or {', '.join(ASKED[outcome.type])}" if ASKED[outcome.type] else ""
        raise InputError(f"{where}: lacks observed = [low, central, high]{others}")
    if "not_by" in given and len(given) > 1:
        raise InputError(
            f"{where}: not_by says all by itself; leave out {' and '.join(key for key in given if key != 'not_by')}"
        )
    low, high = (
        next((item[key] for key in keys if key in item), None)
        for keys in (("not_before", "at_least"), ("came_by", "at_most"))
    )
    if low is not None and high is not None and low > high:
        raise InputError(f"{where}: {' and '.join(given)} leave nothing between them")
    return given


def _check_score(score: str, outcome: Outcome, asked: bool, where: str) -> None:
    if score not in SCORES:
        raise InputError(f"{where}: score = {score!r} is not one of {', '.join(SCORES)}")
    if asked and score != "brier":
        raise InputError(f"{where}: what was so without a value is scored by brier, not by {score}")
    if not asked and ((outcome.type == YES_NO and score != "brier") or (outcome.type == NUMBER and score == "brier")):
        raise InputError(
            f"{where}: score brier is for yes or no: yes_no outcomes, a date that had come by a day, at_least and at_most; "
            f"{outcome.name} is {outcome.type}"
        )


def _check_observed(item: Mapping[str, Any], outcome: Outcome, where: str) -> None:
    observed, is_answer = item["observed"], item["score"] == "brier"
    fits = _is_number if is_answer else lambda x: _is_said(x, outcome)
    if not (isinstance(observed, list) and len(observed) == 3 and all(fits(x) for x in observed)):
        kind = "dates" if outcome.type == DATE and not is_answer else "numbers"
        raise InputError(f"{where}: observed must be three {kind}, [low, central, high]")
    if not observed[0] <= observed[1] <= observed[2]:
        raise InputError(f"{where}: observed = [low, central, high] must not fall")
    if is_answer and not set(observed) <= {0, 1}:
        raise InputError(f"{where}: observed must be 0 for no or 1 for yes, each of low, central, high")
    if is_answer and outcome.type == DATE and "by" not in item:
        raise InputError(f"{where}: brier asks whether {outcome.name} had come by a day: give by")


def _check_said(raw: Any, outcome: Outcome, where: str) -> None:
    if outcome.type == CATEGORY:
        if raw not in (*outcome.categories, NONE_SAYS):
            raise InputError(f"{where}: nothing_changes must be {NONE_SAYS!r} or one of {', '.join(outcome.categories)}")
    elif not _is_said(raw, outcome) and (outcome.type, raw) != (DATE, NEVER_SAYS):
        wanted = '"never" or a date' if outcome.type == DATE else "a number"
        raise InputError(f"{where}: nothing_changes must be {wanted}")


def _check_days(item: Mapping[str, Any], outcome: Outcome, asked: tuple[str, ...], where: str) -> None:
    for key in ("by", "since"):
        if type(item.get(key, date.min)) is not date:
            raise InputError(f"{where}: {key} must be a date without quotes, as in 2026-01-24")
    if item.get("read", BY) not in (BY, END):
        raise InputError(f"{where}: read must be {BY!r}, the evening of by, or {END!r}, the last one")
    if outcome.type == DATE and asked and "by" in item:
        raise InputError(f"{where}: {' and '.join(asked)} name the day; leave out by")
    if "since" in item:
        if outcome.type != NUMBER or COVERED in outcome.arises:
            raise InputError(f"{where}: since takes the change of a number that has no day in its name; not {outcome.name}")
        if "by" not in item or not item["since"] < item["by"] or item.get("read") == END:
            raise InputError(f"{where}: since needs a later by, on whose evening the change ends")


def _seen_by(item: Mapping[str, Any]) -> date | None:
    """Return the evening by which it was so."""
    before = item["not_before"] - timedelta(1) if "not_before" in item else None
    return item.get("came_by") or item.get("not_by") or before or item.get("by")


def _is_number(raw: Any) -> bool:
    return isinstance(raw, (int, float)) and not isinstance(raw, bool)


def _is_said(raw: Any, outcome: Outcome) -> bool:
    """Whether a value is one that the outcome can take."""
    if outcome.type == CATEGORY:
        return raw in outcome.categories
    return type(raw) is date if outcome.type == DATE else _is_number(raw)


def _index(raw: str, outcome: Outcome) -> Any:
    return raw if raw == NONE_SAYS else outcome.categories.index(raw)


def _climatology(raw: Any, outcome: Outcome, where: str) -> Climatology:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("values"), list) or not isinstance(raw.get("source"), str):
        raise InputError(f'{where}: climatology must be a table, as in {{ values = [16, 20], source = "..." }}')
    check_known(raw, CLIMATOLOGY_KEYS, f"{where}: climatology: ")
    if not raw["values"] or not all(_is_said(x, outcome) for x in raw["values"]):
        kind = {DATE: "dates", CATEGORY: "categories"}.get(outcome.type, "numbers")
        raise InputError(f"{where}: climatology: values must be {kind}")
    values = [_index(x, outcome) for x in raw["values"]] if outcome.type == CATEGORY else raw["values"]
    return Climatology(tuple(values), raw["source"])

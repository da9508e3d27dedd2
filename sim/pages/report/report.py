"""Write report.html into a results folder: the outcomes of an ensemble, and the rules and values behind them.

It loads nothing from outside, needs no script, follows the reader's light or dark setting, and prints.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from sim.analysis.hindcast.hindcast import hindcast
from sim.analysis.hindcast.observations import load_observations
from sim.analysis.hindcast.record import agreement
from sim.analysis.spread import summary_of
from sim.experiments.store.ensemble import Results
from sim.pages.markup import element, section
from sim.pages.page_file import document, write_page
from sim.pages.report.outcomes import coming_section, outcomes_section
from sim.pages.report.pictures import Fans, fans_section, maps_section, share_section
from sim.pages.report.record import record_section
from sim.pages.report.rules import rules_section
from sim.pages.report.sources import sources_section
from sim.pages.report.spread import drawn, spread_sections
from sim.pages.report.summary import caution, in_short
from sim.pages.report.values import expectation, plain, values_section
from sim.pages.wording import Calendar, counted
from sim.scenario.scenario import Scenario

FILE = "report.html"


def write_report(results: Results, scenario: Scenario, stated: Results | None = None) -> Path:
    """Write the report into the results folder, completely or not at all, and return its path.

    scenario: as requested, with its base, the setter of each value and the requested number of runs. stated:
    where the results draw uncertain values, as many runs with every value as stated.
    """
    path = results.folder / FILE
    write_page(path, _page(results, scenario, stated))
    return path


def _page(results: Results, scenario: Scenario, stated: Results | None) -> Element:
    record = load_observations()
    calendar = Calendar(scenario.start_date, scenario.days)
    made = summary_of(results, stated)
    summaries = {outcome["name"]: outcome for outcome in made["outcomes"]}
    agreed = agreement(results, record)
    by_outcome = {item.outcome: item for item in record}
    fans = Fans(results, calendar, by_outcome)
    short = element("ul", [element("li", sentence) for sentence in in_short(results, summaries, calendar, agreed)])
    sections = [
        section("short", "In short", short),
        maps_section(results, calendar),
        share_section(fans),
        fans_section(fans),
        coming_section(results, summaries, calendar, by_outcome),
        record_section(hindcast(results, record), agreed, summaries, calendar),
        *spread_sections(made, calendar, results.known),
        outcomes_section(summaries, calendar, results.runs, results.known),
        rules_section(results, calendar),
        values_section(scenario),
        sources_section(),
    ]
    return document(
        scenario.title,
        _facts(results, scenario, calendar, made),
        caution(results.runs, max(results.runs_asked, scenario.runs)),
        sections,
        f"{counted(results.runs, 'simulated run')} of a model under stated assumptions.",
        sheets=("report.css",),
        question=scenario.question,
        expected=expectation(scenario),
    )


def _facts(results: Results, scenario: Scenario, calendar: Calendar, made: dict[str, Any]) -> dict[str, str]:
    facts = {
        "Scenario": f"{made['scenario']}, {made['hash']}" + (f"; base {scenario.base}" if scenario.base else ""),
        "Days": f"{scenario.days}, {scenario.start_date} to {scenario.end_date}",
        "Runs": f"{results.runs}, seed {made['seed']}",
        "Code": _version(results),
    }
    if scenario.branch is not None:
        first, origin = calendar.long(scenario.branch.day), scenario.branch.origin.name
        facts["Takes effect"] = f"on {first}; until then the runs are those of {origin}"
    given = [f"{entry.path} = {plain(entry.value)}" for entry in scenario.entries.values() if entry.set_by == "--set"]
    if given:
        facts["Set"] = ", ".join(given)
    if "uncertain" in made:
        facts["Drawn by run"] = drawn(made["uncertain"])
    return facts


def _version(results: Results) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = f"version {version('pullback')}, "
    except PackageNotFoundError:  # run from a checkout
        number = ""
    made = results.manifest
    return f"{number}model {made['code']}, Python {made['versions']['python']}, {made['created'][:10]}"

"""Write a hindcast as one self-contained page: the picture, the scores beside those of null policies, what they mean."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.experiments.markup import element, page, paragraph
from sim.experiments.observations import Observation
from sim.experiments.record import agreement
from sim.experiments.report_record import record_section
from sim.experiments.statistics import summary
from sim.experiments.store import Results
from sim.experiments.wording import Calendar
from sim.paths import data_folder
from sim.scenario import Scenario

FILE = "hindcast.html"
NOTICE = "An exploration, not a forecast; not for targeting."


def write_page(
    path: Path, results: Results, scenario: Scenario, observations: Sequence[Observation], scored: Mapping[str, Any]
) -> Path:
    """Write the page, whole or not at all, and return its path. scored: as `hindcast` gives it."""
    calendar = Calendar(scenario.start_date, scenario.days)
    summaries = {outcome["name"]: outcome for outcome in summary(results)["outcomes"]}
    title = f"{scenario.title}: against the record"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title} - Pullback"),
        element("style", (data_folder() / "report.css").read_text(encoding="utf-8")),
    )
    body = element(
        "body",
        element("header", element("h1", title), paragraph(NOTICE, class_="notice")),
        element("main", record_section(scored, agreement(results, observations), summaries, calendar)),
        element("footer", paragraph(f"{NOTICE} {results.runs} simulated runs of {scenario.name}, seed {scenario.seed}.")),
    )
    hidden = path.with_name(f".{path.name}")
    with hidden.open("w", encoding="utf-8") as file:
        file.write(page(element("html", head, body, lang="en")))
        file.flush()
        os.fsync(file.fileno())
    os.replace(hidden, path)
    return path

"""pullback explain: one run as a dated story, an event walked back to its causes, and where two runs part."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.tables import console
from sim.ground.checks import FIRST_RUN
from sim.ground.errors import InputError
from sim.scenario.files import near_miss

if TYPE_CHECKING:
    from rich.console import Console

    from sim.analysis.explain import Cause
    from sim.experiments.store.sweep import SweepResults
    from sim.record.ledger import Choice, Ledger

MOST_EVENTS = 10


@click.command()
@click.argument("source")
@click.option("--run", type=click.IntRange(*FIRST_RUN), required=True, metavar="K", help="Number of the run, from 0.")
@click.option("--point", type=click.IntRange(min=0), metavar="P", help="Of a sweep: the number of the point, 0 the base.")
@click.option("--actor", metavar="NAME", help="Tell the decisions of one actor only, those to order nothing too.")
@click.option("--why", metavar="EVENT", help="Walk back from an event: KIND[:PLACE][@DATE], as in truce_extended.")
@click.option("--diverge", metavar="SOURCE2", help="Find where this run parts from the same run of another scenario.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole ledger as one JSON object.")
def explain(
    source: str, run: int, point: int | None, actor: str | None, why: str | None, diverge: str | None, as_json: bool
) -> None:
    """Tell one run of SOURCE, a results folder or a scenario: who decided what and why, and what came of it.

    The run is played again, bit for bit, with a ledger that notes every rule weighed and every event.
    """

    if sum(map(bool, (why, diverge, as_json))) + bool(actor and (why or diverge or as_json)) > 1:
        raise click.UsageError("--why, --diverge and --json go one at a time, and without --actor")
    if actor is not None:
        _check_actor(actor)
    ledger = _ledger(source, run, point)
    out = console()
    if as_json:
        from sim.analysis.explain import to_json

        print(json.dumps(to_json(ledger), allow_nan=False))
    elif why:
        from sim.analysis.explain import find_event
        from sim.analysis.explain import why as walk_back

        _print_cause(out, ledger, walk_back(ledger, find_event(ledger, why)))
    elif diverge:
        is_sweep = (Path(diverge) / "sweep.toml").is_file()  # of one the same point has the same random numbers
        _print_parting(out, ledger, _ledger(diverge, run, point) if is_sweep else _ledger(diverge, ledger.run))
    else:
        _print_story(out, ledger, actor)


def _check_actor(name: str) -> None:
    """Raise InputError with the likeliest of the actors where there is none of that name."""
    from sim.registry import registry

    actors = registry().actors
    if name not in actors:
        raise InputError(f"--actor {name}: is not one of {', '.join(actors)}{near_miss(name, actors)}")


def _ledger(source: str, run: int, point: int | None = None) -> Ledger:
    """Play run `run` of a results folder or a scenario again. Raises InputError when the folder does not hold it.

    point: of a sweep, which alone has points.
    """
    from sim.experiments.play.replay import keep_ledger
    from sim.registry import load_scenario

    folder = Path(source)
    if not folder.is_dir():
        if point is not None:
            raise InputError(f"{source}: is a scenario; --point goes with the folder of a sweep")
        return keep_ledger(load_scenario(source), run)
    import numpy as np

    from sim.experiments.export.tables import open_results
    from sim.experiments.store.digest import code_digest
    from sim.experiments.store.sweep import SweepResults

    results = open_results(folder)
    if results.manifest["code"] != code_digest():
        raise InputError(f"{source}: was made by another version of the code, which would play another run; run it again")
    if isinstance(results, SweepResults):
        return _of_point(results, run, point)
    if point is not None:
        raise InputError(f"{source}: holds an ensemble; --point goes with the folder of a sweep")
    if run not in results.outcomes["run"]:
        raise InputError(f"{source}: does not hold run {run}; it holds {results.runs} runs, counted from 0")
    scenario = replace(results.scenario, name=results.manifest["scenario"])
    return keep_ledger(scenario, run, columns=results.columns(np.array([run])))


def _of_point(results: SweepResults, run: int, point: int | None) -> Ledger:
    """Play a run of a point of a sweep again."""
    import numpy as np

    from sim.experiments.play.replay import keep_ledger

    if point is None:
        raise InputError(f"{results.folder}: holds a sweep; name a point too, as in --point 1")
    if not any(job.first_point <= point < job.end_point and job.first_run <= run < job.end_run for job in results.parts):
        raise InputError(f"{results.folder}: does not hold run {run} of point {point}; both are counted from 0")
    number = int(results.run_numbers(np.array([point]), np.array([run]))[0])
    scenario, at = results.design.scenario(point, results.base), f"point {point}"
    name = results.design.names([point])[0] or results.manifest["scenario"]
    title = f"{scenario.title}, {at}" + (f" (its run {run})" if number != run else "")
    return keep_ledger(replace(scenario, name=f"{name}, {at}", title=title), number)


def _print_story(out: Console, ledger: Ledger, actor: str | None) -> None:
    from sim.analysis.explain import story

    scenario = ledger.scenario
    out.print(f"{scenario.title}: run {ledger.run} of seed {scenario.seed}", style="bold")
    out.print(f"{scenario.start_date} to {scenario.end_date}; one simulated history of many, not a forecast")
    for day in story(ledger, actor):
        out.print(f"\n{day.date}", style="bold")
        for choice in day.choices:
            _print_choice(out, ledger, choice)
        for event in day.events:
            _print_indented(out, f"* {event}", 2)


def _print_choice(out: Console, ledger: Ledger, choice: Choice) -> None:
    from sim.analysis.explain import choice_text, read_values

    _print_indented(out, choice_text(ledger, choice), 2)
    read = "; ".join(read_values(ledger, choice))
    if read:
        _print_indented(out, f"read: {read}", 6)
    if choice.next_in_line not in (None, "otherwise"):
        _print_indented(out, f"next in line: {choice.next_in_line}", 6)


def _print_cause(out: Console, ledger: Ledger, cause: Cause, depth: int = 0) -> None:
    _print_indented(out, f"{ledger.date_of(cause.day)}  {cause.text}", 2 * depth)
    for earlier in cause.because:
        _print_cause(out, ledger, earlier, depth + 1)


def _print_parting(out: Console, first: Ledger, second: Ledger) -> None:
    from sim.analysis.explain import choice_text, differing_values, partings

    choices, events = partings(first, second)
    out.print(f"run {first.run} of {first.scenario.name} and of {second.scenario.name}, under the same luck", style="bold")
    for line in differing_values(first, second):
        _print_indented(out, f"set differently: {line}", 2)
    if choices is None and events is None:
        out.print("they never part")
    if choices is not None:
        out.print(f"\ntheir decisions part on {choices.date}", style="bold")
        for one, other in choices.choices:
            _print_indented(out, f"{first.scenario.name}: {choice_text(first, one)}", 2)
            _print_indented(out, f"{second.scenario.name}: {choice_text(second, other)}", 2)
    if events is not None:
        out.print(f"\ntheir events part on {events.date}", style="bold")
        for ledger, only in ((first, events.only_first), (second, events.only_second)):
            for event in only[:MOST_EVENTS]:
                _print_indented(out, f"only in {ledger.scenario.name}: {event.text}", 2)
            if len(only) > MOST_EVENTS:
                _print_indented(out, f"only in {ledger.scenario.name}: {len(only) - MOST_EVENTS} more events", 2)


def _print_indented(out: Console, text: str, indent: int) -> None:
    from rich.padding import Padding

    out.print(Padding(text, (0, 0, 0, indent)))

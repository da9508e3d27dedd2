"""Nonsense in, one line out: whatever is wrong with an input, there is no traceback, no hang and nothing half-written.

Files, command lines, results folders, saved states, and addresses of the dashboard. Two hundred inputs each time the tests
run, the same ones; 10,000 others and more with `make verify`.
"""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import ODD_TEXTS, addresses, altered, as_json, as_toml, damaged, guarded

from dashboards.compare import question
from dashboards.compare.shelf import ROOT, shelf
from dashboards.engine.address import LONGEST, MAPS, default_place, read, write
from dashboards.engine.session import Session
from dashboards.engine.setup import choices
from dashboards.engine.views import look
from sim.analysis.hindcast.hindcast import hindcast
from sim.analysis.hindcast.observations import load_observations
from sim.cli import COMMANDS, commands
from sim.cli.exits import DISK, DONE, HELD, PARTLY, USAGE
from sim.experiments.store.ensemble import open_ensemble
from sim.experiments.store.kept import load_sweep
from sim.ground.errors import InputError
from sim.ground.paths import data_folder, scenario_folder
from sim.model import TheatreModel
from sim.registry import load_scenario, registry
from sim.scenario.entries import MOST
from tests.browser import serving

SHORT, LONG = 0.02, 1.0
"""Share of each kind's full number of inputs."""

ENDS = (DONE, PARTLY, USAGE, DISK, HELD)
ORDERS = """\
base = "baseline"
title = "Ordered"
takes_effect = 2026-01-14
[[orders]]
actor = "moscow"
decision = "qamishli"
order = "leave_qamishli"
from = 2026-01-14
to = 2026-01-16
note = "early"
[[orders]]
actor = "damascus"
decision = "campaign"
order = "stay"
from = 2026-01-15
[[timeline]]
date = 2026-01-28
event = "summit"
note = "n"
source = "facts a50"
"""


@dataclass(frozen=True)
class Made:
    """Folders that a command made in earnest, of few runs and days."""

    runs: Path
    kept: Path
    sweep: Path


TINY_SWEEP = """\
format = 1
name = "tiny"
base = "baseline"
days = 3
[design]
method = "grid"
[levers]
"moscow.policy" = { values = ["documented", "stay"] }
[replicates]
n = 4
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    written(folder, "tiny.toml", TINY_SWEEP)
    made = Made(folder / "runs", folder / "kept", folder / "sweep")
    short = ("--workers", "1", "--runs", "4")
    for arguments in (
        ("run", "baseline", *short, "--days", "3", "--out", str(made.runs)),
        ("run", "baseline", *short, "--until", "3", "--save", str(made.kept)),
        ("sweep", str(folder / "tiny.toml"), "--workers", "1", "--out", str(made.sweep)),
    ):
        done = CliRunner().invoke(commands, arguments)
        assert done.exit_code == DONE, done.stderr
    for report in folder.rglob("report.html"):
        report.unlink()
    return made


Holds = Callable[[Made, Any], None]


def each(full: int, inputs: st.SearchStrategy[Any]) -> Callable[[Holds], Callable[..., None]]:
    """Make a test of what holds for every input: a share of `full` inputs, the same ones each time unless it is all."""

    def decorate(holds: Holds) -> Callable[..., None]:
        @pytest.mark.parametrize("share", [SHORT, pytest.param(LONG, marks=pytest.mark.verify)], ids=["short", "long"])
        def test(made: Made, share: float, record_property: Callable[[str, Any], None]) -> None:
            record_property("inputs", max(int(full * share), 10))

            @settings(
                max_examples=max(int(full * share), 10),
                derandomize=share < 1,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(inputs)
            def tried(one: Any) -> None:
                holds(made, one)

            tried()

        test.__doc__ = holds.__doc__
        return test

    return decorate


def files(folder: Path) -> dict[str, bytes]:
    """Return what stands in a folder; the lock that a driver takes, and its name, are nothing that is written."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name not in (".lock", ".driver")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def ends_well(folder: Path, *arguments: str, may_add: bool = False) -> None:
    """Run a command line in a folder. It ends with a code that it should, and a mistake is one line and changes nothing.

    may_add: what was whole before a fault was met may have been added.
    """
    before, here = files(folder), Path.cwd()
    os.chdir(folder)
    try:
        with guarded():
            done = CliRunner().invoke(commands, arguments)
    finally:
        os.chdir(here)
    assert done.exit_code in ENDS, done.stderr
    assert "Traceback" not in done.stderr
    if done.exit_code == USAGE:
        assert done.stderr.count("\n") == 1 or arguments[0] == "check", done.stderr
        assert all(line.strip() for line in done.stderr.splitlines()) and done.stderr
        after = files(folder)
        more = after.keys() - before.keys()
        lost = [name for name, data in before.items() if after.get(name) != data]
        assert not lost, f"{lost} changed, {done.stderr}"
        assert may_add or not more, more
        assert not any(Path(name).name.startswith(".") for name in more), more


def refused_in_one_line(call: Callable[[], Any]) -> Any:
    """Call, and return what it returns; None where it is refused as it should be."""
    said = "-"
    try:
        with guarded():
            return call()
    except InputError as error:
        said = str(error)
    assert said.strip() and "\n" not in said
    return None


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    return path


SCENARIOS = {path.name: path.read_bytes() for path in sorted(scenario_folder().glob("*.toml"))} | {"o.toml": ORDERS.encode()}
SWEEPS = {path.name: path.read_bytes() for path in sorted((scenario_folder() / "sweeps").glob("*.toml"))}
RECORD = (data_folder() / "observations.toml").read_bytes()


def spoilt(valid: dict[str, bytes]) -> st.SearchStrategy[bytes | str]:
    """Return a strategy of valid TOML files made wrong, in their bytes or in what they say."""
    names = st.sampled_from(sorted(valid))
    in_bytes = names.flatmap(lambda name: damaged(valid[name]))
    in_sense = names.flatmap(lambda name: altered(tomllib.loads(valid[name].decode())).map(as_toml))
    return st.one_of(in_sense, in_sense, in_bytes)


@each(3000, spoilt(SCENARIOS))
def test_any_scenario_file_is_checked_or_refused(made: Made, text: bytes | str) -> None:
    with TemporaryDirectory() as name:
        written(Path(name), "x.toml", text)
        ends_well(Path(name), "check", "./x.toml")


NUMBERS = {path: says for path, says in registry().declared.items() if says.type in (float, int)}
EXTREMES = (0.0, 1e-300, 1e-30, 1e-6, 0.5, 1.0, 3.0, 1e6, 2.0**31)


@st.composite
def extremes(draw: st.DrawFn) -> dict[str, Any]:
    """Return a what-if in which a few numbers are as small or large as they may be, or as a person may think of."""
    tree: dict[str, Any] = {"base": "baseline", "title": "Extremes"}
    for path in draw(st.lists(st.sampled_from(sorted(NUMBERS)), min_size=1, max_size=4, unique=True)):
        says = NUMBERS[path]
        low, high = (-MOST if says.low is None else says.low), (MOST if says.high is None else says.high)
        may_be = [number for number in (low, high, *EXTREMES, *(-end for end in EXTREMES)) if low <= number <= high]
        number = says.type(draw(st.sampled_from(may_be)))
        *tables, key = path.split(".")
        holder = tree
        for table in tables:
            holder = holder.setdefault(table, {})
        holder[key] = {"value": number, "range": [says.type(low), says.type(high)], "source": "odd"}
    return tree


@each(1500, extremes())
def test_any_values_that_are_accepted_play_to_finite_numbers(made: Made, tree: dict[str, Any]) -> None:
    """Or the run stops and says in which process, on what day."""
    with TemporaryDirectory() as name:
        path = written(Path(name), "x.toml", as_toml(tree))
        scenario = refused_in_one_line(lambda: load_scenario(path))
    if scenario is None:
        return
    model = TheatreModel(scenario, runs=2)
    with guarded():
        stopped: list[str] = []
        try:
            model.run_to(5)
        except FloatingPointError as error:
            stopped = error.__notes__
    assert stopped or model.day == 5
    for series, values in model.history.series.items():
        assert np.isfinite(values).all(), series


@each(1500, spoilt(SWEEPS))
def test_any_sweep_file_makes_its_points_or_is_refused(made: Made, text: bytes | str) -> None:
    with TemporaryDirectory() as name:
        path = written(Path(name), "x.toml", text)
        sweep = refused_in_one_line(lambda: load_sweep(path))
        design = sweep and refused_in_one_line(lambda: sweep.design)
        if design:
            refused_in_one_line(lambda: design.scenario(design.points - 1, sweep.base))


@each(1000, spoilt({"observations.toml": RECORD}))
def test_any_record_is_scored_or_refused(made: Made, text: bytes | str) -> None:
    with TemporaryDirectory() as name:
        path = written(Path(name), "x.toml", text)
        record = refused_in_one_line(lambda: load_observations(path))
        if record is not None:
            refused_in_one_line(lambda: hindcast(open_ensemble(made.runs), record))


WORDS = st.sampled_from(ODD_TEXTS) | st.text(max_size=8)
OPTIONS = (
    "--runs", "--days", "--seed", "--set", "--workers", "--until", "--from", "--json", "--run", "--actor", "--why",
    "--outcome", "--series", "--where", "--by", "--recompute", "--rules", "--help", "--csv", "--points", "--sets",
)  # fmt: skip
PLAYING = {"hindcast", "calibrate", "plan", "sweep", "watch"}
"""Commands that play many runs as soon as their arguments make sense: a typing error is all they are given here."""


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    command = draw(st.sampled_from(sorted(COMMANDS)) | WORDS)
    if command in PLAYING:
        return [command, draw(WORDS.filter(lambda word: word not in ("baseline", "--"))), *draw(st.lists(WORDS, max_size=2))]
    first = [] if command == "list" else [draw(st.sampled_from(("baseline", "runs", "kept", "sweep")) | WORDS)]
    short = ["--runs", "2", "--days", "2", "--workers", "1"] if command == "run" else []
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(OPTIONS), WORDS).flatmap(lambda p: st.sampled_from((p, p[:1]))), max_size=3)
    )
    return [command, *first, *short, *(word for pair in pairs for word in pair)]


@each(1000, command_lines())
def test_any_command_line_ends_well(made: Made, line: list[str]) -> None:
    with TemporaryDirectory() as name:
        shutil.copytree(made.runs.parent, name, dirs_exist_ok=True)
        ends_well(Path(name), *line)


READERS = (
    ("export", "DIR"), ("export", "DIR", "--series", "sdf_share"), ("explain", "DIR", "--run", "1"), ("status", "DIR"),
    ("verify", "DIR", "--recompute", "1"), ("compact", "DIR"), ("sensitivity", "DIR", "--outcome", "displaced_end"),
    ("compare", "DIR", "DIR"), ("compare", "DIR", "--by", "moscow.policy"),
)  # fmt: skip
GOING_ON = {
    "runs": ("run", "baseline", "--runs", "6", "--days", "3", "--workers", "1", "--out", "DIR"),
    "kept": ("run", "--from", "DIR", "--days", "5", "--workers", "1", "--out", "on"),
    "sweep": ("sweep", "tiny.toml", "--workers", "1", "--out", "DIR"),
}


@st.composite
def damages(draw: st.DrawFn) -> tuple[str, tuple[str, ...], int, str, st.DataObject]:
    kind = draw(st.sampled_from(sorted(GOING_ON)))
    return (
        kind,
        draw(st.sampled_from((GOING_ON[kind], *READERS))),
        draw(st.integers(0, 99)),
        draw(st.sampled_from(("bytes", "bytes", "sense", "gone", "empty", "another", "folder"))),
        draw(st.data()),
    )


@each(1500, damages())
def test_any_damage_to_a_folder_is_named(made: Made, damage: tuple[str, tuple[str, ...], int, str, st.DataObject]) -> None:
    kind, arguments, place, what, data = damage
    with TemporaryDirectory() as name:
        folder = Path(name) / "it"
        shutil.copytree(getattr(made, kind), folder)
        shutil.copy(made.runs.parent / "tiny.toml", name)
        there = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
        spoil(there[place % len(there)], what, there, data)
        ends_well(Path(name), *(("it" if word == "DIR" else word) for word in arguments), may_add=True)


def spoil(path: Path, what: str, others: list[Path], data: st.DataObject) -> None:
    whole = path.read_bytes()
    match what:
        case "gone":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "another":
            path.write_bytes(others[data.draw(st.integers(0, len(others) - 1))].read_bytes())
        case "folder":
            path.unlink()
            path.mkdir()
        case "sense" if path.suffix == ".json":
            path.write_text(as_json(data.draw(altered(json.loads(whole)))))
        case "sense" if path.suffix == ".toml":
            path.write_text(as_toml(data.draw(altered(tomllib.loads(whole.decode())))))
        case _:
            path.write_bytes(data.draw(damaged(whole)))


@st.composite
def states(draw: st.DrawFn) -> tuple[int, str, int]:
    return (
        draw(st.integers(0, 10_000)),
        draw(st.sampled_from(("shape", "type", "odd", "object", "gone"))),
        draw(st.integers(0, 99)),
    )


@each(500, states())
def test_any_saved_state_is_taken_up_or_refused(made: Made, change: tuple[int, str, int]) -> None:
    """Arrays of a saved state that have another shape, another type, other values, or are pickled objects."""
    place, what, value = change
    with TemporaryDirectory() as name:
        shutil.copytree(made.kept, Path(name) / "it")
        [path] = (Path(name) / "it" / "states").glob("*.npz")
        with np.load(path) as file:
            arrays = dict(file)
        key = sorted(arrays)[place % len(arrays)]
        array = arrays[key]
        match what:
            case "shape":
                arrays[key] = np.stack([array, array])
            case "type":
                arrays[key] = array.astype(np.float64 if array.dtype != np.float64 else np.int16)
            case "odd":
                odd = np.array((np.nan, np.inf, -1e30, 1e30, -1, 127)[value % 6])
                with np.errstate(invalid="ignore", over="ignore"):
                    arrays[key] = np.full_like(array, odd.astype(array.dtype))
            case "object":
                arrays[key] = np.array([Trap(Path(name) / "sprung")], object)
            case _:
                del arrays[key]
        np.savez(path, allow_pickle=True, **arrays)
        ends_well(Path(name), "run", "--from", "it", "--days", "5", "--workers", "1", "--out", "on")
        assert not (Path(name) / "sprung").exists()


@dataclass(frozen=True)
class Trap:
    """An object that makes a file when it is unpickled."""

    path: Path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


PLACES = {
    "scenario": choices(), "against": choices(), "map": MAPS, "seed": ("0", "7", str(2**63)), "run": ("0", "3", "999"),
    "runs": ("1", "4", "1000"), "days": ("1", "3", "40", "3650"), "day": ("0", "2", "180"),
    "set.moscow.policy": ("documented", "stay"), "set.damascus.first_truce_days": ("4", "7.0", "1e9"),
} | {f"set.{path}": ("0", "0.5", "2", "9" * 400) for path in sorted(NUMBERS)[::60]}  # fmt: skip
"""Parts of the Live page's address, and values that mostly fit."""


@each(1000, addresses(PLACES))
def test_any_address_opens_the_live_page(made: Made, query: str) -> None:
    """With a line for each part that was left out; and the address of what is shown leads there again."""
    with guarded():
        place, notices = read(query, default_place())
        assert all(line.strip() and line.isprintable() for line in notices), notices
        again, left_out = read(write(place), default_place())
        assert len(write(place)) > LONGEST or (write(again), left_out) == (write(place), ())
        assert look(Session(place)).place == place


NAMES = ("runs", "kept", "sweep")
QUESTIONS = {
    "a": NAMES, "b": NAMES, "by": ("moscow.policy",), "outcome": ("displaced_end", "collapse_day", "sdf_share_end"),
    "across": ("moscow.policy",), "down": ("moscow.policy",), "where": ("displaced_end > 0", "truce_broken_on < 2026-03-01"),
}  # fmt: skip
"""Parts of the Compare page's address, and values that mostly fit."""


@each(500, addresses(QUESTIONS))
def test_any_address_of_the_compare_page_is_answered_or_refused(made: Made, query: str) -> None:
    on_offer = shelf({ROOT: str(made.runs.parent)})
    refused_in_one_line(lambda: question.answer(question.read(query), on_offer))


PATHS = (
    "/", "/?", "/?&&=&;", "/?scenario=%ff%00", "/?day=" + "9" * 5000, "/?" + "x" * 9000, "/?" + "x" * 100_000,
    "/compare?a=../../etc&where=%27", "/compare/", "/compare/x", "/nothing", "//", "/%00", "/%ff", "/../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd", "/static/%00", "/static/public/../x", "/static/" + "x" * 5000, "/_solara/cdn/%00",
    "/_solara/cdn/" + "x" * 5000, "/_solara/cdn/..", "/_solara/api/x", "/jupyter/api/kernels/x",
)  # fmt: skip
"""Addresses that a person may type."""


def test_any_address_typed_into_a_browser_gets_a_page_or_a_refusal(tmp_path: Path) -> None:
    pytest.importorskip("solara", reason="the [dashboard] extra is not installed")
    with serving(tmp_path) as url:
        for path in PATHS:
            asked = HTTPConnection(url.removeprefix("http://"), timeout=60)
            asked.putrequest("GET", path)
            asked.endheaders()
            answer = asked.getresponse()
            answer.read()
            assert answer.status < 500, path
            asked.close()
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log, log

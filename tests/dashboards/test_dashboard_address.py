"""The addresses of the live page lead back to their place, and what they should not say is left out with a notice."""

from __future__ import annotations

import pytest

from dashboards.engine.address import MOST_NOTICES, Place, read, write
from dashboards.engine.setup import MOST_RUN_DAYS, MOST_RUNS, Setup, choices, command, offer, scenario_named, scenarios_of
from sim import load_scenario
from sim.ground.errors import InputError

DAYS = 24
SETUP = Setup(runs=12, days=DAYS)


def test_an_address_leads_back_to_its_place() -> None:
    values = {"moscow.policy": "stay", "damascus.first_truce_days": 7.0}
    setup = Setup("no-extension", "baseline", values, seed=5, runs=40, days=30, uncertain="assumed")
    place = Place(setup, run=3, day=9, shows="difference")
    assert read("?" + write(place)) == (place, ())
    long = Place(Setup(runs=4, days=3000))  # too many days for as many runs as there are unless an address says
    assert read(write(long)) == (long, ())


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("evil=1", "'evil'"), ("scenario=../../etc/passwd", "passwd"), ("scenario=/srv/x.toml", "x.toml"), ("run=-1", "run"),
        ("set.nothing.here=1", "nothing.here"), ("set.moscow.policy=__import__", "moscow.policy"), ("day=1e3", "day"),
        ("set.damascus.first_truce_days=99", "first_truce_days"), ("runs=100000", "runs"), ("map=globe", "map"),
        ("set.damascus.first_truce_days=nan", "first_truce_days"), ("runs=²", "runs"), ("x=" + "y" * 9000, "longer"),
        ("uncertain=file", "uncertain"),
    ],
)  # fmt: skip
def test_what_an_address_should_not_say_is_left_out_with_a_notice(query: str, word: str) -> None:
    place, notices = read(query)
    assert place == Place()
    assert len(notices) == 1
    assert word in notices[0]


def test_many_parts_that_are_left_out_are_counted() -> None:
    _, notices = read("&".join(f"x{number}=1" for number in range(500)))
    assert len(notices) == MOST_NOTICES + 1 and notices[-1] == "Address: 495 more parts were ignored."


def test_a_day_or_run_beyond_the_last_becomes_the_nearest() -> None:
    place, notices = read("days=10&runs=4&day=99&run=4")
    assert (place.day, place.run) == (10, 3)
    assert len(notices) == 1


def test_a_session_is_bounded() -> None:
    with pytest.raises(InputError, match="whole number from 1 to 1000"):
        scenarios_of(Setup(runs=MOST_RUNS + 1))
    with pytest.raises(InputError, match="too many for a session"):
        scenarios_of(Setup(runs=MOST_RUNS, days=MOST_RUN_DAYS // MOST_RUNS + 1))
    with pytest.raises(InputError, match="cannot be paired"):
        scenarios_of(Setup(against="quiet-2025"))


def test_the_command_computes_the_same_scenario(tmp_path: object) -> None:
    import shlex

    setup = Setup(values={"moscow.policy": "stay", "damascus.first_truce_days": 7.0}, seed=3, days=20)
    parts = shlex.split(command(setup))
    sets = [parts[i + 1] for i, part in enumerate(parts) if part == "--set"]
    again = load_scenario(parts[2], sets).with_values({"seed": 3, "days": 20}, set_by="--seed")
    assert again.hash == scenarios_of(setup)[0].hash


def test_a_file_on_offer_can_be_chosen_by_name_only(tmp_path: object) -> None:
    path = tmp_path / "my-own.toml"
    path.write_text('base = "baseline"\n[damascus]\nfirst_truce_days = 6\n', encoding="utf-8")
    assert offer(path) == "my-own"
    assert "my-own" in choices()
    assert scenario_named("my-own")["damascus"].first_truce_days == 6
    with pytest.raises(InputError, match="not one of"):
        scenario_named(str(path))

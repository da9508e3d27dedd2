"""pullback show: rules, a person's orders, and the day a branch takes effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.cli import commands
from sim.registry import load_scenario
from sim.scenario.settings import policies_of

ROOT = Path(__file__).resolve().parents[2]


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        commands.main(["show", *arguments])
    assert ended.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_every_rule_is_shown_with_its_order_and_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "baseline", "--rules")
    for policy in policies_of(load_scenario("baseline")).values():
        for rules in policy.values():
            for rule in rules:
                assert f"{rule.name} -> {rule.order.__name__}" in text
                assert f"[{rule.evidence}]" in text
    assert "orders that a scenario may state: leave_qamishli, stay" in text
    assert "facts: rows and sections of docs/RECORD.md" in text and (ROOT / "docs" / "RECORD.md").is_file()


def test_a_branch_shows_when_it_takes_effect_and_what_a_person_orders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'base = "baseline"\ntakes_effect = 2026-01-20\n[[orders]]\nactor = "moscow"\ndecision = "supply"\norder = "stay"\n'
        'from = 2026-02-01\nto = 2026-02-28\nnote = "hold the ships"\n',
        encoding="utf-8",
    )
    text = shown(capsys, str(path))
    assert "takes effect 2026-01-20; baseline until then" in text
    assert "2026-02-01 to 2026-02-28 moscow.supply stay hold the ships" in text
    assert "hold the ships. Order nothing. [a person's order]" in shown(capsys, str(path), "--rules")

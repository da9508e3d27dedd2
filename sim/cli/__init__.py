"""The command line: a file per group of commands, and the only place that prints or exits.

Modules of commands import heavy modules inside the command, so that help and usage errors come at once.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from sim.cli.exits import Terminated, and_flushed, exit_code
from sim.cli.streams import incomplete_results_told, take_streams
from sim.ground.checks import first_repeated
from sim.scenario.files import near_miss

COMMANDS = {
    "list": "listing.list_command",
    "show": "scenarios.show",
    "check": "scenarios.check",
    "run": "run.run",
    "hindcast": "hindcast.hindcast",
    "explain": "explain.explain",
    "watch": "watch.watch",
    "calibrate": "calibrate.calibrate",
    "plan": "sweep.plan",
    "sweep": "sweep.sweep",
    "compare": "compare.compare",
    "sensitivity": "sensitivity.sensitivity",
    "status": "sweep_folder.status",
    "verify": "sweep_folder.verify",
    "compact": "sweep_folder.compact",
    "export": "sweep_folder.export",
}
"""Name on the command line -> module of this package and function."""


class Commands(click.Group):
    """Commands that are imported on demand, with errors as one line and their exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(".")
        return getattr(import_module(f"sim.cli.{module}"), function)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names. Raises UsageError with the likeliest of the commands."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = near_miss(args[0], COMMANDS) or "; pullback --help lists them"
            raise click.UsageError(f"{args[0]} is not a command{hint}", ctx)
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            _check_given_once(ctx, command, name, rest)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        call = super().invoke
        with incomplete_results_told():
            return and_flushed(lambda: call(ctx))

    def main(  # type: ignore[override]  # it always ends the process
        self, args: Sequence[str] | None = None, prog_name: str | None = "pullback", **extra: Any
    ) -> NoReturn:
        """Run a command line and exit with its code."""
        call = super().main
        raise SystemExit(exit_code(lambda: call(args, prog_name, **{**extra, "standalone_mode": False})))


def _check_given_once(ctx: click.Context, command: click.Command, name: str | None, args: Sequence[str]) -> None:
    """Raise UsageError where an option that takes one value is given twice: the later would win silently."""
    own = command.make_context(name, list(args), parent=ctx, resilient_parsing=True)
    _, _, given = command.make_parser(own).parse_args(list(args))
    single = [each for each in given if isinstance(each, click.Option) and not (each.is_flag or each.multiple)]
    twice = first_repeated(single, key=lambda option: option.name)
    if twice is not None:
        raise click.UsageError(f"{twice.opts[0]} is given twice; give it once", own)


@click.group("pullback", cls=Commands, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Explore, by simulation, what could have followed in northeast Syria from January 2026 if actors had chosen otherwise.

    SCENARIO is a name shown by pullback list, or the path of your own file. The simulation explores; it does not predict,
    and it is not for targeting.
    """


def main() -> NoReturn:
    """Run the console command `pullback`."""
    take_streams()
    signal.signal(signal.SIGTERM, Terminated.stop)
    raise SystemExit(commands(prog_name="pullback"))

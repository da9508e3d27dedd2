"""pullback watch: the dashboard, served from this machine."""

from __future__ import annotations

from pathlib import Path

import click

from sim.ground.checks import PORT, check_once
from sim.ground.errors import InputError


@click.command(short_help="Open the dashboard in a browser.")
@click.argument("what", metavar="[SCENARIO | DIR ...]", nargs=-1)
@click.option("--port", type=click.IntRange(*PORT), default=8765, show_default=True, help="Port to serve on.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to serve on; any other can be reached from outside."
)
@click.option("--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True,
              help="Folder with the results that the Compare page lists.")  # fmt: skip
@click.option("--base-path", default="", metavar="PATH", help="Path to serve under, as in /pullback, behind a proxy.")
@click.option("--proxy-host", metavar="NAME", help="Host name of the reverse proxy, as in example.org.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def watch(
    what: tuple[str, ...],
    port: int,
    host: str,
    results: Path,
    base_path: str,
    proxy_host: str | None,
    no_browser: bool,
) -> None:
    """Open the dashboard: watch runs of SCENARIO day by day with the actors' reasons, or compare results folders DIR.

    Works without internet. Stop it with Ctrl-C.
    """

    folders = [Path(each) for each in what if Path(each).is_dir()]
    scenarios = [each for each in what if not Path(each).is_dir()]
    if len(scenarios) > 1 or (scenarios and folders):
        raise click.UsageError("name one scenario, or one or more results folders")
    check_once("DIR", [str(folder.resolve()) for folder in folders])
    for folder in folders:
        if not (folder / "manifest.json").is_file():
            raise InputError(f"{folder}: is not a results folder (it has no manifest.json)")
    if scenarios:
        from sim.registry import load_scenario

        load_scenario(scenarios[0])

    from dashboards.serve import LOOPBACK, Served, serve

    base_path = "" if base_path == "/" else base_path
    served = Served(host, port, scenarios[0] if scenarios else None, folders, results, base_path, proxy_host)
    if host not in LOOPBACK:
        click.echo(f"warning: anyone who can reach {host} can use the dashboard", err=True)
    click.echo(f"{served.address} (stop with Ctrl-C)", err=True)
    serve(served, open_browser=not no_browser)

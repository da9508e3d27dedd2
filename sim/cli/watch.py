"""pullback watch: the dashboard, served from this machine."""

from __future__ import annotations

from pathlib import Path

import click

from sim.ground.checks import PORT, check_once
from sim.ground.errors import InputError


@click.command()
@click.argument("what", metavar="[SCENARIO | DIR ...]", nargs=-1)
@click.option("--port", type=click.IntRange(*PORT), default=8765, show_default=True, help="Port to serve at.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to serve at; another can be reached from outside."
)
@click.option("--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True,
              help="Folder whose results folders the Compare page lists.")  # fmt: skip
@click.option("--base-path", default="", metavar="PATH", help="Serve below a path, as in /pullback, behind a reverse proxy.")
@click.option("--proxy-host", metavar="NAME", help="The name by which browsers call the proxy, as in example.org.")
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
    """Watch futures of SCENARIO unfold in a browser, and see why; or compare the results folders DIR.

    Works without internet. Stop it with Ctrl-C.
    """

    folders = [Path(each) for each in what if Path(each).is_dir()]
    scenarios = [each for each in what if not Path(each).is_dir()]
    if len(scenarios) > 1 or (scenarios and folders):
        raise click.UsageError("name one scenario, or results folders")
    check_once("DIR", [str(folder.resolve()) for folder in folders])
    for folder in folders:
        if not (folder / "manifest.json").is_file():
            raise InputError(f"{folder}: is no results folder (it has no manifest.json)")
    if scenarios:
        from sim.registry import load_scenario

        load_scenario(scenarios[0])

    from dashboards.serve import LOOPBACK, Served, serve

    base_path = "" if base_path == "/" else base_path
    served = Served(host, port, scenarios[0] if scenarios else None, folders, results, base_path, proxy_host)
    if host not in LOOPBACK:
        click.echo(f"warning: served at {host}, everyone who reaches this machine there can use it", err=True)
    click.echo(f"{served.address} (Ctrl-C stops)", err=True)
    serve(served, open_browser=not no_browser)

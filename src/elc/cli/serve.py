"""The commands `elc serve` and `elc swaps`."""

from __future__ import annotations

import json

import click

from elc.paths import find_project


@click.command(epilog="Example: elc serve --env prod")
@click.option(
    "--env",
    "environment",
    default="",
    metavar="NAME",
    help="The environment to serve. Default: the highest that has a version, otherwise the candidate.",
)
@click.option("--host", help="Default: serve.host in params.yaml.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: serve.port in params.yaml; 0: any free port.")
@click.option("--workers", type=click.IntRange(1), help="Default: serve.workers in params.yaml.")
def serve(environment: str, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve predictions over HTTP, and the operator page at /. Swaps versions without losing a request."""
    from elc.service.run import run_service

    options = {"host": host, "port": port, "workers": workers}
    run_service(
        find_project(), environment, changes={key: value for key, value in options.items() if value is not None}
    )


@click.command(epilog="Example: elc swaps --plant fjord")
@click.option("--plant", "plants", multiple=True, metavar="PLANT", help="Default: every plant.")
@click.option("--count", type=click.IntRange(1), default=20, show_default=True, help="How many of the latest to show.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
def swaps(plants: tuple[str, ...], count: int, is_json: bool) -> None:
    """Show the swaps of versions in the service. Which versions it accepted, shifted to and rejected, and why."""
    from elc.service.versions.history import SwapLog, find_path

    found = [swap for swap in SwapLog(find_path(find_project())).read() if not plants or swap.plant in plants][-count:]
    if is_json:
        click.echo(json.dumps([swap.model_dump(mode="json") for swap in found], indent=2, ensure_ascii=False))
        return
    for swap in found:
        former = f" from {swap.former}" if swap.former else ""
        share = f", {swap.share:.0%} of the requests" if swap.event == "shifted" else ""
        reason = f": {swap.reason}" if swap.reason else ""
        where = f" in {swap.environment}" if swap.environment else ""
        click.echo(f"{swap.time[:19]} {swap.plant}{where}: {swap.event} {swap.version}{former}{share}{reason}")
    if not found:
        click.echo("No swaps yet. The service records them: elc serve.")

"""The command `elc live`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from elc.paths import find_project


@click.command(epilog="Example: elc live --plant fjord --hours 24")
@click.option("--plant", "plants", multiple=True, metavar="PLANT", help="Default: every simulated plant that is built.")
@click.option("--hours", type=click.IntRange(1, 8760), default=36, show_default=True, help="Of plant time.")
@click.option("--every", "every_s", type=click.FloatRange(0), default=5, show_default=True, help="Seconds, at least.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port of the operator page. Default: serve.port in params.yaml."
)
def live(plants: tuple[str, ...], hours: int, every_s: float, port: int | None) -> None:
    """Play the demo plants, an hour every few seconds. The operator page runs beside.

    It shows a gap that opens and its alert, advice, an operator who follows it and the result, and a version that is
    trained and swapped in. It plays in a copy, which is removed at the end: this project does not change."""
    from elc.live import copy_project, find_plants, play
    from elc.settings import read_settings

    project = find_project()
    played = find_plants(project, plants)
    used = read_settings(project).serve.port if port is None else port
    with tempfile.TemporaryDirectory(prefix="elc-live-") as name:
        copy = copy_project(project, Path(name) / "project")
        try:
            play(copy, played, hours=hours, every_s=every_s, port=used, say=click.echo)
        except KeyboardInterrupt:
            click.echo("The play has ended.")

"""The command `elc listen`."""

from __future__ import annotations

import click

from elc.paths import find_project


@click.command(epilog="Example: elc listen --plant fjord")
@click.option("--plant", "plants", multiple=True, metavar="PLANT", help="Default: every plant in params.yaml.")
def listen(plants: tuple[str, ...]) -> None:
    """Write live readings from MQTT and OPC UA to data/live. Runs until stopped by SIGTERM or SIGINT.

    The sources are set in params.yaml, under listen. Log lines are JSON, on standard error.
    """
    from elc.listen import listen as listen_to

    listen_to(find_project(), plants)

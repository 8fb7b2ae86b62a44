"""The command `elc fetch`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from elc.errors import ElcError
from elc.paths import find_project


@click.command(epilog="Example: elc fetch mill --since 2024-01-01")
@click.argument("plants", nargs=-1, metavar="[PLANT]...")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="The first day (UTC) that is wanted, for a history.")
@click.option("--again", "is_again", is_flag=True, help="Ask again for all since then, for what was corrected late.")
def fetch(plants: tuple[str, ...], since: datetime | None, is_again: bool) -> None:
    """Fetch what is new from the sources of plants into data/raw/PLANT/fetched. Default: every plant that has any.

    It goes on where the last run ended. The sources are set in params.yaml, under the plant."""
    from elc.errors import check_faults, list_unknown
    from elc.fetch import Wanted, fetch_plant
    from elc.settings import read_settings

    project = find_project()
    settings = read_settings(project).plants
    check_faults("params.yaml", list_unknown("plant", plants, settings))
    chosen = list(dict.fromkeys(plants)) or [name for name, plant in settings.items() if plant.sources]
    if not chosen:
        raise ElcError("params.yaml: no plant has sources, expected one to fetch from. Add one (docs/fetch.md).")
    if is_again and since is None:
        raise click.UsageError("--again goes with --since.")
    wanted, is_good = Wanted(since=since and since.replace(tzinfo=UTC), is_again=is_again), True
    for plant in chosen:
        try:
            fetched = fetch_plant(project, plant, wanted)
        except ElcError as error:
            click.echo(f"elc: {error}", err=True)
            is_good = False
            continue
        click.echo(f"{plant}: {fetched.taken.new:,} new readings, {fetched.taken.corrected:,} corrected")
        for sentence in fetched.failures:
            click.echo(f"elc: {sentence}", err=True)
        is_good = is_good and not fetched.failures
    if not is_good:
        sys.exit(1)

"""The commands `elc backup` and `elc restore`: what this machine alone knows, as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from elc.paths import find_project

if TYPE_CHECKING:
    from elc.records.backup import Backup

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog="Example: elc backup /mnt/backup/elc.tar.gz")
@click.argument("file", required=False, type=FILE)
def backup(file: Path | None) -> None:
    """Write what this machine alone knows to one file. Default: named by the time, beside the project's folder.

    That is: what hours made, the log of advice and answers, alerts, live readings, captured requests, and the deployed
    versions. Neither secrets nor caches. The listener and the service may run; it waits for an hourly run."""
    from elc.backup import write_backup

    path, made = write_backup(find_project(), file)
    click.echo(f"{path}: {_say(made)}, {path.stat().st_size / 2**20:,.1f} MiB. Secrets (secrets/) are not in it.")


@click.command(epilog="Example: elc restore /mnt/backup/elc.tar.gz")
@click.argument("file", type=FILE)
@click.option("--force", "is_forced", is_flag=True, help="Replace state that is newer than the backup.")
def restore(file: Path, is_forced: bool) -> None:
    """Restore what a backup holds. It is verified first and replaces the state here as a whole.

    Stop the listener and the service before."""
    from elc.backup import restore_backup

    made = restore_backup(find_project(), file, is_forced=is_forced)
    click.echo(f"{file}: {_say(made)} restored. Next: elc deploy --env NAME, then elc hourly --env NAME")


def _say(made: Backup) -> str:
    return f"{len(made.files):,} files of {made.made:%Y-%m-%d %H:%M} UTC"

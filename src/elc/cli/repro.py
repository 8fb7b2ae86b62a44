"""The command `elc repro`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from elc.errors import ElcError
from elc.paths import find_project


@click.command(epilog="Example: elc repro render --jobs 4")
@click.argument("targets", nargs=-1)
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), help="Stages at a time. Default: as many as cores and memory allow."
)
@click.option("--force", "-f", "is_forced", is_flag=True, help="Run the stages though nothing changed.")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run the stages on the workers of this Dask scheduler, as in tcp://10.0.0.5:8786.",
)
@click.option("--pull", "is_pulled", is_flag=True, help="Bring what is missing here from the DVC remote.")
def repro(targets: tuple[str, ...], jobs: int | None, is_forced: bool, scheduler: str | None, is_pulled: bool) -> None:
    """Run the stages that are stale, side by side. Does what dvc repro does, with the same results and the same
    dvc.lock; stages that do not need each other run at the same time.

    TARGETS are stages of dvc.yaml, such as monitor@fjord; default: all. A stage that fails stops only those that need
    it, and the exit code is then 1."""
    from elc.repro import reproduce

    try:
        report = reproduce(
            find_project(),
            targets,
            jobs=jobs or 0,
            force=is_forced,
            pull=is_pulled,
            invoke=invoke,
            say=click.echo,
            scheduler=scheduler,
        )
    except KeyboardInterrupt:
        raise ElcError(
            "repro: stopped by Ctrl-C. dvc.lock has what had ended, and nothing of what was running. Run the same "
            "command again: it goes on where it was."
        ) from None
    if not report.ran and not report.failed:
        click.echo("Data and pipelines are up to date.")
    for stage, blame in report.skipped.items():
        click.echo(f"Stage '{stage}' was skipped: {blame} failed.", err=True)
    if report.failed:
        click.echo(
            f"elc: repro: {', '.join(report.failed)} failed. Fix what is said above, then run it again.", err=True
        )
        sys.exit(1)


def invoke(arguments: Sequence[str]) -> None:
    """Run a command of elc in this process."""
    from elc.cli.main import main

    main(list(arguments), prog_name="elc")

"""What code the stages run, and why a stage is stale."""

from __future__ import annotations

import sys

import click

from elc.paths import find_project


@click.command(epilog="Example: elc code")
def code() -> None:
    """Write which code each stage runs to code/STAGE.json. DVC calls this first, and compares."""
    from elc.code import write_code

    changed = [stage for stage, is_other in write_code(find_project()).items() if is_other]
    click.echo(f"code: {', '.join(changed) or 'nothing'} changed")


@click.command(epilog="Example: elc why train@fjord")
@click.argument("stage")
def why(stage: str) -> None:
    """Show why a stage is stale. Lists the modules, libraries, data and parameters that changed, of this stage and
    those before it.

    Exits with 1 if it is stale.
    """
    from elc.code import find_reasons

    reasons = find_reasons(find_project(), stage)
    for reason in reasons:
        click.echo(f"{reason.stage}: {reason.sentence}")
    if reasons:
        sys.exit(1)
    click.echo(f"{stage}: nothing changed since it ran.")

"""The command `elc publish`."""

from __future__ import annotations

import sys

import click

from elc.paths import find_project


@click.command(epilog="Example: elc publish --plant fjord")
@click.option("--plant", "plants", multiple=True, metavar="PLANT", help="Default: every plant in params.yaml.")
def publish(plants: tuple[str, ...]) -> None:
    """Write the results of judged hours to the targets of params.yaml, under publish. elc hourly does the same.

    What a target has is not written again. A target that fails stops no other, and the exit code is then 1.
    """
    from elc.errors import ElcError, check_faults, list_unknown
    from elc.publish import publish_hours
    from elc.publish.deliver import find_published
    from elc.settings import read_settings

    project = find_project()
    settings = read_settings(project)
    check_faults("publish: params.yaml", list_unknown("plant", plants, settings.plants))
    if not settings.publish.names:
        raise ElcError("params.yaml: publish: contains no target. Add one under mqtt, sql or pi; docs/publish.md.")
    project = project.operate(find_published(settings))
    sent = publish_hours(project, plants or list(settings.plants))
    click.echo("\n".join(one.say() for one in sent) or "Nothing new.")
    if any(one.fault for one in sent):
        sys.exit(1)

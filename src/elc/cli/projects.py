"""The commands `elc new` and `elc upgrade`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from elc import __version__
from elc.paths import find_project

_package = click.option(
    "--package",
    metavar="PATH_OR_URL",
    help="What pip installs ELC from: a wheel, a folder, a URL, or a requirement such as elc==1.2.0. Default: where "
    "this elc was installed from.",
)


@click.command(epilog="Example: elc new my-plants --demo")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--demo", "is_demo", is_flag=True, help="Begin with three simulated plants. Default: with none.")
@_package
def new(folder: Path, is_demo: bool, package: str | None) -> None:
    """Make a project in a new folder: notebooks, pipeline, settings, CI and pinned packages, committed to Git."""
    from elc.projects import make_project

    origin = make_project(folder, is_demo=is_demo, package=package)
    click.echo(f"{folder}: a project with {'the demo plants' if is_demo else 'no plant yet'}, committed to Git.")
    _say_package(origin.package)
    click.echo(f"Next: cd {shlex.quote(str(folder.resolve()))} && make setup; README.md there has the next steps.")


@click.command(epilog="Example: elc upgrade --package elc==1.0.0")
@_package
def upgrade(package: str | None) -> None:
    """Merge what this release of ELC changes into the project. Exits with 1 if you have to resolve conflicts.

    Your own changes are kept, and nothing is committed. Where both sides changed the same lines, the file contains
    both, between the marks of a conflict in Git."""
    from elc.projects import upgrade_project

    project = find_project()
    done = upgrade_project(project, package=package)
    if not done.is_new:
        click.echo(f"The project already follows this ELC, {__version__}. Nothing was changed.")
        return
    click.echo(f"Merged the changes from ELC {done.former} to {__version__}: see git diff.")
    for name in done.removed:
        click.echo(f"{name} is removed: this release does not have it. To keep yours: git checkout HEAD -- {name}")
    for name in done.conflicts:
        click.echo(f"{name}: conflict. Edit it, or take it whole: git checkout --ours -- {name} (or --theirs: ELC's)")
    click.echo("Next: make setup, git add --all, git commit")
    if done.conflicts:
        sys.exit(1)


def _say_package(requirement: str) -> None:
    """Say of a package that only this machine has that other machines cannot set the project up."""
    from elc.projects.package import is_local

    if is_local(requirement):
        click.echo(
            f"requirements.txt names a package that only this machine has: {requirement}. If others need the project, "
            "name one that they can reach."
        )

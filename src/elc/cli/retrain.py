"""`elc retrain-needed`: whether a plant's model must be trained again, as an exit code for scripts."""

from __future__ import annotations

import sys

import click

from elc.errors import ElcError, list_unknown
from elc.paths import Project, find_project

NEEDED, NOT_NEEDED, NOT_KNOWN = 0, 1, 2


@click.command("retrain-needed", epilog="Example: elc retrain-needed fjord && dvc repro train@fjord")
@click.argument("plants", nargs=-1, metavar="[PLANT]...")
@click.option("--env", "environment", default="", metavar="NAME", help="Default: the highest that has a version.")
def retrain_needed(plants: tuple[str, ...], environment: str) -> None:
    """Tell which plants' models must be trained again. The last run of monitor decides.

    Like grep, exit with 0 if at least one must, with 1 if none must, and with 2 if that is not known for one and none
    of the others must. Without a name, all plants are checked."""
    codes = set()
    project = find_project()
    names = _find_plants(project, plants)
    project = _operate(project, environment)
    for plant in names:
        code, sentence = judge_plant(project, plant)
        click.echo(f"{plant}: {sentence}", err=code == NOT_KNOWN)
        codes.add(code)
    sys.exit(NEEDED if NEEDED in codes else NOT_KNOWN if NOT_KNOWN in codes or not codes else NOT_NEEDED)


def _find_plants(project: Project, plants: tuple[str, ...]) -> list[str]:
    """The plants named, or all; what cannot be read exits with 2, because 1 means no."""
    from elc.settings import read_settings

    try:
        valid = list(read_settings(project).plants)
    except ElcError as error:
        click.echo(f"elc: {error}", err=True)
        sys.exit(NOT_KNOWN)
    unknown = list_unknown("plant", plants, valid)
    if unknown:
        click.echo(f"elc: params.yaml: {'; '.join(unknown)}", err=True)
        sys.exit(NOT_KNOWN)
    return list(plants) or valid


def _operate(project: Project, environment: str) -> Project:
    """Name the environment; an unknown one exits with 2, because 1 means no."""
    from elc.registry import choose_operated

    try:
        return choose_operated(project, environment, where="retrain-needed")
    except ElcError as error:
        click.echo(f"elc: {error}", err=True)
        sys.exit(NOT_KNOWN)


def judge_plant(project: Project, plant: str) -> tuple[int, str]:
    """Judge one plant by its `status.json`: the exit code that it asks for, and why."""
    from elc.records.status import read_status
    from elc.registry import find_place

    try:
        status = read_status(find_place(project, plant).operation("monitor", plant), root=project.root)
    except ElcError as error:
        return NOT_KNOWN, f"not known: {error}"
    if status.status == "Failed":
        return NOT_KNOWN, f"not known: {status.recommendation}"
    if status.action == "retrain":
        return NEEDED, f"needed. {status.recommendation}"
    return NOT_NEEDED, f"not needed. {status.recommendation}"

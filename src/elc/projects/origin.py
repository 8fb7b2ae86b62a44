"""What a project remembers of its template, in `.elc`: the release, the answers, and the template itself.

The template is kept because nobody else need have it when a later release is merged: not an index, not the history of
Git, which a squash or a shallow clone leaves out.
"""

from __future__ import annotations

import zipfile

from elc.errors import ElcError
from elc.paths import Project
from elc.projects.template import Template, read_archive, write_archive
from elc.records.record import Record, read_record, write_record

_CURE = "Restore it from Git: elc upgrade needs it to tell your changes from those of ELC."


class Origin(Record):
    """Which release a project follows, and what its template was filled in with."""

    release: str
    """Version of ELC whose template it has."""
    name: str
    """Name of the project."""
    is_demo: bool
    """Whether it began with the demo plants."""
    package: str
    """What pip installs ELC from."""


def read_origin(project: Project) -> Origin:
    """Read what a project remembers.

    Raises:
        ElcError: it was not made by `elc new`, or the file is damaged.
    """
    if not (project.root / ".elc").is_dir():
        raise ElcError(
            f"{project.root}: .elc was not found, expected in a project that elc new made. If it was removed, restore "
            "it from Git. A clone of ELC itself is updated by git pull instead."
        )
    return read_record(project.root / ".elc" / "origin.json", Origin, cure=_CURE, root=project.root)


def read_former(project: Project) -> Template:
    """Read the template that a project has.

    Raises:
        ElcError: it is missing or damaged.
    """
    try:
        return read_archive(project.root / ".elc" / "template.zip")
    except (OSError, zipfile.BadZipFile) as error:
        raise ElcError(f".elc/template.zip: cannot be read ({error}), expected a ZIP file. {_CURE}") from None


def write_origin(project: Project, origin: Origin, template: Template) -> None:
    """Write what a project has to remember; equal ones give equal bytes.

    Raises:
        ElcError: the disk is full.
    """
    write_archive(project.root / ".elc" / "template.zip", template)
    write_record(project.root / ".elc" / "origin.json", origin)

"""Make a project: a folder with Git and DVC begun, whole or not at all."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from elc import __version__
from elc.errors import ElcError, check_faults
from elc.files import replace_folder
from elc.paths import Project
from elc.projects.origin import Origin, write_origin
from elc.projects.package import build_requirement
from elc.projects.template import build_template, write_template
from elc.registry.git import run_git, shorten, try_git

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # it names a Conda environment, and becomes a part of commands


def make_project(folder: Path, *, is_demo: bool, package: str | None) -> Origin:
    """Make a project and commit it.

    Args:
        folder: new or empty; its last part is the project's name.
        is_demo: whether it begins with the demo plants, or with none.
        package: what pip installs ELC from; None for where this package was installed from.

    Raises:
        ElcError: the folder cannot become a project, Git has no name for the commit, or `package` cannot be read;
            nothing is written.
    """
    path = folder.resolve()
    check_faults(str(folder), _find_faults(path))
    _check_identity(path)
    origin = Origin(release=__version__, name=path.name, is_demo=is_demo, package=build_requirement(package))
    template = build_template()
    with replace_folder(path) as fresh, TemporaryDirectory(prefix="elc-new-") as temporary:
        write_template(template, Path(temporary))
        _fill(fresh, Path(temporary), origin)
        write_origin(Project(fresh), origin, template)
        run_git(fresh, "init", "--quiet")
        run_git(fresh, "add", "--all", "--force")  # whatever a person's own Git leaves out elsewhere
        run_git(fresh, "commit", "--quiet", "--message", f"Begin with the template of ELC {__version__}")
    return origin


def _find_faults(path: Path) -> list[str]:
    """Find what keeps a folder from becoming a project."""
    faults = []
    if not _NAME.fullmatch(path.name):
        faults.append(
            f"{path.name!r} cannot name a project, expected at most 64 letters, digits, dots, - and _, the first a "
            "letter or digit. Choose another name."
        )
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        faults.append(f"{path} is {'not empty' if path.is_dir() else 'a file'}. Name a folder that is new or empty.")
    inside = try_git(_find_existing(path), "rev-parse", "--show-toplevel")
    if inside.returncode == 0:
        faults.append(f"it would be inside the Git repository {inside.stdout.strip()}. Name a folder outside of it.")
    return faults


def _find_existing(path: Path) -> Path:
    """Find the folder that exists, of a path's own and those above it."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _check_identity(path: Path) -> None:
    """Check that Git knows whose commit it will be, as the commit itself would."""
    done = try_git(_find_existing(path), "var", "GIT_COMMITTER_IDENT")
    if done.returncode:
        raise ElcError(
            f"{path}: Git does not know whose commits these will be ({shorten(done.stderr).rpartition('fatal: ')[2]}). "
            'Set git config --global user.name "Your Name" and git config --global user.email you@example.org.'
        )


def _fill(folder: Path, template: Path, origin: Origin) -> None:
    from copier import run_copy

    run_copy(str(template), folder, data=origin.model_dump(), defaults=True, overwrite=True, quiet=True)

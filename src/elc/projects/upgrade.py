"""Bring a project to the release that runs: Copier merges what changed between the templates into what people changed.

Copier takes the templates of two releases from a Git repository. The package has none, so one is made for the moment:
its first commit is the template that the project kept, its second that of this release.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.version import InvalidVersion, Version

from elc import __version__
from elc.errors import ElcError
from elc.paths import Project
from elc.projects.origin import Origin, read_former, read_origin, write_origin
from elc.projects.package import build_requirement
from elc.projects.template import Template, build_template, write_template
from elc.registry.git import run_git, shorten

_SHOWN = 5  # changes that an error lists
_FORMER, _LATER = "1", "2"  # tags of the repository that Copier reads
_GIT = {"user.name": "elc", "user.email": "elc@localhost", "commit.gpgsign": "false"}


@dataclass(frozen=True)
class Upgrade:
    """What an upgrade did: the release before, whether anything was new, and the files removed and in conflict."""

    former: str
    is_new: bool
    removed: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def upgrade_project(project: Project, *, package: str | None) -> Upgrade:
    """Merge what this release changes of the template into a project; nothing is committed.

    A file that both sides changed at the same place holds both, between the marks of a conflict in Git.

    Args:
        project: without changes that are not committed.
        package: what pip installs ELC from; None for where this package was installed from.

    Raises:
        ElcError: the project is of a later release or has changes, what it remembers is missing or damaged, or
            Copier fails.
    """
    former, old = read_origin(project), read_former(project)
    _check_release(former)
    _check_clean(project)
    origin = former.model_copy(update={"release": __version__, "package": build_requirement(package)})
    new = build_template()
    if (former, old) == (origin, new):
        return Upgrade(former.release, is_new=False)
    _merge(project, former, origin, old, new)
    write_origin(project, origin, new)
    removed, conflicts = (_list_changed(project, kind) for kind in "DU")
    return Upgrade(former.release, is_new=True, removed=removed, conflicts=conflicts)


def _check_release(former: Origin) -> None:
    """Check that the project is not of a later release than the one that runs."""
    try:
        is_later = Version(former.release) > Version(__version__)
    except InvalidVersion:
        raise ElcError(
            f".elc/origin.json: release is {former.release!r}, expected a version such as {__version__}. Restore it "
            "from Git."
        ) from None
    if is_later:
        raise ElcError(
            f".elc/origin.json: the project follows ELC {former.release}, later than this elc, {__version__}. "
            f"Install elc {former.release} or later; a project is not brought back to a former release."
        )


def _check_clean(project: Project) -> None:
    """Check that Git could restore the project as it is."""
    lines = run_git(project.root, "status", "--porcelain", "--", ".").splitlines()
    if lines:
        shown = ", ".join(line[3:] for line in lines[:_SHOWN]) + (", ..." if len(lines) > _SHOWN else "")
        raise ElcError(
            f"{project.root}: {len(lines)} files have changes that are not committed, and would mix with those of ELC: "
            f"{shown}. Commit them, or put them aside by git stash --include-untracked."
        )


def _merge(project: Project, former: Origin, origin: Origin, old: Template, new: Template) -> None:
    """Let Copier merge; what it is told stands in a file that Git ignores, so that the project stays clean."""
    from copier import run_update
    from copier.errors import CopierError
    from plumbum import ProcessExecutionError

    answers = project.scratch / "answers.json"
    with TemporaryDirectory(prefix="elc-upgrade-") as temporary:
        history = _build_history(Path(temporary), old, new)
        answers.parent.mkdir(parents=True, exist_ok=True)
        answers.write_text(json.dumps({"_src_path": str(history), "_commit": _FORMER, **former.model_dump()}))
        try:
            run_update(
                project.root, data=origin.model_dump(), answers_file=str(answers.relative_to(project.root)),
                vcs_ref=_LATER, defaults=True, overwrite=True, conflict="inline", quiet=True,
            )  # fmt: skip
        except (CopierError, ProcessExecutionError) as error:
            raise ElcError(
                f"{project.root}: Copier could not merge the template of ELC {origin.release}: {shorten(str(error))}. "
                "Nothing is committed: git reset --hard && git clean --force -d restores the project."
            ) from None
        finally:
            answers.unlink()


def _build_history(folder: Path, old: Template, new: Template) -> Path:
    """Build the repository that Copier reads: a tagged commit for each template, each file as it is, to the byte."""
    run_git(folder, "init", "--quiet")
    for key, value in _GIT.items():
        run_git(folder, "config", key, value)
    (folder / ".gitattributes").write_text("* -text\n")
    for tag, template in ((_FORMER, old), (_LATER, new)):
        shutil.rmtree(folder / "project", ignore_errors=True)
        write_template(template, folder)
        run_git(folder, "add", "--all", "--force")
        run_git(folder, "commit", "--quiet", "--allow-empty", "--message", tag)
        run_git(folder, "tag", tag)
    return folder


def _list_changed(project: Project, kind: str) -> tuple[str, ...]:
    """List the files that differ from the last commit in one way: D for removed, U for in conflict."""
    names = run_git(project.root, "diff", "--name-only", "-z", "--relative", f"--diff-filter={kind}").split("\0")
    return tuple(filter(None, names))

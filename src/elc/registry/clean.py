"""Make room where DVC keeps packages, so that every registered version can still be deployed and gone back to."""

from __future__ import annotations

from elc.errors import ElcError, check_faults
from elc.registry.context import Context
from elc.registry.register import check_registration
from elc.registry.remote import read_remote_tags
from elc.registry.state import Version
from elc.registry.storage import collect_garbage, find_remote, find_whole


def clean(context: Context, *, remote: str | None, is_dry: bool) -> list[str]:
    """Remove what no version, branch or workspace needs, and return what was done, in lines.

    `remote` names one of DVC, which is cleaned as well.

    Raises:
        ElcError: this clone lacks tags that the Git remote has, a version's commit does not hold its package, or DVC
            cannot tell what is needed; nothing is removed.
    """
    root = context.project.root
    name = None if remote is None else find_remote(root, remote)
    _check_tags(context, is_needed=name is not None)
    packages = {version.package for version in _find_versions(context)}
    whole = find_whole(root, packages)
    said = collect_garbage(root, remote=name, is_dry=is_dry)
    lost = whole - find_whole(root, packages)
    if lost:
        raise ElcError(
            f"{root}: packages {', '.join(sorted(lost))} of registered versions were removed from the cache. Fetch "
            "them: dvc fetch --all-tags; and report it, for this should not happen."
        )
    done = said or ["Nothing was found that is not needed."]
    done = [line.replace("Removed", "Would remove") for line in done] if is_dry else done
    return [*done, f"{len(packages):,} packages of versions are kept, {len(whole):,} of them in the cache."]


def _check_tags(context: Context, *, is_needed: bool) -> None:
    """Check that this clone has the tags of the Git remote, by which versions are known.

    For the cache alone, a remote that does not answer is let pass: what is removed here can be fetched again.
    """
    remote = context.remote
    if remote is None:
        return
    try:
        there = read_remote_tags(context.project.root, remote, "*")
    except ElcError:
        if is_needed:
            raise
        return
    lines = context.registry.lines.values()
    here = {event.tag for event in (*context.registry.broken, *(it for line in lines for it in line.events))}
    missing = sorted(there.keys() - here)
    if missing:
        raise ElcError(
            f"{context.project.root}: {remote} has {len(missing):,} tags that are not here, such as {missing[0]}, so "
            "versions would be taken for garbage. Nothing was removed. Fetch them: git fetch --tags."
        )


def _find_versions(context: Context) -> list[Version]:
    """Find the versions of all plants, those that are gone too, whose commits keep their packages.

    A version that was not made by `elc register` records no package, so it can lose none.
    """
    lines = context.registry.lines.values()
    versions = [version for line in lines for version in line.versions.values() if version.package]
    faults = []
    for version in versions:
        try:
            check_registration(context, version)
        except ElcError as error:
            faults.append(str(error))
    check_faults("clean: nothing was removed, because versions do not name what their commits hold", faults)
    return versions

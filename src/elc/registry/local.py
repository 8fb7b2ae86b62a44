"""What is in this clone alone: tags that were kept here, each with a mark, until the Git remote has them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from elc.errors import ElcError
from elc.registry.context import Context
from elc.registry.git import run_git, try_git
from elc.registry.remote import read_remote_tags, read_url

MARK = "refs/elc/local/"  # a reference below it stands for each tag that was not pushed


@dataclass(frozen=True)
class Local:
    """The tags that are in this clone alone, and why they may be more or fewer; empty where that is known."""

    tags: tuple[str, ...]
    doubt: str


def mark_local(context: Context, tag: str) -> None:
    """Mark a tag that stays here, so that it can be told without asking the remote."""
    try_git(context.project.root, "update-ref", f"{MARK}{tag}", f"refs/tags/{tag}")


def find_local(context: Context, *, is_thorough: bool) -> Local:
    """Find the tags that are in this clone alone.

    The remote is asked only about tags that were kept here; with `is_thorough` about all of them, those too that
    somebody made by hand.
    """
    here = {event.tag: event.oid for line in context.registry.lines.values() for event in line.events}
    marked = _read_marks(context)
    asked = here if is_thorough else {tag: oid for tag, oid in here.items() if marked.get(tag) == oid}
    try:
        remote = context.remote if here else None
        there = read_remote_tags(context.project.root, remote, "*") if remote and asked else {}
    except ElcError as error:
        return Local(tuple(sorted(tag for tag in here if tag in marked)), str(error))
    if remote is None:
        return _doubt_all(context, here, marked)
    for tag in marked.keys() & there.keys():
        try_git(context.project.root, "update-ref", "-d", f"{MARK}{tag}")
    return Local(tuple(sorted(tag for tag in asked if tag not in there)), "")


def _doubt_all(context: Context, here: Mapping[str, str], marked: Mapping[str, str]) -> Local:
    """Without a remote every tag is here alone; of several, none of which is named, any may have what was not kept."""
    if not run_git(context.project.root, "remote").split():
        return Local(tuple(sorted(here)), "")
    doubt = "no Git remote is named under registry in params.yaml, so none was asked."
    return Local(tuple(sorted(tag for tag in here if tag in marked)), doubt)


def _read_marks(context: Context) -> Mapping[str, str]:
    done = try_git(context.project.root, "for-each-ref", "--format=%(objectname) %(refname)", MARK)
    pairs = (line.split(" ", 1) for line in done.stdout.splitlines())
    return {name.removeprefix(MARK): oid for oid, name in pairs}


def describe_local(local: Local) -> str:
    """Describe in a sentence which tags are in this clone alone; empty where none is."""
    if not local.tags:
        return ""
    count, shown = len(local.tags), ", ".join(local.tags[:5]) + (" ..." if len(local.tags) > 5 else "")
    what = "1 tag is" if count == 1 else f"{count:,} tags are"
    doubt = f" as far as is known here: {local.doubt}" if local.doubt else ""
    return f"{what} in this clone alone{doubt or f': {shown}.'}"


def describe_target(context: Context, *tags: str) -> str:
    """Describe where tags that were just written went, and how to push those that stayed here."""
    if context.target is not None:
        return f"pushed to {context.target}, {read_url(context.project.root, context.target)}"
    words = "it stays" if len(tags) == 1 else "they stay"
    if context.is_kept:
        reason = "as --no-push says"
    elif not context.settings.registry.push:
        reason = "as registry.push: false in params.yaml says"
    else:
        return f"{words} in this clone: Git has no remote"
    names = " ".join(shlex.quote(f"refs/tags/{tag}") for tag in tags)
    remote = context.settings.registry.git_remote or "<remote>"
    return f"{words} in this clone, {reason}. To share: git push {remote} {names}"

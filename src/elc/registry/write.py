"""Write one tag of the registry, whole or not at all: here, and on the Git remote where tags are pushed to one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elc.errors import ElcError
from elc.files import hold_lock
from elc.registry.context import Context
from elc.registry.events import AHEAD_S, build_message
from elc.registry.git import find_blocked, list_names, run_git, shorten, try_git
from elc.registry.local import mark_local
from elc.registry.names import DIGITS, Action, build_name, read_name
from elc.registry.objects import find_now
from elc.registry.remote import read_remote_names, read_remote_tags
from elc.registry.signers import Act, check_signing, verify_tags
from elc.registry.state import Line, Registry, read_registry

# ASSUME: clocks of those who write differ by no more than this.
SKEW_S = 3600


@dataclass(frozen=True)
class TagDraft:
    """A tag before it is written; `right` is what its signer must be allowed to do, empty where nobody signs."""

    plant: str
    action: Action
    commit: str
    sentence: str
    fields: Mapping[str, Any]
    version: str = ""
    stage: str = ""
    right: Act | None = None
    environments: tuple[str, ...] = ()


def write_tag(context: Context, draft: TagDraft) -> str:
    """Write a tag with the plant's next number, push it unless it is to stay here, and return its name.

    The number is compared and set: a tag is written only where the plant's tags are those that were looked at, here and
    on the remote, and none that has the number appears on the remote meanwhile.

    Raises:
        ElcError: the remote is down or has tags that are not here, somebody was first, or the signature is missing or
            by somebody who may not; no tag is left.
    """
    root, remote = context.project.root, context.target
    with hold_lock(root / run_git(root, "rev-parse", "--git-common-dir").strip() / "elc.lock"):
        line = context.registry.line(draft.plant)
        if read_registry(root).line(draft.plant).oids != line.oids:
            raise ElcError(
                f"plant {draft.plant}: its tags have changed: somebody else is working on it. Check with elc models "
                f"{draft.plant}, then decide again."
            )
        if remote is not None:
            check_same(context.registry, remote, draft.plant, root)
        number = 0 if draft.action in ("register", "deregister") else context.rules.trust.find_next(line)
        name = _build_free(root, remote, draft, number)
        _check_free(context, name, remote)
        _create(root, name, draft, _find_moment(context, line))
        try:
            if draft.right is not None:
                _check_signature(context, name, draft)
            if remote is not None:
                _push(root, remote, name)
                _check_alone(root, remote, name, draft.plant, number)
            else:
                mark_local(context, name)
        except BaseException:
            try_git(root, "update-ref", "-d", f"refs/tags/{name}")
            raise
    return name


def _build_free(root: Path, remote: str | None, draft: TagDraft, number: int) -> str:
    """Build the tag's name; its number has noughts before it where a tag below the plain name keeps Git from making it.

    Passing the number over would leave a gap, which stands for a tag that was deleted.
    """
    plain = build_name(draft.plant, draft.action, version=draft.version, stage=draft.stage, number=number)
    subject, mark, digits = plain.rpartition("#") if number else (plain, "", "")
    blocked = find_blocked([*list_names(root), *(read_remote_names(root, remote, draft.plant) if remote else ())])
    names = (f"{subject}{mark}{digits.zfill(width)}" for width in range(len(digits), DIGITS + 1))
    return next((name for name in names if name not in blocked), plain)


def check_same(registry: Registry, remote: str, plant: str, root: Path) -> None:
    """Check that every tag of a plant on the remote is the one that is here.

    Raises:
        ElcError: the remote does not answer, or has a tag that is missing or another one here.
    """
    there = read_remote_tags(root, remote, plant)
    here = {event.tag: event.oid for event in (*registry.line(plant).events, *registry.broken)}
    missing = sorted(tag for tag in there if tag not in here)
    if missing:
        raise ElcError(
            f"plant {plant}: {remote} has tags that are not here: {', '.join(missing[:5])}. Fetch them, check, then "
            "decide: git fetch --tags."
        )
    other = sorted(tag for tag, oid in there.items() if here[tag] != oid)
    if other:
        raise ElcError(
            f"plant {plant}: {', '.join(other[:5])} is a different tag on {remote}: one of the two was moved. Find "
            "out by whom; elc audit shows what is wrong with the one here."
        )


def _check_free(context: Context, name: str, remote: str | None) -> None:
    """Check that no invalid tag has the name.

    Raises:
        ElcError: something has.
    """
    for event in context.registry.broken:
        if event.tag == name:
            there = f"; git push {remote} ':refs/tags/{name}'" if remote else ""
            raise ElcError(
                f"tag {name} cannot be written: one of that name {event.fault}. Find out who made it, then remove it: "
                f"git tag -d '{name}'{there}."
            )


def _find_moment(context: Context, line: Line) -> int:
    """Find the time of the next tag: later than that of the plant's last one, even if this machine's clock is behind.

    Where signatures are asked for, a tag that nobody signed who may moves it by no more than `SKEW_S`.

    Raises:
        ElcError: it would be so late that it did not count.
    """
    now, trust = int(time.time()), context.rules.trust
    is_free = not trust.find_signed(line.plant)
    times = [it.time for it in line.events if it.time <= now + SKEW_S or is_free or trust.find_signer(it) is not None]
    moment = max(now, max(times, default=0) + 1)
    if moment > find_now(context.project.root) + AHEAD_S:
        raise ElcError(
            f"plant {line.plant}: its last tag is dated a day ahead of this machine's clock, and a tag dated later "
            "still would not count. Set the clock, or wait a day; elc audit names the tag."
        )
    return moment


def _create(root: Path, name: str, draft: TagDraft, moment: int) -> None:
    if draft.right is not None:
        check_signing(root)
    kinds = ("--annotate", "--no-sign") if draft.right is None else ("--sign",)  # whatever tag.gpgSign says
    message, when = build_message(draft.sentence, draft.fields), {"GIT_COMMITTER_DATE": f"{moment} +0000"}
    options = (*kinds, "--cleanup=verbatim", "--file=-", name, draft.commit)
    done = try_git(root, "tag", *options, stdin=message, extra=when)
    if done.returncode:
        said = shorten(done.stderr)
        if "already exists" in said:
            raise ElcError(f"tag {name} already exists: somebody else was faster. Check with elc models {draft.plant}.")
        if "cannot create" in said:
            raise ElcError(f"tag {name} could not be made: {said}. Find out who made that one, then remove it.")
        raise ElcError(
            f"tag {name} could not be made: {said}. Git needs a name to record: git config user.name and user.email."
        )


def _check_signature(context: Context, name: str, draft: TagDraft) -> None:
    assert draft.right is not None
    root = context.project.root
    oid = run_git(root, "rev-parse", f"refs/tags/{name}").strip()
    verified = verify_tags(root, [oid], context.rules.trust.signers)[oid]
    if verified.fault:
        raise ElcError(f"tag {name} was not written: it {verified.fault}.")
    signer = context.rules.trust.signers.find(verified.fingerprint)
    if signer is None or not any(signer.may(draft.right, draft.plant, name) for name in draft.environments):
        raise ElcError(
            f"tag {name} was not written: {verified.principal} may not {draft.right} {draft.plant} for "
            f"{' or '.join(draft.environments)}. models/allowed_signers lists who may."
        )


def _push(root: Path, remote: str, name: str) -> None:
    done = try_git(root, "push", "--porcelain", remote, f"refs/tags/{name}:refs/tags/{name}")
    if done.returncode == 0:
        return
    said = done.stdout + done.stderr
    if "already exists" in said:
        raise ElcError(
            f"tag {name} was not written: {remote} has it already: somebody else was faster. Run git fetch --tags."
        )
    raise ElcError(f"tag {name} was not written: git push to {remote} failed: {shorten(said)}.")


def _check_alone(root: Path, remote: str, name: str, plant: str, number: int) -> None:
    """Check that no other tag with this number came to the remote meanwhile; if one did, take this one back."""
    there = {tag: read_name(tag) for tag in read_remote_tags(root, remote, plant)}
    others = {tag for tag, found in there.items() if number and found and found.number == number} - {name}
    if not others:
        return
    done = try_git(root, "push", remote, "--delete", f"refs/tags/{name}")
    left = "" if done.returncode == 0 else f" It could not be removed from {remote}: {shorten(done.stderr)}."
    raise ElcError(
        f"tag {name} was not written: {remote} has {', '.join(sorted(others))}, so somebody else was faster.{left} "
        "Run git fetch --tags, check, then decide again."
    )
